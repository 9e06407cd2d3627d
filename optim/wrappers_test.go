package optim_test

import (
	"math"
	"strings"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/optim/optimtest"
	"github.com/godescent/descent/tensor"
)

// onNet is a rule of a specification on the network of matrix_test.go.
func onNet(t *testing.T, spec string) *optimtest.Runner {
	t.Helper()
	r, _, err := optim.Parse(spec)
	if err != nil {
		t.Fatal(err)
	}
	e, l, start := matrixNet(t)
	run, err := optimtest.Problem{E: e, DType: tensor.Float64, Start: start, Layout: l}.Runner(r)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func points(t *testing.T, run *optimtest.Runner, rates ...float64) [][]float64 {
	t.Helper()
	p, err := run.Run(rates...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// k batches that are parts of one are, accumulated, the one: E of batch i is Σⱼ(wⱼ − cᵢⱼ)⁴, and that of all the mean. Rules with
// state, a correction by t, a gradient elsewhere and a state that does not begin at zero.
func TestAccumulate(t *testing.T) {
	parts := [][]float64{{1, -2}, {0.5, 3}, {-1, 0.25}}
	one := func(w graph.Value, i int) graph.Value {
		g := w.Graph()
		c := graph.Concat(0, g.Full(parts[i][0], w.DType(), 1), g.Full(parts[i][1], w.DType(), 1))
		return w.Sub(c).Square().Square().SumAll()
	}
	all := func(w graph.Value) graph.Value {
		return one(w, 0).Add(one(w, 1)).Add(one(w, 2)).Scale(1.0 / 3)
	}
	turn := func(w graph.Value) graph.Value { // batch number "turn"
		n := w.Graph().Input("turn", tensor.Float64)
		e := one(w, 0)
		for i := 1; i < 3; i++ {
			e = graph.Where(n.Equal(w.Graph().Const(float64(i))), one(w, i), e)
		}
		return e
	}
	for _, name := range []string{"sgd", "adam", "nesterov", "adan", "radam", "lookahead"} {
		spec := name + ":lr=0.01"
		if name == "lookahead" {
			spec = "momentum:lr=0.01,lookahead=2"
		}
		r, _, err := optim.Parse(spec)
		if err != nil {
			t.Fatal(err)
		}
		whole := points(t, runner(t, r, all, 0.3, -0.4), 0.01, 0.02, 0.005, 0.01, 0.03)
		again, _, _ := optim.Parse(spec)
		acc := optim.NewAccumulate(again)
		acc.K = 3
		run := runner(t, acc, turn, 0.3, -0.4)
		for i := range 15 {
			run.Give("turn", tensor.From([]float64{float64(i % 3)}).Reshape())
			if err := run.Update([]float64{0.01, 0.02, 0.005, 0.01, 0.03}[i/3]); err != nil {
				t.Fatal(err)
			}
			want := whole[i/3]
			if i%3 == 2 {
				want = whole[i/3+1]
			}
			if d := distance(run.W(), want); !(d < 1e-13) {
				t.Fatalf("%s: after %d batches w is %v, want %v", spec, i+1, run.W(), want)
			}
		}
	}
}

// A step that is not finite or too long is left out with the rule's state, and counted.
func TestSkip(t *testing.T) {
	cliff := func(w graph.Value) graph.Value { // √ of a negative number where w0 > 1
		return w.Slice(0, 0, 1).OneMinus().Sqrt().Mul(w.Slice(0, 0, 1)).Add(w.Slice(0, 1, 2).Square()).SumAll()
	}
	skip := optim.NewSkip(optim.NewMomentum())
	run := runner(t, skip, cliff, 0.5, 1)
	for i, η := range []float64{0.01, 1e9, math.NaN(), 0.01} {
		before, velocity := run.W(), run.State("velocity")
		if err := run.Update(η); err != nil {
			t.Fatal(err)
		}
		bad := i == 1 || i == 2
		if stays := distance(run.W(), before) == 0 && distance(run.State("velocity"), velocity) == 0; stays != bad {
			t.Errorf("update %d with rate %v: w goes from %v to %v", i+1, η, before, run.W())
		}
	}
	if n := run.State("skipped"); n[0] != 2 {
		t.Errorf("%v updates are counted as left out, want 2", n)
	}
}

// Weights that are frozen or have a rate of their own, by name; decay too.
func TestGroups(t *testing.T) {
	rates := matrixRates(0.02, 20)
	plain := points(t, onNet(t, "adam:weight_decay=0.1"), rates[0])
	got := points(t, onNet(t, "adam:freeze=a.*,layer_lr=b.*:10,weight_decay=0.1"), rates[0])
	for i, x := range got[1] {
		want := plain[0][i] + 10*(plain[1][i]-plain[0][i])
		if i < 16 {
			want = plain[0][i]
		}
		if !near(x, want, 1e-13) {
			t.Errorf("w[%d] is %v, want %v", i, x, want)
		}
	}
	// Each group with the whole run's rate is the whole run.
	same := points(t, onNet(t, "adam:layer_lr=*:1"), rates...)
	if d := distance(same[20], points(t, onNet(t, "adam"), rates...)[20]); d != 0 {
		t.Errorf("factors of 1 change w by %v", d)
	}
	for spec, want := range map[string]string{
		"sgd:freeze=c.*":      `freeze: no weight is called "c.*"; there are a.weight, a.bias, b.weight`,
		"sgd:layer_lr=a.*":    `layer_lr: "a.*" is not a name with a factor; write head*:10`,
		"sgd:layer_lr=a.*:-1": `layer_lr: "a.*:-1" is not a name with a factor; write head*:10`,
		"sgd:freeze=[":        `freeze: "[" is no pattern of names: syntax error in pattern`,
	} {
		r, _, err := optim.Parse(spec)
		if err == nil {
			e, l, start := matrixNet(t)
			_, err = optimtest.Problem{E: e, DType: tensor.Float64, Start: start, Layout: l}.Runner(r)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", spec, err, want)
		}
	}
}

// One step of sgd with η = 1 shows a transform of the gradient: the formulas in plain Go.
func TestUnitTransforms(t *testing.T) {
	g := gradientOf(t)
	_, _, w := matrixNet(t)
	unit := func(i int) (lo, hi, stride int) { // the numbers of w[i]'s unit
		switch {
		case i < 12:
			return i % 4, 12, 4
		case i < 16:
			return i, i + 1, 1
		}
		return 16 + (i-16)%3, 28, 3
	}
	over := func(v []float64, i int, f func(x float64) float64) (s float64, n int) {
		lo, hi, stride := unit(i)
		for k := lo; k < hi; k += stride {
			s += f(v[k])
			n++
		}
		return s, n
	}
	square := func(x float64) float64 { return x * x }
	for spec, want := range map[string]func(i int) float64{
		"sgd:centralise=true": func(i int) float64 {
			if i >= 12 && i < 16 {
				return g[i]
			}
			s, n := over(g, i, func(x float64) float64 { return x })
			return g[i] - s/float64(n)
		},
		"sgd:clip_adaptive=0.05,clip_eps=0.2": func(i int) float64 {
			ww, _ := over(w, i, square)
			gg, _ := over(g, i, square)
			return g[i] * min(1, 0.05*max(math.Sqrt(ww), 0.2)/math.Sqrt(gg))
		},
	} {
		p := points(t, onNet(t, spec), 1)
		for i := range g {
			if x := p[0][i] - p[1][i]; !near(x, want(i), 1e-13) {
				t.Errorf("%s: g[%d] is %v, want %v", spec, i, x, want(i))
			}
		}
	}
}

// gradientOf is ∇E at the network's start.
func gradientOf(t *testing.T) []float64 {
	p := points(t, onNet(t, "sgd"), 1)
	g := make([]float64, len(p[0]))
	for i := range g {
		g[i] = p[0][i] - p[1][i]
	}
	return g
}

// Cautious steps and cautious decay by their formulas, on Lion, whose signs and gradients part: in plain Go.
func TestCautious(t *testing.T) {
	rates := matrixRates(0.05, 30)
	run, plain := onNet(t, "lion:cautious=0.01"), onNet(t, "lion:cautious_decay=0.5")
	masked, decayed := 0, 0
	for _, η := range rates {
		before, m := run.W(), run.State("m")
		g := gradientAt(t, before)
		if err := run.Update(η); err != nil {
			t.Fatal(err)
		}
		for _, seg := range [][2]int{{0, 12}, {12, 16}, {16, 28}} {
			kept, Δ := 0.0, map[int]float64{}
			for i := seg[0]; i < seg[1]; i++ {
				Δ[i] = -η * math.Copysign(1, 0.9*m[i]+0.1*g[i])
				if Δ[i]*g[i] < 0 {
					kept++
				}
			}
			for i := seg[0]; i < seg[1]; i++ {
				want := 0.0
				if Δ[i]*g[i] < 0 {
					want = Δ[i] / max(kept/float64(seg[1]-seg[0]), 0.01)
				} else {
					masked++
				}
				if x := run.W()[i] - before[i]; !near(x, want, 1e-12) {
					t.Fatalf("w[%d] moves by %v, want %v", i, x, want)
				}
			}
		}
		before, m = plain.W(), plain.State("m")
		g = gradientAt(t, before)
		if err := plain.Update(η); err != nil {
			t.Fatal(err)
		}
		for i := range g {
			want := -η * math.Copysign(1, 0.9*m[i]+0.1*g[i])
			if want*before[i] <= 0 {
				want -= η * 0.5 * before[i]
				decayed++
			}
			if x := plain.W()[i] - before[i]; !near(x, want, 1e-12) {
				t.Fatalf("with decay w[%d] moves by %v, want %v", i, x, want)
			}
		}
	}
	if masked == 0 || decayed == 0 || decayed == 30*28 {
		t.Errorf("%d numbers are masked and %d decay: this shows nothing", masked, decayed)
	}
}

func gradientAt(t *testing.T, w []float64) []float64 {
	t.Helper()
	e, l, _ := matrixNet(t)
	run, err := optimtest.Problem{E: e, DType: tensor.Float64, Start: w, Layout: l}.Runner(optim.NewSGD())
	if err != nil {
		t.Fatal(err)
	}
	p := points(t, run, 1)
	g := make([]float64, len(w))
	for i := range g {
		g[i] = p[0][i] - p[1][i]
	}
	return g
}

// Schedule-free sgd, the authors' equations in plain Go, and what is presented.
func TestScheduleFree(t *testing.T) {
	run := onNet(t, "sgd:schedule_free=0.8")
	w := run.W()
	z, x := append([]float64(nil), w...), append([]float64(nil), w...)
	top, sum := 0.0, 0.0
	for i, η := range append([]float64{0}, matrixRates(0.3, 40)...) {
		g := gradientAt(t, w)
		top = max(top, η)
		sum += top * top
		c := 0.0
		if sum > 0 {
			c = top * top / sum
		}
		next := make([]float64, len(w))
		for j := range w {
			z[j] -= η * g[j]
			x[j] = (1-c)*x[j] + c*z[j]
			next[j] = 0.2*z[j] + 0.8*x[j]
		}
		w = next
		if err := run.Update(η); err != nil {
			t.Fatal(err)
		}
		if d := max(distance(run.W(), w), distance(run.Presented(), x)); !(d < 1e-12) {
			t.Fatalf("after %d updates w and x are %v away", i+1, d)
		}
	}
}

// A rule sees its part of w alone: two of the same kind are the rule on all, with the state of all, whatever the parts.
func TestByRoleIsTheWhole(t *testing.T) {
	e, l, start := matrixNet(t)
	problem := optimtest.Problem{E: e, DType: tensor.Float64, Start: start, Layout: l}
	for _, name := range []string{"adam", "nesterov", "lion", "adan"} {
		make := func() optim.Rule { r, _, _ := optim.Parse(name); return r }
		a, err := problem.Runner(make())
		if err != nil {
			t.Fatal(err)
		}
		b, err := problem.Runner(optim.NewByRole(make(), make()))
		if err != nil {
			t.Fatal(err)
		}
		rates := matrixRates(0.01, 20)
		d := distance(points(t, a, rates...)[20], points(t, b, rates...)[20])
		// Nesterov's two parts look ahead each for itself: another rule.
		if (d > 1e-14) != (name == "nesterov") {
			t.Errorf("%s divided is %v away", name, d)
		}
	}
}
