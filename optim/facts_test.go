package optim_test

import (
	"math"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/optim/optimtest"
	"github.com/godescent/descent/tensor"
	"pgregory.net/rapid"
)

// fataler is a *testing.T or a *rapid.T.
type fataler interface {
	Helper()
	Fatal(args ...any)
}

func runner(t fataler, r optim.Rule, e func(graph.Value) graph.Value, w ...float64) *optimtest.Runner {
	t.Helper()
	run, err := optimtest.NewRunner(r, e, tensor.Float64, w...)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func update(t fataler, run *optimtest.Runner, rates ...float64) [][]float64 {
	t.Helper()
	points, err := run.Run(rates...)
	if err != nil {
		t.Fatal(err)
	}
	return points
}

func repeat(x float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = x
	}
	return out
}

// slope is E = g·w, whose gradient is g everywhere.
func slope(g ...float64) func(graph.Value) graph.Value {
	return func(w graph.Value) graph.Value { return vector(w, g).Mul(w).SumAll() }
}

// vector is a constant of w's type.
func vector(w graph.Value, x []float64) graph.Value {
	parts := make([]graph.Value, len(x))
	for i, v := range x {
		parts[i] = w.Graph().Full(v, w.DType(), 1)
	}
	return graph.Concat(0, parts...)
}

// bowl is E = ½ Σ λᵢαᵢ², α being w turned by an angle: a quadratic with
// eigenvalues λ whose axes are not those of w.
type bowl struct {
	λ     [2]float64
	angle float64
}

func (b bowl) E(w graph.Value) graph.Value {
	c, s := math.Cos(b.angle), math.Sin(b.angle)
	x, y := w.Slice(0, 0, 1), w.Slice(0, 1, 2)
	α0, α1 := x.Scale(c).Add(y.Scale(s)), y.Scale(c).Sub(x.Scale(s))
	return α0.Square().Scale(b.λ[0] / 2).Add(α1.Square().Scale(b.λ[1] / 2)).Reshape()
}

func (b bowl) α(w []float64) [2]float64 {
	c, s := math.Cos(b.angle), math.Sin(b.angle)
	return [2]float64{c*w[0] + s*w[1], c*w[1] - s*w[0]}
}

func drawBowl(t *rapid.T) (bowl, []float64) {
	b := bowl{angle: float64(rapid.IntRange(0, 30).Draw(t, "10 angle")) / 10}
	b.λ[0] = rapid.Float64Range(0.1, 1).Draw(t, "λ0")
	b.λ[1] = b.λ[0] * rapid.Float64Range(1, 20).Draw(t, "κ")
	eighth := rapid.IntRange(-24, 24) // as the angle: no numbers whose squares underflow
	return b, []float64{float64(eighth.Draw(t, "8x")) / 8, float64(eighth.Draw(t, "8y")) / 8}
}

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance*max(1, math.Abs(b)) }

// Along an eigenvector gradient descent is αᵢ ← (1 − ηλᵢ)αᵢ, so it converges
// for η < 2/λmax and for no larger η.
func TestGradientDescentOnQuadratic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, w := drawBowl(t)
		η := rapid.Float64Range(0.01, 1.2).Draw(t, "share") * 2 / b.λ[1]
		α := b.α(w)
		for τ, p := range update(t, runner(t, optim.NewSGD(), b.E, w...), repeat(η, 30)...) {
			for i, got := range b.α(p) {
				if want := math.Pow(1-η*b.λ[i], float64(τ)) * α[i]; !near(got, want, 1e-9) {
					t.Fatalf("α%d = %v after %d updates, want %v", i, got, τ, want)
				}
			}
		}
	})
	b := bowl{λ: [2]float64{0.5, 4}, angle: 0.7}
	for _, c := range []struct {
		share    float64
		converge bool
	}{{0.95, true}, {1.05, false}} {
		points := update(t, runner(t, optim.NewSGD(), b.E, 1, 1), repeat(c.share*2/4, 200)...)
		if last := points[200]; (math.Hypot(last[0], last[1]) < 1e-5) != c.converge {
			t.Errorf("η = %v·2/λmax ends at %v; converges: want %v", c.share, last, c.converge)
		}
	}
}

