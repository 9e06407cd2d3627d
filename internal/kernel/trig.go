package kernel

import (
	"math"
	"math/bits"
)

// sin and cos reduce |x| = n·π/2 + r with |r| ≤ 1.01·π/4 by a π/2 in three parts,
// exact enough up to a limit, and take one of two polynomials in r. Beyond the
// limit the reduction multiplies integers, which is slow and exact everywhere.
const (
	trigLimit32 = 1 << 17
	trigLimit64 = 1 << 20
)

// turn32 returns r and n for 0 ≤ x < Inf, n mod 4 counting.
func turn32(x float64) (r float64, n int32) {
	if x > trigLimit32 {
		far, m := turnFar(x)
		return float64(float32(far)), int32(m)
	}
	t := fma32(x, twoOverPi32, magic32)
	n = int32(math.Float32bits(float32(t)) - magicBits32)
	t = add32(t, -magic32)
	r = fma32(t, -halfPi32a, x)
	r = fma32(t, -halfPi32b, r)
	return fma32(t, -halfPi32c, r), n
}

// sincos32 are the sine and cosine of r, |r| ≤ 1.01·π/4.
func sincos32(r float64) (sin, cos float64) {
	z := mul32(r, r)
	s := fma32(sin32c2, z, sin32c1)
	s = fma32(s, z, sin32c0)
	c := fma32(cos32c2, z, cos32c1)
	c = fma32(c, z, cos32c0)
	c = fma32(c, z, -0.5)
	return fma32(mul32(z, r), s, r), fma32(c, z, 1)
}

// quadrant chooses between the sine and cosine of r for the sine of n·π/2 + r.
func quadrant(sin, cos float64, n int64) float64 {
	if n&1 != 0 {
		sin = cos
	}
	if n&2 != 0 {
		sin = -sin
	}
	return sin
}

// sinOf32 is sin x, NaN at ±Inf, within 1.56 ulp.
func sinOf32(v float32) float32 {
	x := math.Abs(float64(v))
	if x > math.MaxFloat32 {
		return float32(math.NaN())
	}
	r, n := turn32(x)
	s, c := sincos32(r)
	s = quadrant(s, c, int64(n))
	if math.Signbit(float64(v)) {
		s = -s
	}
	return float32(s)
}

// cosOf32 is cos x, NaN at ±Inf, within 1.56 ulp.
func cosOf32(v float32) float32 {
	x := math.Abs(float64(v))
	if x > math.MaxFloat32 {
		return float32(math.NaN())
	}
	r, n := turn32(x)
	s, c := sincos32(r)
	return float32(quadrant(s, c, int64(n)+1))
}

// turn64 is turn32 in float64.
func turn64(x float64) (r float64, n int64) {
	if x > trigLimit64 {
		return turnFar(x)
	}
	t := math.FMA(x, twoOverPi64, magic64)
	n = int64(math.Float64bits(t) - magicBits64)
	t -= magic64
	r = math.FMA(t, -halfPi64a, x)
	r = math.FMA(t, -halfPi64b, r)
	return math.FMA(t, -halfPi64c, r), n
}

func sincos64(r float64) (sin, cos float64) {
	z := float64(r * r)
	s := math.FMA(sin64c5, z, sin64c4)
	s = math.FMA(s, z, sin64c3)
	s = math.FMA(s, z, sin64c2)
	s = math.FMA(s, z, sin64c1)
	s = math.FMA(s, z, sin64c0)
	c := math.FMA(cos64c5, z, cos64c4)
	c = math.FMA(c, z, cos64c3)
	c = math.FMA(c, z, cos64c2)
	c = math.FMA(c, z, cos64c1)
	c = math.FMA(c, z, cos64c0)
	c = math.FMA(c, z, -0.5)
	return math.FMA(float64(z*r), s, r), math.FMA(c, z, 1)
}

// sinOf64 is sin x, NaN at ±Inf, within 1.5 ulp.
func sinOf64(v float64) float64 {
	x := math.Abs(v)
	if x > math.MaxFloat64 {
		return math.NaN()
	}
	r, n := turn64(x)
	s, c := sincos64(r)
	s = quadrant(s, c, n)
	if math.Signbit(v) {
		s = -s
	}
	return s
}

// cosOf64 is cos x, NaN at ±Inf, within 1.5 ulp.
func cosOf64(v float64) float64 {
	x := math.Abs(v)
	if x > math.MaxFloat64 {
		return math.NaN()
	}
	r, n := turn64(x)
	s, c := sincos64(r)
	return quadrant(s, c, n+1)
}

// turnFar returns r and n mod 4 for x ≥ 1: x = m·2^e for integers m < 2^53 and e,
// and m times the 192 bits of 2/π from weight 2^(1−e) on is 2^190·x·2/π mod 2^192,
// which leaves 137 right bits of fraction where no float64 needs more than 62 + 53.
// After Payne and Hanek, "Radian reduction for trigonometric functions", ACM SIGNUM
// Newsletter 18(1), 1983.
func turnFar(x float64) (r float64, n int64) {
	b := math.Float64bits(x)
	m, e := b&(1<<52-1)|1<<52, int(b>>52)-1023-52
	w2, w1, w0 := twoOverPiFrom(e-2), twoOverPiFrom(e+62), twoOverPiFrom(e+126)
	h0, p0 := bits.Mul64(m, w0)
	h1, l1 := bits.Mul64(m, w1)
	p1, carry := bits.Add64(h0, l1, 0)
	p2 := m*w2 + h1 + carry
	n = int64(p2 >> 62)
	p2, p1 = p2<<2|p1>>62, p1<<2|p0>>62 // the fraction's first 128 bits
	negative := p2>>63 != 0
	if negative { // nearer to the next quarter turn
		n++
		var borrow uint64
		p1, borrow = bits.Sub64(0, p1, 0)
		p2, _ = bits.Sub64(0, p2, borrow)
	}
	zeros := bits.LeadingZeros64(p2)
	if zeros > 0 {
		p2, p1 = p2<<zeros|p1>>(64-zeros), p1<<zeros
	}
	// p2 has its first bit set unless the fraction is below 2^−64, which no float64 reaches.
	hi := float64(p2>>11) * 0x1p-53
	lo := float64(p2<<53>>11|p1>>22) * 0x1p-106
	r = float64(hi * halfPi64a)
	tail := math.FMA(hi, halfPi64a, -r)
	tail = math.FMA(hi, halfPi64b, math.FMA(lo, halfPi64a, tail))
	r = (r + tail) * power64(int64(-zeros))
	if negative {
		r = -r
	}
	return r, n & 3
}

// twoOverPiFrom is the 64 bits of the binary fraction of 2/π that follow bit
// `skip`, bits before the point being zero.
func twoOverPiFrom(skip int) uint64 {
	word := func(i int) uint64 {
		if i < 0 {
			return 0
		}
		return twoOverPiBits[i]
	}
	i, s := skip>>6, uint(skip&63)
	if s == 0 {
		return word(i)
	}
	return word(i)<<s | word(i+1)>>(64-s)
}
