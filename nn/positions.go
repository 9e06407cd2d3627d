package nn

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/weights"
)

// Positions adds a vector of its own to each place of a sequence:
// y[b, t] = x[b, t] + w[t] for x [B, T, D] with T up to Context.
//
// Weights: weight [Context, D], at first N(0, 0.02²) as in GPT-2, of the role weights.Embedding.
//
// Gehring et al.: Convolutional Sequence to Sequence Learning, 2017.
type Positions struct {
	Context int
	Init    weights.Initializer // nil is N(0, 0.02²)
}

// NewPositions serves sequences of up to context places.
func NewPositions(context int) *Positions {
	return &Positions{Context: context, Init: initial.NewNormal(0.02)}
}

// Apply implements Layer.
func (l *Positions) Apply(c *Context, x graph.Value) graph.Value {
	if l.Context < 1 {
		return c.Fail("its context is %d; make it by nn.NewPositions(64), with one place at least", l.Context)
	}
	d := c.sequence(x)
	if d == 0 {
		return graph.Value{}
	}
	if x.Dim(1) > l.Context {
		return c.Fail("x is %v, a sequence of %d, and the context is %d; give it one as long as the longest sequence", x.Shape(), x.Dim(1), l.Context)
	}
	init := l.Init
	if init == nil {
		init = initial.NewNormal(0.02)
	}
	w := c.Weight("weight", weights.Embedding, init, 0, 0, l.Context, d)
	return x.Add(w.Slice(0, 0, x.Dim(1))) // [B, T, D] + [T, D]
}

// sequence checks that x is floats of the weights' type [B, T, D], and gives D; 0 says
// that it failed.
func (c *Context) sequence(x graph.Value) int {
	if x.Valid() && (x.Rank() != 3 || x.Size() == 0) {
		c.Fail("x is %v; it wants [batch, places, features], such as nn.NewEmbedding makes of [batch, places]", x.Shape())
		return 0
	}
	return c.features(x)
}