// The best fixed rate, 2/(λmax + λmin), contracts by (κ − 1)/(κ + 1).
func TestBestRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, w := drawBowl(t)
		κ := b.λ[1] / b.λ[0]
		points := update(t, runner(t, optim.NewSGD(), b.E, w...), repeat(2/(b.λ[0]+b.λ[1]), 10)...)
		for τ := range 10 {
			was, is := math.Hypot(points[τ][0], points[τ][1]), math.Hypot(points[τ+1][0], points[τ+1][1])
			if math.Abs(is-was*(κ-1)/(κ+1)) > 1e-12 {
				t.Fatalf("‖w‖ goes from %v to %v, want a factor (κ−1)/(κ+1) = %v", was, is, (κ-1)/(κ+1))
			}
		}
	})
}

// Along an eigenvector the heavy ball is αₜ₊₁ = (1 + μ − ηλ)αₜ − μαₜ₋₁ and
// Nesterov's method αₜ₊₁ = (1 − ηλ)((1 + μ)αₜ − μαₜ₋₁): both equations with
// Δw = αₜ − αₜ₋₁ put in.
func TestMomentumOnQuadratic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, w := drawBowl(t)
		η := rapid.Float64Range(0.05, 0.95).Draw(t, "share") / b.λ[1]
		μ := rapid.Float64Range(0, 0.95).Draw(t, "μ")
		ball, ahead := optim.NewMomentum(), optim.NewNesterov()
		ball.Mu, ahead.Mu = μ, μ
		for _, c := range []struct {
			rule optim.Rule
			next func(ηλ, α, before float64) float64
		}{
			{ball, func(ηλ, α, before float64) float64 { return (1+μ-ηλ)*α - μ*before }},
			{ahead, func(ηλ, α, before float64) float64 { return (1 - ηλ) * ((1+μ)*α - μ*before) }},
		} {
			before, now := b.α(w), b.α(w)
			for τ, p := range update(t, runner(t, c.rule, b.E, w...), repeat(η, 30)...)[1:] {
				got := b.α(p)
				for i := range got {
					if want := c.next(η*b.λ[i], now[i], before[i]); !near(got[i], want, 1e-10) {
						t.Fatalf("%T: α%d = %v after %d updates, want %v", c.rule, i, got[i], τ+1, want)
					}
				}
				before, now = now, got
			}
		}
	})
}

// On a constant gradient the velocity tends to −η/(1 − μ) times it; after t
// updates the difference is μᵗ of that.
func TestMomentumEffectiveRate(t *testing.T) {
	const η, μ = 0.01, 0.9
	for _, r := range []optim.Rule{optim.NewMomentum(), optim.NewNesterov()} {
		run := runner(t, r, slope(3, -2), 0, 0)
		for n := 1; n <= 200; n++ {
			update(t, run, η)
			for i, g := range []float64{3, -2} {
				want := -η / (1 - μ) * g * (1 - math.Pow(μ, float64(n)))
				if v := run.State("velocity")[i]; math.Abs(v-want) > 1e-15 {
					t.Fatalf("%T: velocity %v after %d updates, want %v", r, v, n, want)
				}
			}
		}
	}
}

// PyTorch's form is the lecture's while η is constant. When η drops to a tenth
// in steady state, the lecture's next step is (μ/(1−μ) + 0.1)η = 9.1η for μ = 0.9 and
// PyTorch's 0.1η/(1−μ) = η.
func TestMomentumForms(t *testing.T) {
	lecture, torch := optim.NewMomentum(), optim.NewMomentum()
	torch.Form = "torch"
	b := bowl{λ: [2]float64{1, 10}, angle: 0.4}
	p := update(t, runner(t, lecture, b.E, 2, 1), repeat(0.02, 60)...)
	q := update(t, runner(t, torch, b.E, 2, 1), repeat(0.02, 60)...)
	if d := farthest(p, q); d > 1e-14 {
		t.Errorf("with a constant rate the forms are %v apart", d)
	}
	// On a constant gradient the velocity is a sum of gradients, of which δ is left out, PyTorch's at all times but the first.
	lecture.Dampening, torch.Dampening = 0.4, 0.4
	p, q = update(t, runner(t, lecture, slope(1), 0), repeat(1, 3)...), update(t, runner(t, torch, slope(1), 0), repeat(1, 3)...)
	if got := p[3][0] - p[2][0]; !near(got, -0.6*(1+0.9+0.81), 1e-14) {
		t.Errorf("lecture: the third step is %v", got)
	}
	if got := q[3][0] - q[2][0]; !near(got, -0.6*(1+0.9)-0.81, 1e-14) {
		t.Errorf("torch: the third step is %v", got)
	}
	lecture.Dampening, torch.Dampening = 0, 0
	const η = 0.5
	rates := append(repeat(η, 500), η/10)
	p = update(t, runner(t, lecture, slope(1), 0), rates...)
	q = update(t, runner(t, torch, slope(1), 0), rates...)
	if got := p[501][0] - p[500][0]; !near(got, -9.1*η, 1e-12) {
		t.Errorf("lecture: the step after the drop is %v, want %v", got, -9.1*η)
	}
	if got := q[501][0] - q[500][0]; !near(got, -η, 1e-12) {
		t.Errorf("torch: the step after the drop is %v, want %v", got, -η)
	}
}

