package nn_test

import (
	"math"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/tensor"
)

// masks evaluates a model of dropouts on ones at given steps, in one graph each.
func masks(t *testing.T, l nn.Layer, n int, seed int64, tau float64) []float64 {
	t.Helper()
	p := plan(t, l, f32(2, n))
	g := graph.New()
	s, τ := g.Input("seed", tensor.Int64), g.Input("tau", tensor.Float64)
	y := p.Apply(p.Bind(g, graph.Value{}, graph.Value{}, s, τ, true), g.Full(1, tensor.Float32, 2, n))
	out, err := graph.Evaluate([]graph.Value{y}, map[graph.Value]*tensor.Array{s: tensor.From([]int64{seed}), τ: tensor.From([]float64{tau})}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out[0].Float64s()
}

// Of N numbers about (1 − p)·N are kept, each divided by 1 − p. The bound of
// five standard deviations √(N·p·(1−p)) is passed by chance once in two million.
func TestDropoutKeepsItsShare(t *testing.T) {
	for _, rate := range []float64{0.1, 0.5, 0.8} {
		const n = 20000
		kept := 0.0
		for _, v := range masks(t, nn.NewDropout(rate), n/2, 1, 0) {
			switch {
			case v == 0:
			case math.Abs(v-1/(1-rate)) < 1e-6*v:
				kept++
			default:
				t.Fatalf("rate %v: a kept 1 is %v, want %v", rate, v, 1/(1-rate))
			}
		}
		if d := math.Abs(kept - (1-rate)*n); d > 5*math.Sqrt(n*rate*(1-rate)) {
			t.Errorf("rate %v: %v of %d kept", rate, kept, n)
		}
	}
}

// The mask is the same for the same (seed, path, τ), and another one where any of them differs.
func TestDropoutDependsOnSeedPathAndStepAlone(t *testing.T) {
	one := nn.Name("a", nn.NewDropout(0.5))
	base := masks(t, one, 64, 1, 5)
	if !equal(base, masks(t, nn.Name("a", nn.NewDropout(0.5)), 64, 1, 5)) {
		t.Error("the same seed, path and step drop others")
	}
	for what, other := range map[string][]float64{
		"seed": masks(t, one, 64, 2, 5),
		"step": masks(t, one, 64, 1, 6),
		"path": masks(t, nn.Name("b", nn.NewDropout(0.5)), 64, 1, 5),
	} {
		if equal(base, other) {
			t.Errorf("another %s drops the same", what)
		}
	}
	// Two in a row are independent: both keep about a quarter of 2·4096.
	both := 0
	for _, v := range masks(t, nn.NewSequential(nn.NewDropout(0.5), nn.NewDropout(0.5)), 4096, 1, 5) {
		if v != 0 {
			both++
		}
	}
	if d := math.Abs(float64(both) - 2048); d > 5*math.Sqrt(8192*0.25*0.75) {
		t.Errorf("two dropouts keep %d of 8192, want about 2048", both)
	}
}

func equal(a, b []float64) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}
