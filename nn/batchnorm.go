package nn

import (
	"math"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/weights"
)

// BatchNorm makes each feature's mean 0 and variance 1 over the batch, and
// then scales and shifts it:
//
//	y = γ·(x − μ)/√(σ² + ε) + β,  μ = mean of x, σ² = mean of (x − μ)²
//
// over all axes but the last, which holds the features. Training uses the
// batch's own μ and σ², and carries running ones along,
//
//	running ← (1 − m)·running + m·batch
//
// with m the Momentum and the batch's variance in its unbiased form, N/(N − 1)·σ²
// for N numbers a feature; evaluation uses those.
//
// Weights: scale γ, at first 1, and shift β, at first 0. State: mean, at first
// 0, and variance, at first 1.
//
// Ioffe, Szegedy: Batch Normalization, 2015. These are PyTorch's conventions.
// Keras weights the old value by its momentum (0.99), keeps the biased variance and has ε = 1e-3.
type BatchNorm struct {
	Momentum float64 // m in [0, 1]: the share of the new batch
	Eps      float64 // ε ≥ 0
	Affine   bool    // has γ and β
}

// NewBatchNorm has m = 0.1, ε = 1e-5, γ and β.
func NewBatchNorm() *BatchNorm { return &BatchNorm{Momentum: 0.1, Eps: 1e-5, Affine: true} }

// Apply implements Layer.
func (l *BatchNorm) Apply(c *Context, x graph.Value) graph.Value {
	switch {
	case *l == BatchNorm{}:
		return c.Fail("it is empty; make it by nn.NewBatchNorm()")
	case !(l.Momentum >= 0 && l.Momentum <= 1):
		return c.Fail("its momentum is %v; it wants the share of the new batch, a number from 0 to 1 (PyTorch's 0.1 is Keras's 0.9)", l.Momentum)
	case !(l.Eps >= 0) || math.IsInf(l.Eps, 0):
		return c.Fail("its eps is %v; it wants a number from 0 up", l.Eps)
	}
	features := c.features(x)
	if features == 0 {
		return graph.Value{}
	}
	mean, variance := c.State("mean", 0, features), c.State("variance", 1, features)
	if c.Train() {
		n := x.Size() / features
		if n < 2 {
			return c.Fail("x is %v: one number a feature has no variance; train on batches of two or more, or use nn.NewLayerNorm()", x.Shape())
		}
		axes := leading(x)
		m := measure(x, x.Mean(axes...), func(v graph.Value) graph.Value { return v.Mean(axes...) }) // [..., C] → [C]
		unbiased := float64(n) / float64(n-1)
		c.Keep("mean", mean.Scale(1-l.Momentum).Add(m.mean.Scale(l.Momentum)))
		c.Keep("variance", variance.Scale(1-l.Momentum).Add(m.variance.Scale(l.Momentum*unbiased)))
		return l.affine(c, m.centred, m.variance, m.rest)
	}
	return l.affine(c, x.Sub(mean), variance, graph.Value{})
}

// affine is (z − rest)·γ/√(σ² + ε) + β, in the form z·a + b of one product and one sum a number.
func (l *BatchNorm) affine(c *Context, z, σ2, rest graph.Value) graph.Value {
	a := σ2.Plus(l.Eps).Rsqrt() // [C], as all but z
	var b graph.Value
	if l.Affine && z.Valid() {
		γ, β := scaleShift(c, z.Dim(-1))
		a, b = a.Mul(γ), β
	}
	if rest.Valid() {
		if shift := rest.Mul(a).Neg(); b.Valid() {
			b = b.Add(shift)
		} else {
			b = shift
		}
	}
	y := z.Mul(a)
	if !b.Valid() {
		return y
	}
	return y.Add(b)
}

// statistics are a batch's or an example's, with x less its mean.
type statistics struct {
	mean, variance graph.Value
	centred        graph.Value // x − s, s being the mean as a constant to derivatives
	rest           graph.Value // mean − s, which is 0
}

// measure gives x's mean μ and its variance, of which over is the mean along the
// axes that they are over. The variance is
//
//	σ² = mean of (x − s)² − (μ − s)²
//
// which holds for every number s. With s the value of μ, as a constant to derivatives,
// all of them stay exact, while what a gradient would add up through μ over
// the whole of x, and what is 0 by definition, is told from sums that it needs anyway.
func measure(x, μ graph.Value, over func(graph.Value) graph.Value) statistics {
	s := μ.StopGradient()
	m := statistics{mean: μ, centred: x.Sub(s), rest: μ.Sub(s)}
	m.variance = over(m.centred.Square()).Sub(m.rest.Square())
	return m
}

// scaleShift are a normalisation's γ, at first 1, and β, at first 0.
func scaleShift(c *Context, n int) (γ, β graph.Value) {
	γ = c.Weight("scale", weights.Scale, initial.NewConstant(1), 0, 0, n)
	return γ, c.Weight("shift", weights.Shift, initial.NewZeros(), 0, 0, n)
}

// leading are all axes but the last.
func leading(x graph.Value) []int {
	axes := make([]int, x.Rank()-1)
	for i := range axes {
		axes[i] = i
	}
	return axes
}
