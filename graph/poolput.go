package graph

import "github.com/godescent/descent/tensor"

// PoolPut is the transpose of [PoolTake]: it adds each window's number into the
// place of zeros [B, H, W, C] that the index names there, windows in ascending order.
type PoolPut struct {
	Window Window
	To     [2]int // H, W
}

// Name implements Primitive.
func (PoolPut) Name() string { return "pool put" }

// Infer implements Primitive.
func (p PoolPut) Infer(in []Type) (Type, error) {
	if err := operands(in, 2); err != nil {
		return Type{}, err
	}
	return p.Window.back(p.To, in)
}

// Eval implements Primitive.
func (p PoolPut) Eval(in []*tensor.Array, out *tensor.Array) {
	p.Window.each(out.Shape(), in[0].Shape(), func(y, tap, x int) {
		for c := range out.Shape()[3] {
			if in[1].At(y+c) == float64(tap) {
				out.SetAt(x+c, add(out.DType(), out.At(x+c), in[0].At(y+c)))
			}
		}
	})
}

// JVP implements Differentiable.
func (p PoolPut) JVP(v Value, t []Value) Value {
	if !t[0].Valid() {
		return v.Zeros()
	}
	return v.g.Apply(p, t[0], v.Arg(1))
}

// Transpose implements Linear.
func (p PoolPut) Transpose(v, ct Value, _ int) Value {
	return v.g.Apply(PoolTake{p.Window}, ct, v.Arg(1))
}
