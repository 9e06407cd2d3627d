package data

import "math/bits"

// The purposes that random numbers are drawn for. A purpose is one word of the
// generator's counter, so two purposes never share a number under one seed.
// They are part of what a seed means and never change.
const (
	drawSplit       uint32 = 0xda7a0001
	drawShuffle     uint32 = 0xda7a0002
	drawReplacement uint32 = 0xda7a0003
	drawChunks      uint32 = 0xda7a0004
	drawWindow      uint32 = 0xda7a0005
)

// philox is Philox4x32-10: 128 random bits as a function of a counter and a key
// (Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3,
// SC 2011).
func philox(c [4]uint32, k [2]uint32) [4]uint32 {
	c0, c1, c2, c3, k0, k1 := c[0], c[1], c[2], c[3], k[0], k[1]
	for range 10 {
		p := 0xd2511f53 * uint64(c0)
		q := 0xcd9e8d57 * uint64(c2)
		c0, c1, c2, c3 = uint32(q>>32)^c1^k0, uint32(q), uint32(p>>32)^c3^k1, uint32(p)
		k0 += 0x9e3779b9
		k1 += 0xbb67ae85
	}
	return [4]uint32{c0, c1, c2, c3}
}

// pair is random numbers 2j and 2j+1 of position at (an epoch, a step) for one
// purpose, 64 bits each.
func pair(seed uint64, purpose uint32, at uint64, j uint32) [2]uint64 {
	b := philox(
		[4]uint32{j, uint32(at), uint32(at >> 32), purpose},
		[2]uint32{uint32(seed), uint32(seed >> 32)})
	return [2]uint64{uint64(b[1])<<32 | uint64(b[0]), uint64(b[3])<<32 | uint64(b[2])}
}

// below maps 64 random bits to 0..n-1: the high word of their product. With n
// below 2³¹ no value is favoured by more than 2⁻³³ of its chance.
func below(u uint64, n int) int {
	hi, _ := bits.Mul64(u, uint64(n))
	return int(hi)
}

// permute shuffles p by Fisher and Yates: place i swaps with one of 0..i, chosen
// by random number i of the position.
func permute(p []int32, seed uint64, purpose uint32, at uint64) {
	var two [2]uint64
	for i := len(p) - 1; i > 0; i-- {
		if i&1 == 1 || i == len(p)-1 {
			two = pair(seed, purpose, at, uint32(i)/2)
		}
		j := below(two[i&1], i+1)
		p[i], p[j] = p[j], p[i]
	}
}

// identity fills p with 0, 1, 2, ...
func identity(p []int32) {
	for i := range p {
		p[i] = int32(i)
	}
}
