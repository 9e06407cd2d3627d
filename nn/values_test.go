package nn_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

// matrix is rows of numbers, as the record has them.
type matrix [][]float64

func (m matrix) array() *tensor.Array {
	a := tensor.New(tensor.Float64, len(m), len(m[0]))
	for i, row := range m {
		copy(tensor.Slice[float64](a)[i*len(row):], row)
	}
	return a
}

// record is testdata/layers.json, which testdata/record.py wrote.
type record struct {
	Activations map[string][][2]float64
	Softmax     struct{ X, Y matrix }
	Linear      struct {
		X, Weight, Y matrix
		Bias         []float64
	}
	BatchNorm struct {
		X, Y, Evaluated matrix
		Scale, Shift    []float64
		Mean, Variance  []float64
		Mean2           []float64 `json:"next_mean"`
		Variance2       []float64 `json:"next_variance"`
	} `json:"batch_norm"`
	LayerNorm struct {
		X, Y         matrix
		Scale, Shift []float64
	} `json:"layer_norm"`
}

func load(t *testing.T) *record {
	t.Helper()
	b, err := os.ReadFile("testdata/layers.json")
	if err != nil {
		t.Fatal(err)
	}
	r := &record{}
	if err := json.Unmarshal(b, r); err != nil {
		t.Fatal(err)
	}
	return r
}

// run applies a layer in float64 to x, with the parts of w and the state given by name.
func run(t *testing.T, l nn.Layer, x *tensor.Array, train bool, parts map[string][]float64) (y, state *tensor.Array) {
	t.Helper()
	plan, err := nn.NewPlan(l, graph.Type{DType: tensor.Float64, Shape: x.Shape()}, tensor.Float64)
	if err != nil {
		t.Fatal(err)
	}
	g := graph.New()
	feeds := map[graph.Value]*tensor.Array{}
	flat := func(key string, l *weights.Layout) graph.Value {
		a, err := l.Initial(tensor.Float64, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range l.Views() {
			if p, ok := parts[v.Name]; ok && copy(tensor.Slice[float64](a)[v.Offset:v.Offset+v.Size()], p) != len(p) {
				t.Fatalf("%d numbers for %v", len(p), v)
			}
		}
		in := g.Input(key, tensor.Float64, l.Size())
		feeds[in] = a
		return in
	}
	in := g.Input("x", tensor.Float64, x.Shape()...)
	feeds[in] = x
	c := plan.Bind(g, flat("w", plan.Weights), flat("state", plan.State), graph.Value{}, graph.Value{}, train)
	want := []graph.Value{plan.Apply(c, in)}
	if plan.State.Size() > 0 {
		want = append(want, c.NextState())
	}
	out, err := graph.Evaluate(want, feeds, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out[0], out[len(out)-1]
}

// near compares to a relative error of 1e-14, about 45 ulp, or an absolute one of floor.
func near(t *testing.T, what string, got *tensor.Array, want []float64, floor float64) {
	t.Helper()
	if got.Size() != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, got.Size(), len(want))
	}
	for i, w := range want {
		if d := math.Abs(got.At(i) - w); !(d <= 1e-14*math.Abs(w)+floor) {
			t.Errorf("%s: element %d is %v, want %v", what, i, got.At(i), w)
		}
	}
}

func TestActivationsEqualTheRecord(t *testing.T) {
	r := load(t)
	if a, b := len(r.Activations), len(nn.ActivationNames()); a != b {
		t.Fatalf("%d activations recorded, %d exist", a, b)
	}
	for _, name := range nn.ActivationNames() {
		l, gain, err := nn.Activation(name)
		if err != nil {
			t.Fatal(err)
		}
		if want, err := initial.Gain(name); err != nil || gain != want {
			t.Errorf("%s: gain %v, want %v (%v)", name, gain, want, err)
		}
		var x, want []float64
		for _, p := range r.Activations[name] {
			x, want = append(x, p[0]), append(want, p[1])
		}
		floor := 0.0
		if name == "gelu" || name == "gelu_tanh" {
			floor = 1e-14 // 1 + erf(x) cancels for negative x
		}
		y, _ := run(t, l, tensor.From(x, len(x), 1), true, nil)
		near(t, name, y, want, floor)
	}
	if _, _, err := nn.Activation("rellu"); err == nil || err.Error() != `no activation "rellu"; did you mean "relu"?` {
		t.Errorf("a mistyped name: %v", err)
	}
}

func TestSoftmaxEqualsTheRecord(t *testing.T) {
	r := load(t).Softmax
	y, _ := run(t, nn.Softmax{}, r.X.array(), true, nil)
	near(t, "softmax", y, r.Y.array().Float64s(), 0)
}

func TestLinearEqualsTheRecord(t *testing.T) {
	r := load(t).Linear
	y, _ := run(t, nn.NewLinear(4), r.X.array(), true, map[string][]float64{"weight": r.Weight.array().Float64s(), "bias": r.Bias})
	near(t, "linear", y, r.Y.array().Float64s(), 1e-15)
}

func TestLayerNormEqualsTheRecord(t *testing.T) {
	r := load(t).LayerNorm
	y, _ := run(t, nn.NewLayerNorm(), r.X.array(), true, map[string][]float64{"scale": r.Scale, "shift": r.Shift})
	near(t, "layer norm", y, r.Y.array().Float64s(), 1e-15)
}

func TestBatchNormEqualsTheRecord(t *testing.T) {
	r := load(t).BatchNorm
	parts := map[string][]float64{"scale": r.Scale, "shift": r.Shift, "mean": r.Mean, "variance": r.Variance}
	y, next := run(t, nn.NewBatchNorm(), r.X.array(), true, parts)
	near(t, "training", y, r.Y.array().Float64s(), 1e-14)
	near(t, "running state", next, append(append([]float64(nil), r.Mean2...), r.Variance2...), 1e-15)
	y, next = run(t, nn.NewBatchNorm(), r.X.array(), false, parts)
	near(t, "evaluation", y, r.Evaluated.array().Float64s(), 1e-15)
	near(t, "state after evaluation", next, append(append([]float64(nil), r.Mean...), r.Variance...), 0)
}
