package nn

import "github.com/godescent/descent/graph"

// SpatialDropout is [Dropout] of whole channels: of x [B, ..., C] all positions of a
// channel of an example are kept or set to 0 together, since neighbouring positions tell about each other.
//
// Tompson, Goroshin, Jain, LeCun, Bregler: Efficient Object Localization Using Convolutional
// Networks, 2015. PyTorch's Dropout1d and Dropout2d.
type SpatialDropout struct {
	Rate float64 // in [0, 1)
}

// NewSpatialDropout drops channels at a rate.
func NewSpatialDropout(rate float64) *SpatialDropout { return &SpatialDropout{rate} }

// Apply implements Layer.
func (d *SpatialDropout) Apply(c *Context, x graph.Value) graph.Value {
	if c.features(x) == 0 {
		return graph.Value{}
	}
	shape := x.Shape().Clone()
	for i := 1; i < len(shape)-1; i++ {
		shape[i] = 1
	}
	return c.drop(x, d.Rate, shape)
}
