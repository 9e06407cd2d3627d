package nn_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

func f32(dims ...int) graph.Type { return graph.Type{DType: tensor.Float32, Shape: dims} }

// layerFunc is a layer made of a function.
type layerFunc func(c *nn.Context, x graph.Value) graph.Value

func (f layerFunc) Apply(c *nn.Context, x graph.Value) graph.Value { return f(c, x) }

func plan(t *testing.T, l nn.Layer, x graph.Type) *nn.Plan {
	t.Helper()
	p, err := nn.NewPlan(l, x, tensor.Float32)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPlanListsTheWeightsInOrder(t *testing.T) {
	p := plan(t, nn.NewSequential(
		nn.NewLinear(5), nn.NewBatchNorm(), nn.ReLU{},
		nn.NewResidual(nn.NewLinear(5), nn.Tanh{}),
		nn.Name("head", nn.NewLinear(3)),
	), f32(4, 6))
	want := []string{
		"0.linear.weight [6 5] at 0 weight 6 5",
		"0.linear.bias [5] at 30 bias 6 5",
		"1.batchnorm.scale [5] at 35 scale 0 0",
		"1.batchnorm.shift [5] at 40 shift 0 0",
		"3.residual.body.0.linear.weight [5 5] at 45 weight 5 5",
		"3.residual.body.0.linear.bias [5] at 70 bias 5 5",
		"head.weight [5 3] at 75 weight 5 3",
		"head.bias [3] at 90 bias 5 3",
	}
	var got []string
	for _, v := range p.Weights.Views() {
		got = append(got, fmt.Sprint(v, " ", v.Role, " ", v.FanIn, " ", v.FanOut))
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("weights:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if s := fmt.Sprint(p.State.Views()); s != "[1.batchnorm.mean [5] at 0 1.batchnorm.variance [5] at 5]" {
		t.Errorf("state: %v", s)
	}
	if p.Out.String() != "float32[4 3]" {
		t.Errorf("gives %v", p.Out)
	}
	w, err := p.Weights.Initial(tensor.Float32, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := 35; i < 45; i++ {
		if want := 1.0 - float64((i-35)/5); w.At(i) != want {
			t.Errorf("scale and shift: element %d is %v at first, want %v", i, w.At(i), want)
		}
	}
	s, err := p.State.Initial(tensor.Float32, 1)
	if err != nil || s.At(0) != 0 || s.At(5) != 1 {
		t.Errorf("the running mean and variance are %v and %v at first, want 0 and 1 (%v)", s.At(0), s.At(5), err)
	}
}

func TestTheSameNameIsTheSameWeight(t *testing.T) {
	l := nn.NewLinear(4)
	twice := layerFunc(func(c *nn.Context, x graph.Value) graph.Value {
		return c.Child("shared", l, c.Child("shared", l, x)) // tied weights
	})
	p := plan(t, twice, f32(2, 4))
	if n := len(p.Weights.Views()); n != 2 || p.Weights.Size() != 20 {
		t.Errorf("%d weights of %d numbers, want 2 of 20", n, p.Weights.Size())
	}
	other := layerFunc(func(c *nn.Context, x graph.Value) graph.Value {
		x = c.Child("shared", l, x)
		return c.Child("shared", nn.NewLinear(3), x)
	})
	_, err := nn.NewPlan(other, f32(2, 4), tensor.Float32)
	if err == nil {
		t.Fatal("two shapes of one weight are accepted")
	}
	if s := err.Error(); strings.Count(s, "context_test.go:") != 2 || !strings.Contains(s, `linear "shared"`) ||
		!strings.Contains(s, "[4 4]") || !strings.Contains(s, "[4 3]") {
		t.Errorf("the error names not both lines and shapes: %v", s)
	}
}

// Each mistake is one line that names the place, the layer and the cure.
func TestMistakesAreNamed(t *testing.T) {
	cases := []struct {
		name  string
		model nn.Layer
		x     graph.Type
		want  []string
	}{
		{"no outputs", nn.NewSequential(&nn.Linear{}), f32(4, 6), []string{`linear "0.linear": it has 0 outputs; make it by nn.NewLinear`}},
		{"not flattened", nn.NewSequential(nn.Name("head", &nn.Linear{In: 28 * 28, Out: 10})), f32(4, 28, 28), []string{`linear "head": x is [4 28 28], weight [784 10] wants a last axis of 784, got 28; flatten first`}},
		{"wrong width", &nn.Linear{In: 5, Out: 2}, f32(4, 6), []string{"linear: x is [4 6], weight [5 2] wants a last axis of 5, got 6"}},
		{"no batch axis", nn.NewLinear(3), f32(6), []string{"x is [6]; it wants a batch axis first"}},
		{"whole numbers", nn.NewLinear(3), graph.Type{DType: tensor.Int32, Shape: tensor.Of(4, 6)}, []string{"x is int32[4 6] and the weights are float32; cast"}},
		{"residual", nn.NewResidual(nn.NewLinear(5)), f32(4, 6), []string{"residual: x is [4 6] and its body gives [4 5]", "Shortcut"}},
		{"empty batch norm", nn.NewSequential(&nn.BatchNorm{}), f32(4, 6), []string{`batchnorm "0.batchnorm": it is empty; make it by nn.NewBatchNorm()`}},
		{"batch of one", nn.NewBatchNorm(), f32(1, 6), []string{"x is [1 6]", "nn.NewLayerNorm()"}},
		{"Keras momentum", &nn.BatchNorm{Momentum: 99, Eps: 1e-3}, f32(4, 6), []string{"momentum is 99", "from 0 to 1"}},
		{"negative eps", &nn.LayerNorm{Eps: -1}, f32(4, 6), []string{"eps is -1"}},
		{"empty layer norm", &nn.LayerNorm{}, f32(4, 6), []string{"make it by nn.NewLayerNorm()"}},
		{"rate of 1", nn.NewDropout(1), f32(4, 6), []string{"rate is 1", "below 1"}},
		{"rate NaN", nn.NewDropout(math.NaN()), f32(4, 6), []string{"rate is NaN"}},
		{"no layers", nn.NewSequential(), f32(4, 6), []string{"it has no layers"}},
		{"nil layer", nn.NewSequential(nn.ReLU{}, nil), f32(4, 6), []string{"its layer 1 is nil"}},
		{"one name twice", nn.NewSequential(nn.Name("a", nn.NewLinear(6)), nn.Name("a", nn.NewLinear(6))), f32(4, 6), []string{`named "a"`, "two names"}},
		{"no body", &nn.Residual{}, f32(4, 6), []string{"no body"}},
		{"nothing given", nn.NewSequential(layerFunc(func(*nn.Context, graph.Value) graph.Value { return graph.Value{} })), f32(4, 6), []string{`layerfunc "0.layerfunc": gave no value and no error`}},
		{"keep before state", layerFunc(func(c *nn.Context, x graph.Value) graph.Value { c.Keep("count", x); return x }), f32(4, 6), []string{`keeps the state "count"`, "call State first"}},
		{"keep another shape", layerFunc(func(c *nn.Context, x graph.Value) graph.Value { c.State("mean", 0, 3); c.Keep("mean", x); return x }), f32(4, 6), []string{`keeps float32[4 6] as the state "mean", which is float32[3]`}},
		{"within a primitive", nn.NewSequential(nn.Name("odd", layerFunc(func(c *nn.Context, x graph.Value) graph.Value { return x.MatMul(x) }))), f32(4, 6), []string{`matmul "odd"`}},
		{"empty weight", layerFunc(func(c *nn.Context, x graph.Value) graph.Value {
			return x.Add(c.Weight("w", weights.Bias, nil, 0, 0, 0))
		}), f32(4, 6), []string{`weight "w": shape [0] has no elements`}},
	}
	for _, c := range cases {
		_, err := nn.NewPlan(c.model, c.x, tensor.Float32)
		if err == nil {
			t.Errorf("%s: accepted", c.name)
			continue
		}
		if s := err.Error(); !strings.Contains(s, "context_test.go:") || strings.Contains(s, "\n") {
			t.Errorf("%s: %q names no line of this file", c.name, s)
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %q does not say %q", c.name, err, w)
			}
		}
	}
}

func TestPlanRefusesWhatIsNoInput(t *testing.T) {
	for _, c := range []struct {
		model nn.Layer
		x     graph.Type
		d     tensor.DType
		want  string
	}{
		{nil, f32(4, 6), tensor.Float32, "model is nil"},
		{nn.ReLU{}, f32(4, 6), tensor.Int32, "float32 or float64, not int32"},
		{nn.ReLU{}, f32(), tensor.Float32, "batch axis"},
		{nn.ReLU{}, f32(0, 6), tensor.Float32, "batch axis"},
	} {
		if _, err := nn.NewPlan(c.model, c.x, c.d); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

func TestBindRefusesOtherVectors(t *testing.T) {
	p := plan(t, nn.NewSequential(nn.NewLinear(3), nn.NewBatchNorm(), nn.NewDropout(0.5)), f32(4, 6))
	for _, c := range []struct {
		w, state, x graph.Type
		random      bool
		want        string
	}{
		{f32(26), f32(6), f32(4, 6), true, "the weight vector is float32[26], and the model wants float32[27]"},
		{f32(27), f32(5), f32(4, 6), true, "the state vector is float32[5], and the model wants float32[6]"},
		{graph.Type{DType: tensor.Float64, Shape: tensor.Of(27)}, f32(6), f32(4, 6), true, "the weight vector is float64[27]"},
		{graph.Type{}, f32(6), f32(4, 6), true, "weight of 27 numbers (0.linear.weight [6 3]"},
		{f32(27), f32(6), f32(4, 5), true, "x is float32[4 5], and the model was planned for float32[4 6]"},
		{f32(27), f32(6), f32(4, 6), false, `dropout "2.dropout": draws random numbers`},
		{f32(27), f32(6), f32(9, 6), true, ""},
	} {
		g := graph.New()
		in := func(key string, typ graph.Type) graph.Value {
			if typ.DType == tensor.Invalid {
				return graph.Value{}
			}
			return g.Input(key, typ.DType, typ.Shape...)
		}
		var seed, tau graph.Value
		if c.random {
			seed, tau = g.Input("seed", tensor.Int64), g.Input("tau", tensor.Float64)
		}
		y := p.Apply(p.Bind(g, in("w", c.w), in("state", c.state), seed, tau, true), in("x", c.x))
		switch err := g.Err(); {
		case c.want == "" && (err != nil || !y.Valid()):
			t.Errorf("a longer batch is refused: %v", err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// A layer whose weights depend on the batch fails where another batch is bound.
func TestWeightsMayNotDependOnTheBatch(t *testing.T) {
	l := layerFunc(func(c *nn.Context, x graph.Value) graph.Value {
		return x.Add(c.Weight("per example", weights.Bias, nil, 0, 0, x.Shape()...))
	})
	p := plan(t, l, f32(4, 6))
	g := graph.New()
	p.Apply(p.Bind(g, g.Input("w", tensor.Float32, 24), graph.Value{}, graph.Value{}, graph.Value{}, true), g.Input("x", tensor.Float32, 5, 6))
	if err := g.Err(); err == nil || !strings.Contains(err.Error(), "must not depend on the batch") {
		t.Errorf("%v", err)
	}
}

// Two numbers of state, of which a pass keeps the first twice and the second
// never: the next state is what was kept last, beside what was.
func TestStateIsCarriedAlong(t *testing.T) {
	l := layerFunc(func(c *nn.Context, x graph.Value) graph.Value {
		before, count, after := c.State("before", 5), c.State("count", 0), c.State("after", 7, 2)
		if c.Train() {
			c.Keep("count", count.Plus(1))
			c.Keep("count", c.State("count", 0).Plus(1))
		}
		return x.Add(before).Add(after.SumAll())
	})
	p := plan(t, l, f32(2, 1))
	s, err := p.State.Initial(tensor.Float32, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, train := range []bool{true, false} {
		g := graph.New()
		state := g.Input("state", tensor.Float32, 4)
		c := p.Bind(g, graph.Value{}, state, graph.Value{}, graph.Value{}, train)
		p.Apply(c, g.Input("x", tensor.Float32, 2, 1))
		next := c.NextState()
		if !train {
			if next != state {
				t.Errorf("evaluation changes the state: %v", next)
			}
			continue
		}
		out, err := graph.Evaluate([]graph.Value{next}, map[graph.Value]*tensor.Array{state: s}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(out[0].Float64s()); got != "[5 2 7 7]" {
			t.Errorf("next state %v, want [5 2 7 7]", got)
		}
	}
}

func TestNodesCarryTheLayersPath(t *testing.T) {
	p := plan(t, nn.NewSequential(nn.NewLinear(3), nn.Name("act", nn.Tanh{})), f32(4, 6))
	g := graph.New()
	g.SetScope("outside")
	c := p.Bind(g, g.Input("w", tensor.Float32, 21), graph.Value{}, graph.Value{}, graph.Value{}, true)
	y := p.Apply(c, g.Input("x", tensor.Float32, 4, 6))
	if s := y.Scope(); s != "act" {
		t.Errorf("tanh belongs to %q", s)
	}
	if s := y.Arg(0).Scope(); s != "0.linear" {
		t.Errorf("its operand belongs to %q", s)
	}
	if s := g.Const(3).Scope(); s != "outside" {
		t.Errorf("the scope afterwards is %q", s)
	}
}

func TestMLP(t *testing.T) {
	l, err := nn.MLP([]int{784, 256, 128, 10}, "relu", "none", 0)
	if err != nil {
		t.Fatal(err)
	}
	p := plan(t, l, f32(128, 28, 28))
	// 784·256+256 + 256·128+128 + 128·10+10
	if n := p.Weights.Size(); n != 235146 || p.State.Size() != 0 {
		t.Errorf("%d weights, want 235146; state of %d", n, p.State.Size())
	}
	var names []string
	for _, v := range p.Weights.Views() {
		names = append(names, v.Name)
	}
	if s := strings.Join(names, " "); s != "linear1.weight linear1.bias linear2.weight linear2.bias head.weight head.bias" {
		t.Errorf("names: %s", s)
	}
	v, _ := p.Weights.Lookup("linear1.weight")
	if s, ok := v.Init.(*initial.Scaled); !ok || s.Gain != math.Sqrt2 || s.Uniform || s.Fan != initial.In {
		t.Errorf("a hidden layer starts from %+v, want He's normal", v.Init)
	}
	v, _ = p.Weights.Lookup("head.weight")
	if s, ok := v.Init.(*initial.Scaled); !ok || s.Gain != 1 {
		t.Errorf("the head starts from %+v, want gain 1", v.Init)
	}
	l, err = nn.MLP([]int{6, 5, 3}, "tanh", "batch", 0.5)
	if err != nil {
		t.Fatal(err)
	}
	p = plan(t, l, f32(4, 6))
	if s := fmt.Sprint(p.Weights.Views()); s != "[linear1.weight [6 5] at 0 norm1.scale [5] at 30 norm1.shift [5] at 35 head.weight [5 3] at 40 head.bias [3] at 55]" {
		t.Errorf("with batch norm: %v", s)
	}
	for _, c := range []struct {
		sizes            []int
		activation, norm string
		dropout          float64
		want             string
	}{
		{[]int{10}, "relu", "none", 0, "such as [784 256 10]"},
		{[]int{10, 0, 3}, "relu", "none", 0, "size 1 of [10 0 3] is 0"},
		{[]int{10, 3}, "relo", "none", 0, `did you mean "relu"?`},
		{[]int{10, 3}, "relu", "bach", 0, `did you mean "batch"?`},
		{[]int{10, 3}, "relu", "none", 1, "dropout rate is 1"},
	} {
		if _, err := nn.MLP(c.sizes, c.activation, c.norm, c.dropout); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}
