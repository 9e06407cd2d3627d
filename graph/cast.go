package graph

import (
	"fmt"

	"github.com/godescent/descent/tensor"
)

// Cast converts elementwise: to a narrower float by rounding to nearest even,
// to a whole number towards zero.
type Cast struct{ To tensor.DType }

// Name implements Primitive.
func (p Cast) Name() string { return "cast " + p.To.String() }

// Infer implements Primitive.
func (p Cast) Infer(in []Type) (Type, error) {
	if p.To.Size() == 0 {
		return Type{}, fmt.Errorf("%v is no element type", p.To)
	}
	return Type{p.To, in[0].Shape}, nil
}

// Eval implements Primitive.
func (p Cast) Eval(in []*tensor.Array, out *tensor.Array) {
	for i := range out.Size() {
		out.SetAt(i, in[0].At(i))
	}
}

// JVP implements Differentiable.
func (p Cast) JVP(_ Value, t []Value) Value { return t[0].Cast(p.To) }

// Flat implements Flat: a cast to whole numbers is.
func (p Cast) Flat() string {
	if !p.To.IsFloat() {
		return "whole numbers jump"
	}
	return ""
}

// Transpose implements Linear.
func (p Cast) Transpose(v, ct Value, _ int) Value { return ct.Cast(v.Arg(0).DType()) }

// Cast converts v to another element type.
func (v Value) Cast(d tensor.DType) Value {
	if !v.Valid() || v.DType() == d {
		return v
	}
	if c, ok := v.constant(); ok && d.IsFloat() {
		return v.g.Apply(MakeConst(d, c))
	}
	if v.isSpread() {
		return v.Arg(0).Cast(d).BroadcastTo(v.Shape()...)
	}
	return v.g.Apply(Cast{d}, v)
}
