package nn

import "github.com/godescent/descent/graph"

// Residual is y = x + Body(x): the body learns what to change.
//
// He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition, 2016. Where
// the body changes the shape, a Shortcut, such as a Linear, maps x to it.
type Residual struct {
	Body     Layer
	Shortcut Layer // nil is x itself
}

// NewResidual is x + body(x); several layers are a Sequential.
func NewResidual(body ...Layer) *Residual {
	if len(body) == 1 {
		return &Residual{Body: body[0]}
	}
	return &Residual{Body: NewSequential(body...)}
}

// Apply implements Layer.
func (r *Residual) Apply(c *Context, x graph.Value) graph.Value {
	if r.Body == nil {
		return c.Fail("it has no body; make it by nn.NewResidual(layers...)")
	}
	y := c.Child("body", r.Body, x)
	if r.Shortcut != nil {
		x = c.Child("shortcut", r.Shortcut, x)
	}
	if x.Valid() && y.Valid() && !x.Shape().Equal(y.Shape()) {
		return c.Fail("x is %v and its body gives %v, which do not add; let the body keep the shape, or set a Shortcut that maps x to it", x.Shape(), y.Shape())
	}
	return x.Add(y)
}
