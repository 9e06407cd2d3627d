package graph

import "github.com/godescent/descent/tensor"

// WindowSum adds up each window and channel of x [B, H, W, C]: [B, Ho, Wo, C],
// a chain from 0 over the taps in ascending order, padding left out.
type WindowSum struct{ Window Window }

// Name implements Primitive.
func (WindowSum) Name() string { return "window sum" }

// Infer implements Primitive.
func (p WindowSum) Infer(in []Type) (Type, error) {
	if err := operands(in, 1); err != nil {
		return Type{}, err
	}
	return p.Window.over(in[0])
}

// Eval implements Primitive.
func (p WindowSum) Eval(in []*tensor.Array, out *tensor.Array) {
	p.Window.each(in[0].Shape(), out.Shape(), func(y, _, x int) {
		for c := range out.Shape()[3] {
			out.SetAt(y+c, add(out.DType(), out.At(y+c), in[0].At(x+c)))
		}
	})
}

// JVP implements Differentiable.
func (p WindowSum) JVP(v Value, t []Value) Value { return v.g.Apply(p, t[0]) }

// Transpose implements Linear.
func (p WindowSum) Transpose(v, ct Value, _ int) Value {
	x := v.Arg(0)
	return v.g.Apply(WindowSpread{p.Window, [2]int{x.Dim(1), x.Dim(2)}}, ct)
}
