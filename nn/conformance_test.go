package nn_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/nn/nntest"
	"github.com/godescent/descent/tensor"
)

// fixed is a layer that needs no draw.
func fixed(l nn.Layer) func(*rapid.T) nn.Layer { return func(*rapid.T) nn.Layer { return l } }

// rank is inputs of a number of axes.
func rank(n int) func(*rapid.T) tensor.Shape {
	return func(t *rapid.T) tensor.Shape { return nntest.Dims(t, n) }
}

func cases() []nntest.Case {
	return []nntest.Case{
		{Name: "Linear", Make: func(t *rapid.T) nn.Layer {
			l := nn.NewLinear(rapid.IntRange(1, 4).Draw(t, "out"))
			l.Bias = rapid.Bool().Draw(t, "bias")
			return l
		}, Shape: func(t *rapid.T) tensor.Shape { return nntest.Dims(t, rapid.IntRange(2, 3).Draw(t, "rank")) }},
		{Name: "ReLU", Make: fixed(nn.ReLU{}), Away: 0.01},
		{Name: "LeakyReLU", Make: fixed(&nn.LeakyReLU{Slope: 0.2}), Away: 0.01},
		{Name: "Tanh", Make: fixed(nn.Tanh{})},
		{Name: "Sigmoid", Make: fixed(nn.Sigmoid{})},
		{Name: "Softplus", Make: fixed(nn.Softplus{})},
		{Name: "GELU", Make: fixed(nn.GELU{})},
		{Name: "GELU by tanh", Make: fixed(nn.GELU{Tanh: true})},
		{Name: "SiLU", Make: fixed(nn.SiLU{})},
		{Name: "Softmax", Make: fixed(nn.Softmax{}), Shape: rank(3)},
		{Name: "Dropout", Make: func(t *rapid.T) nn.Layer {
			return nn.NewDropout(rapid.SampledFrom([]float64{0, 0.2, 0.5, 0.9}).Draw(t, "rate"))
		}},
		// A small variance makes third derivatives large, and differences poor.
		{Name: "BatchNorm", Make: fixed(&nn.BatchNorm{Momentum: 0.1, Eps: 0.1, Affine: true}), Shape: func(t *rapid.T) tensor.Shape {
			return nntest.Dims(t, rapid.IntRange(2, 3).Draw(t, "rank"))
		}},
		{Name: "BatchNorm without weights", Make: fixed(&nn.BatchNorm{Momentum: 1, Eps: 0.1})},
		{Name: "LayerNorm", Make: fixed(&nn.LayerNorm{Eps: 0.1, Affine: true}), Shape: func(t *rapid.T) tensor.Shape {
			return nntest.Dims(t, rapid.IntRange(2, 3).Draw(t, "rank"))
		}},
		{Name: "Flatten", Make: fixed(nn.Flatten{}), Shape: rank(3)},
		{Name: "Residual", Make: fixed(nn.NewResidual(nn.NewLinear(3), nn.Tanh{})), Shape: func(t *rapid.T) tensor.Shape { return tensor.Of(3, 3) }},
		{Name: "Residual with shortcut", Make: fixed(&nn.Residual{Body: nn.NewLinear(2), Shortcut: nn.NewLinear(2)})},
		{Name: "MLP", Make: func(t *rapid.T) nn.Layer {
			norm := rapid.SampledFrom(nn.NormNames()).Draw(t, "norm")
			l, err := nn.MLP([]int{3, 4, 2}, "tanh", norm, rapid.SampledFrom([]float64{0, 0.3}).Draw(t, "dropout"))
			if err != nil {
				t.Fatal(err)
			}
			return l
		}, Shape: func(*rapid.T) tensor.Shape { return tensor.Of(4, 3) }},
	}
}

func TestConformance(t *testing.T) {
	for _, c := range cases() {
		t.Run(c.Name, func(t *testing.T) { nntest.Check(t, c) })
	}
}
