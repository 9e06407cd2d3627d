package optim_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/objective/functions"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/optim/optimtest"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

func parsed(t *testing.T, spec string) optim.Rule {
	t.Helper()
	r, _, err := optim.Parse(spec)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// far is the largest difference of two trajectories, relative to max(1, |w|).
func far(a, b [][]float64) float64 {
	d := 0.0
	for i := range a {
		for j := range a[i] {
			if x := math.Abs(a[i][j]-b[i][j]) / max(1, math.Abs(b[i][j])); !(x <= d) {
				d = x
			}
		}
	}
	return d
}

// wobble are rates that move, so that a form's place of η matters.
func wobble(lr float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = lr * (1 + 0.5*math.Sin(float64(i)))
	}
	return out
}

// Rules that include one another, by their equations: the two trajectories on
// Rosenbrock's function with a moving rate are one.
func TestInclusions(t *testing.T) {
	const n = 40
	for _, c := range []struct {
		a, b   string
		lr, by float64 // the rate of a, and b's over it
	}{
		{"qhm:nu=0", "sgd", 1e-4, 1},
		{"qhm:nu=1,beta=0.75", "momentum:form=torch,momentum=0.75", 4e-4, 0.25},
		{"qhm:nu=0.75,beta=0.75", "nesterov:form=torch,momentum=0.75", 4e-4, 0.25},
		{"qhadam:nu1=1,nu2=1,beta1=0.8,beta2=0.9", "adam:beta1=0.8,beta2=0.9", 0.01, 1},
		{"aggmo:count=1", "sgd", 1e-4, 1},
		{"signum:beta=0", "signsgd", 0.01, 1},
		{"lion:beta1=0.8,beta2=0.8", "signum:beta=0.8", 0.01, 1},
		{"lion:beta1=0", "signsgd", 0.01, 1},
		{"adam:beta1=0,beta2=0,eps=0", "signsgd", 0.01, 1},
		{"ademamix:alpha=0,beta1=0.8", "adam:beta1=0.8", 0.01, 1},
		{"laprop:beta1=0,beta2=0.9,eps=0.001", "adam:beta1=0,beta2=0.9,eps=0.001", 0.01, 1},
		{"optimistic:beta=0", "sgd", 1e-4, 1},
		{"rmsprop_momentum:momentum=0", "rmsprop", 0.001, 1},
		{"adamaxw:weight_decay=0", "adamax", 0.01, 1},
		{"nadamw:weight_decay=0", "nadam", 0.01, 1},
		{"adam:sam=0", "adam", 0.01, 1},
		{"adam:lookahead=1,lookahead_share=1", "adam", 0.01, 1},
		{"momentum:ema=0.9,swa=3", "momentum", 1e-4, 1},
		{"adam:weight_decay=0.1", "adamw:weight_decay=0.1", 0.01, 1},
		{"ftrl:beta=0.5", "adagrad:eps=0.5", 0.1, 1},
		{"sm3:momentum=0,eps=0", "adagrad:eps=0", 0.1, 1}, // of a vector
		{"asgd:lambda=0", "sgd", 1e-4, 1},
		{"noisy_sgd:noise=0", "sgd", 1e-4, 1},
		{"polyak:f_min=-1e9", "sgd", 1e-4, 1},
		{"momo:f_min=-1e9,beta=0", "sgd", 1e-4, 1},
		{"momo:beta=0", "polyak", 5e-4, 1},
		{"momo_adam:f_min=-1e9,beta1=0.8", "adam:beta1=0.8", 0.01, 1},
		{"adam:form=keras,eps=0", "adam:eps=0", 0.01, 1},
		{"amsgrad:form=keras,eps=0", "amsgrad:eps=0", 0.01, 1},
		{"adamax:form=keras,eps=0", "adamax:eps=0", 0.01, 1},
		{"adagrad:form=keras", "adagrad:form=optax", 0.1, 1},
		{"rmsprop:form=keras", "rmsprop_momentum:form=optax,momentum=0", 0.001, 1},
		{"nesterov:form=keras,momentum=0", "sgd", 1e-4, 1},
	} {
		e := functions.All()[0].E
		one := update(t, runner(t, parsed(t, c.a), e, -1.2, 1), wobble(c.lr, n)...)
		two := update(t, runner(t, parsed(t, c.b), e, -1.2, 1), wobble(c.lr*c.by, n)...)
		if d := far(one, two); !(d < 1e-11) {
			t.Errorf("%s and %s are %v apart", c.a, c.b, d)
		}
		if last := one[n]; last[0] == -1.2 && last[1] == 1 {
			t.Errorf("%s never moves", c.a)
		}
	}
}

