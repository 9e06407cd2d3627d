package stats

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*math.Max(1, math.Abs(want))) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// Printed tables of Student's distribution; ν = 1 and 2 have closed forms.
func TestStudent(t *testing.T) {
	for _, c := range []struct{ p, ν, t float64 }{
		{0.975, 4, 2.776445}, {0.975, 9, 2.262157}, {0.975, 30, 2.042272}, {0.95, 5, 2.015048}, {0.995, 10, 3.169273}, {0.975, 1000, 1.962339},
		{0.975, 1, math.Tan(math.Pi * 0.475)},
		{0.9, 2, 0.8 / math.Sqrt(2*0.9*0.1)}, // (2p−1)/√(2p(1−p))
	} {
		near(t, "quantile", StudentQuantile(c.p, c.ν), c.t, 1e-6)
		near(t, "distribution", StudentCDF(c.t, c.ν), c.p, 1e-7)
	}
	rapid.Check(t, func(t *rapid.T) {
		p, ν := rapid.Float64Range(1e-6, 1-1e-6).Draw(t, "p"), rapid.Float64Range(1, 500).Draw(t, "ν")
		if got := StudentCDF(StudentQuantile(p, ν), ν); math.Abs(got-p) > 1e-10 {
			t.Errorf("p %v comes back as %v", p, got)
		}
		x := rapid.Float64Range(-50, 50).Draw(t, "t")
		if got, want := StudentCDF(x, 1), 0.5+math.Atan(x)/math.Pi; math.Abs(got-want) > 1e-10 {
			t.Errorf("Cauchy's distribution at %v: %v, want %v", x, got, want)
		}
	})
}

// Student 1908, "The probable error of a mean": hours of sleep that two drugs gave
// the same ten patients. Mean difference 1.58, t = −4.0621, p = 0.002833, 95% interval
// −2.4598858 to −0.7001142, as R's help of t.test has it.
func TestPairedOnSleep(t *testing.T) {
	a := []float64{0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0}
	b := []float64{1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4}
	d, p := Paired(a, b)
	near(t, "difference", d.Mean, -1.58, 1e-12)
	near(t, "p", p, 0.002832890, 1e-8)
	near(t, "lower end", d.Mean-d.Half, -2.4598858, 1e-7)
	near(t, "upper end", d.Mean+d.Half, -0.7001142, 1e-7)
	near(t, "mean", Confidence(a).Mean, 0.75, 1e-12)
	near(t, "standard deviation", Confidence(a).SD, 1.789010, 1e-6)

	if _, p := Paired(a, a); p != 1 {
		t.Errorf("equal values have p = %v, want 1", p)
	}
	if _, p := Paired([]float64{2, 3}, []float64{1, 2}); p != 0 {
		t.Errorf("a difference without spread has p = %v, want 0", p)
	}
	if _, p := Paired(a[:1], b[:1]); !math.IsNaN(p) {
		t.Errorf("one pair has p = %v, want NaN", p)
	}
	if i := Confidence(nil); i.N != 0 || !math.IsNaN(i.Mean) {
		t.Errorf("no values: %+v", i)
	}
}

// By hand: 0.01·4, 0.02·3, 0.03·2 = 0.06, 0.04·1 < 0.06.
func TestHolm(t *testing.T) {
	got := Holm([]float64{0.03, 0.01, math.NaN(), 0.04, 0.02})
	for i, want := range []float64{0.06, 0.04, math.NaN(), 0.06, 0.06} {
		if math.IsNaN(want) != math.IsNaN(got[i]) || math.Abs(got[i]-want) > 1e-15 {
			t.Errorf("p %d: %v, want %v", i, got[i], want)
		}
	}
	if got := Holm([]float64{0.7, 0.8}); got[0] != 1 || got[1] != 1 {
		t.Errorf("p over 1: %v", got)
	}
}

// Wilson's interval of a half is z/(2√(n+z²)) to each side, and that of all of n begins at n/(n+z²).
func TestShare(t *testing.T) {
	const z = 1.959963984540054
	near(t, "half of 100", Share(0.5, 100), z/2/math.Sqrt(100+z*z), 1e-12)
	near(t, "all of 30", Share(1, 30), (1-30/(30+z*z))/2, 1e-12)
}
