package objective

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// Objective is an error function E(w).
type Objective interface {
	// Size is W, the length of w.
	Size() int
	// DType is the type of w.
	DType() tensor.DType
	// Loss is E at w [W], a rank-0 value of w's graph. It may be called at several
	// points w of one graph, and draws the same random numbers at each. A
	// mistake sticks to the graph.
	Loss(w graph.Value) graph.Value
}
