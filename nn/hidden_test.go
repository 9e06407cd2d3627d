package nn_test

import (
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/tensor"
)

// Units stand between two Linear layers; what mixes them, or has weights of its own for each, ends that.
func TestHidden(t *testing.T) {
	mlp := func(act, norm string) nn.Layer {
		l, err := nn.MLP([]int{4, 7, 5, 3}, act, norm, 0.1)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	for name, c := range map[string]struct {
		model nn.Layer
		units []int
		odd   bool
	}{
		"tanh":       {mlp("tanh", "none"), []int{7, 5}, true},
		"relu":       {mlp("relu", "none"), []int{7, 5}, false},
		"batch norm": {mlp("tanh", "batch"), nil, false},
		"one layer":  {nn.NewSequential(nn.NewLinear(3)), nil, false},
		"linear":     {nn.NewLinear(3), nil, false},
		"softmax":    {nn.NewSequential(nn.NewLinear(6), nn.Softmax{}, nn.NewLinear(3)), nil, false},
	} {
		p, err := nn.NewPlan(c.model, graph.Type{DType: tensor.Float64, Shape: tensor.Of(2, 4)}, tensor.Float64)
		if err != nil {
			t.Fatal(err)
		}
		got := p.Hidden()
		if len(got) != len(c.units) {
			t.Errorf("%s: %d layers of units, want %d", name, len(got), len(c.units))
			continue
		}
		for i, h := range got {
			if h.Units != c.units[i] || h.Odd != c.odd || h.Bias == nil || h.In.Shape[1] != h.Units || h.Out.Shape[0] != h.Units {
				t.Errorf("%s: %+v", name, h)
			}
		}
	}
}
