package optimtest

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

// Test is the suite for every optimizer of a table: documentation, defaults,
// state, both element types, zero and tiny gradients, and that each
// hyper-parameter has an effect and acts at run time.
func Test(t *testing.T, table optim.Table) {
	names := map[string]bool{}
	for _, e := range table {
		if names[e.Name] {
			t.Errorf("two optimizers are called %q", e.Name)
		}
		names[e.Name] = true
		t.Run(e.Name, func(t *testing.T) {
			s := suite{table, e}
			t.Run("Docs", s.docs)
			t.Run("Bare", s.bare)
			t.Run("State", s.state)
			t.Run("Descends", s.descends)
			t.Run("Float32", s.float32)
			t.Run("ZeroGradient", s.zeroGradient)
			t.Run("TinyGradient", s.tinyGradient)
			t.Run("Hypers", s.hypers)
			t.Run("Forms", s.forms)
			t.Run("Parse", s.parse)
		})
	}
}

type suite struct {
	table optim.Table
	entry optim.Entry
}

// valley is a smooth function without symmetry, so that nothing cancels by
// accident: Σ aᵢ(wᵢ − cᵢ)² + ¼w0⁴ + w0w1.
func valley(w graph.Value) graph.Value {
	g := w.Graph()
	var a, c []graph.Value
	for i := range w.Dim(0) {
		a = append(a, g.Full([]float64{1, 2, 0.5, 3}[i%4], w.DType(), 1))
		c = append(c, g.Full(0.3*float64(i)-0.4, w.DType(), 1))
	}
	bowl := graph.Concat(0, a...).Mul(w.Sub(graph.Concat(0, c...)).Square()).SumAll()
	x, y := w.Slice(0, 0, 1), w.Slice(0, 1, 2)
	return bowl.Add(x.Square().Square().Scale(0.25).Add(x.Mul(y)).Reshape()).Cast(w.DType())
}

// layer is ½ Σ (b∘xA − y)² + ¼(b∘xA)⁴ over three rows, w being A [2, 2] and b [2]; y is noisy for targets drawn at random.
func layer(w, noise graph.Value) graph.Value {
	numbers := func(n int, f func(i float64) float64) graph.Value {
		var out []graph.Value
		for i := range n {
			out = append(out, w.Graph().Full(f(float64(i)), w.DType(), 1))
		}
		return graph.Concat(0, out...).Reshape(3, n/3)
	}
	x, y := numbers(6, func(i float64) float64 { return math.Sin(2 * i) }), numbers(6, math.Cos)
	if noise.Valid() {
		y = y.Add(noise)
	}
	z := x.MatMul(w.Slice(0, 0, 4).Reshape(2, 2)).Mul(w.Slice(0, 4, 6))
	return z.Sub(y).Square().Scale(0.5).Add(z.Square().Square().Scale(0.25)).SumAll()
}

// problem is the layer for rules that look for one, and else the valley, where other targets are another place.
func (s suite) problem() Problem {
	type draw = func(graph.Distribution, ...int) graph.Value
	if s.entry.Layers {
		return Problem{E: func(w graph.Value) graph.Value { return layer(w, graph.Value{}) }, Likelihood: optim.Likelihood{
			Terms: 3, Sampled: func(w graph.Value, d draw) graph.Value { return layer(w, d(graph.Normal, 3, 2)) },
		}}
	}
	return Problem{E: valley, Likelihood: optim.Likelihood{
		Terms: 3, Sampled: func(w graph.Value, d draw) graph.Value { return valley(w.Add(d(graph.Normal, w.Dim(0)).Scale(0.3))) },
	}}
}

var start = []float64{0.75, -1.25, 0.5, 1}

// turning is a start from where a small step turns the gradient of one weight.
var turning = []float64{0.75, -1.25, 0.2005, 1}

// moving are rates that fall and rise again, since a constant one cannot tell
// two forms of a rule apart.
func moving(lr float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = lr * (1 + 0.5*math.Sin(float64(i)))
	}
	return out
}

func (s suite) run(t testing.TB, r optim.Rule, d tensor.DType, lr float64, n int) [][]float64 {
	t.Helper()
	return points(t, s.runner(t, r, d, start), moving(lr, n))
}

