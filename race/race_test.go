package race

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/godescent/descent/curvature"
	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/shipped"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/stats"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/objective/functions"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/schedule"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/train"
)

// iris is a small network on 90 rows, with 30 to choose rates and 30 to test.
func iris(t *testing.T, norm string) *Network {
	t.Helper()
	n, err := NewNetwork("iris "+norm, irisConfig(t, norm), 60)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func irisConfig(t *testing.T, norm string) train.Config {
	t.Helper()
	c, err := shipped.Lookup("iris")
	if err != nil {
		t.Fatal(err)
	}
	set, _, err := c.Load(tensor.Float32)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := data.SplitStratified(set.Labels(), 1, data.Fractions{Train: 0.6, Validation: 0.2, Test: 0.2})
	if err != nil {
		t.Fatal(err)
	}
	model, err := nn.MLP([]int{4, 8, 3}, "tanh", norm, 0.1)
	if err != nil {
		t.Fatal(err)
	}
	net, err := objective.NewNetwork(model, graph.Type{DType: tensor.Float32, Shape: tensor.Of(16, 4)}, loss.NewCrossEntropy(), tensor.Float32)
	if err != nil {
		t.Fatal(err)
	}
	scale, err := data.Fit(set.X, parts.Train, data.Standardise, data.PerFeature)
	if err != nil {
		t.Fatal(err)
	}
	return train.Config{
		Network: net, Normalizer: scale, Batch: 16, Threads: 1,
		Train: train.Part{Set: set, Rows: parts.Train}, Validation: train.Part{Set: set, Rows: parts.Validation}, Test: train.Part{Set: set, Rows: parts.Test},
	}
}

func function(t *testing.T, name string, steps int64) *Function {
	t.Helper()
	f, err := functions.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewFunction(f, nil, steps, "")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A run of a race has the scores that package train comes to with the same seed and
// rate, also after other seeds and rates have run on the same compiled step.
func TestRunsAreThoseOfTrain(t *testing.T) {
	cfg := irisConfig(t, "batch")
	r := Race{Seeds: []int64{3, 4}, Contenders: []Contender{{Name: "adam", Setting: "adam", Rule: optim.NewAdam(), Problem: iris(t, "batch"), Rates: []float64{0.001, 0.02}, Given: true,
		Axes: []Axis{{Name: "beta2", Path: "beta2", Values: []float64{0.9, 0.97}, Given: true}}}}}
	out, err := r.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	got := out.Contenders[0]
	for i, seed := range r.Seeds {
		c := cfg
		adam := optim.NewAdam()
		adam.Beta2 = got.Values[0].Value
		c.Rule, c.Rate, c.Seed, c.Steps = adam, got.Rate, seed, 60
		tr, err := train.New(c)
		if err != nil {
			t.Fatal(err)
		}
		want, err := tr.Run(context.Background())
		tr.Close()
		if err != nil {
			t.Fatal(err)
		}
		run := got.Runs[i]
		if run.Seed != seed || run.Test.Loss != want.Test.Loss || run.Test.Score != want.Test.Accuracy || run.Validation.Loss != want.Validation.Loss {
			t.Errorf("seed %d: test %+v validation %+v, want %+v %+v", seed, run.Test, run.Validation, want.Test, want.Validation)
		}
		if len(run.Loss) != 60 || len(run.Marks) != 5 {
			t.Errorf("seed %d: %d losses and %d marks, want one for each of 60 steps and 5 before the end", seed, len(run.Loss), len(run.Marks))
		}
	}
}

// The sizes of a quadratic's errors are known: with one curvature h, gradient descent
// multiplies the distance by 1 − ηh and is best at η = 1/h.
func TestSearchFindsTheBestRate(t *testing.T) {
	bowl := &functions.Function{
		Name: "bowl", Start: []float64{1, 1}, Domain: [2][2]float64{{1, 2}, {1, 2}},
		Stationary: []functions.Point{{At: []float64{0, 0}, Kind: functions.Minimum, Global: true}},
		E:          func(w graph.Value) graph.Value { return w.Square().SumAll().Scale(10) }, // h = 20, best rate 0.05
	}
	p, err := NewFunction(bowl, nil, 8, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range []float64{0.05, 1e-3, 3} { // the default is right, and far off on either side
		r := Race{Seeds: []int64{1, 2, 3}, Contenders: []Contender{{Name: "sgd", Setting: "sgd", Rule: optim.NewSGD(), Problem: p, Rates: Grid(from)}}}
		out, err := r.Run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		s := out.Contenders[0]
		if s.Rate < 0.05/fine || s.Rate > 0.05*fine || s.Edge != "" {
			t.Errorf("from %v: best rate %v at the edge %q, want about 0.05", from, s.Rate, s.Edge)
		}
	}
	// Where all rates are too small the largest is best, and is said to be at the edge.
	r := Race{Seeds: []int64{1, 2}, Contenders: []Contender{{Name: "sgd", Setting: "sgd", Rule: optim.NewSGD(), Problem: p, Rates: []float64{1e-4, 1e-3}, Given: true}}}
	out, err := r.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if s := out.Contenders[0]; s.Rate != 1e-3 || s.Edge != "highest" || !strings.Contains(out.Verdict(), "a larger one may be better") {
		t.Errorf("rate %v, edge %q: %s", s.Rate, s.Edge, out.Verdict())
	}
}

// A race that was stopped goes on in its folder to the same bytes as one that was not.
func TestInterruptedRaceGoesOn(t *testing.T) {
	make := func(dir string) Race {
		var all []Contender
		for name, rule := range map[string]optim.Rule{"adam": optim.NewAdam()} {
			all = append(all, Contender{Name: name, Setting: name, Rule: rule, Problem: iris(t, "none"), Rates: []float64{0.003, 0.03}, Given: true})
		}
		return Race{Seeds: []int64{1, 2, 3}, Contenders: all, Out: dir}
	}
	whole, stopped := make(t.TempDir()), make(t.TempDir())
	if _, err := whole.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ran := 0
	stopped.Report = func(e Event) {
		if ran++; ran == 3 {
			stop()
		}
	}
	out, err := stopped.Run(ctx)
	if err != nil || !out.Interrupted {
		t.Fatalf("interrupted %v, %v", out.Interrupted, err)
	}
	if ran != 3 {
		t.Errorf("%d runs before the end, want 3", ran)
	}
	kept := 0
	stopped.Report = func(e Event) {
		if e.Kept {
			kept++
		}
	}
	if out, err = stopped.Run(context.Background()); err != nil || out.Interrupted {
		t.Fatalf("going on: %v", err)
	}
	if kept != 3 {
		t.Errorf("%d runs were kept, want 3", kept)
	}
	a, errA := os.ReadFile(filepath.Join(whole.Out, ResultsName))
	b, errB := os.ReadFile(filepath.Join(stopped.Out, ResultsName))
	if errA != nil || errB != nil || string(a) != string(b) {
		t.Errorf("the results differ: %v %v\n%.300s\n%.300s", errA, errB, a, b)
	}
}

// summaries with given final scores, on seeds 1, 2, ...; NaN is a run that diverged.
func given(name string, scores ...float64) *Summary {
	s := &Summary{Name: name, Rate: 0.1, Lo: 0.1, Hi: 0.1}
	var finished []float64
	for i, x := range scores {
		r := &Run{Rate: 0.1, Seed: int64(i + 1), Steps: []int64{10, 20}, Loss: []float64{1, 0.5}, Test: &Mark{x, 0.5}}
		if math.IsNaN(x) {
			r.Diverged, r.Test = "the loss is NaN", nil
			s.Diverged++
		} else {
			finished = append(finished, x)
		}
		s.Runs = append(s.Runs, r)
	}
	s.Score, s.TrainLoss = stats.Confidence(finished), stats.Confidence([]float64{0.5})
	return s
}

func TestRankingSaysWhoIsTied(t *testing.T) {
	nan := math.NaN()
	r := &Results{Metric: Metric{Name: accuracy, Higher: true, Slack: 0.01, Judge: Test}, Seeds: []int64{1, 2, 3, 4, 5}, Contenders: []*Summary{
		given("unlucky", 0.99, 0.99, 0.99, 0.99, nan), // the best mean, but one run is lost
		given("low", 0.90, 0.91, 0.89, 0.90, 0.91),
		given("near", 0.96, 0.97, 0.95, 0.96, 0.98),
		given("best", 0.97, 0.96, 0.96, 0.97, 0.97),
		given("none", nan, nan, nan, nan, nan),
	}}
	r.rank()
	var order, tied []string
	for _, c := range r.Contenders {
		order = append(order, c.Name)
		if c.Tied() {
			tied = append(tied, c.Name)
		}
	}
	if got := strings.Join(order, " "); got != "best near low unlucky none" {
		t.Errorf("order: %s", got)
	}
	v := r.Verdict()
	for _, want := range []string{"best and near cannot be told apart with 5 seeds", "96.60%, 96.40%", "low lr 0.1 is behind best lr 0.1 by 6.40 ± 1.11 (p ", "unlucky lr 0.1 diverged in 1 of 5 runs"} {
		if !strings.Contains(v, want) {
			t.Errorf("the verdict lacks %q: %s", want, v)
		}
	}
	if tied[0] != "near" || strings.Contains(strings.Join(tied, " "), "low") {
		t.Errorf("tied: %v, want near and not low", tied)
	}
	clear := &Results{Metric: r.Metric, Seeds: r.Seeds, Contenders: []*Summary{given("low", 0.90, 0.91, 0.89, 0.90, 0.91), given("best", 0.97, 0.96, 0.96, 0.97, 0.97)}}
	clear.rank()
	// By hand: differences 0.07 0.05 0.07 0.07 0.06, mean 0.064, s 0.00894, t₀.₉₇₅,₄ 2.776: ± 0.0111.
	if v := clear.Verdict(); !strings.HasPrefix(v, "use best lr 0.1: test accuracy 96.60% ± 0.68, 6.40 ± 1.11 points better than low lr 0.1 (p < 0.0001") && !strings.Contains(v, "6.40 ± 1.11 points better than low lr 0.1") {
		t.Errorf("verdict: %s", v)
	}
	lost := &Results{Metric: r.Metric, Seeds: []int64{1}, Contenders: []*Summary{given("none", nan)}}
	lost.rank()
	if v := lost.Verdict(); !strings.Contains(v, "use none of these") {
		t.Errorf("verdict: %s", v)
	}
}

// with gives a summary a curve: losses at steps 10, 20, .., and the time of ten steps.
func with(s *Summary, seconds float64, losses ...float64) *Summary {
	for _, r := range s.Runs {
		r.Steps, r.Loss = nil, nil
		for i, x := range losses {
			r.Steps, r.Loss, r.Seconds = append(r.Steps, int64(10*(i+1))), append(r.Loss, x), append(r.Seconds, seconds*float64(i+1))
		}
	}
	return s
}

// Of contenders that are tied the one that is down first is taken, by the clock where the
// steps are as many, and no other is passed over in silence.
func TestVerdictOfTiedOnesSaysHowSoonEachIsDown(t *testing.T) {
	r := &Results{Metric: Metric{Name: accuracy, Higher: true, Slack: 0.01, Judge: Test}, Seeds: []int64{1, 2, 3}, Contenders: []*Summary{
		with(given("costly", 0.97, 0.96, 0.96), 4, 1, 0.5, 0.1),
		with(given("quick", 0.96, 0.97, 0.96), 1, 1, 0.5, 0.2),
		with(given("late", 0.96, 0.96, 0.97), 1, 1, 0.9, 0.5),
	}}
	r.rank()
	r.Metric.Examples = 400 // Wilson's half-width of 96.33% on 400: 1.885
	if v := r.Verdict(); !strings.Contains(v, "All of this is about one split: an accuracy of 96.33% on 400 examples is good to ± 1.89 for others like them.") {
		t.Error(v)
	}
	want := "use quick lr 0.1. It is down to training loss 0.5 after 20 steps (2 s); costly takes as many (8 s), late takes 30 (3 s)."
	if v := r.Verdict(); !strings.Contains(v, want) {
		t.Errorf("want %q in: %s", want, v)
	}
}

// A race tells how many runs there will be: exactly, if no grid grows.
func TestRunsAreCountedBeforehand(t *testing.T) {
	rates := []float64{1e-3, 3e-3, 1e-2, 3e-2, 6e-2}
	for _, seeds := range []int{1, 2, 5} {
		r := Race{Report: func(Event) {}}
		for range seeds {
			r.Seeds = append(r.Seeds, int64(len(r.Seeds)+1))
		}
		p := function(t, "ravine", 60)
		r.Contenders = []Contender{
			{Name: "given", Setting: "given", Rule: optim.NewSGD(), Problem: p, Rates: rates, Given: true},
			{Name: "one", Setting: "one", Rule: optim.NewMomentum(), Problem: p, Rates: []float64{0.01}, Given: true},
		}
		first, last := 0, Event{}
		r.Report = func(e Event) {
			if first == 0 {
				first = e.Of
			}
			last = e
		}
		if _, err := r.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		if last.Runs != first || last.Of != first {
			t.Errorf("%d seeds: %d of %d runs at the end, %d expected at first", seeds, last.Runs, last.Of, first)
		}
	}
}

// The Hessians are known: diag(1, 25) of the ravine, whose parabola along (a, 25b) has its
// bottom at (a² + 625b²)/(a² + 15625b²); diag(2, −2) or so of the saddle has λmax > 0.
func TestCurvature(t *testing.T) {
	p := function(t, "ravine", 10)
	for seed := range int64(5) {
		c, err := p.Curvature(context.Background(), seed)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "λmax", c.Largest, 25, 1e-3)
		near(t, "limit", c.Limit(), 0.08, 1e-3)
		at := p.start(seed)
		a, b := at[0]*at[0], 625*at[1]*at[1]
		near(t, "quadratic", c.Quadratic, (a+b)/(a+25*b), 1e-12)
	}
	// H = diag(−3, 1): the largest by sign, not by size.
	e := objective.Func{W: 2, Type: tensor.Float64, E: func(w graph.Value) graph.Value {
		return w.Slice(0, 0, 1).Square().SumAll().Scale(-1.5).Add(w.Slice(0, 1, 2).Square().SumAll().Scale(0.5))
	}}
	c, err := measureCurvature(context.Background(), curvature.Of(e), []float64{1, 1}, 1, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "λmax of an indefinite H", c.Largest, 1, 1e-2)
	if !math.IsInf(c.Quadratic, 1) { // gᵀHg = −27 + 1
		t.Errorf("a parabola that opens downwards has its bottom at %v", c.Quadratic)
	}
}

// The network's HVPs are those of its training loss: along any direction they agree with
// the difference of two gradients, here through gᵀg/gᵀHg at two scales of seeds.
func TestCurvatureOfANetwork(t *testing.T) {
	n := iris(t, "batch")
	c, err := n.Curvature(context.Background(), 1)
	if err != nil {
		t.Fatal(err)
	}
	again, err := n.Curvature(context.Background(), 1)
	if err != nil || again != c {
		t.Errorf("%+v, then %+v, %v", c, again, err)
	}
	if !(c.Largest > 0) || c.Residual > 0.1 || !(c.Quadratic >= 1/c.Largest*(1-1e-3)) { // gᵀHg ≤ λmax·gᵀg
		t.Errorf("%+v", c)
	}
}

func TestRangeTestReadsItsCurve(t *testing.T) {
	// Flat at 2, a straight fall to 1 over the logarithm, flat, and up again.
	r := RangeRun{End: math.Inf(1)}
	for i := range 101 {
		x := 2.0
		switch {
		case i > 80:
			x = 1 + 0.2*float64(i-80)
		case i > 60:
			x = 1
		case i > 20:
			x = 2 - float64(i-20)/40
		}
		r.Rates, r.Loss = append(r.Rates, math.Pow(10, float64(i)/20-4)), append(r.Loss, x)
	}
	r.read()
	near(t, "nine tenths", r.Rate, math.Pow(10, 56.0/20-4), 1e-12)
	near(t, "bottom", r.Bottom, math.Pow(10, 60.0/20-4), 1e-12)
	near(t, "end", r.End, math.Pow(10, 85.0/20-4), 1e-12)
	flat := RangeRun{Rates: []float64{1, 2, 3}, Loss: []float64{2, 2, 2}}
	if flat.read(); !math.IsNaN(flat.Rate) {
		t.Errorf("a flat curve has the rate %v", flat.Rate)
	}
	// A straight line stays one.
	line := make([]float64, 30)
	for i := range line {
		line[i] = 3 - 2*float64(i)
	}
	for i, x := range smooth(line, 4) {
		near(t, "smoothed line", x, line[i], 1e-12)
	}
}

// On curvature 25 gradient descent grows only once the rate has passed 0.08, and from the
// small error it has come to by then it takes its time.
func TestRangeTestOnTheRavine(t *testing.T) {
	rt := RangeTest{Problem: function(t, "ravine", 2000), Rule: optim.NewSGD(), Lo: 1e-4, Hi: 1, Seeds: []int64{1, 2, 3}}
	out, err := rt.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	near(t, "limit", out.Limit.Mean, 0.08, 1e-3)
	if !out.Plain || out.Bottom.Lo < 0.08 || out.End.Lo < out.Bottom.Hi || out.End.Hi > 1 || out.Rate.Mean >= 0.08 {
		t.Errorf("rate %+v, bottom %+v, end %+v", out.Rate, out.Bottom, out.End)
	}
	if v := out.Verdict("sgd"); !strings.Contains(v, "begin with sgd lr ") || !strings.Contains(v, "rates below 0.08") {
		t.Error(v)
	}
}

// A range is even on its scale: in 1 − x the five values of 0.9..0.9999 fall by 10^0.75 each, in two digits.
func TestAxis(t *testing.T) {
	for _, c := range []struct {
		scale   string
		lo, hi  float64
		n       int
		want    []float64
		between []float64 // of the second value
	}{
		{"log1m", 0.9, 0.9999, 5, []float64{0.9, 1 - 0.018, 1 - 0.0032, 1 - 0.00056, 0.9999}, []float64{1 - 0.042, 1 - 0.0076}},
		{"log", 1e-8, 1e-4, 3, []float64{1e-8, 1e-6, 1e-4}, []float64{1e-7, 1e-5}},
		{"", 0, 1, 3, []float64{0, 0.5, 1}, []float64{0.25, 0.75}},
	} {
		a, err := NewAxis("x", "x", "x", c.scale, c.lo, c.hi, c.n)
		if err != nil || len(a.Values) != c.n {
			t.Fatalf("%s: %v, %v", c.scale, a.Values, err)
		}
		for i, x := range c.want {
			near(t, "value on "+c.scale, a.Values[i], x, 1e-12)
		}
		for i, x := range a.between(a.Values[1]) {
			near(t, "between on "+c.scale, x, c.between[i], 1e-12)
		}
	}
	if rates, err := Between(1e-4, 1e-1); err != nil || len(rates) != 7 || rates[2] != 1e-3 {
		t.Errorf("%v, %v", rates, err)
	}
}

// On curvatures 1 and 25 the best momentum is ((√25 − 1)/(√25 + 1))² = 0.444 with the rate 4/(√25 + 1)² = 0.111, whose error
// falls by 2/3 a step (Polyak 1964); no other pair does better.
func TestSearchOverMomentum(t *testing.T) {
	a, err := NewAxis("momentum", "momentum", "mu=0..0.95", "log1m", 0, 0.95, 5)
	if err != nil {
		t.Fatal(err)
	}
	one := Contender{Name: "momentum:mu=0..0.95", Setting: "momentum", Rule: optim.NewMomentum(), Problem: function(t, "ravine", 60), Rates: Grid(0.01), Axes: []Axis{a}}
	r := Race{Seeds: []int64{1, 2, 3, 4}, Contenders: []Contender{one}, Out: t.TempDir()}
	out, err := r.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	s := out.Contenders[0]
	if μ := s.Values[0].Value; μ < 0.3 || μ > 0.6 || s.Rate < 0.08 || s.Rate > 0.16 || s.Name != fmt.Sprintf("momentum:momentum=%v", μ) {
		t.Errorf("%s lr %v, want about 0.444 and 0.111", s.Name, s.Rate)
	}
	// The runs are those of a contender that has the value.
	direct := one
	direct.Axes, direct.Name, direct.Rates, direct.Given = nil, "given", []float64{s.Rate}, true
	rule := optim.NewMomentum()
	rule.Mu = s.Values[0].Value
	direct.Rule = rule
	again := Race{Seeds: r.Seeds, Contenders: []Contender{direct}}
	want, err := again.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for i, run := range want.Contenders[0].Runs {
		if *run.Test != *s.Runs[i].Test {
			t.Errorf("seed %d: %+v, given alone %+v", run.Seed, s.Runs[i].Test, run.Test)
		}
	}
	one.Axes[0].Path = "nesterov"
	bad := Race{Seeds: r.Seeds, Contenders: []Contender{one}}
	if _, err := bad.Run(context.Background()); err == nil || !strings.Contains(err.Error(), "nesterov shapes the step and is no input of it") {
		t.Error(err)
	}
}

func TestMistakesOfARace(t *testing.T) {
	p := function(t, "booth", 10)
	one := Contender{Name: "sgd", Setting: "sgd", Rule: optim.NewSGD(), Problem: p, Rates: []float64{0.01}}
	for _, c := range []struct {
		race Race
		want string
	}{
		{Race{Seeds: []int64{1}}, "nobody"},
		{Race{Contenders: []Contender{one}}, "no seeds"},
		{Race{Seeds: []int64{1}, Contenders: []Contender{one, one}}, "sgd takes part twice"},
		{Race{Seeds: []int64{1}, Contenders: []Contender{{Name: "a", Problem: p, Rates: []float64{2, 1}}}}, "ascending"},
		{Race{Seeds: []int64{1}, Contenders: []Contender{{Name: "a", Problem: p, Rates: []float64{-1}}}}, "positive"},
	} {
		if _, err := c.race.Run(context.Background()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	if _, err := NewNetwork("x", train.Config{}, 10); err == nil {
		t.Error("a network without examples is accepted")
	}
	for text, want := range map[string]string{
		"{": "unexpected EOF", `{"format":9,"runs":[]}`: "format 9", `{"format":1,"runs":[{"contender":"a","lr":1}]}`: "incomplete", `{"format":1,"x":1}`: "unknown field",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, ResultsName), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := openBook(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	// A problem that cannot be compiled is the error of the race.
	bad := one
	bad.Rule = &optim.Adam{}
	r := Race{Seeds: []int64{1}, Contenders: []Contender{bad}}
	if _, err := r.Run(context.Background()); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("a bare Adam: %v", err)
	}
	if _, err := p.Compile(optim.NewSGD(), schedule.NewConstant()); err != nil {
		t.Error(err)
	}
}

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*math.Max(1, math.Abs(want))) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}
