package graph

import (
	"fmt"
	"math"

	"github.com/godescent/descent/tensor"
)

// meet gives two operands one type and shape: a rank-0 value takes the type of
// the tensor it meets, shapes broadcast as NumPy's do.
func meet(op string, v, w Value) (x, y Value, ok bool) {
	g, ok := together(op, v, w)
	if !ok {
		return v, w, false
	}
	if v, w, ok = meetTypes(op, v, w); !ok {
		return v, w, false
	}
	s, err := broadcastShapes(v.Shape(), w.Shape())
	if err != nil {
		g.Fail(op, "%v", err)
		return v, w, false
	}
	v, w = v.BroadcastTo(s...), w.BroadcastTo(s...)
	return v, w, v.Valid() && w.Valid()
}

// together is the graph of an operation's operands, if all are valid and of one.
func together(op string, values ...Value) (*Graph, bool) {
	var g *Graph
	for _, v := range values {
		if g == nil && v.Valid() {
			g = v.g
		}
	}
	for i, v := range values {
		switch {
		case g == nil:
			return nil, false
		case !v.Valid():
			g.missing(op, i)
			return g, false
		case v.g != g:
			g.Fail(op, "the operands belong to different graphs")
			return g, false
		}
	}
	return g, g != nil
}

// meetTypes casts a rank-0 operand: a number known now to the other's type, a
// computed one to that of a float tensor, and two computed scalars of which one
// is a float to float64. It never rounds to a whole number.
func meetTypes(op string, v, w Value) (x, y Value, ok bool) {
	a, b := v.Type(), w.Type()
	scalars := len(a.Shape) == 0 && len(b.Shape) == 0
	_, vNumber := v.constant()
	_, wNumber := w.constant()
	switch {
	case a.DType == b.DType:
	case vNumber && !(wNumber && b.DType == tensor.Float64): // of two numbers the float64 one gives in
		return fitNumber(op, v, w)
	case wNumber:
		w, v, ok = fitNumber(op, w, v)
		return v, w, ok
	case scalars && (a.DType.IsFloat() || b.DType.IsFloat()):
		v, w = v.Cast(tensor.Float64), w.Cast(tensor.Float64)
	case len(b.Shape) == 0 && !scalars && a.DType.IsFloat():
		w = w.Cast(a.DType)
	case len(a.Shape) == 0 && !scalars && b.DType.IsFloat():
		v = v.Cast(b.DType)
	default:
		v.g.Fail(op, "x is %v and y is %v; cast one of them", a, b)
		return v, w, false
	}
	return v, w, true
}

// fitNumber casts the constant v to w's type, which must hold it.
func fitNumber(op string, v, w Value) (x, y Value, ok bool) {
	d := w.DType()
	c, _ := v.constant()
	if !d.IsFloat() && (c != math.Trunc(c) || math.Abs(c) >= 1<<31 || d == tensor.Uint8 && (c < 0 || c > math.MaxUint8)) {
		v.g.Fail(op, "an operand is %v, which cannot hold %v; cast it to float32 or float64 first", w.Type(), c)
		return v, w, false
	}
	return v.Cast(d), w, true
}

// broadcastShapes is the shape that two shapes have in common: aligned at their
// ends, axes are equal or one of them is 1.
func broadcastShapes(a, b tensor.Shape) (tensor.Shape, error) {
	long, short := a, b
	if len(b) > len(a) {
		long, short = b, a
	}
	s := long.Clone()
	for i := range short {
		j := len(long) - len(short) + i
		switch {
		case s[j] == short[i] || short[i] == 1:
		case s[j] == 1:
			s[j] = short[i]
		default:
			return nil, fmt.Errorf("shapes %v and %v do not broadcast: axis %d from the end is %d and %d; equal lengths or 1 do",
				a, b, len(short)-i, a[len(a)-len(short)+i], b[len(b)-len(short)+i])
		}
	}
	return s, nil
}
