package optim_test

import (
	"math"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/objective/functions"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/tensor"
)

// Rules that do not see how large a gradient is, with their ε at 0: E scaled by a
// power of 2, which rounds nothing, gives the same bits.
func TestScaleInvariance(t *testing.T) {
	e := functions.All()[0].E
	for _, c := range []struct {
		rule string
		lr   float64
	}{
		{"signsgd", 0.01}, {"signum", 0.01}, {"lion", 0.01}, {"rprop", 0.01},
		{"adam:eps=0", 0.02}, {"amsgrad:eps=0", 0.02}, {"adamax:eps=0", 0.02}, {"nadam:eps=0", 0.02}, {"laprop:eps=0", 0.02},
		{"adan:eps=0", 0.02}, {"qhadam:eps=0", 0.02}, {"adagrad:eps=0", 0.1}, {"rmsprop:eps=0", 0.01}, {"novograd:eps=0", 0.01},
		{"stable_adamw:eps=0", 0.02}, {"adam_mini:eps=0", 0.02}, {"sm3:eps=0", 0.1}, {"lamb:eps=0", 0.02},
		{"lars:weight_decay=0", 1}, {"fromage", 0.02}, {"polyak", 1e9}, {"momo", 1e9},
		{"dog:eps=0", 1}, {"dowg:eps=0", 1}, {"cocob:eps=0", 1}, {"dadapt_sgd", 1}, {"dadapt_adam:eps=0", 1}, {"prodigy:eps=0", 1},
	} {
		rates := wobble(c.lr, 25)
		p := update(t, runner(t, parsed(t, c.rule), e, -1.2, 1), rates...)
		for _, k := range []float64{0x1p-30, 0x1p20} {
			q := update(t, runner(t, parsed(t, c.rule), func(w graph.Value) graph.Value { return e(w).Scale(k) }, -1.2, 1), rates...)
			if d := farthest(p, q); d != 0 || p[25][0] == p[0][0] {
				t.Errorf("%s: E times %v is %v away, at %v", c.rule, k, d, p[25])
			}
		}
	}
}

// What a zero gradient does to w = 1 in one update at η = 0.1, by the equations.
func TestAtZero(t *testing.T) {
	flat := func(w graph.Value) graph.Value { return w.Scale(0).SumAll() }
	for rule, want := range map[string]float64{
		"adamw": 1 - 0.1*0.01, "adamaxw": 1 - 0.1*0.01, "nadamw": 1 - 0.1*0.01, "stable_adamw": 1 - 0.1*0.01,
		"lamb":    1 - 0.1,             // ‖w‖/‖λw‖·λ = 1
		"lars":    1 - 0.1*0.001,       // trust·‖w‖/‖λw‖·λ = trust
		"fromage": 1 / math.Sqrt(1.01), // 1/√(1 + η²)
		"asgd":    1 - 0.1*1e-4,        // h = η in the first update
	} {
		if got := update(t, runner(t, parsed(t, rule), flat, 1), 0.1)[1][0]; !near(got, want, 1e-15) {
			t.Errorf("%s takes 1 to %v, want %v", rule, got, want)
		}
	}
}

// On ½λ‖w‖² Polyak's step is 1/2λ and halves w, as long as η allows it.
func TestPolyakHalves(t *testing.T) {
	e := func(w graph.Value) graph.Value { return w.Square().SumAll().Scale(1.5) } // λ = 3
	for _, rule := range []string{"polyak", "momo:beta=0"} {
		for i, p := range update(t, runner(t, parsed(t, rule), e, 4, -8), repeat(1, 5)...) {
			if x := math.Ldexp(1, -i); !near(p[0], 4*x, 1e-15) || !near(p[1], -8*x, 1e-15) {
				t.Errorf("%s: after %d updates w is %v", rule, i, p)
			}
		}
		if p := update(t, runner(t, parsed(t, rule), e, 4, -8), 0.1)[1]; !near(p[0], 4*(1-0.3), 1e-15) {
			t.Errorf("%s: η = 0.1 takes 4 to %v, want 4(1 − 0.1·3)", rule, p[0])
		}
	}
}

// DoG's first step is as long as its first distance, a(1 + ‖w0‖).
func TestDoGFirstStep(t *testing.T) {
	p := update(t, runner(t, parsed(t, "dog:initial=0.01,eps=0"), slope(30, 40), 3, 4), 1)[1]
	if !near(p[0], 3-0.06*0.6, 1e-15) || !near(p[1], 4-0.06*0.8, 1e-15) {
		t.Errorf("w goes to %v", p)
	}
}

// Where all gradients agree, each of the rules without a rate goes on for ever faster
// than a fixed rate does: E falls below what η = its first step would give.
func TestRateFreeGrow(t *testing.T) {
	for _, rule := range []string{"dog", "dowg", "cocob", "dadapt_sgd", "dadapt_adam", "prodigy", "sgd:mechanic=1e-6"} {
		p := update(t, runner(t, parsed(t, rule), slope(1), 0), repeat(1, 200)...)
		if first, last := -p[1][0], -p[200][0]; !(first > 0) || !(last > 400*first) {
			t.Errorf("%s: the first step is %v, and w after 200 %v", rule, first, last)
		}
	}
}

