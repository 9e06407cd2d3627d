package initial

import (
	"fmt"
	"math"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/weights"
)

// Fan chooses the M of a Scaled initialiser.
type Fan uint8

// The fans of a linear map.
const (
	In      Fan = iota // the inputs of an output: keeps the variance of the activations
	Out                // the outputs of an input: keeps the variance of the gradients
	Average            // (in + out)/2: between the two
)

// Scaled draws independent numbers of mean 0 whose standard deviation fits the
// width of the layer:
//
//	std[w] = Gain/√M
//
// with M the fan. An activation f behind z = Σ w·a keeps the variance of z from
// layer to layer if Gain is [Gain] of f, which is 1/√E[f(z)²].
type Scaled struct {
	Gain    float64
	Fan     Fan
	Uniform bool // on [−a, a) with a = √3·std; else normal, not truncated
}

// Fill implements weights.Initializer.
func (s *Scaled) Fill(v weights.View, seed int64, out []float64) error {
	m := float64(v.FanIn)
	switch s.Fan {
	case Out:
		m = float64(v.FanOut)
	case Average:
		m = (float64(v.FanIn) + float64(v.FanOut)) / 2
	}
	if !(m > 0) {
		return fmt.Errorf("its fan in is %d and its fan out %d; an initialiser scaled by them is for the weights of linear maps, use initial.NewNormal or NewConstant", v.FanIn, v.FanOut)
	}
	if !(s.Gain > 0) || math.IsInf(s.Gain, 0) {
		return fmt.Errorf("the gain %v is not a positive number", s.Gain)
	}
	std := s.Gain / math.Sqrt(m)
	if s.Uniform {
		uniform(v, seed, out, math.Sqrt(3)*std)
	} else {
		normal(v, seed, out, std)
	}
	return nil
}

// normal fills out with std·N(0, 1).
func normal(v weights.View, seed int64, out []float64, std float64) {
	kernel.Portable().F64.Normal(out, key(v, seed), 0, 0)
	for i := range out {
		out[i] *= std
	}
}

// uniform fills out with numbers on [−a, a).
func uniform(v weights.View, seed int64, out []float64, a float64) {
	kernel.Portable().F64.Uniform(out, key(v, seed), 0, 0)
	for i := range out {
		out[i] = (2*out[i] - 1) * a // 2u−1 is exact
	}
}

// key is the random stream of a weight, apart from the streams that layers draw from.
func key(v weights.View, seed int64) uint64 {
	return graph.Random{Stream: "initial/" + v.Name}.Key(seed)
}

var _ weights.Initializer = (*Scaled)(nil)
