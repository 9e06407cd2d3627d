package nn

import (
	"math"

	"github.com/godescent/descent/graph"
)

// GELU is x·Φ(x), Φ being the normal distribution: x·(1 + erf(x/√2))/2, or its
// approximation by tanh, x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2.
//
// Hendrycks, Gimpel: Gaussian Error Linear Units, 2016. PyTorch's default is
// the erf form; GPT-2 and Keras before 3 used the tanh form.
type GELU struct{ Tanh bool }

// Apply implements Layer.
func (l GELU) Apply(_ *Context, x graph.Value) graph.Value {
	if l.Tanh {
		z := x.Add(x.Square().Mul(x).Scale(0.044715)).Scale(math.Sqrt(2 / math.Pi))
		return x.Mul(z.Tanh().Plus(1).Scale(0.5))
	}
	return x.Mul(x.Scale(1 / math.Sqrt2).Erf().Plus(1).Scale(0.5))
}
