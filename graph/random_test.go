package graph_test

import (
	"math"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// drawn is n numbers of a stream.
type drawn struct {
	dist   graph.Distribution
	d      tensor.DType
	stream string
	seed   int64
	step   float64
}

func (s drawn) numbers(t *testing.T, dims ...int) []float64 {
	t.Helper()
	g := graph.New()
	seed, step := g.Input("seed", tensor.Int64), g.Input("step", tensor.Float64)
	v := g.Random(s.dist, s.stream, seed, step, s.d, dims...)
	return compute(t, v, map[graph.Value]*tensor.Array{seed: tensor.From([]int64{s.seed}), step: tensor.From([]float64{s.step})}).Float64s()
}

const samples = 1 << 16

// TestRandomMoments: the mean, variance, skewness and kurtosis of each stream lie
// within five standard errors of the distribution's.
func TestRandomMoments(t *testing.T) {
	// mean, variance, third and fourth standardised central moment, and the eighth:
	// the standard error of the mean of z^k is √((E z^2k − (E z^k)²)/n). For a
	// standardised uniform E z⁴ = 9/5, z⁶ = 27/7, z⁸ = 9; for a normal 3, 15, 105.
	moments := map[graph.Distribution][5]float64{
		graph.Uniform: {0.5, 1.0 / 12, 9.0 / 5, 27.0 / 7, 9},
		graph.Normal:  {0, 1, 3, 15, 105},
	}
	for dist, m := range moments {
		for _, d := range floats {
			for _, seed := range []int64{0, 1, -1, 1 << 40} {
				x := drawn{dist, d, "layer/a", seed, 7}.numbers(t, samples)
				var z1, z2, z3, z4 float64
				for _, v := range x {
					z := (v - m[0]) / math.Sqrt(m[1])
					z1, z2, z3, z4 = z1+z/samples, z2+z*z/samples, z3+z*z*z/samples, z4+z*z*z*z/samples
					if dist == graph.Uniform && !(v >= 0 && v < 1) {
						t.Fatalf("a uniform number is %v", v)
					}
				}
				within := func(what string, got, want, variance float64) {
					if e := math.Sqrt(variance / samples); !(math.Abs(got-want) <= 5*e) {
						t.Errorf("%v of seed %d in %v: %s is %v, want %v ± %v", dist, seed, d, what, got, want, e)
					}
				}
				within("mean", z1, 0, 1)
				within("variance", z2, 1, m[2]-1)
				within("skewness", z3, 0, m[3])
				within("kurtosis", z4, m[2], m[4]-m[2]*m[2])
			}
		}
	}
}

// TestRandomStreams: a stream is a function of seed, name, step and index; near
// ones of another seed, name or step are uncorrelated.
func TestRandomStreams(t *testing.T) {
	base := drawn{graph.Uniform, tensor.Float32, "layer/1", 3, 10}
	x := base.numbers(t, samples)
	for i, v := range base.numbers(t, samples/4, 2, 2) {
		if v != x[i] {
			t.Fatalf("element %d is %v, and %v under another shape", i, v, x[i])
		}
	}
	for i, v := range base.numbers(t, 100) {
		if v != x[i] {
			t.Fatalf("element %d is %v, and %v in a longer stream", i, v, x[i])
		}
	}
	for name, other := range map[string]drawn{
		"seed":   {base.dist, base.d, base.stream, 4, 10},
		"sign":   {base.dist, base.d, base.stream, -3, 10},
		"stream": {base.dist, base.d, "layer/2", 3, 10},
		"nested": {base.dist, base.d, "layer/1/1", 3, 10},
		"step":   {base.dist, base.d, base.stream, 3, 11},
		"steps":  {base.dist, base.d, base.stream, 3, 10 + 1<<32},
	} {
		y := other.numbers(t, samples)
		equal, product := 0, 0.0
		for i := range x {
			if x[i] == y[i] {
				equal++
			}
			product += (x[i] - 0.5) * (y[i] - 0.5) * 12 / samples
		}
		// The correlation of independent streams has the standard error 1/√n, and
		// numbers of 24 bits meet by chance in one of 2²⁴ cases.
		if equal > 3 || math.Abs(product) > 5/math.Sqrt(samples) {
			t.Errorf("another %s: %d numbers are equal and the correlation is %v", name, equal, product)
		}
	}
}

// TestBernoulli: 1 with the probability p, given as a number, a scalar or a tensor.
func TestBernoulli(t *testing.T) {
	g := graph.New()
	seed, step, p := g.Input("seed", tensor.Int64), g.Input("step", tensor.Float64), g.Input("p", tensor.Float64)
	feeds := map[graph.Value]*tensor.Array{seed: tensor.From([]int64{5}), step: tensor.From([]float64{0}), p: tensor.From([]float64{0.3})}
	for _, d := range floats {
		draw := func(p graph.Value, dims ...int) *tensor.Array {
			return compute(t, g.Bernoulli(p, "drop", seed, step, d, dims...), feeds)
		}
		for _, want := range []float64{0, 0.3, 0.5, 1} {
			n := 0.0
			for _, v := range draw(g.Const(want), samples).Float64s() {
				if v != 0 && v != 1 {
					t.Fatalf("a draw is %v", v)
				}
				n += v
			}
			// The standard error of the share is √(p(1−p)/n); of 0 and 1 it is none.
			if got := n / samples; math.Abs(got-want) > 5*math.Sqrt(want*(1-want)/samples) {
				t.Errorf("in %v the share of ones is %v, want %v", d, got, want)
			}
		}
		sameBits(t, "a scalar p", draw(p, 100), draw(g.Const(0.3), 100), nil)
		mixed := draw(graph.Concat(0, g.Full(0, d, 50), g.Full(1, d, 50)), 100)
		for i, v := range mixed.Float64s() {
			if want := float64(i / 50); v != want {
				t.Fatalf("with p = %v a draw is %v", want, v)
			}
		}
	}
}
