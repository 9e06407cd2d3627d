package kernel

import "math"

// The cube root comes from the inverse one, which needs no division. The bits of a
// float are its binary logarithm, roughly, so start − bits/3 are about those of
// r = a^(−1/3): e = 1 − a·r³ is at most 0.104. The series
//
//	r·(1 − e)^(−1/3) = r·(1 + e/3 + 2e²/9 + 14e³/81 + …)
//
// leaves 1.6e-5 of r, and Newton's step for the root y = a·r², y + (a − y³)/(3y²), with the
// residue to twice the digits, what its last rounding does and a hundredth of that.
// Small arguments are multiplied by a power of 8 first, so that no residue is subnormal.

const (
	cbrtStart32 = 0x2a5105   // the start's bits above the 9 that the division leaves out
	cbrtStart64 = 0x553eebeb // and above the 32
	third32     = 0x1.555556p-2
	third64     = 0x1.5555555555555p-2
	cbrt2of9    = 2.0 / 9
	cbrt14of81  = 14.0 / 81
)

// cbrt32 is the cube root of x within 0.54 ulp.
func cbrt32(x float32) float32 {
	a, scale := math.Abs(float64(x)), 1.0
	if !(a < math.Inf(1)) {
		return x
	}
	if a < 0x1p-60 {
		a, scale = a*0x1p96, 0x1p-32
	}
	t := fma32(float64(math.Float32bits(float32(a))>>9), -third32, magic32)
	r := float64(math.Float32frombits((math.Float32bits(float32(t)) - (magicBits32 - cbrtStart32)) << 9))
	e := fma32(-mul32(a, r), mul32(r, r), 1)
	p := fma32(e, float64(float32(cbrt14of81)), float64(float32(cbrt2of9)))
	p = fma32(p, e, third32)
	r = fma32(mul32(r, e), p, r)

	r2 := mul32(r, r)
	y := mul32(a, r2)
	y2 := mul32(y, y)
	lo := fma32(-y, y, y2) // y² = y2 − lo
	d := fma32(lo, y, fma32(-y2, y, a))
	y = fma32(d, mul32(r2, third32), y)
	return float32(math.Copysign(mul32(y, scale), float64(x)))
}

// cbrt64 is the cube root of x within 0.52 ulp. One step of Newton's method more
// makes r right to 4e-10.
func cbrt64(x float64) float64 {
	a, scale := math.Abs(x), 1.0
	if !(a < math.Inf(1)) {
		return x
	}
	if a < 0x1p-600 {
		a, scale = a*0x1p600, 0x1p-200
	}
	t := math.FMA(float64(math.Float64bits(a)>>32), -third64, magic64)
	r := math.Float64frombits((math.Float64bits(t) - (magicBits64 - cbrtStart64)) << 32)
	e := math.FMA(-float64(a*r), float64(r*r), 1)
	p := math.FMA(e, cbrt14of81, cbrt2of9)
	p = math.FMA(p, e, third64)
	r = math.FMA(float64(r*e), p, r)
	e = math.FMA(-float64(a*r), float64(r*r), 1)
	r = math.FMA(float64(r*e), third64, r)

	r2 := float64(r * r)
	y := float64(a * r2)
	y2 := float64(y * y)
	lo := math.FMA(-y, y, y2)
	d := math.FMA(lo, y, math.FMA(-y2, y, a))
	y = math.FMA(d, float64(r2*third64), y)
	return math.Copysign(float64(y*scale), x)
}
