package curvature_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/godescent/descent/curvature"
	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/mnist"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/train"
)

// digits is E of the 784-256-128-10 network, 235,146 weights, on so many digits, at its weights after so
// many steps of Adam.
func digits(t testing.TB, examples int, steps int64, d tensor.DType) *curvature.Probe {
	t.Helper()
	set, _, err := mnist.Load()
	if err != nil {
		t.Fatal(err)
	}
	model, err := nn.MLP([]int{784, 256, 128, 10}, "relu", "none", 0)
	if err != nil {
		t.Fatal(err)
	}
	net, err := objective.NewNetwork(model, graph.Type{DType: tensor.Float32, Shape: tensor.Of(128, 784)}, loss.NewCrossEntropy(), tensor.Float32)
	if err != nil {
		t.Fatal(err)
	}
	norm, err := data.Fit(set.X, nil, data.Standardise, data.Overall)
	if err != nil {
		t.Fatal(err)
	}
	part := train.Part{Set: set}
	tr, err := train.New(train.Config{Network: net, Train: part, Normalizer: norm, Rule: optim.NewAdam(), Rate: 1e-3, Batch: 128, Seed: 1, Steps: max(steps, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	for range steps {
		if _, err := tr.Step(); err != nil {
			t.Fatal(err)
		}
	}
	if part, err = part.Sample(examples, 1); err != nil {
		t.Fatal(err)
	}
	s, err := train.On{Network: net, Part: part, Normalizer: norm, DType: d}.Source()
	if err != nil {
		t.Fatal(err)
	}
	p := probe(t, s, curvature.Machine{Threads: 2})
	if err := p.Move(tr.Weights().Float64s()); err != nil {
		t.Fatal(err)
	}
	return p
}

// Within 60 products the largest eigenvalue of the digits' network is known to 1e-4, as one of
// 250 products in float64 has it, and so is the smallest.
func TestLanczosOnDigits(t *testing.T) {
	if !*long {
		t.Skip("minutes; give -long")
	}
	for _, steps := range []int64{0, 469} {
		o := curvature.NewLanczos()
		single := digits(t, 512, steps, tensor.Float32)
		o.Rounding = single.Rounding()
		got, err := curvature.Extremes(background, single.HVP, single.Size(), o)
		if err != nil {
			t.Fatal(err)
		}
		double := digits(t, 512, steps, tensor.Float64)
		o.Products, o.Tolerance, o.Rounding, o.Seed = 250, 1e-10, 0, 99
		want, err := curvature.Extremes(background, double.HVP, double.Size(), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("after %d steps: %+v in %d products; float64: %+v in %d", steps, got, got.Products, want, want.Products)
		for i, pair := range [][2]curvature.Ritz{{got.Largest[0], want.Largest[0]}, {got.Smallest[0], want.Smallest[0]}} {
			off := math.Abs(pair[0].Value-pair[1].Value) / math.Abs(pair[1].Value)
			if got.Products > 60 || off > 1e-4 {
				t.Errorf("after %d steps, end %d: %v in %d products, want %v; off by %.1e of it", steps, i, pair[0].Value, got.Products, pair[1].Value, off)
			}
		}
	}
}

// A product takes at most 2.2 times as long as a gradient: the median of several, in turn.
func TestProductTime(t *testing.T) {
	if !*long {
		t.Skip("measures time; give -long")
	}
	p := digits(t, 512, 0, tensor.Float32)
	g, v := make([]float64, p.Size()), make([]float64, p.Size())
	v[0] = 1
	var ratios []float64
	for range 15 {
		start := time.Now()
		if _, err := p.Gradient(background, g); err != nil {
			t.Fatal(err)
		}
		gradient := time.Since(start)
		start = time.Now()
		if err := p.HVP(background, g, v); err != nil {
			t.Fatal(err)
		}
		ratios = append(ratios, float64(time.Since(start))/float64(gradient))
	}
	slices.Sort(ratios)
	t.Logf("product over gradient: %.2f", ratios[7])
	if ratios[7] > 2.2 {
		t.Errorf("a product takes %.2f times as long as a gradient", ratios[7])
	}
}
