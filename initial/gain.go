package initial

import (
	"fmt"
	"math"

	"github.com/godescent/descent/internal/suggest"
)

// gains lists Gain's activations. Those without a closed form are the integral
// in float64, which the test repeats.
var gains = []struct {
	name string
	gain float64
}{
	{"linear", 1},
	{"relu", math.Sqrt2},
	{"leaky_relu", 1.4141428569978354}, // LeakyGain(0.01)
	{"tanh", 1.5925374197228312},
	{"sigmoid", 1.8462285453386054},
	{"softplus", 1.0418668355353016},
	{"gelu", 1.5335304411955353},
	{"gelu_tanh", 1.5335805216661471},
	{"silu", 1.6765324703310909},
}

// Gain is the factor by which weights before an activation f are drawn wider,
// so that the variance of z stays the same from layer to layer:
//
//	Gain = 1/√E[f(z)²],  z ~ N(0, 1)
//
// It is √2 for ReLU. PyTorch's calculate_gain has the same for ReLU and leaky
// ReLU, but by custom 5/3 for tanh (here 1.593) and 1 for the sigmoid (here 1.846).
func Gain(activation string) (float64, error) {
	names := make([]string, len(gains))
	for i, g := range gains {
		if g.name == activation {
			return g.gain, nil
		}
		names[i] = g.name
	}
	return 0, fmt.Errorf("no activation %q; %s", activation, suggest.Hint(activation, names))
}

// LeakyGain is the Gain of a leaky ReLU of a slope below 0: √(2/(1 + slope²)).
func LeakyGain(slope float64) float64 { return math.Sqrt(2 / (1 + float64(slope*slope))) }
