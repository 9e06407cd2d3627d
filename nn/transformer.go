package nn

import (
	"math"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/initial"
)

// TransformerBlock is a residual layer of attention and one of a perceptron,
// each after a normalisation, x [B, T, D] → [B, T, D]:
//
//	x ← x + Attention(LayerNorm(x))
//	x ← x + W₂·GELU(W₁·LayerNorm(x))
//
// with Hidden·D hidden features ("pre-norm"). While training, Dropout drops
// attention weights and what either part adds to x.
//
// Weights: those of attention_norm, attention, mlp_norm, mlp_in and mlp_out. Depth, the
// number of blocks in a row, scales the first weights of what is added to x by
// 1/√(2·Depth), so that x keeps its size from the first block to the last (GPT-2).
//
// Xiong et al.: On Layer Normalization in the Transformer Architecture, 2020.
type TransformerBlock struct {
	Heads   int
	Hidden  int // hidden features over D
	Causal  bool
	Dropout float64 // in [0, 1)
	Depth   int
}

// NewTransformerBlock has 4·D hidden features, and is one of depth blocks.
func NewTransformerBlock(heads, depth int) *TransformerBlock {
	return &TransformerBlock{Heads: heads, Hidden: 4, Depth: depth}
}

// Apply implements Layer.
func (l *TransformerBlock) Apply(c *Context, x graph.Value) graph.Value {
	if l.Heads < 1 || l.Hidden < 1 || l.Depth < 1 {
		return c.Fail("it has %d heads, %d times the features hidden, and is one of %d blocks; make it by nn.NewTransformerBlock(4, 6), with one at least of each", l.Heads, l.Hidden, l.Depth)
	}
	d := c.sequence(x)
	if d == 0 {
		return graph.Value{}
	}
	added := &initial.Scaled{Gain: 1 / math.Sqrt(2*float64(l.Depth)), Fan: initial.In}
	act, gain, err := Activation("gelu")
	if err != nil {
		return c.Fail("%v", err)
	}
	drop := func(name string, y graph.Value) graph.Value {
		if l.Dropout == 0 {
			return y
		}
		return c.Child(name, NewDropout(l.Dropout), y)
	}
	attention := NewMultiHeadAttention(l.Heads)
	attention.Causal, attention.Dropout, attention.OutInit = l.Causal, l.Dropout, added
	y := c.Child("attention", attention, c.Child("attention_norm", NewLayerNorm(), x))
	x = x.Add(drop("attention_dropout", y))

	y = c.Child("mlp_norm", NewLayerNorm(), x)
	y = c.Child("mlp_in", &Linear{Out: l.Hidden * d, Bias: true, Init: &initial.Scaled{Gain: gain}}, y)
	y = c.Child("gelu", act, y)
	y = c.Child("mlp_out", &Linear{Out: d, Bias: true, Init: added}, y)
	return x.Add(drop("mlp_dropout", y))
}
