package initial_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

// matrix is the view of a linear map's weight.
func matrix(name string, in, out int) weights.View {
	return weights.View{Name: name, Shape: tensor.Of(in, out), Role: weights.Weight, FanIn: in, FanOut: out}
}

func fill(t testing.TB, i weights.Initializer, v weights.View, seed int64) []float64 {
	t.Helper()
	out := make([]float64, v.Size())
	if err := i.Fill(v, seed, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// moments are the mean, the variance and the mean of z⁴ for z = (x − mean)/std.
func moments(x []float64) (mean, variance, kurtosis float64) {
	n := float64(len(x))
	for _, v := range x {
		mean += v / n
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean) / n
	}
	for _, v := range x {
		kurtosis += math.Pow(v-mean, 4) / (variance * variance) / n
	}
	return mean, variance, kurtosis
}

// Variances by the papers' equations for 300 inputs and 200 outputs. Of N = 60000
// numbers the mean has the standard deviation std/√N and the variance √((κ−1)/N)
// of itself, with κ = 3 for a normal and 1.8 for a uniform; five of them pass.
func TestMoments(t *testing.T) {
	const in, out = 300, 200
	for _, c := range []struct {
		init     weights.Initializer
		variance float64
		kurtosis float64
	}{
		{initial.NewHeNormal(), 2.0 / in, 3},
		{initial.NewHeUniform(), 2.0 / in, 1.8},
		{initial.NewGlorotNormal(), 2.0 / (in + out), 3},
		{initial.NewGlorotUniform(), 2.0 / (in + out), 1.8},
		{initial.NewLeCunNormal(), 1.0 / in, 3},
		{initial.NewLeCunUniform(), 1.0 / in, 1.8},
		{&initial.Scaled{Gain: 3, Fan: initial.Out}, 9.0 / out, 3},
		{initial.NewNormal(0.01), 1e-4, 3},
		{initial.NewUniform(0.3), 0.03, 1.8},
	} {
		x := fill(t, c.init, matrix("w", in, out), 1)
		n := float64(len(x))
		mean, variance, kurtosis := moments(x)
		name := fmt.Sprintf("%T%+v", c.init, c.init)
		if math.Abs(mean) > 5*math.Sqrt(c.variance/n) {
			t.Errorf("%s: mean %v", name, mean)
		}
		if math.Abs(variance/c.variance-1) > 5*math.Sqrt((c.kurtosis-1)/n) {
			t.Errorf("%s: variance %v, want %v", name, variance, c.variance)
		}
		// The kurtosis of N normal numbers has the standard deviation √(24/N).
		if math.Abs(kurtosis-c.kurtosis) > 5*math.Sqrt(24/n) {
			t.Errorf("%s: kurtosis %v, want %v", name, kurtosis, c.kurtosis)
		}
		if c.kurtosis == 1.8 {
			bound := math.Sqrt(3 * c.variance)
			for _, v := range x {
				if v < -bound || v > bound {
					t.Fatalf("%s: %v is outside ±%v", name, v, bound)
				}
			}
		}
	}
}

// The numbers are a function of seed and name: not of calls before, nor of the
// width, whose share of the standard deviation is the only difference.
func TestNumbersDependOnSeedAndNameAlone(t *testing.T) {
	he := initial.NewHeNormal()
	a := fill(t, he, matrix("a", 10, 4), 1)
	fill(t, he, matrix("b", 10, 4), 1)
	moved := matrix("a", 10, 4)
	moved.Offset = 99
	if b := fill(t, initial.NewHeNormal(), moved, 1); fmt.Sprint(a) != fmt.Sprint(b) {
		t.Error("the same seed and name give other numbers")
	}
	for what, b := range map[string][]float64{"name": fill(t, he, matrix("b", 10, 4), 1), "seed": fill(t, he, matrix("a", 10, 4), 2)} {
		for i := range a {
			if a[i] == b[i] {
				t.Errorf("another %s gives the same number %v at %d", what, a[i], i)
			}
		}
	}
	for i, v := range fill(t, he, matrix("a", 40, 4), 1)[:40] {
		if math.Abs(2*v-a[i]) > 1e-15 {
			t.Errorf("element %d is %v for 40 inputs and %v for 10", i, v, a[i])
		}
	}
}

// QᵀQ = gain²·I over the shorter side, for any shape.
func TestOrthogonal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := tensor.Shape(rapid.SliceOfN(rapid.IntRange(1, 12), 2, 3).Draw(t, "shape"))
		gain := rapid.SampledFrom([]float64{1, math.Sqrt2}).Draw(t, "gain")
		cols := s[len(s)-1]
		rows := s.Size() / cols
		x := make([]float64, s.Size())
		if err := (&initial.Orthogonal{Gain: gain}).Fill(weights.View{Name: "w", Shape: s}, rapid.Int64().Draw(t, "seed"), x); err != nil {
			t.Fatal(err)
		}
		n, at := cols, func(i, k int) float64 { return x[k*cols+i] } // column i
		if cols > rows {
			n, at = rows, func(i, k int) float64 { return x[i*cols+k] } // row i
		}
		for i := range n {
			for j := range n {
				dot, want := 0.0, 0.0
				for k := range s.Size() / n {
					dot += at(i, k) * at(j, k)
				}
				if i == j {
					want = gain * gain
				}
				if math.Abs(dot-want) > 1e-13 {
					t.Fatalf("%v: vectors %d and %d: %v, want %v", s, i, j, dot, want)
				}
			}
		}
	})
}