// PyTorch's weights are the lecture's look-ahead points w + μΔw while η is
// constant, and Keras's are for any η.
func TestNesterovForms(t *testing.T) {
	b := bowl{λ: [2]float64{1, 10}, angle: 0.4}
	for _, c := range []struct {
		form  string
		rates []float64
		same  bool
	}{
		{"torch", repeat(0.02, 60), true}, {"torch", wobble(0.02, 60), false},
		{"keras", repeat(0.02, 60), true}, {"keras", wobble(0.02, 60), true},
	} {
		lecture, other := optim.NewNesterov(), optim.NewNesterov()
		other.Form = c.form
		run := runner(t, lecture, b.E, 2, 1)
		q := update(t, runner(t, other, b.E, 2, 1), c.rates...)
		worst := 0.0
		for n, η := range c.rates {
			update(t, run, η)
			w, Δw := run.W(), run.State("velocity")
			for i := range w {
				worst = max(worst, math.Abs(q[n+1][i]-w[i]-lecture.Mu*Δw[i]))
			}
		}
		if (worst < 1e-13) != c.same {
			t.Errorf("form %s is up to %v from the look-ahead point; the same: want %v", c.form, worst, c.same)
		}
	}
}

func farthest(p, q [][]float64) float64 {
	d := 0.0
	for i := range p {
		for j := range p[i] {
			d = max(d, math.Abs(p[i][j]-q[i][j]))
		}
	}
	return d
}

// On a constant gradient AdaGrad's step is η/√t, and RMSProp's η/√(1 − βᵗ): its
// first is η/√(1−β), the price of no bias correction.
func TestAdaptiveOnConstantGradient(t *testing.T) {
	ada, rms := optim.NewAdaGrad(), optim.NewRMSProp()
	ada.Eps, rms.Eps = 0, 0
	const η = 0.1
	p := update(t, runner(t, ada, slope(7, -1e-3), 0, 0), repeat(η, 50)...)
	q := update(t, runner(t, rms, slope(7, -1e-3), 0, 0), repeat(η, 50)...)
	for n := 1; n <= 50; n++ {
		for i, sign := range []float64{1, -1} {
			if got, want := p[n][i]-p[n-1][i], -sign*η/math.Sqrt(float64(n)); !near(got, want, 1e-13) {
				t.Fatalf("AdaGrad's step %d is %v, want %v", n, got, want)
			}
			if got, want := q[n][i]-q[n-1][i], -sign*η/math.Sqrt(1-math.Pow(rms.Beta, float64(n))); !near(got, want, 1e-13) {
				t.Fatalf("RMSProp's step %d is %v, want %v", n, got, want)
			}
		}
	}
}

// Adam's first step is η g/(|g| + ε), and on a constant gradient all are.
func TestAdamOnConstantGradient(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := optim.NewAdam()
		a.Beta1 = rapid.Float64Range(0, 0.99).Draw(t, "β1")
		a.Beta2 = rapid.Float64Range(0, 0.999).Draw(t, "β2")
		a.Eps = rapid.SampledFrom([]float64{0, 1e-8, 0.1}).Draw(t, "ε")
		g := rapid.SampledFrom([]float64{1e-6, -1e-3, 0.5, -2, 1e4}).Draw(t, "g")
		p := update(t, runner(t, a, slope(g), 0), repeat(0.1, 10)...)
		for n := 1; n <= 10; n++ {
			if got, want := p[n][0]-p[n-1][0], -0.1*g/(math.Abs(g)+a.Eps); math.Abs(got-want) > 1e-13 {
				t.Fatalf("step %d is %v, want %v", n, got, want)
			}
		}
	})
}

