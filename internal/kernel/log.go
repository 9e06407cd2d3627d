package kernel

import "math"

// ln(2^k·m) = k·ln 2 + ln m. In float32 m lies in [⅔, 4/3) and ln(1+f) is a
// polynomial; in float64 m lies in [√½, √2) and ln(1+f) = ln((1+s)/(1−s)) with
// s = f/(2+f), an odd series that needs a third of the terms.

const (
	twoThirdsBits32 = 0x3f2aaaab
	rootHalfBits64  = 0x3fe6a09e667f3bcd
)

// log32 is ln x, −Inf at ±0 and NaN below, within 0.94 ulp.
func log32(v float32) float32 {
	x, k := v, int32(0)
	if v < 0x1p-126 {
		x, k = v*0x1p23, -23
	}
	bits := math.Float32bits(x) - twoThirdsBits32
	k += int32(bits) >> 23
	m := math.Float32frombits(bits&(1<<23-1) + twoThirdsBits32)
	return logEnds(v, logSum32(float64(m-1), float64(k)))
}

// logSum32 is k·ln 2 + ln(1+f) for |f| ≤ ⅓.
func logSum32(f, k float64) float32 {
	q := fma32(log32c8, f, log32c7)
	q = fma32(q, f, log32c6)
	q = fma32(q, f, log32c5)
	q = fma32(q, f, log32c4)
	q = fma32(q, f, log32c3)
	q = fma32(q, f, log32c2)
	q = fma32(q, f, log32c1)
	q = fma32(q, f, -0.5)
	l := fma32(mul32(f, f), q, f)
	l = fma32(k, ln2lo32, l)
	return float32(fma32(k, ln2hi32, l))
}

// logEnds is the logarithm of x where a finite x > 0 has the logarithm l.
func logEnds[T Float](x, l T) T {
	switch {
	case x != x:
		return x
	case x < 0:
		return T(math.NaN())
	case x == 0:
		return T(math.Inf(-1))
	case math.IsInf(float64(x), 1):
		return x
	}
	return l
}

// log1p32 is ln(1+x) = ln(u) with c/u added, where u + c = 1 + x exactly; for
// small x, u's scale is 1 and f is x itself. It is within 1.55 ulp.
func log1p32(v float32) float32 {
	x := float64(v)
	u := add32(1, x)
	b := add32(u, -1)
	c := add32(add32(1, -add32(u, -b)), add32(x, -b))
	bits := math.Float32bits(float32(u)) - twoThirdsBits32
	k := int32(bits) >> 23
	m := float64(math.Float32frombits(bits&(1<<23-1) + twoThirdsBits32))
	scale := float64(math.Float32frombits(uint32(128-k) << 23)) // 2^(1−k), and 0 for k = 128, where c is 0
	f := fma32(mul32(c, scale), 0.5, add32(m, -1))
	l := logEnds(float32(u), logSum32(f, float64(k)))
	if v == 0 {
		return v // keeps −0
	}
	return l
}

// log64 is ln x within 0.85 ulp.
func log64(v float64) float64 {
	x, k := v, int64(0)
	if v < 0x1p-1022 {
		x, k = v*0x1p52, -52
	}
	bits := math.Float64bits(x) - rootHalfBits64
	k += int64(bits) >> 52
	m := math.Float64frombits(bits&(1<<52-1) + rootHalfBits64)
	return logEnds(v, logSum64(m-1, float64(k)))
}

// logSum64 is k·ln 2 + ln(1+f) = k·ln 2 + f − (f²/2 − s·(f²/2 + z·R(z))), z = s².
func logSum64(f, k float64) float64 {
	s := f / (2 + f)
	z := float64(s * s)
	q := math.FMA(log64c6, z, log64c5)
	q = math.FMA(q, z, log64c4)
	q = math.FMA(q, z, log64c3)
	q = math.FMA(q, z, log64c2)
	q = math.FMA(q, z, log64c1)
	q = math.FMA(q, z, log64c0)
	h := float64(float64(f*f) * 0.5)
	w := math.FMA(s, math.FMA(z, q, h), float64(k*ln2lo64))
	return math.FMA(k, ln2hi64, f-(h-w))
}

// log1p64 is ln(1+x) within 1.6 ulp.
func log1p64(v float64) float64 {
	u := 1 + v
	b := u - 1
	c := (1 - (u - b)) + (v - b)
	bits := math.Float64bits(u) - rootHalfBits64
	k := int64(bits) >> 52
	m := math.Float64frombits(bits&(1<<52-1) + rootHalfBits64)
	scale := math.Float64frombits(uint64(1024-k) << 52)
	f := math.FMA(float64(c*scale), 0.5, m-1)
	l := logEnds(u, logSum64(f, float64(k)))
	if v == 0 {
		return v
	}
	return l
}
