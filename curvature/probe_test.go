package curvature_test

import (
	"context"
	"flag"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/godescent/descent/curvature"
	"github.com/godescent/descent/data"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/objective/functions"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/train"
)

var long = flag.Bool("long", false, "also measure for minutes")

var background = context.Background()

// fn is a probe of a function in float64.
func fn(t testing.TB, name string) *curvature.Probe {
	t.Helper()
	f, err := functions.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return probe(t, curvature.Of(objective.Func{W: f.Dim(), Type: tensor.Float64, E: f.E}), curvature.Machine{Threads: 1})
}

func probe(t testing.TB, s curvature.Source, m curvature.Machine) *curvature.Probe {
	t.Helper()
	p, err := curvature.New(s, m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// network is E of a classifier on so many random examples of 6 numbers, three classes,
// and its first weights.
func network(t testing.TB, d tensor.DType, examples int, frozen bool, layers ...nn.Layer) (curvature.Source, []float64) {
	t.Helper()
	net, err := objective.NewNetwork(nn.NewSequential(layers...), graph.Type{DType: d, Shape: tensor.Of(4, 6)}, loss.NewCrossEntropy(), d)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	x, y := tensor.New(d, examples, 6), tensor.New(tensor.Int32, examples)
	for i := range x.Size() {
		x.SetAt(i, rng.NormFloat64())
	}
	for i := range examples {
		y.SetAt(i, float64(rng.IntN(3)))
	}
	on := train.On{Network: net, Part: train.Part{Set: &data.Set{X: x, Y: y, Classes: []string{"a", "b", "c"}}}}
	if frozen && net.Plan.State.Size() > 0 {
		if on.Running, err = net.Plan.State.Initial(d, 1); err != nil {
			t.Fatal(err)
		}
	}
	s, err := on.Source()
	if err != nil {
		t.Fatal(err)
	}
	w, err := net.Plan.Weights.Initial(d, 3)
	if err != nil {
		t.Fatal(err)
	}
	return s, w.Float64s()
}

func tanhNet() []nn.Layer { return []nn.Layer{nn.NewLinear(5), nn.Tanh{}, nn.NewLinear(3)} }

// Derivatives are those of central differences of E, on one pass and on several of
// unequal size, and in products with many vectors at a time.
func TestProbeAgainstDifferences(t *testing.T) {
	for name, layers := range map[string][]nn.Layer{
		"tanh":  tanhNet(),
		"batch": {nn.NewLinear(5), nn.NewBatchNorm(), nn.Tanh{}, nn.NewDropout(0.5), nn.NewLinear(3)},
	} {
		for _, batch := range []int{0, 7} {
			s, w := network(t, tensor.Float64, 20, false, layers...)
			p := probe(t, s, curvature.Machine{Threads: 1, Batch: batch})
			n := len(w)
			rng := rand.New(rand.NewPCG(3, 4))
			vs, hvs := make([][]float64, 13), make([][]float64, 13)
			for i := range vs {
				vs[i], hvs[i] = make([]float64, n), make([]float64, n)
				for j := range vs[i] {
					vs[i][j] = rng.NormFloat64()
				}
			}
			at := func(v []float64, h float64) (float64, []float64) {
				x := make([]float64, n)
				for i := range x {
					x[i] = w[i] + h*v[i]
				}
				if err := p.Move(x); err != nil {
					t.Fatal(err)
				}
				g := make([]float64, n)
				e, err := p.Gradient(background, g)
				if err != nil {
					t.Fatal(err)
				}
				if l, err := p.Loss(background); err != nil || math.Abs(l-e) > 1e-15*math.Abs(e) {
					t.Fatalf("%s: Loss gives %v, %v and Gradient %v", name, l, err, e)
				}
				return e, g
			}
			const h = 1e-5
			_, g := at(vs[0], 0)
			if err := p.HVPs(background, hvs, vs); err != nil {
				t.Fatal(err)
			}
			one := make([]float64, n)
			for i, v := range vs {
				_, _ = at(v, 0)
				if err := p.HVP(background, one, v); err != nil {
					t.Fatal(err)
				}
				up, gu := at(v, h)
				down, gd := at(v, -h)
				slope := 0.0
				for j := range v {
					slope += g[j] * v[j]
					want := (gu[j] - gd[j]) / (2 * h)
					if math.Abs(hvs[i][j]-want) > 1e-7 || math.Abs(one[j]-hvs[i][j]) > 1e-13 {
						t.Errorf("%s, passes of %d, vector %d, Hv[%d]: %v and %v, differences give %v", name, batch, i, j, hvs[i][j], one[j], want)
					}
				}
				if want := (up - down) / (2 * h); math.Abs(slope-want) > 1e-8 {
					t.Errorf("%s: slope %v, differences give %v", name, slope, want)
				}
			}
		}
	}
}

// Of a model that is linear in w, the Gauss-Newton matrix is the Hessian. The Fisher matrix
// is the mean of each example's gradient times itself, here of passes of one.
func TestGaussNewtonAndFisher(t *testing.T) {
	s, w := network(t, tensor.Float64, 20, true, nn.NewLinear(3))
	p := probe(t, s, curvature.Machine{Threads: 1, Batch: 6})
	n := len(w)
	if err := p.Move(w); err != nil {
		t.Fatal(err)
	}
	v, h, g := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range v {
		v[i] = math.Sin(float64(3*i + 1))
	}
	if err := p.HVP(background, h, v); err != nil {
		t.Fatal(err)
	}
	if err := p.GaussNewton(background, g, v); err != nil {
		t.Fatal(err)
	}
	for i := range h {
		if math.Abs(h[i]-g[i]) > 1e-14 {
			t.Errorf("Gv[%d] is %v and Hv[%d] %v", i, g[i], i, h[i])
		}
	}
	s, w = network(t, tensor.Float64, 20, true, tanhNet()...)
	p, n = probe(t, s, curvature.Machine{Threads: 1, Batch: 6}), len(w)
	v, f, want := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range v {
		v[i] = math.Sin(float64(3*i + 1))
	}
	if err := p.Move(w); err != nil {
		t.Fatal(err)
	}
	if err := p.Fisher(background, f, v); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		one := s
		one.Examples = []int32{int32(i)}
		q := probe(t, one, curvature.Machine{Threads: 1})
		if err := q.Move(w); err != nil {
			t.Fatal(err)
		}
		g := make([]float64, n)
		if _, err := q.Gradient(background, g); err != nil {
			t.Fatal(err)
		}
		along := 0.0
		for j := range g {
			along += g[j] * v[j]
		}
		for j := range g {
			want[j] += g[j] * along / 20
		}
	}
	for i := range want {
		if math.Abs(f[i]-want[i]) > 1e-14 {
			t.Errorf("Fv[%d] is %v, want %v", i, f[i], want[i])
		}
	}
}

func TestProbeRefusals(t *testing.T) {
	p := fn(t, "himmelblau")
	if err := p.Move([]float64{1}); err == nil {
		t.Error("a point of another length is taken")
	}
	if err := p.GaussNewton(background, make([]float64, 2), make([]float64, 2)); err == nil {
		t.Error("a function has a Gauss-Newton matrix")
	}
	if err := p.HVP(background, make([]float64, 2), make([]float64, 3)); err == nil {
		t.Error("a vector of another length is taken")
	}
	if _, err := curvature.New(curvature.Source{}, curvature.Machine{}); err == nil {
		t.Error("an empty source is taken")
	}
	ctx, cancel := context.WithCancel(background)
	cancel()
	if _, err := p.Loss(ctx); err == nil {
		t.Error("a cancelled pass runs")
	}
}
