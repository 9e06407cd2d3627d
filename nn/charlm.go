package nn

import (
	"fmt"

	"github.com/godescent/descent/initial"
)

// CharLM predicts the next symbol at every place of a text, [B, T] whole numbers →
// [B, T, symbols] logits, T up to context: a decoder-only transformer,
//
//	embedding, positions, block1 ... block<layers>, norm, head
//
// with causal [TransformerBlock]s of dim features and a LayerNorm before the
// last Linear. Dropout follows the positions too.
//
// Radford et al.: Language Models are Unsupervised Multitask Learners (GPT-2), 2019.
func CharLM(symbols, dim, layers, heads, context int, dropout float64) (Layer, error) {
	switch {
	case symbols < 1 || dim < 1 || layers < 1 || heads < 1 || context < 1:
		return nil, fmt.Errorf("charlm: %d symbols, dim %d, %d layers, %d heads, context %d; each wants one at least", symbols, dim, layers, heads, context)
	case dim%heads != 0:
		return nil, fmt.Errorf("charlm: dim %d, which %d heads do not share evenly", dim, heads)
	case !(dropout >= 0 && dropout < 1):
		return nil, fmt.Errorf("charlm: the dropout rate is %v; it wants a number from 0 to below 1", dropout)
	}
	embedding := NewEmbedding(symbols, dim)
	embedding.Init = initial.NewNormal(0.02)
	all := []Layer{Name("embedding", embedding), Name("positions", NewPositions(context))}
	if dropout > 0 {
		all = append(all, Name("dropout", NewDropout(dropout)))
	}
	for i := range layers {
		block := NewTransformerBlock(heads, layers)
		block.Causal, block.Dropout = true, dropout
		all = append(all, Name(fmt.Sprint("block", i+1), block))
	}
	head := &Linear{In: dim, Out: symbols, Bias: true, Init: initial.NewLeCunNormal()}
	return NewSequential(append(all, Name("norm", NewLayerNorm()), Name("head", head))...), nil
}
