package nn

import "github.com/godescent/descent/graph"

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
	if !(d.Rate >= 0 && d.Rate < 1) {
		return c.Fail("its rate is %v; it wants a number from 0 to below 1", d.Rate)
	}
	if !c.Train() || d.Rate == 0 || !x.Valid() {
		return x
	}
	keep := 1 - d.Rate
	mask := c.Random("mask", graph.Uniform, x.Shape()...)
	if !mask.Valid() {
		return mask
	}
	return x.Mul(mask.Less(c.Graph().Const(keep)).Scale(1 / keep))
}
