package nn

import "github.com/godescent/descent/graph"

// Softmax is e^xᵢ / Σⱼ e^xⱼ along the last axis. A classifier that is trained
// by cross entropy ends in logits, without it.
type Softmax struct{}

// Apply implements Layer. The largest x is subtracted first, which changes
// neither the result nor any derivative, so it is a constant to them.
func (Softmax) Apply(c *Context, x graph.Value) graph.Value {
	if c.features(x) == 0 {
		return graph.Value{}
	}
	e := x.Sub(keep(x.MaxOver(-1)).StopGradient()).Exp()
	return e.Div(keep(e.Sum(-1)))
}

// keep gives a reduced last axis back, with length 1.
func keep(v graph.Value) graph.Value {
	return v.Reshape(append(v.Shape().Clone(), 1)...)
}
