package nn

import "github.com/godescent/descent/graph"

// Sigmoid is 1/(1 + e^−x).
type Sigmoid struct{}

// Apply implements Layer.
func (Sigmoid) Apply(_ *Context, x graph.Value) graph.Value { return x.Sigmoid() }
