package graph

import (
	"fmt"

	"github.com/godescent/descent/tensor"
)

// Join lays its operands one after another along an axis.
type Join struct{ Axis int }

// Name implements Primitive.
func (p Join) Name() string { return "concat" }

// Infer implements Primitive.
func (p Join) Infer(in []Type) (Type, error) {
	if len(in) == 0 {
		return Type{}, fmt.Errorf("has no operands; want one at least")
	}
	s, err := along(in[:1], p.Axis)
	if err != nil {
		return Type{}, err
	}
	for i, t := range in[1:] {
		if t.DType != in[0].DType {
			return Type{}, fmt.Errorf("operand 0 is %v and operand %d is %v; cast them to one type", in[0], i+1, t)
		}
		rest := t.Shape.Clone()
		if len(rest) == len(s) {
			rest[p.Axis] = s[p.Axis]
		}
		if !rest.Equal(s) {
			return Type{}, fmt.Errorf("operand 0 is %v and operand %d is %v; they may differ on axis %d only", in[0].Shape, i+1, t.Shape, p.Axis)
		}
	}
	for _, t := range in[1:] {
		s[p.Axis] += t.Shape[p.Axis]
	}
	return Type{in[0].DType, s}, nil
}

// Eval implements Primitive.
func (p Join) Eval(in []*tensor.Array, out *tensor.Array) {
	at := 0
	for _, a := range in {
		putAlong(out, a, p.Axis, at)
		at += a.Shape()[p.Axis]
	}
}

// JVP implements Differentiable.
func (p Join) JVP(v Value, t []Value) Value {
	all := make([]Value, len(t))
	for i := range t {
		all[i] = t[i]
		if !t[i].Valid() {
			all[i] = v.Arg(i).Zeros()
		}
	}
	return Concat(p.Axis, all...)
}

// Transpose implements Linear.
func (p Join) Transpose(v, ct Value, i int) Value {
	at := 0
	for j := range i {
		at += v.Arg(j).Dim(p.Axis)
	}
	return ct.Slice(p.Axis, at, at+v.Arg(i).Dim(p.Axis))
}

// Concat lays values one after another along an axis, which counts from the end
// if negative. Of no values it is a failed Value, and no mistake is recorded:
// there is no graph to keep it.
func Concat(ax int, values ...Value) Value {
	g, ok := together("concat", values...)
	if !ok {
		return Value{}
	}
	a, err := axis(ax, values[0].Shape())
	if err != nil {
		return g.Fail("concat", "%v", err)
	}
	if len(values) == 1 {
		return values[0]
	}
	return g.Apply(Join{a}, values...)
}
