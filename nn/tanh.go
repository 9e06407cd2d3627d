package nn

import "github.com/godescent/descent/graph"

// Tanh is the hyperbolic tangent.
type Tanh struct{}

// Apply implements Layer.
func (Tanh) Apply(_ *Context, x graph.Value) graph.Value { return x.Tanh() }
