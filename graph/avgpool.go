package graph

import "github.com/godescent/descent/tensor"

func (v Value) sumPool(w Window) Value {
	if !v.Valid() {
		return v
	}
	return v.g.Apply(WindowSum{w}, v)
}

// AvgPool is the mean of each window and channel of v [B, H, W, C]: [B, Ho, Wo, C].
// Padding counts as zeros if countPadding, as in PyTorch by default, and else
// not at all: the sum is then divided by the number of positions within v.
func (v Value) AvgPool(w Window, countPadding bool) Value {
	y := v.sumPool(w)
	if !y.Valid() {
		return y
	}
	if countPadding || w.Lo == [2]int{} && w.Hi == [2]int{} {
		return y.Scale(1 / float64(w.Size[0]*w.Size[1]))
	}
	ones := v.g.Full(1, v.DType(), 1, v.Dim(1), v.Dim(2), 1)
	return y.Div(ones.sumPool(w))
}

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