// With gradients that grow, v rises and AMSGrad in PyTorch's form is Adam; with
// gradients that shrink it is not.
func TestAMSGradOfRisingGradients(t *testing.T) {
	hill := func(w graph.Value) graph.Value { return w.Square().SumAll().Scale(-0.5) }
	bowl := func(w graph.Value) graph.Value { return w.Square().SumAll().Scale(0.5) }
	for _, c := range []struct {
		e    func(graph.Value) graph.Value
		same bool
	}{{hill, true}, {bowl, false}} {
		a := update(t, runner(t, parsed(t, "amsgrad:beta2=0.5"), c.e, 1, -2), repeat(0.1, 30)...)
		b := update(t, runner(t, parsed(t, "adam:beta2=0.5"), c.e, 1, -2), repeat(0.1, 30)...)
		if d := far(a, b); (d == 0) != c.same {
			t.Errorf("AMSGrad and Adam are %v apart; same: want %v", d, c.same)
		}
	}
}

// A gradient that hardly changes leaves v − m² near 0 or, rounded, below: the
// step stays finite and at most η/ε of the gradient a step.
func TestCenteredStaysFinite(t *testing.T) {
	run := runner(t, parsed(t, "rmsprop_momentum:centered=true,momentum=0,eps=0.01"), slope(0.3, -1), 0, 0)
	points := update(t, run, repeat(0.001, 400)...)
	for i, p := range points[1:] {
		for j, g := range []float64{0.3, 1} {
			if d := math.Abs(p[j] - points[i][j]); !(d <= 0.001*g/0.01*(1+1e-12)) {
				t.Fatalf("update %d moves w%d by %v", i+1, j, d)
			}
		}
	}
}

// EMA and SWA are means of the rule's own points, by their definitions.
func TestAverages(t *testing.T) {
	const n, start, β = 12, 4, 0.7
	e := functions.All()[0].E
	points := update(t, runner(t, optim.NewAdam(), e, -1.2, 1), repeat(0.05, n)...)
	ema := runner(t, parsed(t, "adam:ema=0.7"), e, -1.2, 1)
	swa := runner(t, parsed(t, "adam:swa=4"), e, -1.2, 1)
	moving := points[1]
	for i := 1; i <= n; i++ {
		update(t, ema, 0.05)
		update(t, swa, 0.05)
		for j, x := range points[i] {
			if i > 1 {
				moving[j] = β*moving[j] + (1-β)*x
			}
			mean := x
			if i > start {
				mean = 0
				for _, p := range points[start+1 : i+1] {
					mean += p[j] / float64(i-start)
				}
			}
			if got := ema.Presented()[j]; !near(got, moving[j], 1e-14) {
				t.Errorf("EMA after %d updates: %v, want %v", i, got, moving[j])
			}
			if got := swa.Presented()[j]; !near(got, mean, 1e-14) {
				t.Errorf("SWA after %d updates: %v, want %v", i, got, mean)
			}
		}
		moving = append([]float64(nil), moving...)
	}
	if runner(t, optim.NewAdam(), e, 0, 0).Presented() != nil {
		t.Error("Adam presents weights in place of w")
	}
}

