package nn

import "github.com/godescent/descent/graph"

// ReLU is max(x, 0), with derivative 0 at 0.
//
// Nair, Hinton: Rectified Linear Units Improve Restricted Boltzmann Machines, 2010.
type ReLU struct{}

// Apply implements Layer.
func (ReLU) Apply(_ *Context, x graph.Value) graph.Value { return x.Relu() }