// ASGD presents the mean of its weights since update t0.
func TestASGDMean(t *testing.T) {
	e := functions.All()[0].E
	run := runner(t, parsed(t, "asgd:t0=3"), e, -1.2, 1)
	sum := [2]float64{}
	for i := 1; i <= 10; i++ {
		update(t, run, 1e-4)
		w, want := run.W(), [2]float64{}
		for j := range w {
			if want[j] = w[j]; i > 3 {
				sum[j] += w[j]
				want[j] = sum[j] / float64(i-3)
			}
			if got := run.Presented()[j]; !near(got, want[j], 1e-14) {
				t.Errorf("after %d updates %v is presented, want %v", i, got, want[j])
			}
		}
	}
}

// FTRL leaves a weight at exactly 0 until its gradients, times η, add up to λ1
// times the largest η, and the first time they do moves it by what is above that, over β + √n:
// with g = 1/16, η = 1/2 and λ1 = 1 in update 17.
func TestFTRLSparse(t *testing.T) {
	const g, η, β = 1.0 / 16, 0.5, 1.0
	for n, p := range update(t, runner(t, parsed(t, "ftrl:l1=1"), slope(g), 0), repeat(η, 17)...) {
		want := -max(η*g*float64(n)-η, 0) / (β + math.Sqrt(g*g*float64(n)))
		if n <= 16 && p[0] != 0 || !near(p[0], want, 1e-15) {
			t.Errorf("after %d updates w is %v, want %v", n, p[0], want)
		}
	}
	rates := append(repeat(η, 16), repeat(η/100, 500)...) // a fall of the rate wakes nobody
	if p := update(t, runner(t, parsed(t, "ftrl:l1=1"), slope(g/1.5), 0), rates...)[516]; p[0] != 0 {
		t.Errorf("w is %v", p[0])
	}
}

// Noise has mean 0 and variance s/tᵞ, another draw in each update, and the same in each run.
func TestNoise(t *testing.T) {
	const n = 20_000
	flat := func(w graph.Value) graph.Value { return w.Scale(0).SumAll() }
	run := func() [][]float64 {
		return update(t, runner(t, parsed(t, "noisy_sgd:noise=0.04,noise_decay=0.5"), flat, make([]float64, n)...), repeat(1, 4)...)
	}
	p, again := run(), run()
	if farthest(p, again) != 0 {
		t.Error("two runs with one seed draw other numbers")
	}
	for τ := 1; τ <= 4; τ++ {
		want := 0.04 / math.Sqrt(float64(τ))
		mean, square, with := 0.0, 0.0, 0.0
		for i := range n {
			d := p[τ][i] - p[τ-1][i]
			mean, square = mean+d/n, square+d*d/n
			if τ > 1 {
				with += d * (p[τ-1][i] - p[τ-2][i]) / n
			}
		}
		// Standard errors: σ/√n of the mean, √2 σ²/√n of the square, σσ'/√n of the product.
		if math.Abs(mean) > 5*math.Sqrt(want/n) || math.Abs(square-want) > 5*math.Sqrt2*want/math.Sqrt(n) || math.Abs(with) > 5*1.5*want/math.Sqrt(n) {
			t.Errorf("update %d: mean %v, square %v, want %v, product with the one before %v", τ, mean, square, want, with)
		}
	}
}

// Where E is linear SPSA's step is −η(g·Δ)Δ, of one size for all weights, and its
// mean −ηg: by E ΔᵢΔⱼ = 0.
func TestSPSAOnSlope(t *testing.T) {
	const n = 4000
	g := []float64{1, -2, 0.5}
	r := optim.NewSPSA()
	r.Alpha = 0
	p := update(t, runner(t, r, slope(g...), 0, 0, 0), repeat(1, n)...)
	for τ := 1; τ <= n; τ++ {
		d := [3]float64{}
		along := 0.0
		for i := range d {
			d[i] = p[τ][i] - p[τ-1][i]
			along += g[i] * d[i]
		}
		size := math.Abs(d[0])
		if !near(math.Abs(d[1]), size, 1e-8) || !near(math.Abs(d[2]), size, 1e-8) || !near(along, -size*size, 1e-6) {
			t.Fatalf("update %d moves w by %v", τ, d)
		}
	}
	for i, x := range p[n] {
		// The standard error of a mean of n, from the variance Σⱼ≠ᵢ gⱼ².
		if e := math.Sqrt(5.25/n) * 5; math.Abs(x/n+g[i]) > e {
			t.Errorf("the mean step of weight %d is %v, want %v ± %v", i, x/n, -g[i], e)
		}
	}
}

// A rule that draws asks for a seed.
func TestRandomWantsSeed(t *testing.T) {
	g := graph.New()
	w := g.Input("w", tensor.Float64, 2)
	s := optim.NewStep(optim.Config{Graph: g, W: w, Rate: g.Input("rate", tensor.Float64), Tau: g.Input("tau", tensor.Float64), Loss: square})
	s.Update(optim.NewSPSA())
	if err := s.Err(); err == nil || err.Error() != "optim: spsa: it draws random numbers, and the Config of its Step has no Seed" {
		t.Error(err)
	}
}
