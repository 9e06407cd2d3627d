package nn

import "github.com/godescent/descent/graph"

// Flatten joins all axes but the first: [B, ...] → [B, N].
type Flatten struct{}

// Apply implements Layer.
func (Flatten) Apply(_ *Context, x graph.Value) graph.Value { return x.Flatten() }