// runner is a rule on the valley, whose weights are a matrix and a vector: some
// hyper-parameters act on matrices alone, and some rules on those with two sides.
func (s suite) runner(t testing.TB, r optim.Rule, d tensor.DType, start []float64) *Runner {
	t.Helper()
	var layout weights.Layout
	columns := 1
	if s.entry.Matrix {
		start, columns = append(start[:4:4], -0.5, 0.25), 2
	}
	for _, v := range []weights.View{
		{Name: "a", Shape: tensor.Of(2, columns), Role: weights.Weight}, {Name: "b", Shape: tensor.Of(2), Role: weights.Bias},
	} {
		if _, err := layout.Add(v); err != nil {
			t.Fatal(err)
		}
	}
	p := s.problem()
	p.DType, p.Start, p.Layout = d, start, &layout
	run, err := p.Runner(r)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// points are the weights after each update, beside what the rule presents in their place.
func points(t testing.TB, run *Runner, rates []float64) [][]float64 {
	t.Helper()
	out := [][]float64{run.W()}
	for _, η := range rates {
		if err := run.Update(η); err != nil {
			t.Fatal(err)
		}
		out = append(out, append(run.W(), run.Presented()...))
	}
	return out
}

// distance is the largest difference between two runs.
func distance(a, b [][]float64) float64 {
	d := 0.0
	for i := range a {
		for j := range a[i] {
			if x := math.Abs(a[i][j] - b[i][j]); x > d || math.IsNaN(x) {
				d = x
			}
		}
	}
	return d
}

func (s suite) docs(t *testing.T) {
	e := s.entry
	if e.Equation == "" || e.Latex == "" || e.Reference == "" || strings.Contains(e.Equation, "\n") {
		t.Errorf("the equation, in one line, its LaTeX and the reference are wanted: %q, %q, %q", e.Equation, e.Latex, e.Reference)
	}
	if err := optim.CheckRate(e.DefaultLR); err != nil {
		t.Error(err)
	}
	infos, err := s.table.Describe(e.New())
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range infos {
		if h.Doc == "" || h.Range == "" || h.Default == nil || h.Default != h.Value {
			t.Errorf("hyper-parameter %s wants a doc, a range and a default that its constructor sets: %+v", h.Name, h)
		}
		if _, number := h.Value.(float64); number && h.Symbol == "" {
			t.Errorf("hyper-parameter %s has no symbol", h.Name)
		}
	}
	for _, f := range e.Forms {
		if f.Name == "" || f.Equation == "" || f.Latex == "" || f.Differs == "" {
			t.Errorf("form %+v is incomplete", f)
		}
	}
}

// bare: a struct that no constructor made is refused, with the cure.
func (s suite) bare(t *testing.T) {
	r, ok := reflect.New(reflect.TypeOf(s.entry.New()).Elem()).Interface().(optim.Rule)
	if !ok {
		t.Fatalf("%T is no pointer to a rule", s.entry.New())
	}
	if _, err := NewRunner(r, valley, tensor.Float64, start...); err == nil {
		t.Errorf("a bare %T is accepted", r)
	}
}

// state: keys are a file format, the same in every build, and differ.
func (s suite) state(t *testing.T) {
	_, keys, err := optim.State(s.entry.New())
	if err != nil {
		t.Fatal(err)
	}
	_, again, err := optim.State(s.entry.New())
	if err != nil || !reflect.DeepEqual(keys, again) {
		t.Errorf("the state's keys are %v and then %v (%v)", keys, again, err)
	}
	seen := map[string]bool{}
	for _, k := range keys {
		if seen[k] || strings.Trim(k, "abcdefghijklmnopqrstuvwxyz0123456789_/") != "" {
			t.Errorf("state key %q is not unique or not of a-z, 0-9, _ and /", k)
		}
		seen[k] = true
	}
}

// descends: with the default rate a smooth function falls, and nothing is NaN.
func (s suite) descends(t *testing.T) {
	run := s.runner(t, s.entry.New(), tensor.Float64, start)
	before, err := run.Loss()
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if err := run.Update(s.entry.DefaultLR); err != nil {
			t.Fatal(err)
		}
	}
	if after, err := run.Loss(); err != nil || !(after < before) {
		t.Errorf("E is %v at first and %v after 100 updates (%v)", before, after, err)
	}
}

