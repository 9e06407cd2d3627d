package initial

import (
	"fmt"
	"math"

	"github.com/godescent/descent/weights"
)

// Normal draws w ~ N(0, Std²) whatever the width of the layer. Through many
// layers the variance of the activations then grows or dies like a power.
type Normal struct{ Std float64 }

// NewNormal is w ~ N(0, std²).
func NewNormal(std float64) *Normal { return &Normal{std} }

// Fill implements weights.Initializer.
func (n *Normal) Fill(v weights.View, seed int64, out []float64) error {
	if !(n.Std >= 0) || math.IsInf(n.Std, 0) {
		return fmt.Errorf("the standard deviation %v is not a number from 0 up", n.Std)
	}
	normal(v, seed, out, n.Std)
	return nil
}

// Uniform draws w ~ U[−Bound, Bound) whatever the width of the layer.
type Uniform struct{ Bound float64 }

// NewUniform is w ~ U[−bound, bound).
func NewUniform(bound float64) *Uniform { return &Uniform{bound} }

// Fill implements weights.Initializer.
func (u *Uniform) Fill(v weights.View, seed int64, out []float64) error {
	if !(u.Bound >= 0) || math.IsInf(u.Bound, 0) {
		return fmt.Errorf("the bound %v is not a number from 0 up", u.Bound)
	}
	uniform(v, seed, out, u.Bound)
	return nil
}

var (
	_ weights.Initializer = (*Normal)(nil)
	_ weights.Initializer = (*Uniform)(nil)
)
