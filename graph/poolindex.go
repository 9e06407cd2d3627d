package graph

import (
	"fmt"

	"github.com/godescent/descent/tensor"
)

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
