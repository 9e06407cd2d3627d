package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/internal/suggest"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

// MLP is nn.MLP between the examples and the targets.
type MLP struct {
	Hidden     []int   `spec:"hidden" range:"[1,1e6]" doc:"widths of the hidden layers; [] is a linear model"`
	Activation string  `spec:"activation" doc:"relu, leaky_relu, tanh, sigmoid, softplus, gelu, silu and others"`
	Norm       string  `spec:"norm" doc:"after each hidden linear layer: none, batch, layer or rms"`
	Dropout    float64 `spec:"dropout" range:"[0,1)" doc:"after each hidden layer"`
	Init       string  `spec:"init" doc:"of hidden weights: auto is he_normal with the activation's gain"`
}

// NewMLP has two hidden layers.
func NewMLP() *MLP {
	return &MLP{Hidden: []int{256, 128}, Activation: "relu", Norm: "none", Init: "auto"}
}

// Layer implements Model.
func (m *MLP) Layer(in tensor.Shape, out int) (nn.Layer, error) {
	if _, _, err := nn.Activation(m.Activation); err != nil {
		return nil, At("activation", err)
	}
	if !slices.Contains(nn.NormNames(), m.Norm) {
		return nil, At("norm", fmt.Errorf("no normalisation %q; %s", m.Norm, suggest.Hint(m.Norm, nn.NormNames())))
	}
	layer, err := nn.MLP(m.sizes(in, out), m.Activation, m.Norm, m.Dropout)
	if err != nil || m.Init == "auto" {
		return layer, err
	}
	init, err := initial.Named(m.Init)
	if err != nil {
		return nil, At("init", err)
	}
	return layer, setInit(layer, init)
}

// setInit gives the linear layers of nn.MLP, all but the head, another initialiser.
func setInit(l nn.Layer, init weights.Initializer) error {
	seq, ok := l.(*nn.Sequential)
	if !ok {
		return fmt.Errorf("mlp: a perceptron is a %T, not a sequence of layers", l)
	}
	for _, l := range seq.Layers {
		named, ok := l.(*nn.Named)
		if !ok || named.Name == "head" {
			continue
		}
		if linear, ok := named.Layer.(*nn.Linear); ok {
			linear.Init = init
		}
	}
	return nil
}

func (m *MLP) sizes(in tensor.Shape, out int) []int {
	return append(append([]int{in.Size()}, m.Hidden...), out)
}

// Title implements Model.
func (m *MLP) Title(in tensor.Shape, out int) string {
	text := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(m.sizes(in, out))), "-"), "[]")
	title := "mlp " + text
	if len(m.Hidden) > 0 {
		title += " " + m.Activation
	}
	if m.Norm != "none" {
		title += ", " + m.Norm + " norm"
	}
	if m.Dropout > 0 {
		title += fmt.Sprintf(", dropout %v", m.Dropout)
	}
	return title
}
