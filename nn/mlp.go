package nn

import (
	"fmt"
	"slices"

	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/internal/suggest"
)

// NormNames are the normalisations that MLP knows.
func NormNames() []string { return []string{"none", "batch", "layer", "rms"} }

// MLP is a multi-layer perceptron of the sizes, input first, output last: for
// each hidden layer i from 1,
//
//	linear<i>, norm<i>, <activation><i>, dropout<i>
//
// of which a norm "none" and a dropout rate of 0 leave theirs out, then "head",
// a Linear that gives the outputs as they are (logits). Weights before an activation are
// He's, drawn with its gain; the head's have gain 1. A linear layer before
// batch normalisation has no bias, which the normalisation would take away.
// The input is flattened first.
func MLP(sizes []int, activation, norm string, dropout float64) (Layer, error) {
	if len(sizes) < 2 {
		return nil, fmt.Errorf("mlp: sizes %v; it wants the input's, any hidden ones and the output's, such as [784 256 10]", sizes)
	}
	for i, n := range sizes {
		if n < 1 {
			return nil, fmt.Errorf("mlp: size %d of %v is %d; it wants one at least", i, sizes, n)
		}
	}
	if !(dropout >= 0 && dropout < 1) {
		return nil, fmt.Errorf("mlp: the dropout rate is %v; it wants a number from 0 to below 1", dropout)
	}
	if !slices.Contains(NormNames(), norm) {
		return nil, fmt.Errorf("mlp: no normalisation %q; %s", norm, suggest.Hint(norm, NormNames()))
	}
	act, gain, err := Activation(activation)
	if err != nil {
		return nil, fmt.Errorf("mlp: %w", err)
	}
	layers := []Layer{Flatten{}}
	last := len(sizes) - 1
	for i := 1; i < last; i++ {
		name := func(part string, l Layer) { layers = append(layers, Name(fmt.Sprint(part, i), l)) }
		linear := &Linear{In: sizes[i-1], Out: sizes[i], Bias: norm != "batch", Init: &initial.Scaled{Gain: gain}}
		name("linear", linear)
		switch norm {
		case "batch":
			name("norm", NewBatchNorm())
		case "layer":
			name("norm", NewLayerNorm())
		case "rms":
			name("norm", NewRMSNorm())
		}
		name(activation, act)
		if dropout > 0 {
			name("dropout", NewDropout(dropout))
		}
	}
	head := &Linear{In: sizes[last-1], Out: sizes[last], Bias: true, Init: initial.NewLeCunNormal()}
	return NewSequential(append(layers, Name("head", head))...), nil
}
