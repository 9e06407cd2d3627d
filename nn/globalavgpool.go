package nn

import "github.com/godescent/descent/graph"

// GlobalAvgPool is the mean of each channel over all positions: [B, ..., C] → [B, C].
//
// Lin, Chen, Yan: Network In Network, 2013.
type GlobalAvgPool struct{}

// Apply implements Layer.
func (GlobalAvgPool) Apply(c *Context, x graph.Value) graph.Value {
	if c.features(x) == 0 {
		return graph.Value{}
	}
	if x.Rank() == 2 {
		return x
	}
	return x.Mean(leading(x)[1:]...)
}
