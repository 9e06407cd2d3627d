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
