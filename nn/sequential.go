package nn

import (
	"strconv"

	"github.com/godescent/descent/graph"
)

// Sequential applies layers one after another. Layer i has the path
// "i.kind", such as "0.linear", or the name that [Name] gave it.
type Sequential struct{ Layers []Layer }

// NewSequential is the layers in order.
func NewSequential(layers ...Layer) *Sequential { return &Sequential{layers} }

// Apply implements Layer.
func (s *Sequential) Apply(c *Context, x graph.Value) graph.Value {
	if len(s.Layers) == 0 {
		return c.Fail("it has no layers; give it one at least")
	}
	used := map[string]bool{}
	for i, l := range s.Layers {
		if l == nil {
			return c.Fail("its layer %d is nil", i)
		}
		name := strconv.Itoa(i) + "." + kind(l)
		if n, ok := l.(*Named); ok {
			if used[n.Name] {
				return c.Fail("two of its layers are named %q, and would share their weights; give them two names", n.Name)
			}
			name, l = n.Name, n.Layer
			used[name] = true
		}
		x = c.Child(name, l, x)
	}
	return x
}

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

// Flatten joins all axes but the first: [B, ...] → [B, N].
type Flatten struct{}

// Apply implements Layer.
func (Flatten) Apply(_ *Context, x graph.Value) graph.Value { return x.Flatten() }
