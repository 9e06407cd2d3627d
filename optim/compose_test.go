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

// Clipping a gradient by value and by norm, by their formulas in plain Go.
func TestClip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := rapid.SliceOfN(rapid.Float64Range(-10, 10), 1, 6).Draw(t, "g")
		c := rapid.SampledFrom([]float64{0.1, 1, 5, 100}).Draw(t, "c")
		value, norm := optim.NewClipValue(), optim.NewClipNorm()
		value.Limit, norm.Limit = c, c
		size := 0.0
		for _, x := range g {
			size += x * x
		}
		size = math.Sqrt(size)
		w := make([]float64, len(g))
		byValue := update(t, runner(t, optim.Before(optim.NewSGD(), value), slope(g...), w...), 1)[1]
		byNorm := update(t, runner(t, optim.Before(optim.NewSGD(), norm), slope(g...), w...), 1)[1]
		for i, x := range g {
			if want := -min(max(x, -c), c); byValue[i] != want {
				t.Fatalf("clipped to ±%v, %v moves w by %v, want %v", c, x, byValue[i], want)
			}
			want := -x
			if size > c {
				want = -x * (c / size)
			}
			if !near(byNorm[i], want, 1e-14) {
				t.Fatalf("clipped to norm %v, %v of %v moves w by %v, want %v", c, x, g, byNorm[i], want)
			}
		}
	})
}

// A gradient at or below the limit passes with its bits, 0 included, and NaN is
// not hidden.
func TestClipPasses(t *testing.T) {
	for _, g := range [][]float64{{3, 4}, {0, 0}, {-5, 0}} {
		c := optim.NewClipNorm()
		c.Limit = 5
		p := update(t, runner(t, optim.Before(optim.NewSGD(), c), slope(g...), 0, 0), 1)
		if p[1][0] != -g[0] || p[1][1] != -g[1] {
			t.Errorf("%v, of norm at most 5, becomes %v", g, p[1])
		}
	}
	nan := func(w graph.Value) graph.Value { return w.Log().SumAll() }
	for _, c := range []optim.Transform{optim.NewClipNorm(), optim.NewClipValue()} {
		// d ln w/dw at 0·∞: the gradient of w² ln w − w² ln w is NaN at 0.
		e := func(w graph.Value) graph.Value { return w.Scale(0).SumAll().Add(nan(w).Mul(w.Square().SumAll())) }
		if p := update(t, runner(t, optim.Before(optim.NewSGD(), c), e, 0), 1); !math.IsNaN(p[1][0]) {
			t.Errorf("%T turns a NaN gradient into a step to %v", c, p[1][0])
		}
	}
}

// Before acts where the gradient is taken: on Nesterov's look-ahead gradient.
func TestBeforeNesterov(t *testing.T) {
	clip := optim.NewClipValue()
	clip.Limit = 0.5
	n := optim.NewNesterov()
	n.Mu = 0.5
	got := update(t, runner(t, optim.Before(n, clip), square, 1), repeat(0.1, 20)...)
	w, Δw := 1.0, 0.0
	for i := 1; i <= 20; i++ {
		g := min(max(2*(w+0.5*Δw), -0.5), 0.5)
		Δw = 0.5*Δw - 0.1*g
		w += Δw
		if !near(got[i][0], w, 1e-14) {
			t.Fatalf("after %d updates w is %v, want %v", i, got[i][0], w)
		}
	}
}

// Transforms act in the order in which they are given.
func TestOrder(t *testing.T) {
	value, norm := optim.NewClipValue(), optim.NewClipNorm()
	first := update(t, runner(t, optim.Before(optim.NewSGD(), value, norm), slope(30, 1), 0, 0), 1)[1]
	then := update(t, runner(t, optim.Before(optim.NewSGD(), norm, value), slope(30, 1), 0, 0), 1)[1]
	// Values first: [1 1], then its norm √2 becomes 1. Norm first: [30 1]/√901 needs no more.
	for i, want := range [][]float64{{-math.Sqrt(0.5), -math.Sqrt(0.5)}, {-30 / math.Sqrt(901), -1 / math.Sqrt(901)}} {
		for j := range want {
			if got := [][]float64{first, then}[i][j]; !near(got, want[j], 1e-14) {
				t.Errorf("order %d: w%d = %v, want %v", i, j, got, want[j])
			}
		}
	}
}

// Decay after momentum: w ← w + Δw − ηλw, and the velocity never sees λ.
func TestDecayAfterMomentum(t *testing.T) {
	decay := optim.NewDecay()
	decay.Lambda = 0.5
	rates := []float64{0.1, 0.1, 0.02, 0.02, 0.3}
	got := update(t, runner(t, optim.After(optim.NewMomentum(), decay), square, 1), rates...)
	w, Δw := 1.0, 0.0
	for i, η := range rates {
		Δw = 0.9*Δw - η*2*w
		w += Δw - η*0.5*w
		if !near(got[i+1][0], w, 1e-14) {
			t.Fatalf("after %d updates w is %v, want %v", i+1, got[i+1][0], w)
		}
	}
}

// A transform with state keeps it under its own path, and only once a step.
type drift struct{ Δ float64 }

func (d *drift) Apply(s *optim.Step, x graph.Value) graph.Value {
	n := s.Slot("sum")
	return n.Keep(n.Last().Add(x))
}

func TestTransformState(t *testing.T) {
	_, keys, err := optim.State(optim.After(optim.NewMomentum(), &drift{}))
	if err != nil || len(keys) != 2 || keys[1] != "after/drift/sum" {
		t.Errorf("keys %v, %v; want velocity and after/drift/sum", keys, err)
	}
	// One gradient asked for twice is transformed once.
	same := newCustom(func(_ *custom, s *optim.Step) graph.Value {
		return s.Gradient().Add(s.Gradient())
	})
	if _, err := optimtest.NewRunner(optim.Before(same, &drift{}), square, tensor.Float64, 1); err != nil {
		t.Errorf("a stateful transform on one gradient, asked for twice: %v", err)
	}
	// Two gradients a step would keep the one slot twice.
	r := newCustom(func(_ *custom, s *optim.Step) graph.Value {
		return s.Gradient().Add(s.GradientAt(s.W().Scale(2)))
	})
	if _, err := optimtest.NewRunner(optim.Before(r, &drift{}), square, tensor.Float64, 1); err == nil ||
		err.Error() != `optim: drift: slot "sum" is kept twice` {
		t.Errorf("a stateful transform on two gradients: %v", err)
	}
}

// A wrapper can give the rule it holds another gradient and rate.
func TestUpdateWithin(t *testing.T) {
	r := newCustom(func(r *custom, s *optim.Step) graph.Value {
		return s.UpdateWithin(r.Inner, optim.View{
			GradientAt: func(at graph.Value) graph.Value { return s.GradientAt(at.Plus(1)) },
			Rate:       s.Rate().Scale(0.5),
		})
	})
	r.Inner = optim.NewSGD()
	if p := update(t, runner(t, r, square, 2), 0.1); !near(p[1][0], 2-0.05*2*3, 1e-15) {
		t.Errorf("w is %v, want %v", p[1][0], 2-0.05*2*3)
	}
}
