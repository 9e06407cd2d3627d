package nn

import (
	"fmt"

	"github.com/godescent/descent/initial"
)

// RNN predicts from sequences by a recurrent cell, an [LSTM] or a [GRU]:
//
//	embedding, cell, dropout, head
//
// If symbols is not 0, x [B, T] are whole numbers below it, of which the embedding makes vectors of dim numbers; else
// there is none, and x is [B, T, features]. The head is a Linear on what the cell gives: at each place, [B, T, outputs], or
// of the last place alone, if the cell is set to that, [B, outputs].
func RNN(cell Layer, symbols, dim int, dropout float64, outputs int) (Layer, error) {
	switch {
	case cell == nil:
		return nil, fmt.Errorf("rnn: there is no cell; give it nn.NewLSTM(128) or nn.NewGRU(128)")
	case symbols < 0 || symbols > 0 && dim < 1 || outputs < 1:
		return nil, fmt.Errorf("rnn: %d symbols of %d numbers and %d outputs; each wants one at least", symbols, dim, outputs)
	case !(dropout >= 0 && dropout < 1):
		return nil, fmt.Errorf("rnn: the dropout rate is %v; it wants a number from 0 to below 1", dropout)
	}
	var all []Layer
	if symbols > 0 {
		all = append(all, Name("embedding", NewEmbedding(symbols, dim)))
	}
	all = append(all, Name("cell", cell))
	if dropout > 0 {
		all = append(all, Name("dropout", NewDropout(dropout)))
	}
	head := &Linear{Out: outputs, Bias: true, Init: initial.NewLeCunNormal()}
	return NewSequential(append(all, Name("head", head))...), nil
}
