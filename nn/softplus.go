package nn

import "github.com/godescent/descent/graph"

// Softplus is ln(1 + e^x), whose derivative is the sigmoid.
type Softplus struct{}

// Apply implements Layer. It is x + ln(1 + e^−x) for x > 0: no exponential
// overflows, and every derivative is right at 0 too, since both forms are
// smooth and equal.
func (Softplus) Apply(c *Context, x graph.Value) graph.Value {
	if !x.Valid() {
		return x
	}
	zero := c.Graph().Const(0)
	above := x.Greater(zero)
	return graph.Where(above, x, zero).Add(graph.Where(above, x.Neg(), x).Exp().Log1p())
}