// With ε = 0, a gradient c times as large gives the same steps: the same bits
// for a power of 2, which scales without rounding.
func TestAdamScaleInvariance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, w := drawBowl(t)
		c := math.Ldexp(1, rapid.IntRange(-40, 40).Draw(t, "log c"))
		a := optim.NewAdam()
		a.Eps = 0
		p := update(t, runner(t, a, b.E, w...), repeat(0.01, 20)...)
		q := update(t, runner(t, a, func(w graph.Value) graph.Value { return b.E(w).Scale(c) }, w...), repeat(0.01, 20)...)
		if d := farthest(p, q); d != 0 {
			t.Fatalf("scaled by %v, the trajectories are %v apart", c, d)
		}
	})
}

// The longest step. A first gradient after a long silence moves a weight by
// η(1−β1)/√(1−β2), 3.2η by default, as the paper says (section 2.1); it calls that the
// bound, but when gradients follow one another m grows faster than √v at
// first. By Cauchy and Schwarz over the two averages the bound is that divided
// by √(1 − β1²/β2), 7.3η. Both are up to the bias corrections at that t.
func TestAdamBound(t *testing.T) {
	a := optim.NewAdam()
	a.Eps = 0
	const η, silence = 0.1, 2000
	// w[1] is a clock, 0.1 lower after every update; w[0]'s gradient is 1 once it is below zero.
	e := func(w graph.Value) graph.Value {
		x, clock := w.Slice(0, 0, 1), w.Slice(0, 1, 2)
		return x.Mul(clock.Less(w.Graph().Const(0))).Add(clock).Reshape()
	}
	p := update(t, runner(t, a, e, 0, η*(silence-0.5)), repeat(η, silence+60)...)
	if p[silence][0] != 0 {
		t.Fatalf("w moved to %v while its gradient was zero", p[silence][0])
	}
	unbias := func(n int) float64 {
		return math.Sqrt(1-math.Pow(a.Beta2, float64(n))) / (1 - math.Pow(a.Beta1, float64(n)))
	}
	spike := η * (1 - a.Beta1) / math.Sqrt(1-a.Beta2)
	if got, want := -p[silence+1][0], spike*unbias(silence+1); !near(got, want, 1e-12) {
		t.Errorf("the first step after silence is %v, want %v", got, want)
	}
	longest, bound := 0.0, spike/math.Sqrt(1-a.Beta1*a.Beta1/a.Beta2)
	for i := range p[1:] {
		longest = max(longest, math.Abs(p[i+1][0]-p[i][0]))
	}
	if longest <= spike || longest > bound {
		t.Errorf("the longest step is %v, want it between %v and %v", longest, spike, bound)
	}
}

// With β1 = 0 Adam is RMSProp with its bias corrected: worked out here by hand.
func TestAdamIsRMSProp(t *testing.T) {
	a := optim.NewAdam()
	a.Beta1, a.Beta2, a.Eps = 0, 0.9, 1e-3
	b := bowl{λ: [2]float64{1, 10}} // in its own axes: g = λw
	got := update(t, runner(t, a, b.E, 2, 1), repeat(0.05, 40)...)
	w, v := []float64{2, 1}, []float64{0, 0}
	for n := 1; n <= 40; n++ {
		for i := range w {
			g := b.λ[i] * w[i]
			v[i] = 0.9*v[i] + (1-0.9)*g*g
			w[i] -= 0.05 * g / (math.Sqrt(v[i]/(1-math.Pow(0.9, float64(n)))) + 1e-3)
			if !near(got[n][i], w[i], 1e-12) {
				t.Fatalf("w%d is %v after %d updates, want %v", i, got[n][i], n, w[i])
			}
		}
	}
}

// A zero gradient: Adam stays, AdamW shrinks w from 1 to 1 − ηλ = 0.999.
func TestDecoupledDecay(t *testing.T) {
	zero := func(w graph.Value) graph.Value { return w.Scale(0).SumAll() }
	for _, c := range []struct {
		rule optim.Rule
		want float64
	}{{optim.NewAdam(), 1}, {optim.NewAdamW(), 1 - 0.1*0.01}} {
		if p := update(t, runner(t, c.rule, zero, 1), 0.1); p[1][0] != c.want {
			t.Errorf("%T moves w from 1 to %v, want %v", c.rule, p[1][0], c.want)
		}
	}
}
