package kernel

import "math"

// Normal numbers come in pairs by the method of Box and Muller, "A note on the
// generation of random normal deviates", Annals of Mathematical Statistics
// 29(2), 1958: a radius √(−2·ln u) from one word and an angle from the next, whose
// cosine makes the even element and whose sine the odd one. Element i is thus a
// function of key, step and i, and of the words that uniform element i has.

// normal32 makes elements 2j and 2j+1 of words 2j, the radius, and 2j+1, the angle.
func normal32(dst []float32, key, step uint64, start int) {
	var w [2 * Block]uint32
	for len(dst) > 0 {
		skip := start & 1 // the sine of a pair whose cosine is not wanted
		n := min(len(dst), 2*Block-skip)
		words := w[:(skip+n+1)&^1]
		PhiloxWords(words, key, step, start-skip)
		for i := 0; i < len(words); i += 2 {
			c, s := boxMuller32(words[i], words[i+1])
			if at := i - skip; at >= 0 {
				dst[at] = c
			}
			if at := i - skip + 1; at < n {
				dst[at] = s
			}
		}
		dst, start = dst[n:], start+n
	}
}

// boxMuller32 has u = (a + ½)·2^−32 in (0, 1], so that no radius exceeds 6.77,
// and the angle b·2π·2^−32 reduced to n quarter turns and r by integers.
func boxMuller32(a, b uint32) (c, s float32) {
	u := fma32(float64(float32(a)), 0x1p-32, 0x1p-33)
	radius := float64(float32(math.Sqrt(mul32(-2, float64(log32(float32(u)))))))
	n := (b + 1<<29) >> 30
	r := mul32(float64(float32(int32(b-n<<30))), halfPi32a*0x1p-30)
	sin, cos := sincos32(r)
	c = float32(mul32(radius, quadrant(sin, cos, int64(n)+1)))
	s = float32(mul32(radius, quadrant(sin, cos, int64(n))))
	return c, s
}

// normal64 makes elements 2j and 2j+1 of the four words from 4j on: two for the
// radius, two for the angle, low word first.
func normal64(dst []float64, key, step uint64, start int) {
	var w [2 * Block]uint32
	for len(dst) > 0 {
		skip := start & 1
		n := min(len(dst), Block-skip)
		words := w[:(skip+n+1)&^1*2]
		PhiloxWords(words, key, step, 2*(start-skip))
		for i := 0; 2*i < len(words); i += 2 {
			v := words[2*i:][:4]
			c, s := boxMuller64(uint64(v[1])<<32|uint64(v[0]), uint64(v[3])<<32|uint64(v[2]))
			if at := i - skip; at >= 0 {
				dst[at] = c
			}
			if at := i - skip + 1; at < n {
				dst[at] = s
			}
		}
		dst, start = dst[n:], start+n
	}
}

// boxMuller64 has u = (a' + ½)·2^−53 and the angle b'·2π·2^−53, a' and b' being
// the 53 high bits of a and b.
func boxMuller64(a, b uint64) (c, s float64) {
	u := math.FMA(float64(a>>11), 0x1p-53, 0x1p-54)
	radius := math.Sqrt(-2 * log64(u))
	b >>= 11
	n := (b + 1<<50) >> 51
	r := float64(float64(int64(b-n<<51)) * (halfPi64a * 0x1p-51))
	sin, cos := sincos64(r)
	return radius * quadrant(sin, cos, int64(n)+1), radius * quadrant(sin, cos, int64(n))
}
