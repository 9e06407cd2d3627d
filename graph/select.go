package graph

import (
	"fmt"

	"github.com/godescent/descent/tensor"
)

// Select is: out[i] = x[i] where c[i] ≠ 0, else y[i].
type Select struct{}

// Name implements Primitive.
func (Select) Name() string { return "where" }

// Infer implements Primitive.
func (Select) Infer(in []Type) (Type, error) {
	if err := operands(in, 3); err != nil {
		return Type{}, err
	}
	if in[0].DType != in[1].DType || in[1].DType != in[2].DType {
		return Type{}, fmt.Errorf("the condition is %v and the branches are %v and %v; cast them to one type", in[0], in[1], in[2])
	}
	if !in[0].Shape.Equal(in[1].Shape) || !in[1].Shape.Equal(in[2].Shape) {
		return Type{}, fmt.Errorf("the condition is %v and the branches are %v and %v, which do not broadcast", in[0].Shape, in[1].Shape, in[2].Shape)
	}
	return in[1], nil
}

// Eval implements Primitive.
func (Select) Eval(in []*tensor.Array, out *tensor.Array) {
	t := portable()
	switch out.DType() {
	case tensor.Float32:
		t.F32.Where(tensor.Slice[float32](out), tensor.Slice[float32](in[0]), tensor.Slice[float32](in[1]), tensor.Slice[float32](in[2]))
	case tensor.Float64:
		t.F64.Where(tensor.Slice[float64](out), tensor.Slice[float64](in[0]), tensor.Slice[float64](in[1]), tensor.Slice[float64](in[2]))
	default:
		size := out.DType().Size()
		for i := range out.Size() {
			from := in[2]
			if in[0].At(i) != 0 {
				from = in[1]
			}
			copy(out.Raw()[i*size:(i+1)*size], from.Raw()[i*size:])
		}
	}
}

// JVP implements Differentiable. The condition has no derivative: it is
// constant between its jumps.
func (Select) JVP(v Value, t []Value) Value {
	dx, dy := t[1], t[2]
	switch {
	case !dx.Valid() && !dy.Valid():
		return v.Zeros()
	case !dx.Valid():
		dx = dy.Zeros()
	case !dy.Valid():
		dy = dx.Zeros()
	}
	return Where(v.Arg(0), dx, dy)
}

// Transpose implements Linear: it is linear in the branches.
func (p Select) Transpose(v, ct Value, i int) Value {
	switch i {
	case 1:
		return Where(v.Arg(0), ct, ct.Zeros())
	case 2:
		return Where(v.Arg(0), ct.Zeros(), ct)
	}
	return v.g.Fail(p.Name(), "is not linear in its condition")
}

// Where is x where c ≠ 0 (NaN included) and y elsewhere, broadcast. The result
// has the type of x and y; c may have any. The branch that is not taken has the
// derivative 0, and still counts: where its own derivative is infinite the
// product is NaN, so keep it finite (Where(x > 0, x, 1).Log(), not the other way round).
func Where(c, x, y Value) Value {
	g, ok := together("where", c, x, y)
	if !ok {
		return Value{}
	}
	if x, y, ok = meetTypes("where", x, y); !ok {
		return Value{}
	}
	s, err := broadcastShapes(x.Shape(), y.Shape())
	if err == nil {
		s, err = broadcastShapes(c.Shape(), s)
	}
	if err != nil {
		return g.Fail("where", "the condition is %v and the branches are %v and %v: %v", c.Shape(), x.Shape(), y.Shape(), err)
	}
	c = c.truth(x.DType())
	return g.Apply(Select{}, c.BroadcastTo(s...), x.BroadcastTo(s...), y.BroadcastTo(s...))
}

// truth is v in another type, in which nothing but 0 may become 0.
func (v Value) truth(d tensor.DType) Value {
	b, ok := v.Op().(Binary)
	isTruth := ok && b.Flat() != "" // 0 or 1 already
	wholeToFloat := !v.DType().IsFloat() && d.IsFloat()
	if v.DType() != d && !isTruth && !wholeToFloat {
		v = v.NotEqual(v.g.Const(0))
	}
	return v.Cast(d)
}
