package kernel

import "math"

// FMA32 returns a·b + c rounded once to float32, the fused operation of the
// hardware, for all operands including subnormal ones and results.
func FMA32(a, b, c float32) float32 {
	return float32(fma32(float64(a), float64(b), float64(c)))
}

// fma32 is FMA32 on float32 values held in float64, which saves conversions
// where many follow each other.
//
// The product of two float32 is exact in float64, so s = RN53(x·y + z) has a
// single rounding; rounding s again to float32 goes wrong only where s lies
// exactly half-way between two float32 and the first rounding put it there.
// Such sums, and those below the normal range, whose half-way points lie
// elsewhere, are rounded to odd first: truncated, and the last bit set if
// anything was cut off. After Boldo and Melquiond, "Emulation of a FMA and
// correctly rounded sums: proved algorithms using rounding to odd", IEEE
// Transactions on Computers 57(4), 2008.
//
// Its shape keeps it just within what the compiler inlines.
func fma32(x, y, z float64) float64 {
	x *= y // exact, so fusing it into the sum below would change nothing
	s := x + z
	if u := math.Float64bits(s); u<<35 == 1<<63 || u<<1 < (1023-126)<<53 { // half-way, or |s| < 2^−126
		t := s - x
		t = x - (s - t) + (z - t) // s + t = x·y + z exactly (Knuth's two-sum), NaN if s is
		if t*s < 0 {
			u--
		}
		if t != 0 {
			s = math.Float64frombits(u | 1)
		}
	}
	return float64(float32(s))
}
