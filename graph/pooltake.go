package graph

import (
	"fmt"

	"github.com/godescent/descent/tensor"
)

// PoolTake is the number that an index of [PoolIndex] names in each window:
// x [B, H, W, C] and index [B, Ho, Wo, C] → [B, Ho, Wo, C], and 0 where it names none.
type PoolTake struct{ Window Window }

// Name implements Primitive.
func (PoolTake) Name() string { return "pool take" }

// Infer implements Primitive.
func (p PoolTake) Infer(in []Type) (Type, error) {
	if err := operands(in, 2); err != nil {
		return Type{}, err
	}
	y, err := p.Window.over(in[0])
	if err == nil && (in[1].DType != y.DType || !in[1].Shape.Equal(y.Shape)) {
		return Type{}, fmt.Errorf("the index is %v; the windows of x %v want %v", in[1], in[0], y)
	}
	return y, err
}

// Eval implements Primitive.
func (p PoolTake) Eval(in []*tensor.Array, out *tensor.Array) {
	p.Window.each(in[0].Shape(), out.Shape(), func(y, tap, x int) {
		for c := range out.Shape()[3] {
			if in[1].At(y+c) == float64(tap) {
				out.SetAt(y+c, in[0].At(x+c))
			}
		}
	})
}

// JVP implements Differentiable: the index is flat.
func (p PoolTake) JVP(v Value, t []Value) Value {
	if !t[0].Valid() {
		return v.Zeros()
	}
	return v.g.Apply(p, t[0], v.Arg(1))
}

// Transpose implements Linear.
func (p PoolTake) Transpose(v, ct Value, _ int) Value {
	x := v.Arg(0)
	return v.g.Apply(PoolPut{p.Window, [2]int{x.Dim(1), x.Dim(2)}}, ct, v.Arg(1))
}
