package schedule

import "github.com/godescent/descent/graph"

// Schedule is a learning rate that moves. Rate is η(τ) for the initial rate η0
// and the number τ of updates made before this one: the first uses η(0). All
// are rank-0 float64.
type Schedule interface {
	Rate(g *graph.Graph, η0, τ graph.Value) graph.Value
}

// Constant is η = η0.
type Constant struct{}

// Rate implements Schedule.
func (*Constant) Rate(_ *graph.Graph, η0, _ graph.Value) graph.Value { return η0 }
