package nn

import "github.com/godescent/descent/graph"

// DropPath is [Dropout] of whole examples: of x [B, ...] all numbers of an example are kept or
// set to 0 together. As the last layer of a [Residual]'s body it makes the body skip examples
// ("stochastic depth"), which trains deep networks as an ensemble of less deep ones.
//
// Huang, Sun, Liu, Sedra, Weinberger: Deep Networks with Stochastic Depth, 2016, with the rate of a
// block growing with its depth. There it is per batch; per example is the custom since EfficientNet.
type DropPath struct {
	Rate float64 // in [0, 1)
}

// NewDropPath drops examples at a rate.
func NewDropPath(rate float64) *DropPath { return &DropPath{rate} }

// Apply implements Layer.
func (d *DropPath) Apply(c *Context, x graph.Value) graph.Value {
	shape := x.Shape().Clone()
	for i := 1; i < len(shape); i++ {
		shape[i] = 1
	}
	return c.drop(x, d.Rate, shape)
}
