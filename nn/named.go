package nn

import "github.com/godescent/descent/graph"

// Named gives a layer's part of the path a name of its own, which its weights
// then carry: Named{"head", NewLinear(10)} within a Sequential asks for
// "head.weight" where a bare fourth layer asks for "3.linear.weight".
type Named struct {
	Name  string
	Layer Layer
}

// Name is a Named layer.
func Name(name string, l Layer) *Named { return &Named{name, l} }

// Apply implements Layer.
func (n *Named) Apply(c *Context, x graph.Value) graph.Value { return c.Child(n.Name, n.Layer, x) }