// A square matrix of 300 is where making it orthonormal once would not do: the
// error of one pass grows with the matrix's condition, about 1e3 here, to 1e-12.
func TestOrthogonalStaysExactWhenLarge(t *testing.T) {
	const n = 300
	x := fill(t, initial.NewOrthogonal(), matrix("w", n, n), 1)
	worst := 0.0
	for i := range n {
		for j := range i {
			dot := 0.0
			for k := range n {
				dot += x[k*n+i] * x[k*n+j]
			}
			worst = max(worst, math.Abs(dot))
		}
	}
	if worst > 1e-14 {
		t.Errorf("two columns have the product %v", worst)
	}
}

// An orthogonal 1×1 matrix is a sign, drawn evenly: of 400 seeds 200 ± 50 (five
// standard deviations) are positive. A QR without care for signs fails.
func TestOrthogonalIsDrawnEvenly(t *testing.T) {
	positive := 0
	for seed := range 400 {
		if fill(t, initial.NewOrthogonal(), matrix("w", 1, 1), int64(seed))[0] > 0 {
			positive++
		}
	}
	if positive < 150 || positive > 250 {
		t.Errorf("%d of 400 are positive", positive)
	}
}

// Gain is 1/√E[f(z)²] over z ~ N(0, 1), here by the trapezoid rule, which for
// such an integrand is exact to rounding.
func TestGainIsTheIntegral(t *testing.T) {
	const slope = 0.01
	for name, f := range map[string]func(x float64) float64{
		"linear":     func(x float64) float64 { return x },
		"relu":       func(x float64) float64 { return math.Max(x, 0) },
		"leaky_relu": func(x float64) float64 { return math.Max(x, slope*x) },
		"tanh":       math.Tanh,
		"sigmoid":    func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
		"softplus":   func(x float64) float64 { return math.Log1p(math.Exp(x)) },
		"gelu":       func(x float64) float64 { return x * math.Erfc(-x/math.Sqrt2) / 2 },
		"gelu_tanh": func(x float64) float64 {
			return x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x))) / 2
		},
		"silu": func(x float64) float64 { return x / (1 + math.Exp(-x)) },
	} {
		sum, h := 0.0, 1.0/1024
		for x := -12.0; x <= 12; x += h {
			sum += f(x) * f(x) * math.Exp(-x*x/2) * h
		}
		want := 1 / math.Sqrt(sum/math.Sqrt(2*math.Pi))
		got, err := initial.Gain(name)
		// The kink of a ReLU's square at 0 costs the rule h³.
		if err != nil || math.Abs(got-want) > 1e-8 {
			t.Errorf("%s: gain %v, want %v (%v)", name, got, want, err)
		}
	}
	if g := initial.LeakyGain(slope); math.Abs(g-math.Sqrt(2/1.0001)) > 1e-15 {
		t.Errorf("leaky gain %v", g)
	}
	if _, err := initial.Gain("rleu"); err == nil || !strings.Contains(err.Error(), `did you mean "relu"?`) {
		t.Errorf("%v", err)
	}
}

func TestNamed(t *testing.T) {
	for _, name := range initial.Names() {
		spec, want := name, true
		if i, err := initial.Named(spec); err != nil {
			if want = strings.Contains(err.Error(), name+":0.01"); want {
				spec += ":0.01"
				i, err = initial.Named(spec)
			}
			if !want || err != nil || i == nil {
				t.Errorf("%s: %v", spec, err)
			}
		}
		if initial.Doc(name) == "" {
			t.Errorf("%s has no doc", name)
		}
		i, err := initial.Named(spec)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range fill(t, i, matrix("w", 3, 2), 1) {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("%s gives %v", spec, v)
			}
		}
	}
	if v := fill(t, must(initial.Named("constant:-2.5")), matrix("w", 1, 2), 1); v[0] != -2.5 || v[1] != -2.5 {
		t.Errorf("constant: %v", v)
	}
	if v := fill(t, must(initial.Named("zeros")), matrix("w", 1, 2), 1); v[0] != 0 || v[1] != 0 {
		t.Errorf("zeros: %v", v)
	}
	for spec, want := range map[string]string{
		"he_norm":    `did you mean "he_normal"?`,
		"he":         "known: he_normal",
		"zeros:3":    `"zeros" takes no number, got "3"`,
		"normal":     `wants its standard deviation: normal:0.01`,
		"normal:abc": `standard deviation "abc" is not a number`,
	} {
		if _, err := initial.Named(spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", spec, err, want)
		}
	}
}

func must(i weights.Initializer, err error) weights.Initializer {
	if err != nil {
		panic(err)
	}
	return i
}

func TestMistakesAreNamed(t *testing.T) {
	vector := weights.View{Name: "b", Shape: tensor.Of(3)}
	for _, c := range []struct {
		init weights.Initializer
		v    weights.View
		want string
	}{
		{initial.NewHeNormal(), vector, "its fan in is 0"},
		{&initial.Scaled{}, matrix("w", 2, 2), "the gain 0 is not a positive number"},
		{&initial.Scaled{Gain: math.NaN()}, matrix("w", 2, 2), "the gain NaN"},
		{initial.NewOrthogonal(), vector, "want a matrix, and this has 1 axes"},
		{&initial.Orthogonal{}, matrix("w", 2, 2), "the gain 0"},
		{initial.NewNormal(-1), vector, "the standard deviation -1"},
		{initial.NewUniform(math.Inf(1)), vector, "the bound +Inf"},
		{initial.NewConstant(math.NaN()), vector, "the constant NaN"},
	} {
		if err := c.init.Fill(c.v, 1, make([]float64, c.v.Size())); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%T: %v, want %q", c.init, err, c.want)
		}
	}
}
