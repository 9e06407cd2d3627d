package nn

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// Dropout sets each number to 0 with probability Rate while training, and
// divides the others by 1 − Rate, so that the mean stays and evaluation is the
// identity ("inverted" dropout).
//
// The mask is a function of (seed, the layer's path, τ, index): a loss that is
// built at two points of one step, as for Nesterov's look-ahead, drops the same units.
//
// Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov: Dropout, 2014.
type Dropout struct {
	Rate float64 // in [0, 1)
}

// NewDropout drops at a rate; the paper takes 0.5 for hidden units and 0.2 for inputs.
func NewDropout(rate float64) *Dropout { return &Dropout{rate} }

// Apply implements Layer.
func (d *Dropout) Apply(c *Context, x graph.Value) graph.Value {
	return c.drop(x, d.Rate, x.Shape())
}

// drop sets numbers of x to 0 while training, all those together that one of a mask of some
// shape stands for, and makes up for it.
func (c *Context) drop(x graph.Value, rate float64, shape tensor.Shape) graph.Value {
	if !(rate >= 0 && rate < 1) {
		return c.Fail("its rate is %v; it wants a number from 0 to below 1", rate)
	}
	if !c.Draws() || rate == 0 || !x.Valid() {
		return x
	}
	keep := 1 - rate
	mask := c.Random("mask", graph.Uniform, shape...)
	if !mask.Valid() {
		return mask
	}
	return x.Mul(mask.Less(c.Graph().Const(keep)).Scale(1 / keep))
}
