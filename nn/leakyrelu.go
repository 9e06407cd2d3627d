package nn

import (
	"math"

	"github.com/godescent/descent/graph"
)

// LeakyReLU is x above 0 and Slope·x below; at 0 the derivative is Slope.
//
// Maas, Hannun, Ng: Rectifier Nonlinearities Improve Neural Network Acoustic Models, 2013.
type LeakyReLU struct{ Slope float64 }

// NewLeakyReLU has the slope 0.01.
func NewLeakyReLU() *LeakyReLU { return &LeakyReLU{Slope: 0.01} }

// Apply implements Layer.
func (l *LeakyReLU) Apply(c *Context, x graph.Value) graph.Value {
	if math.IsNaN(l.Slope) || math.IsInf(l.Slope, 0) {
		return c.Fail("its slope is %v; it wants a finite number such as 0.01", l.Slope)
	}
	if !x.Valid() {
		return x
	}
	return graph.Where(x.Greater(c.Graph().Const(0)), x, x.Scale(l.Slope))
}
