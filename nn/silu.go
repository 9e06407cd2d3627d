package nn

import "github.com/godescent/descent/graph"

// SiLU is x·sigmoid(x), also called swish.
//
// Elfwing, Uchibe, Doya: Sigmoid-Weighted Linear Units, 2017.
type SiLU struct{}

// Apply implements Layer.
func (SiLU) Apply(_ *Context, x graph.Value) graph.Value { return x.Mul(x.Sigmoid()) }
