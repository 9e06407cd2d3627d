package optim_test

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/optim/optimtest"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

// square is E = Σw².
func square(w graph.Value) graph.Value { return w.Square().SumAll() }

// custom is a user's rule: what its Update does is the test's.
type custom struct {
	Rate   float64    `hyper:"pace" symbol:"p" range:"[0,1]" doc:"a number"`
	Inner  optim.Rule `part:"inner"`
	update func(r *custom, s *optim.Step) graph.Value
}

func (r *custom) Update(s *optim.Step) graph.Value { return r.update(r, s) }

func newCustom(update func(r *custom, s *optim.Step) graph.Value) *custom {
	return &custom{0.5, optim.NewAdam(), update}
}

// A rule's mistakes are errors that name the rule, the thing and the cure.
func TestMistakes(t *testing.T) {
	stray := 0.5
	for _, c := range []struct {
		name   string
		update func(r *custom, s *optim.Step) graph.Value
		want   string
	}{
		{"slot kept twice", func(_ *custom, s *optim.Step) graph.Value {
			v := s.Slot("v")
			v.Keep(s.Gradient())
			return v.Keep(s.W())
		}, `optim: custom: slot "v" is kept twice`},
		{"slot never kept", func(_ *custom, s *optim.Step) graph.Value {
			return s.Slot("v").Last()
		}, `optim: custom: slot "v" is never kept: give it a next value by Keep or Average`},
		{"slot of another type", func(_ *custom, s *optim.Step) graph.Value {
			return s.Slot("v").Keep(s.Rate())
		}, `optim: custom: slot "v" is float32[2], and its next value is float64[]`},
		{"slot asked for as another", func(_ *custom, s *optim.Step) graph.Value {
			s.ScalarSlot("v")
			return s.Slot("v").Keep(s.W())
		}, `optim: custom: slot "v" is float64[] and asked for again as float32[2]`},
		{"slot's name", func(_ *custom, s *optim.Step) graph.Value {
			return s.Slot("Δw").Keep(s.W())
		}, `optim: custom: slot "Δw": a slot's name is of a-z`},
		{"Δw of another type", func(_ *custom, s *optim.Step) graph.Value {
			return s.Rate()
		}, `optim: custom: its Δw is float64[], and w is float32[2]`},
		{"no Δw", func(_ *custom, _ *optim.Step) graph.Value {
			return graph.Value{}
		}, `optim: custom: its Δw is no value`},
		{"gradient at a number", func(_ *custom, s *optim.Step) graph.Value {
			return s.GradientAt(s.Rate())
		}, `optim: custom: the gradient is asked for at a point of type float64[], and w is float32[2]`},
		{"a copy's field", func(r *custom, s *optim.Step) graph.Value {
			return s.Hyper(&stray).Mul(s.W())
		}, `optim: custom: Hyper is given the address of no tagged float64 field of it`},
		{"nil field", func(r *custom, s *optim.Step) graph.Value {
			return s.Hyper(nil).Mul(s.W())
		}, `optim: custom: Hyper is given the address of no tagged float64 field of it`},
		{"inner rule called directly", func(r *custom, s *optim.Step) graph.Value {
			return r.Inner.Update(s)
		}, `optim: custom: beta1 of adam is asked for by another rule; update a rule that is held by s.Update(r), not r.Update(s)`},
		{"a rule it does not hold", func(_ *custom, s *optim.Step) graph.Value {
			return s.Update(optim.NewSGD())
		}, `optim: custom: it uses a *optim.SGD that is not in one of its fields with a part tag`},
		{"inner rule updated twice", func(r *custom, s *optim.Step) graph.Value {
			return s.Update(r.Inner).Add(s.Update(r.Inner))
		}, `optim: custom: adam is updated twice`},
		{"a graph's mistake", func(_ *custom, s *optim.Step) graph.Value {
			return s.W().MatMul(s.W())
		}, `matmul: x is [2] and y is [2]; a matrix wants two axes`},
	} {
		_, err := optimtest.NewRunner(newCustom(c.update), square, tensor.Float32, 1, 2)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// What is wrong with a rule before its Update.
func TestRefused(t *testing.T) {
	nan := optim.NewAdam()
	nan.Beta2 = math.NaN()
	deep := optim.NewRMSProp()
	deep.Beta = 1
	form := optim.NewMomentum()
	form.Form = "keras"
	for _, c := range []struct {
		rule optim.Rule
		want string
	}{
		{&optim.Adam{}, "optim: adam: a bare Adam{} has no hyper-parameters set; make it with optim.NewAdam()"},
		{&optim.Adam{Beta1: 0.9, Beta2: 0.999}, "make it with optim.NewAdam()"},
		{&optim.RMSProp{}, "optim: rms_prop: a bare RMSProp{} has no hyper-parameters set; make it with optim.NewRMSProp()"},
		{optim.Before(&optim.Momentum{}), "make it with optim.NewMomentum()"},
		{optim.After(optim.NewSGD(), &optim.Decay{}), "make it with optim.NewDecay()"},
		{optim.After(nil), "optim: after: field Rule: it is nil"},
		{optim.After(optim.NewSGD(), nil), "optim: after: field Transforms: it is nil"},
		{(*optim.Adam)(nil), "optim: a rule is a pointer to a struct, such as optim.NewAdam(), not *optim.Adam"},
		{nil, "optim: a rule is a pointer to a struct, such as optim.NewAdam(), not <nil>"},
		{nan, "optim: adam: beta2=NaN is not in [0,1)"},
		{optim.After(deep, optim.NewDecay()), "optim: rms_prop: beta=1 is not in [0,1)"},
		{form, "optim: momentum: form=keras is not lecture or torch"},
	} {
		if _, err := optimtest.NewRunner(c.rule, square, tensor.Float64, 1, 2); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%T: %v, want %q", c.rule, err, c.want)
		}
	}
}

func config() optim.Config {
	g := graph.New()
	return optim.Config{
		Graph: g, W: g.Input("w", tensor.Float32, 6), Loss: square,
		Rate: g.Input("rate", tensor.Float64), Tau: g.Input("tau", tensor.Float64),
	}
}

func TestConfig(t *testing.T) {
	layout := &weights.Layout{}
	if _, err := layout.Add(weights.View{Name: "a", Shape: tensor.Of(2, 2)}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(*optim.Config)
		want   string
	}{
		{"no graph", func(c *optim.Config) { c.Graph = nil }, "Config needs a Graph and a Loss"},
		{"no loss", func(c *optim.Config) { c.Loss = nil }, "Config needs a Graph and a Loss"},
		{"w is a matrix", func(c *optim.Config) { c.W = c.W.Reshape(2, 3) }, "W is float32[2 3]; want a float vector"},
		{"no w", func(c *optim.Config) { c.W = graph.Value{} }, "W is invalid[]; want a float vector"},
		{"float32 rate", func(c *optim.Config) { c.Rate = c.Rate.Cast(tensor.Float32) }, "Rate is float32[]; want float64[]"},
		{"no tau", func(c *optim.Config) { c.Tau = graph.Value{} }, "Tau is invalid[]; want float64[]"},
		{"layout", func(c *optim.Config) { c.Layout = layout }, "the Layout covers 4 weights, and W is float32[6]"},
		{"failed graph", func(c *optim.Config) { c.W.Reshape(5) }, "reshape: x is [6] with 6 elements, which do not fill [5]"},
		{"vector loss", func(c *optim.Config) {
			c.Loss = func(w graph.Value) graph.Value { return w }
		}, "a gradient is of a scalar, and y is float32[6]"},
		{"failed loss", func(c *optim.Config) {
			c.Loss = func(w graph.Value) graph.Value { return graph.Value{} }
		}, "Loss gave no value"},
	} {
		cfg := config()
		c.change(&cfg)
		s := optim.NewStep(cfg)
		if v := s.Update(optim.NewAdam()); v.Valid() {
			t.Errorf("%s: the update is a value", c.name)
		}
		if err := s.Err(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// A Step is one update; its state and hyper-parameters come in the order asked for.
func TestStepLists(t *testing.T) {
	s := optim.NewStep(config())
	s.Update(optim.After(optim.Before(optim.NewAdam(), optim.NewClipNorm(), optim.NewClipNorm()), optim.NewDecay()))
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	var slots, hypers []string
	for _, x := range s.Slots() {
		slots = append(slots, x.Key)
		if x.Last.DType() != tensor.Float32 || !x.Last.Shape().Equal(tensor.Of(6)) || !x.Next.Valid() {
			t.Errorf("slot %s is %v, then %v", x.Key, x.Last, x.Next)
		}
	}
	for _, x := range s.Hypers() {
		hypers = append(hypers, fmt.Sprint(x.Key, "=", x.Default))
		if x.Value.DType() != tensor.Float64 || x.Value.Rank() != 0 {
			t.Errorf("hyper-parameter %s is %v", x.Key, x.Value)
		}
	}
	if want := []string{"m", "v"}; !reflect.DeepEqual(slots, want) {
		t.Errorf("slots %v, want %v: wrapping Adam does not rename its state", slots, want)
	}
	want := []string{"before/clip_norm/clip_norm=1", "before/clip_norm2/clip_norm=1", "beta1=0.9", "beta2=0.999", "eps=1e-08", "after/decay/weight_decay=0.01"}
	if !reflect.DeepEqual(hypers, want) {
		t.Errorf("hyper-parameters %v, want %v", hypers, want)
	}
	s.Update(optim.NewSGD())
	if err := s.Err(); err == nil || !strings.Contains(err.Error(), "a Step is the update of one rule") {
		t.Errorf("a second rule: %v", err)
	}
}

// A wrapper's path is in its parts' keys, and a rule outside a tree has no state.
func TestPaths(t *testing.T) {
	r := newCustom(func(r *custom, s *optim.Step) graph.Value {
		return s.Hyper(&r.Rate).Mul(s.Slot("m").Keep(s.Update(r.Inner)))
	})
	_, keys, err := optim.State(r)
	if want := []string{"m", "inner/m", "inner/v"}; err != nil || !reflect.DeepEqual(keys, want) {
		t.Errorf("keys %v, %v; want %v", keys, err, want)
	}
	s := optim.NewStep(config())
	s.Slot("v")
	if err := s.Err(); err == nil || !strings.Contains(err.Error(), "state belongs to a rule") {
		t.Errorf("a slot without a rule: %v", err)
	}
	s = optim.NewStep(config())
	optim.NewAdam().Update(s)
	if err := s.Err(); err == nil || !strings.Contains(err.Error(), "call s.Update(rule), not rule.Update(s)") {
		t.Errorf("a rule called directly: %v", err)
	}
}

// The loss is built once for each point, and the gradient there is one value.
func TestLossOncePerPoint(t *testing.T) {
	calls := map[int]int{}
	cfg := config()
	cfg.Loss = func(w graph.Value) graph.Value { calls[w.ID()]++; return square(w) }
	s := optim.NewStep(cfg)
	s.Update(newCustom(func(r *custom, s *optim.Step) graph.Value {
		far := s.W().Scale(2)
		there, loss := s.GradientAt(far), s.Loss()
		if there != s.GradientAt(far) || s.Gradient() != s.GradientAt(s.W()) || loss != s.Loss() {
			t.Error("asked for again, the loss or a gradient is another value")
		}
		return s.Gradient().Add(s.GradientAt(far)).Add(s.HVP(s.W()))
	}))
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	if len(calls) != 2 || calls[cfg.W.ID()] != 1 {
		t.Errorf("the loss was built %v times, by point; want once at w and once at 2w", calls)
	}
}

// E = Σw⁴/12 has the Hessian diag(w²): HVP(v) = w²·v, and Newton's step from a
// rule of one's own is −g/w² = −w/3.
func TestHVP(t *testing.T) {
	quartic := func(w graph.Value) graph.Value { return w.Square().Square().SumAll().Scale(1. / 12) }
	r := newCustom(func(_ *custom, s *optim.Step) graph.Value {
		ones := s.W().Zeros().Plus(1)
		return s.Gradient().Div(s.HVP(ones)).Neg()
	})
	p := update(t, runner(t, r, quartic, 3, -6), 1)
	for i, want := range []float64{2, -4} {
		if !near(p[1][i], want, 1e-14) {
			t.Errorf("after Newton's step w is %v, want [2 -4]", p[1])
		}
	}
}

// Scalar state is float64 whatever w is, and its own kind of average.
func TestScalarSlot(t *testing.T) {
	r := newCustom(func(_ *custom, s *optim.Step) graph.Value {
		n := s.ScalarSlot("count")
		return n.Keep(n.Last().Plus(1)).Mul(s.W().Zeros().Plus(1))
	})
	run, err := optimtest.NewRunner(r, square, tensor.Float32, 0)
	if err != nil {
		t.Fatal(err)
	}
	if p := update(t, run, 1, 1, 1); p[3][0] != 1+2+3 {
		t.Errorf("w is %v after counting to 3, want 6", p[3])
	}
	perWeight, keys, err := optim.State(r)
	if perWeight != 0 || len(keys) != 1 || err != nil {
		t.Errorf("state: %d values a weight, %v, %v", perWeight, keys, err)
	}
}

// Update is given the same bits whether or not a rule is wrapped in nothing.
func TestEmptyWrappers(t *testing.T) {
	b := bowl{λ: [2]float64{1, 10}, angle: 0.4}
	for _, e := range optim.Rules() {
		p := update(t, runner(t, e.New(), b.E, 2, 1), repeat(0.01, 10)...)
		q := update(t, runner(t, optim.Before(optim.After(e.New())), b.E, 2, 1), repeat(0.01, 10)...)
		if !reflect.DeepEqual(p, q) {
			t.Errorf("%s: wrapped in empty Before and After it differs", e.Name)
		}
	}
}
