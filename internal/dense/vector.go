package dense

import "math"

// Dot is Σ a[i]·b[i], summed in four parts, which processors overlap.
func Dot(a, b []float64) float64 {
	var s [4]float64
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s[0] += float64(a[i] * b[i])
		s[1] += float64(a[i+1] * b[i+1])
		s[2] += float64(a[i+2] * b[i+2])
		s[3] += float64(a[i+3] * b[i+3])
	}
	for ; i < len(a); i++ {
		s[0] += float64(a[i] * b[i])
	}
	return (s[0] + s[1]) + (s[2] + s[3])
}

// Norm is the Euclidean length, which overflows or vanishes only where it must.
func Norm(a []float64) float64 {
	most := 0.0
	for _, x := range a {
		most = max(most, math.Abs(x)) // NaN if any is
	}
	if most == 0 || math.IsInf(most, 0) || most != most {
		return most
	}
	if most > 1e-140 && most < 1e140 {
		return math.Sqrt(Dot(a, a))
	}
	sum := 0.0
	for _, x := range a {
		sum += float64((x / most) * (x / most))
	}
	return most * math.Sqrt(sum)
}

// Scale is a ← by·a.
func Scale(a []float64, by float64) {
	for i := range a {
		a[i] *= by
	}
}

// AddTo is a ← a + by·b.
func AddTo(a, b []float64, by float64) {
	for i, x := range b {
		a[i] += float64(by * x)
	}
}
