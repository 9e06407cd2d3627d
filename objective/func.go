package objective

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// Func is a function of a vector as an Objective, such as one of package
// functions: objective.Func{W: f.Dim(), Type: tensor.Float64, E: f.E}.
type Func struct {
	W    int
	Type tensor.DType
	E    func(w graph.Value) graph.Value
}

// Size implements Objective.
func (f Func) Size() int { return f.W }

// DType implements Objective.
func (f Func) DType() tensor.DType { return f.Type }

// Loss implements Objective.
func (f Func) Loss(w graph.Value) graph.Value { return f.E(w) }
