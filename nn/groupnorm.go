package nn

import (
	"math"

	"github.com/godescent/descent/graph"
)

// GroupNorm makes the mean 0 and the variance 1 of each example and group of channels, over
// all positions, and then scales and shifts each channel:
//
//	y = γ·(x − μ)/√(σ² + ε) + β,  μ = mean of x, σ² = mean of (x − μ)²
//
// for x [B, ..., C], whose C channels make Groups of C/Groups neighbours. It is the same in training
// and in evaluation, and does not depend on the batch.
//
// Weights: scale γ [C], at first 1, and shift β [C], at first 0.
//
// Wu, He: Group Normalization, 2018.
type GroupNorm struct {
	Groups int
	Eps    float64 // ε ≥ 0
	Affine bool    // has γ and β
}

// NewGroupNorm has ε = 1e-5, γ and β; the paper takes 32 groups.
func NewGroupNorm(groups int) *GroupNorm { return &GroupNorm{Groups: groups, Eps: 1e-5, Affine: true} }

// Apply implements Layer.
func (l *GroupNorm) Apply(c *Context, x graph.Value) graph.Value {
	n := c.features(x)
	switch {
	case n == 0:
		return graph.Value{}
	case l.Groups < 1 || n%l.Groups != 0:
		return c.Fail("x is %v and there are %d groups, which do not share %d channels evenly; make it by nn.NewGroupNorm(groups)", x.Shape(), l.Groups, n)
	}
	return c.groupNorm(x, l.Groups, l.Eps, l.Affine)
}

// groupNorm normalises each example's groups of channels.
func (c *Context) groupNorm(x graph.Value, groups int, ε float64, affine bool) graph.Value {
	b, n := x.Dim(0), x.Dim(-1)
	places, each := x.Size()/(b*n), n/groups
	if !(ε >= 0) || math.IsInf(ε, 0) {
		return c.Fail("its eps is %v; it wants a number from 0 up", ε)
	}
	if places*each < 2 {
		return c.Fail("x is %v: one number a group has no variance; use fewer groups", x.Shape())
	}
	z := x.Reshape(b, places, groups, each)
	over := func(v graph.Value) graph.Value { return v.Mean(1, 3).Reshape(b, 1, groups, 1) }
	if each == 1 {
		z = x.Reshape(b, places, n)
		over = func(v graph.Value) graph.Value { return v.Mean(1).Reshape(b, 1, n) }
	}
	m := measure(z, over(z), over)
	r := m.variance.Plus(ε).Rsqrt()
	y := m.centred.Mul(r).Sub(m.rest.Mul(r)).Reshape(x.Shape()...)
	if !affine || !y.Valid() {
		return y
	}
	γ, β := scaleShift(c, n)
	return y.Mul(γ).Add(β)
}
