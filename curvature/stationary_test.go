package curvature_test

import (
	"math"
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
	"github.com/godescent/descent/weights"
)

func found(t *testing.T, name string, starts int) *curvature.Found {
	t.Helper()
	f, err := functions.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	s := curvature.NewSearch(starts, curvature.Box(f.Domain[:], 1))
	s.Radius = 4 * (f.Domain[0][1] - f.Domain[0][0])
	r, err := fn(t, name).Stationary(background, s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Every stationary point that is listed for a function is found, with its kind; himmelblau's are nine and no others.
func TestStationaryPointsOfFunctions(t *testing.T) {
	for name, want := range map[string]map[curvature.PointKind]int{
		"himmelblau": {curvature.Minimum: 4, curvature.Saddle: 4, curvature.Maximum: 1},
		"rosenbrock": {curvature.Minimum: 1},
		"booth":      {curvature.Minimum: 1},
		"ravine":     {curvature.Minimum: 1},
		"saddle":     {curvature.Saddle: 1},
		"monkey":     {curvature.Degenerate: 1},
	} {
		r := found(t, name, 60)
		got := map[curvature.PointKind]int{}
		for _, p := range r.Points {
			got[p.Kind]++
			t.Logf("%s: %s at %.6g, E %.6g, λ %.4g ± %.1g, %d starts", name, p.Kind, p.W, p.E, p.Values, p.Error, p.Found)
			if p.Check.Quadratic > 0.2*p.Check.Change && p.Kind != curvature.Degenerate {
				t.Errorf("%s at %v: the quadratic is off by %v of %v", name, p.W, p.Check.Quadratic, p.Check.Change)
			}
		}
		for kind, n := range want {
			if got[kind] != n {
				t.Errorf("%s: %d of kind %s, want %d", name, got[kind], kind, n)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s: kinds %v, want %v", name, got, want)
		}
		f, _ := functions.Lookup(name)
		for _, listed := range f.Stationary {
			near := math.Inf(1)
			for _, p := range r.Points {
				near = min(near, math.Hypot(p.W[0]-listed.At[0], p.W[1]-listed.At[1]))
			}
			if near > 1e-8 {
				t.Errorf("%s: the point at %v is missed by %v", name, listed.At, near)
			}
		}
	}
}

// Where E is no number, starts are counted and not lost.
func TestStationaryWithHoles(t *testing.T) {
	// E = (w−1)²·√w has a minimum at 1 and no value below 0.
	e := func(w graph.Value) graph.Value { return w.Plus(-1).Square().Mul(w.Sqrt()).SumAll() }
	p := probe(t, curvature.Of(objective.Func{W: 1, Type: tensor.Float64, E: e}), curvature.Machine{Threads: 1})
	r, err := p.Stationary(background, curvature.NewSearch(40, curvature.Box([][2]float64{{-2, 2}}, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if r.NotFinite < 10 || len(r.Points) != 2 || r.Points[0].Kind != curvature.Minimum || r.Points[1].Kind != curvature.Maximum {
		t.Errorf("%+v", r)
	}
}

// small is E of the 2-M-1 network on eight examples.
func small(t *testing.T, act nn.Layer, hidden int) (*curvature.Probe, []float64, []curvature.Hidden) {
	t.Helper()
	net, err := objective.NewNetwork(nn.NewSequential(nn.NewLinear(hidden), act, nn.NewLinear(1)), graph.Type{DType: tensor.Float64, Shape: tensor.Of(4, 2)}, loss.NewSquaredError(), tensor.Float64)
	if err != nil {
		t.Fatal(err)
	}
	x, y := tensor.New(tensor.Float64, 8, 2), tensor.New(tensor.Float64, 8, 1)
	for i := range 16 {
		x.SetAt(i, math.Sin(float64(7*i)))
	}
	for i := range 8 {
		y.SetAt(i, math.Cos(float64(5*i)))
	}
	s, err := train.On{Network: net, Part: train.Part{Set: &data.Set{X: x, Y: y}}}.Source()
	if err != nil {
		t.Fatal(err)
	}
	w, err := net.Plan.Weights.Initial(tensor.Float64, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range w.Size() { // biases too
		w.SetAt(i, w.At(i)+0.1*math.Sin(float64(i+1)))
	}
	var layers []curvature.Hidden
	for _, h := range net.Plan.Hidden() {
		layers = append(layers, curvature.Hidden{Units: h.Units, In: h.In, Bias: h.Bias, Out: []weights.View{h.Out}, Odd: h.Odd})
	}
	return probe(t, s, curvature.Machine{Threads: 1}), w.Float64s(), layers
}

// The 3!·2³ = 48 twins of a 2-3-1 tanh network are 48 different points with one E; with ReLU they are 3! = 6.
func TestTwins(t *testing.T) {
	for _, c := range []struct {
		act  nn.Layer
		want int
	}{{nn.Tanh{}, 48}, {nn.ReLU{}, 6}} {
		p, w, layers := small(t, c.act, 3)
		if n := curvature.CountTwins(layers); n.Int64() != int64(c.want) {
			t.Errorf("%v twins are counted, want %d", n, c.want)
		}
		var all [][]float64
		first := math.NaN()
		curvature.Twins(w, layers, 1000, func(twin []float64) bool {
			if err := p.Move(twin); err != nil {
				t.Fatal(err)
			}
			e, err := p.Loss(background)
			if err != nil {
				t.Fatal(err)
			}
			if len(all) == 0 {
				first = e
			}
			if math.Abs(e-first) > 1e-12 {
				t.Errorf("twin %d has E %v, and the first %v", len(all), e, first)
			}
			for i, other := range all {
				same := true
				for j := range twin {
					same = same && twin[j] == other[j]
				}
				if same {
					t.Errorf("twins %d and %d are one point", i, len(all))
				}
			}
			all = append(all, twin)
			return true
		})
		if len(all) != c.want {
			t.Errorf("%d twins are made, want %d", len(all), c.want)
		}
	}
	p, w, layers := small(t, nn.Tanh{}, 3)
	layers[0].Odd = true
	layers[0].Bias = nil // a twin that leaves the bias as it was is no twin
	differ := false
	_ = p.Move(w)
	first, _ := p.Loss(background)
	curvature.Twins(w, layers, 48, func(twin []float64) bool {
		_ = p.Move(twin)
		e, _ := p.Loss(background)
		differ = differ || math.Abs(e-first) > 1e-6
		return true
	})
	if !differ {
		t.Error("a wrong map of the units changes nothing")
	}
}
