package graph

import "github.com/godescent/descent/tensor"

// WindowSpread is the transpose of [WindowSum]: each element of [B, H, W, C] is the
// sum of the numbers of the windows that cover it, a chain from 0 in ascending order.
type WindowSpread struct {
	Window Window
	To     [2]int // H, W
}

// Name implements Primitive.
func (WindowSpread) Name() string { return "window spread" }

// Infer implements Primitive.
func (p WindowSpread) Infer(in []Type) (Type, error) {
	if err := operands(in, 1); err != nil {
		return Type{}, err
	}
	return p.Window.back(p.To, in)
}

// Eval implements Primitive.
func (p WindowSpread) Eval(in []*tensor.Array, out *tensor.Array) {
	p.Window.each(out.Shape(), in[0].Shape(), func(y, _, x int) {
		for c := range out.Shape()[3] {
			out.SetAt(x+c, add(out.DType(), out.At(x+c), in[0].At(y+c)))
		}
	})
}

// JVP implements Differentiable.
func (p WindowSpread) JVP(v Value, t []Value) Value { return v.g.Apply(p, t[0]) }

// Transpose implements Linear.
func (p WindowSpread) Transpose(_, ct Value, _ int) Value { return ct.sumPool(p.Window) }
