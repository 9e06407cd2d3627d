package kernel

// Random numbers are Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel
// random numbers: as easy as 1, 2, 3", SC 2011: a function of key and counter,
// so that any part of a stream is made without what comes before it.
//
// Word w of the stream (key, step) is word w mod 4 of the block whose counter is
//
//	(low 32 bits of ⌊w/4⌋, high 32 bits of ⌊w/4⌋, low 32 bits of step, high 32 bits of step)
//
// under the key words (low 32 bits of key, high 32 bits of key).

const (
	philoxRounds = 10
	philoxMul0   = 0xD2511F53
	philoxMul1   = 0xCD9E8D57
	philoxWeyl0  = 0x9E3779B9
	philoxWeyl1  = 0xBB67AE85
)

// philox is one block: ten rounds on the counter, the key moving between them.
func philox(c0, c1, c2, c3, k0, k1 uint32) (w0, w1, w2, w3 uint32) {
	for range philoxRounds / 2 {
		c0, c1, c2, c3 = philoxRound(c0, c1, c2, c3, k0, k1)
		c0, c1, c2, c3 = philoxRound(c0, c1, c2, c3, k0+philoxWeyl0, k1+philoxWeyl1)
		k0, k1 = k0+2*philoxWeyl0%(1<<32), k1+2*philoxWeyl1%(1<<32)
	}
	return c0, c1, c2, c3
}

func philoxRound(c0, c1, c2, c3, k0, k1 uint32) (w0, w1, w2, w3 uint32) {
	p0, p1 := philoxMul0*uint64(c0), philoxMul1*uint64(c2)
	return uint32(p1>>32) ^ c1 ^ k0, uint32(p1), uint32(p0>>32) ^ c3 ^ k1, uint32(p0)
}

// PhiloxWords writes words start, start+1, ... of the stream (key, step), start ≥ 0.
func PhiloxWords(dst []uint32, key, step uint64, start int) {
	k0, k1, c2, c3 := uint32(key), uint32(key>>32), uint32(step), uint32(step>>32)
	block := uint64(start) / 4
	if skip := start % 4; skip != 0 && len(dst) > 0 {
		var w [4]uint32
		w[0], w[1], w[2], w[3] = philox(uint32(block), uint32(block>>32), c2, c3, k0, k1)
		dst = dst[copy(dst, w[skip:]):]
		block++
	}
	for ; len(dst) >= 4; block++ {
		dst[0], dst[1], dst[2], dst[3] = philox(uint32(block), uint32(block>>32), c2, c3, k0, k1)
		dst = dst[4:]
	}
	if len(dst) > 0 {
		var w [4]uint32
		w[0], w[1], w[2], w[3] = philox(uint32(block), uint32(block>>32), c2, c3, k0, k1)
		copy(dst, w[:])
	}
}

// uniform32 makes element i of word i: its 24 high bits, times 2^−24.
func uniform32(dst []float32, key, step uint64, start int) {
	var w [Block]uint32
	for len(dst) > 0 {
		n := min(len(dst), Block)
		PhiloxWords(w[:n], key, step, start)
		for i := range n {
			dst[i] = float32(w[i]>>8) * 0x1p-24
		}
		dst, start = dst[n:], start+n
	}
}

// uniform64 makes element i of words 2i (low) and 2i+1 (high): the 53 high bits
// of the 64, times 2^−53.
func uniform64(dst []float64, key, step uint64, start int) {
	var w [2 * Block]uint32
	for len(dst) > 0 {
		n := min(len(dst), Block)
		PhiloxWords(w[:2*n], key, step, 2*start)
		for i := range n {
			dst[i] = float64((uint64(w[2*i+1])<<32|uint64(w[2*i]))>>11) * 0x1p-53
		}
		dst, start = dst[n:], start+n
	}
}

// signs makes 32 elements of a word.
func signs[T Float](dst []T, key, step uint64, start int) {
	var w [Block / 32]uint32
	for len(dst) > 0 {
		skip := start % 32
		n := min(len(dst), Block-skip)
		PhiloxWords(w[:(skip+n+31)/32], key, step, start/32)
		for i := range n {
			dst[i] = T(1 - 2*int32(w[(skip+i)/32]>>((skip+i)%32)&1))
		}
		dst, start = dst[n:], start+n
	}
}
