package nn

import (
	"fmt"

	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/internal/suggest"
)

// activations lists those that Activation knows. All act elementwise and keep
// the shape.
var activations = []struct {
	name string
	make func() Layer
}{
	{"relu", func() Layer { return ReLU{} }},
	{"leaky_relu", func() Layer { return NewLeakyReLU() }},
	{"tanh", func() Layer { return Tanh{} }},
	{"sigmoid", func() Layer { return Sigmoid{} }},
	{"softplus", func() Layer { return Softplus{} }},
	{"gelu", func() Layer { return GELU{} }},
	{"gelu_tanh", func() Layer { return GELU{Tanh: true} }},
	{"silu", func() Layer { return SiLU{} }},
}

// ActivationNames are the names that Activation knows.
func ActivationNames() []string {
	names := make([]string, len(activations))
	for i, a := range activations {
		names[i] = a.name
	}
	return names
}

// Activation is the activation of a name and the gain of the weights before
// it, see initial.Gain.
func Activation(name string) (l Layer, gain float64, err error) {
	for _, a := range activations {
		if a.name == name {
			gain, err = initial.Gain(name)
			return a.make(), gain, err
		}
	}
	return nil, 0, fmt.Errorf("no activation %q; %s", name, suggest.Hint(name, ActivationNames()))
}
