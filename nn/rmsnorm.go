package nn

import (
	"math"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/weights"
)

// RMSNorm makes the mean square of each example's features 1, and then scales each feature:
//
//	y = γ·x/√(mean of x² + ε)
//
// over the last axis: [LayerNorm] without taking the mean away.
//
// Weights: scale γ, at first 1.
//
// Zhang, Sennrich: Root Mean Square Layer Normalization, 2019. PyTorch's default ε is the type's own
// epsilon, 1.2e-7 for float32.
type RMSNorm struct {
	Eps    float64 // ε ≥ 0
	Affine bool    // has γ
}

// NewRMSNorm has ε = 1e-5 and γ.
func NewRMSNorm() *RMSNorm { return &RMSNorm{Eps: 1e-5, Affine: true} }

// Apply implements Layer.
func (l *RMSNorm) Apply(c *Context, x graph.Value) graph.Value {
	switch {
	case *l == RMSNorm{}:
		return c.Fail("it is empty; make it by nn.NewRMSNorm()")
	case !(l.Eps >= 0) || math.IsInf(l.Eps, 0):
		return c.Fail("its eps is %v; it wants a number from 0 up", l.Eps)
	case c.features(x) == 0:
		return graph.Value{}
	}
	y := x.Mul(keep(x.Square().Mean(-1)).Plus(l.Eps).Rsqrt())
	if !l.Affine || !y.Valid() {
		return y
	}
	return y.Mul(c.Weight("scale", weights.Scale, initial.NewConstant(1), 0, 0, x.Dim(-1)))
}
