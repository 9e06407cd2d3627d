package nn

import (
	"math"

	"github.com/godescent/descent/graph"
)

// LayerNorm makes the mean of each example's features 0 and their variance 1,
// and then scales and shifts each feature:
//
//	y = γ·(x − μ)/√(σ² + ε) + β,  μ = mean of x, σ² = mean of (x − μ)²
//
// over the last axis. It is the same in training and in evaluation, and does
// not depend on the batch.
//
// Weights: scale γ, at first 1, and shift β, at first 0.
//
// Ba, Kiros, Hinton: Layer Normalization, 2016. PyTorch has the same ε; Keras 1e-3.
type LayerNorm struct {
	Eps    float64 // ε ≥ 0
	Affine bool    // has γ and β
}

// NewLayerNorm has ε = 1e-5, γ and β.
func NewLayerNorm() *LayerNorm { return &LayerNorm{Eps: 1e-5, Affine: true} }

// Apply implements Layer.
func (l *LayerNorm) Apply(c *Context, x graph.Value) graph.Value {
	switch {
	case *l == LayerNorm{}:
		return c.Fail("it is empty; make it by nn.NewLayerNorm()")
	case !(l.Eps >= 0) || math.IsInf(l.Eps, 0):
		return c.Fail("its eps is %v; it wants a number from 0 up", l.Eps)
	case c.features(x) == 0:
		return graph.Value{}
	}
	over := func(v graph.Value) graph.Value { return keep(v.Mean(-1)) } // [..., C] → [..., 1]
	m := measure(x, over(x), over)
	r := m.variance.Plus(l.Eps).Rsqrt()
	y := m.centred.Mul(r).Sub(m.rest.Mul(r))
	if !l.Affine || !y.Valid() {
		return y
	}
	γ, β := scaleShift(c, x.Dim(-1))
	return y.Mul(γ).Add(β)
}