// L2 is the gradient of ½λ‖w‖², at the point where the rule asks for one.
func TestL2(t *testing.T) {
	e := functions.All()[0].E
	with := func(w graph.Value) graph.Value {
		return e(w).Add(w.Square().SumAll().Scale(0.5 * 0.3).Reshape())
	}
	for _, rule := range []string{"sgd", "nesterov", "adam"} {
		l2 := update(t, runner(t, parsed(t, rule+":l2=0.3"), e, -1.2, 1), wobble(1e-4, 30)...)
		want := update(t, runner(t, parsed(t, rule), with, -1.2, 1), wobble(1e-4, 30)...)
		if d := far(l2, want); !(d < 1e-13) {
			t.Errorf("%s with l2 is %v from the same with ½λ‖w‖² in E", rule, d)
		}
	}
}

// oneUpdate is w after the first update of a rule on a layout's weights.
func oneUpdate(t *testing.T, rule optim.Rule, e func(graph.Value) graph.Value, layout *weights.Layout, rate float64, start ...float64) []float64 {
	t.Helper()
	g := graph.New()
	w := g.Input("w", tensor.Float64, len(start))
	s := optim.NewStep(optim.Config{
		Graph: g, W: w, Loss: e, Layout: layout,
		Rate: g.Input("rate", tensor.Float64), Tau: g.Input("tau", tensor.Float64),
	})
	next := w.Add(s.Update(rule))
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	feeds := map[graph.Value]*tensor.Array{
		w: tensor.From(start, len(start)), s.Rate(): tensor.From([]float64{rate}), s.Tau(): tensor.From([]float64{1}),
	}
	for _, slot := range s.Slots() {
		feeds[slot.Last] = tensor.New(slot.Last.DType(), slot.Last.Shape()...)
	}
	for _, h := range s.Hypers() {
		feeds[h.Value] = tensor.From([]float64{h.Default})
	}
	out, err := graph.Evaluate([]graph.Value{next}, feeds, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out[0].Float64s()
}

// A zero gradient leaves what the mask leaves, and shrinks the rest by 1 − ηλ.
func TestMatrixDecay(t *testing.T) {
	var layout weights.Layout
	for i, role := range []weights.Role{weights.Weight, weights.Bias, weights.Scale, weights.Shift, weights.Weight} {
		if _, err := layout.Add(weights.View{Name: fmt.Sprint(i), Shape: tensor.Of(1), Role: role}); err != nil {
			t.Fatal(err)
		}
	}
	flat := func(w graph.Value) graph.Value { return w.Scale(0).SumAll() }
	got := oneUpdate(t, parsed(t, "adam:matrix_decay=0.5"), flat, &layout, 0.5, 4, 4, 4, 4, -8)
	if want := []float64{3, 4, 4, 4, -6}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("w goes to %v, want %v", got, want)
	}
	got = oneUpdate(t, parsed(t, "adam:matrix_decay=0.5"), flat, nil, 0.5, 4, -8)
	if want := []float64{3, -6}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("without a layout w goes to %v, want %v", got, want)
	}
}

// A rule by layer does to each layer what it does to that layer alone.
func TestLayersAreIndependent(t *testing.T) {
	half := func(w graph.Value) graph.Value { return w.Square().Square().SumAll().Scale(0.25) } // one for both
	for _, name := range []string{"lamb", "lars", "novograd"} {
		var layout weights.Layout
		for i := range 2 {
			if _, err := layout.Add(weights.View{Name: fmt.Sprint(i), Shape: tensor.Of(2)}); err != nil {
				t.Fatal(err)
			}
		}
		got := oneUpdate(t, parsed(t, name), half, &layout, 0.1, 1, 2, -30, 4)
		for i, start := range [][]float64{{1, 2}, {-30, 4}} {
			alone, err := optimtest.NewRunner(parsed(t, name), half, tensor.Float64, start...)
			if err != nil {
				t.Fatal(err)
			}
			want := update(t, alone, 0.1)[1]
			for j := range want {
				if got[2*i+j] != want[j] {
					t.Errorf("%s: layer %d goes to %v, alone to %v", name, i, got[2*i:2*i+2], want)
				}
			}
		}
	}
}
