package nn

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

// Embedding gives each symbol a vector of its own: x [...] of whole numbers from 0 to
// Symbols − 1 → [..., Dim], the rows of the weight that x names. A number outside takes
// the nearest row.
//
// Weights: weight [Symbols, Dim], at first N(0, 1) as in PyTorch. Its role is
// weights.Embedding: weight decay leaves it alone, since a symbol that a batch lacks would shrink.
type Embedding struct {
	Symbols, Dim int
	Init         weights.Initializer // nil is N(0, 1)
}

// NewEmbedding has a vector of dim numbers for each symbol.
func NewEmbedding(symbols, dim int) *Embedding {
	return &Embedding{Symbols: symbols, Dim: dim, Init: initial.NewNormal(1)}
}

// Apply implements Layer.
func (l *Embedding) Apply(c *Context, x graph.Value) graph.Value {
	switch {
	case l.Symbols < 1 || l.Dim < 1:
		return c.Fail("it has %d symbols of %d numbers; make it by nn.NewEmbedding(65, 128), with one at least of each", l.Symbols, l.Dim)
	case !x.Valid():
		return x
	case x.DType().IsFloat():
		return c.Fail("x is %v; it wants whole numbers from 0 to %d", x.Type(), l.Symbols-1)
	}
	init := l.Init
	if init == nil {
		init = initial.NewNormal(1)
	}
	w := c.Weight("weight", weights.Embedding, init, 0, 0, l.Symbols, l.Dim)
	return w.Gather(x.Cast(tensor.Int32)) // [V, D] at [...] → [..., D]
}