// float32 follows float64 as far as its precision goes, and its state is
// float32. A rule that measures how far w has come starts at a tenth, since float32 does
// not know the difference of weights that are 1e-6 apart; rates are such that no
// rule jumps about. Random numbers are others in float32.
func (s suite) float32(t *testing.T) {
	r, lr := s.entry.New(), min(s.entry.DefaultLR, 0.05)
	for _, name := range []string{"d0", "initial"} {
		if infos, err := s.table.Describe(r); err != nil {
			t.Fatal(err)
		} else if slices.ContainsFunc(infos, func(h optim.HyperInfo) bool { return h.Name == name && h.Value.(float64) < 0.01 }) {
			if err := optim.Set(r, name, 0.1); err != nil {
				t.Fatal(err)
			}
		}
	}
	if s.runner(t, r, tensor.Float64, start).Draws() {
		t.Skip("it draws random numbers")
	}
	limit := 1e-5
	if s.entry.Matrix {
		limit = 1e-2 // eigenvectors of a small gap turn with the last bit, and a root blows up what lies along them
	}
	if d := distance(s.run(t, r, tensor.Float32, lr, 20), s.run(t, r, tensor.Float64, lr, 20)); !(d < limit) {
		t.Errorf("float32 and float64 are %v apart after 20 updates", d)
	}
}

// zeroGradient: a gradient that was always zero moves w if the entry's AtZero
// says so, and else not a bit, also with eps = 0, where the equation says 0/0.
func (s suite) zeroGradient(t *testing.T) {
	flat := func(w graph.Value) graph.Value { return w.Scale(0).SumAll() }
	for _, eps := range []string{"", "0"} {
		r := s.entry.New()
		if eps != "" && optim.Set(r, "eps", eps) != nil {
			continue
		}
		for _, d := range []tensor.DType{tensor.Float32, tensor.Float64} {
			run, err := NewRunner(r, flat, d, start...)
			if err != nil {
				t.Fatal(err)
			}
			points, err := run.Run(0.1, 0.1, 0.1)
			if err != nil {
				t.Fatal(err)
			}
			stays := reflect.DeepEqual(points[3], start)
			if stays != (s.entry.AtZero == "") || math.IsNaN(points[3][0]) {
				t.Errorf("%v, eps=%q: a zero gradient takes w from %v to %v; the entry says %q", d, eps, start, points[3], s.entry.AtZero)
			}
		}
	}
}

// tinyGradient: gradients whose squares are below float32 give finite steps
// that are no longer than those of a gradient of 1.
func (s suite) tinyGradient(t *testing.T) {
	step := func(size float64, eps string) float64 {
		r := s.entry.New()
		if eps != "" && optim.Set(r, "eps", eps) != nil {
			return 0
		}
		run, err := NewRunner(r, func(w graph.Value) graph.Value { return w.Scale(size).SumAll() }, tensor.Float32, 0)
		if err != nil {
			t.Fatal(err)
		}
		points, err := run.Run(0.1, 0.1, 0.1)
		if err != nil {
			t.Fatal(err)
		}
		return math.Abs(points[3][0])
	}
	for _, eps := range []string{"", "0"} {
		one := step(1, eps)
		for _, size := range []float64{1e-8, 1e-18, 1e-20, 1e-22, 1e-25, 1e-35} {
			if d := step(size, eps); !(d <= 1.5*one) {
				t.Errorf("eps=%q: a gradient of %v moves w by %v, one of 1 by %v", eps, size, d, one)
			}
		}
	}
}

// others are allowed values that are far from a hyper-parameter's own.
func others(h optim.HyperInfo, try func(value any) error) (out []any, err error) {
	for _, x := range []any{0.25, 0.6, 0.75, 1.0, 2.0, 10.0, 1, 2, 3, true, false} {
		if x == h.Value {
			continue
		}
		if _, whole := x.(int); whole && out != nil {
			continue // the same numbers again, for a hyper-parameter that takes no others
		}
		if e := try(x); e != nil {
			err = e
			continue
		}
		out = append(out, x)
	}
	if out == nil {
		return nil, fmt.Errorf("no other value of %s is known to the suite: %w", h.Name, err)
	}
	return out, nil
}

