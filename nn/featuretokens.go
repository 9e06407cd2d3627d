package nn

import (
	"math"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/weights"
)

// FeatureTokens makes each number of a table's row a place of a sequence, x [B, N] → [B, N, Dim]:
//
//	y[b, j] = x[b, j]·w[j] + b[j]
//
// with two vectors for each feature j, so that attention can tell them apart.
//
// Weights: weight [N, Dim] of the role weights.Embedding, and bias [N, Dim], both at first U[−1/√Dim, 1/√Dim).
//
// Gorishniy, Rubachev, Khrulkov, Babenko: Revisiting Deep Learning Models for Tabular Data, 2021 (FT-Transformer).
type FeatureTokens struct{ Dim int }

// NewFeatureTokens has vectors of dim numbers.
func NewFeatureTokens(dim int) *FeatureTokens { return &FeatureTokens{dim} }

// Apply implements Layer.
func (l *FeatureTokens) Apply(c *Context, x graph.Value) graph.Value {
	n := c.features(x)
	switch {
	case n == 0:
		return graph.Value{}
	case l.Dim < 1:
		return c.Fail("its vectors have %d numbers; make it by nn.NewFeatureTokens(32), with one at least", l.Dim)
	case x.Rank() != 2:
		return c.Fail("x is %v; it wants [batch, features]", x.Shape())
	}
	init := initial.NewUniform(1 / math.Sqrt(float64(l.Dim)))
	w := c.Weight("weight", weights.Embedding, init, 0, 0, n, l.Dim)
	b := c.Weight("bias", weights.Bias, init, 0, 0, n, l.Dim)
	return x.Reshape(x.Dim(0), n, 1).Mul(w).Add(b)
}
