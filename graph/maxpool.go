package graph

import (
	"fmt"

	"github.com/godescent/descent/tensor"
)

// MaxPool is the largest number of each window and channel of v [B, H, W, C],
// NaN if one is: [B, Ho, Wo, C]. Its derivative goes to the first that attains it.
func (v Value) MaxPool(w Window) Value {
	if !v.Valid() {
		return v
	}
	index := v.g.Apply(PoolIndex{w}, v)
	if !index.Valid() {
		return index
	}
	return v.g.Apply(PoolTake{w}, v, index)
}

// PoolIndex tells, for each window and channel of x [B, H, W, C], which tap holds the
// largest number: i·KW + j of the first one, as a float of x's type,
// [B, Ho, Wo, C]. A NaN counts as larger than any number, padding as no number at all.
type PoolIndex struct{ Window Window }

// Name implements Primitive.
func (PoolIndex) Name() string { return "pool index" }

// Infer implements Primitive.
func (p PoolIndex) Infer(in []Type) (Type, error) {
	if err := operands(in, 1); err != nil {
		return Type{}, err
	}
	if n := p.Window.Size[0] * p.Window.Size[1]; n > 1<<24 {
		return Type{}, fmt.Errorf("the window has %d taps; a float32 tells at most %d apart", n, 1<<24)
	}
	return p.Window.over(in[0])
}

// Eval implements Primitive.
func (p PoolIndex) Eval(in []*tensor.Array, out *tensor.Array) {
	best := make([]int, out.Size()) // where in x, plus 1
	p.Window.each(in[0].Shape(), out.Shape(), func(y, tap, x int) {
		for c := range out.Shape()[3] {
			if b := best[y+c]; b > 0 {
				a, b := in[0].At(b-1), in[0].At(x+c)
				if !(b > a || b != b && a == a) {
					continue
				}
			}
			best[y+c] = x + c + 1
			out.SetAt(y+c, float64(tap))
		}
	})
}

// Flat implements Flat.
func (PoolIndex) Flat() string { return "an index jumps" }

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
