package nn

import "github.com/godescent/descent/graph"

// InstanceNorm makes the mean 0 and the variance 1 of each example and channel, over
// all positions: [GroupNorm] with as many groups as x [B, ..., C] has channels. Unlike
// [BatchNorm] it keeps no running statistics.
//
// Weights, if Affine: scale γ [C], at first 1, and shift β [C], at first 0.
//
// Ulyanov, Vedaldi, Lempitsky: Instance Normalization, 2016. PyTorch's default too is without γ and β.
type InstanceNorm struct {
	Eps    float64 // ε ≥ 0
	Affine bool    // has γ and β
}

// NewInstanceNorm has ε = 1e-5, and no γ and β.
func NewInstanceNorm() *InstanceNorm { return &InstanceNorm{Eps: 1e-5} }

// Apply implements Layer.
func (l *InstanceNorm) Apply(c *Context, x graph.Value) graph.Value {
	n := c.features(x)
	switch {
	case n == 0:
		return graph.Value{}
	case x.Size()/(x.Dim(0)*n) < 2:
		return c.Fail("x is %v, and a channel of one position has no variance; it wants [batch, ..., channels] with two positions at least", x.Shape())
	}
	return c.groupNorm(x, n, l.Eps, l.Affine)
}
