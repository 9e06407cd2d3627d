package kernel

import "math"

// erf x is x + x·P(x²) below 1 and 1 − exp(Q(x−2)) above, Q being ln(1 − erf).

// erf32 is erf x within 1.05 ulp.
func erf32(v float32) float32 {
	x := math.Abs(float64(v))
	if x > 4 {
		x = 4 // erf 4 rounds to 1
	}
	z := mul32(x, x)
	p := fma32(erfNear32c6, z, erfNear32c5)
	p = fma32(p, z, erfNear32c4)
	p = fma32(p, z, erfNear32c3)
	p = fma32(p, z, erfNear32c2)
	p = fma32(p, z, erfNear32c1)
	p = fma32(p, z, erfNear32c0)
	e := fma32(p, x, x)
	if x >= 1 {
		u := add32(x, -2)
		q := fma32(erfFar32c6, u, erfFar32c5)
		q = fma32(q, u, erfFar32c4)
		q = fma32(q, u, erfFar32c3)
		q = fma32(q, u, erfFar32c2)
		q = fma32(q, u, erfFar32c1)
		q = fma32(q, u, erfFar32c0)
		y, n := reduce32(q)
		h := power32(n)
		e = fma32(-y, h, add32(1, -h))
	}
	return float32(math.Copysign(e, float64(v)))
}

// erf64 is erf x within 1.2 ulp.
func erf64(v float64) float64 {
	x := math.Abs(v)
	if x > 6 {
		x = 6
	}
	if x >= 1 {
		return math.Copysign(erfFar64(x), v)
	}
	z := float64(x * x)
	p := math.FMA(erfNear64c12, z, erfNear64c11)
	p = math.FMA(p, z, erfNear64c10)
	p = math.FMA(p, z, erfNear64c9)
	p = math.FMA(p, z, erfNear64c8)
	p = math.FMA(p, z, erfNear64c7)
	p = math.FMA(p, z, erfNear64c6)
	p = math.FMA(p, z, erfNear64c5)
	p = math.FMA(p, z, erfNear64c4)
	p = math.FMA(p, z, erfNear64c3)
	p = math.FMA(p, z, erfNear64c2)
	p = math.FMA(p, z, erfNear64c1)
	p = math.FMA(p, z, erfNear64c0)
	return math.Copysign(math.FMA(p, x, x), v)
}

func erfFar64(x float64) float64 {
	u := x - 2
	q := math.FMA(erfFar64c18, u, erfFar64c17)
	q = math.FMA(q, u, erfFar64c16)
	q = math.FMA(q, u, erfFar64c15)
	q = math.FMA(q, u, erfFar64c14)
	q = math.FMA(q, u, erfFar64c13)
	q = math.FMA(q, u, erfFar64c12)
	q = math.FMA(q, u, erfFar64c11)
	q = math.FMA(q, u, erfFar64c10)
	q = math.FMA(q, u, erfFar64c9)
	q = math.FMA(q, u, erfFar64c8)
	q = math.FMA(q, u, erfFar64c7)
	q = math.FMA(q, u, erfFar64c6)
	q = math.FMA(q, u, erfFar64c5)
	q = math.FMA(q, u, erfFar64c4)
	q = math.FMA(q, u, erfFar64c3)
	q = math.FMA(q, u, erfFar64c2)
	q = math.FMA(q, u, erfFar64c1)
	q = math.FMA(q, u, erfFar64c0)
	y, n := reduce64(q)
	h := power64(n)
	return math.FMA(-y, h, 1-h)
}
