package kernel

import (
	"math"
	"sort"
	"testing"
)

// TestNormal checks 2^18 numbers: mean, variance, skewness and kurtosis within
// five standard errors of the normal's 0, 1, 0 and 3, the Kolmogorov-Smirnov
// distance below the 10^−6 quantile (2.7/√n), and no correlation within pairs or
// between neighbours.
func TestNormal(t *testing.T) {
	const n = 1 << 18
	for _, name := range []string{"normal32", "normal64"} {
		x := make([]float64, n)
		streams[name](x, 0x1234_5678_9abc_def0, 3, 0)
		var m [5]float64
		next, square := 0.0, 0.0
		for i, v := range x {
			for p, q := 1, v; p <= 4; p, q = p+1, q*v {
				m[p] += q / n
			}
			if i > 0 {
				next += v * x[i-1] / n
				square += (v*v - 1) * (x[i-1]*x[i-1] - 1) / n
			}
		}
		for _, c := range []struct {
			what            string
			got, want, unit float64 // unit is the standard deviation for n = 1
		}{
			{"mean", m[1], 0, 1},
			{"second moment", m[2], 1, math.Sqrt(2)},
			{"third moment", m[3], 0, math.Sqrt(15)},
			{"fourth moment", m[4], 3, math.Sqrt(96)},
			{"correlation of neighbours", next, 0, 1},
			{"correlation of neighbours' squares", square, 0, 2},
		} {
			if math.Abs(c.got-c.want) > 5*c.unit/math.Sqrt(n) {
				t.Errorf("%s: %s is %.5f, want %g ± %.5f", name, c.what, c.got, c.want, 5*c.unit/math.Sqrt(n))
			}
		}
		sort.Float64s(x)
		distance := 0.0
		for i, v := range x {
			p := math.Erfc(-v/math.Sqrt2) / 2
			distance = max(distance, p-float64(i)/n, float64(i+1)/n-p)
		}
		if distance > 2.7/math.Sqrt(n) {
			t.Errorf("%s: Kolmogorov-Smirnov distance %.5f, at most %.5f expected", name, distance, 2.7/math.Sqrt(n))
		}
		if x[0] < -6 || x[0] > -4 || x[n-1] > 6 || x[n-1] < 4 {
			t.Errorf("%s: extremes %.3f and %.3f, about ±4.6 expected", name, x[0], x[n-1])
		}
	}
}

// TestBoxMullerIsItsFormula compares both with √(−2 ln u)·(cos θ, sin θ) by Go's
// math, at the ends of both words and in between.
func TestBoxMullerIsItsFormula(t *testing.T) {
	words := []uint32{0, 1, 2, 1<<29 - 1, 1 << 29, 1<<29 + 1, 1 << 30, 3 << 29, 1 << 31, 5 << 29, 7<<29 - 1, 7 << 29, 7<<29 + 1, 1<<32 - 1, 12345678, 0xdeadbeef}
	for _, a := range words {
		for _, b := range words {
			c, s := boxMuller32(a, b)
			radius := func(u float64) float64 { return math.Sqrt(-2 * math.Log(u)) }
			angle := float64(b) * 0x1p-31 * math.Pi
			check := func(what string, got, want, tolerance float64) {
				if !(math.Abs(got-want) <= tolerance) {
					t.Errorf("%s of words %#x and %#x: %v, want %v", what, a, b, got, want)
				}
			}
			// Near u = 1 float32 holds u itself to 2^−25 only, a radius below 2^−12.
			tolerance := 3e-6
			if a > 1<<31 {
				tolerance = 4e-4
			}
			r := radius((float64(a) + 0.5) * 0x1p-32)
			check("cosine", float64(c), r*math.Cos(angle), tolerance)
			check("sine", float64(s), r*math.Sin(angle), tolerance)
			c64, s64 := boxMuller64(uint64(a)<<32|1<<31, uint64(b)<<32)
			r = radius((float64(a) + 0.5 + 0x1p-22) * 0x1p-32)
			check("cosine in float64", c64, r*math.Cos(angle), 1e-13)
			check("sine in float64", s64, r*math.Sin(angle), 1e-13)
		}
	}
	if c, _ := boxMuller32(0, 0); math.Abs(float64(c)-6.7637) > 1e-4 {
		t.Errorf("the largest radius is %g, want √(66·ln 2) = 6.7637", c)
	}
}

func BenchmarkNormal(b *testing.B) {
	x, y := make([]float32, Block), make([]float64, Block)
	b.Run("32", func(b *testing.B) {
		for b.Loop() {
			normal32(x, 1, 2, 4)
		}
		perElement(b, Block)
	})
	b.Run("64", func(b *testing.B) {
		for b.Loop() {
			normal64(y, 1, 2, 4)
		}
		perElement(b, Block)
	})
}
