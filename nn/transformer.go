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
// with Hidden·D hidden features ("pre-norm"); Norm is another normalisation than LayerNorm. While
// training, Dropout drops attention weights and numbers of what either part adds to x, and DropPath
// all that a part adds to an example. Masked keeps the attention off padding.
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
	Norm    Layer // such as NewRMSNorm(); nil is NewLayerNorm()
	// DropPath is the rate in [0, 1), see the layer DropPath.
	DropPath float64

	present graph.Value // see Masked
}

// NewTransformerBlock has 4·D hidden features, and is one of depth blocks.
func NewTransformerBlock(heads, depth int) *TransformerBlock {
	return &TransformerBlock{Heads: heads, Hidden: 4, Depth: depth}
}

// Masked is the block with an attention that looks only where present [B, T] is not 0, see
// [MultiHeadAttention.Over]. It is for a layer's Apply.
func (l *TransformerBlock) Masked(present graph.Value) *TransformerBlock {
	masked := *l
	masked.present = present
	return &masked
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
	drop := func(part string, y graph.Value) graph.Value {
		if l.Dropout != 0 {
			y = c.Child(part+"_dropout", NewDropout(l.Dropout), y)
		}
		if l.DropPath != 0 {
			y = c.Child(part+"_droppath", NewDropPath(l.DropPath), y)
		}
		return y
	}
	norm := l.Norm
	if norm == nil {
		norm = NewLayerNorm()
	}
	attention := NewMultiHeadAttention(l.Heads)
	attention.Causal, attention.Dropout, attention.OutInit = l.Causal, l.Dropout, added
	y := c.Child("attention", attention.Over(graph.Value{}, l.present), c.Child("attention_norm", norm, x))
	x = x.Add(drop("attention", y))

	y = c.Child("mlp_norm", norm, x)
	y = c.Child("mlp_in", &Linear{Out: l.Hidden * d, Bias: true, Init: &initial.Scaled{Gain: gain}}, y)
	y = c.Child("gelu", act, y)
	y = c.Child("mlp_out", &Linear{Out: d, Bias: true, Init: added}, y)
	return x.Add(drop("mlp", y))
}