// hypers: another value changes the trajectory, and a number given at run time
// does exactly what it does in the struct. The rates are the default one and a
// hundred and a thousand of it, at which the gradient turns: a step by its sign alone needs that.
func (s suite) hypers(t *testing.T) {
	infos, err := s.table.Describe(s.entry.New())
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range infos {
		if _, word := h.Value.(string); word {
			continue // see forms
		}
		values, err := others(h, func(x any) error { return optim.Set(s.entry.New(), h.Name, x) })
		if err != nil {
			t.Fatal(err)
		}
		matters := false
		for _, x := range values {
			for _, times := range []float64{1, 100, 1000} {
				matters = matters || s.matters(t, h, x, times, start) || s.matters(t, h, x, times, turning)
			}
		}
		if !matters {
			t.Errorf("none of %s=%v changes the trajectory", h.Name, values)
		}
	}
}

// sensitive is a new rule with hyper-parameters at which the others matter within ten steps: at its own Sophia limits every
// number here, and takes the sign.
func (s suite) sensitive(t *testing.T) optim.Rule {
	if s.entry.Name == "sophia" {
		return s.with(t, "gamma=100")
	}
	return s.entry.New()
}

// matters reports whether a value of a hyper-parameter changes the trajectory
// at a multiple of the default rate, and checks that it can be given at run time.
func (s suite) matters(t *testing.T, h optim.HyperInfo, x any, times float64, start []float64) bool {
	t.Helper()
	const n = 10
	rates := moving(times*s.entry.DefaultLR, n)
	run := func(r optim.Rule, set func(*Runner)) [][]float64 {
		run := s.runner(t, r, tensor.Float64, start)
		set(run)
		return points(t, run, rates)
	}
	nothing := func(*Runner) {}
	r := s.sensitive(t)
	if err := optim.Set(r, h.Name, x); err != nil {
		t.Fatal(err)
	}
	changed := run(r, nothing)
	if d := distance(run(s.sensitive(t), nothing), changed); !(d > 1e-7) {
		return false
	}
	if _, number := h.Value.(float64); !number {
		return true
	}
	given := run(s.sensitive(t), func(r *Runner) {
		if err := r.SetHyper(h.Path, x.(float64)); err != nil {
			t.Error(err)
		}
	})
	if !reflect.DeepEqual(given, changed) {
		t.Errorf("%s=%v at run time is %v away from the same in the struct", h.Name, x, distance(given, changed))
	}
	return true
}

// forms: every form is documented, and differs from the default one.
func (s suite) forms(t *testing.T) {
	infos, err := s.table.Describe(s.entry.New())
	if err != nil {
		t.Fatal(err)
	}
	if s.entry.Matrix {
		return // they are forms of the rule for the rest
	}
	listed := 0
	for _, h := range infos {
		if h.Name == "form" {
			listed = strings.Count(h.Range, " or ")
		}
	}
	if listed != len(s.entry.Forms) {
		t.Errorf("there are %d forms besides the default one, and %d are documented", listed, len(s.entry.Forms))
	}
	lr := s.entry.DefaultLR
	for _, f := range s.entry.Forms {
		base := s.run(t, s.with(t, f.With), tensor.Float64, lr, 10)
		r := s.with(t, f.With)
		if err := optim.Set(r, "form", f.Name); err != nil {
			t.Error(err)
			continue
		}
		if d := distance(base, s.run(t, r, tensor.Float64, lr, 10)); !(d > 1e-7) {
			t.Errorf("form=%s is the default form: %v apart", f.Name, d)
		}
	}
}

// with is a new rule with the hyper-parameter of a form set: "eps=0.1", or "".
func (s suite) with(t *testing.T, pair string) optim.Rule {
	t.Helper()
	r := s.entry.New()
	if name, value, ok := strings.Cut(pair, "="); ok {
		if err := optim.Set(r, name, value); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// parse: the name alone gives the constructor's rule and the default rate.
func (s suite) parse(t *testing.T) {
	r, lr, err := s.table.Parse(s.entry.Name)
	if err != nil || lr != s.entry.DefaultLR || !reflect.DeepEqual(r, s.entry.New()) {
		t.Errorf("Parse(%q) = %+v, %v, %v", s.entry.Name, r, lr, err)
	}
}
