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
		for i := range out.Size() {
			if in[0].At(i) != 0 {
				out.SetAt(i, in[1].At(i))
			} else {
				out.SetAt(i, in[2].At(i))
			}
		}
	}
}

// JVP implements Differentiable.
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
func (Select) Transpose(v, ct Value, i int) Value {
	if i == 1 {
		return Where(v.Arg(0), ct, ct.Zeros())
	}
	return Where(v.Arg(0), ct.Zeros(), ct)
}

// Where is x where c ≠ 0 and y elsewhere, broadcast.
func Where(c, x, y Value) Value {
	if !c.Valid() || !x.Valid() || !y.Valid() {
		return Value{}
	}
	x, y, ok := meet("where", x, y)
	if !ok {
		return Value{}
	}
	if c.DType() != x.DType() && c.DType().IsFloat() != x.DType().IsFloat() {
		c = c.Cast(x.DType())
	}
	c, x, ok = meet("where", c, x)
	if !ok {
		return Value{}
	}
	x, y, ok = meet("where", x, y)
	if !ok {
		return Value{}
	}
	if c.DType() != x.DType() {
		c = c.Cast(x.DType())
	}
	return c.g.Apply(Select{}, c, x, y)
}
