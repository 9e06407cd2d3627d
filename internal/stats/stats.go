// Package stats has the little of statistics that measurements need: means with their
// intervals, paired tests, Student's distribution.
package stats

import (
	"math"
	"slices"
)

// Interval is a mean and how far it may be off.
type Interval struct {
	N    int     // values
	Mean float64 // NaN without values
	SD   float64 // standard deviation with n − 1; NaN for fewer than two values
	Half float64 // half of the confidence interval, t·SD/√n with Student's t; NaN likewise
}

// Confidence is the mean of xs with its 95% confidence interval, by Student's t.
func Confidence(xs []float64) Interval { return At(0.95, xs) }

// At is Confidence with another level.
func At(level float64, xs []float64) Interval {
	i := Interval{N: len(xs), Mean: math.NaN(), SD: math.NaN(), Half: math.NaN()}
	if i.N == 0 {
		return i
	}
	n := float64(i.N)
	sum := 0.0
	for _, x := range xs {
		sum += x
	}
	i.Mean = sum / n
	if i.N < 2 {
		return i
	}
	squares := 0.0
	for _, x := range xs {
		squares += float64((x - i.Mean) * (x - i.Mean))
	}
	i.SD = math.Sqrt(squares / (n - 1))
	i.Half = StudentQuantile(0.5+level/2, n-1) * i.SD / math.Sqrt(n)
	return i
}

// Paired compares values of the same seeds: the mean of a − b with its interval, and
// the p of Student's paired test, the chance of a mean at least so far from 0 if
// there is no difference. p is NaN for fewer than two pairs; equal values have p = 1.
func Paired(a, b []float64) (difference Interval, p float64) {
	d := make([]float64, min(len(a), len(b)))
	for i := range d {
		d[i] = a[i] - b[i]
	}
	difference = Confidence(d)
	switch {
	case difference.N < 2:
		return difference, math.NaN()
	case difference.SD == 0 && difference.Mean == 0:
		return difference, 1
	case difference.SD == 0:
		return difference, 0
	}
	n := float64(difference.N)
	t := difference.Mean / (difference.SD / math.Sqrt(n))
	return difference, 2 * StudentCDF(-math.Abs(t), n-1)
}

// Share is half of the 95% interval of a share p that n examples have shown (Wilson 1927): how
// far it may be off for examples like them.
func Share(p float64, n int) float64 {
	z := math.Sqrt2 * math.Erfinv(0.95)
	m := float64(n)
	return z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
}

// Holm adjusts p values of several tests, so that the chance of even one false
// finding stays below the level they are held against (Holm 1979): the smallest of
// m is multiplied by m, the next by m − 1, and none is below one before it. NaN
// stays NaN and counts as no test.
func Holm(p []float64) []float64 {
	var order []int
	for i, x := range p {
		if !math.IsNaN(x) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return 0
	})
	out, least := slices.Clone(p), 0.0
	for rank, i := range order {
		least = max(least, min(1, p[i]*float64(len(order)-rank)))
		out[i] = least
	}
	return out
}

// StudentCDF is P(T ≤ t) of Student's t distribution with ν > 0 degrees of freedom.
func StudentCDF(t, ν float64) float64 {
	if middle := t * t / (ν + t*t); middle < 0.5 { // its complement would lose the digits of a small t
		return 0.5 + math.Copysign(0.5*incompleteBeta(0.5, ν/2, middle), t)
	}
	tail := 0.5 * incompleteBeta(ν/2, 0.5, ν/(ν+t*t))
	if t > 0 {
		return 1 - tail
	}
	return tail
}

// StudentQuantile is the t with P(T ≤ t) = p, 0 < p < 1.
func StudentQuantile(p, ν float64) float64 {
	if p < 0.5 {
		return -StudentQuantile(1-p, ν)
	}
	lo, hi := 0.0, 1.0
	for StudentCDF(hi, ν) < p && hi < 1e300 {
		hi *= 2
	}
	for range 200 { // halving reaches neighbouring numbers
		mid := lo + (hi-lo)/2
		if mid == lo || mid == hi {
			break
		}
		if StudentCDF(mid, ν) < p {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi
}

// incompleteBeta is the regularised incomplete beta function Iₓ(a, b), by its
// continued fraction (Abramowitz and Stegun 26.5.8, evaluated as Lentz does).
func incompleteBeta(a, b, x float64) float64 {
	switch {
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	case x > (a+1)/(a+b+2): // where the fraction of the mirror image converges faster
		return 1 - incompleteBeta(b, a, 1-x)
	}
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	front := math.Exp(lab-la-lb+a*math.Log(x)+b*math.Log1p(-x)) / a
	const tiny = 1e-300
	away := func(x float64) float64 {
		if math.Abs(x) < tiny {
			return tiny
		}
		return x
	}
	c, d := 1.0, 1/away(1-(a+b)*x/(a+1))
	f := d
	for i := 1; i <= 500; i++ {
		m := float64(i)
		for _, term := range []float64{
			m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m)),
			-(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1)),
		} {
			d = 1 / away(1+term*d)
			c = away(1 + term/c)
			f *= c * d
		}
		if math.Abs(c*d-1) < 1e-15 {
			break
		}
	}
	return front * f
}
