package kernel

import (
	"math"
	"math/bits"
)

// Blocks is the number of blocks that a row of n elements is reduced in: ⌈n/Block⌉.
func Blocks(n int) int { return (n + Block - 1) / Block }

// SumBlocks adds block results, and with it a row of any length: the sum of n
// elements is the tree over its ⌈n/Block⌉ block sums, where
//
//	tree(p) = 0                         no block
//	tree(p) = p[0]                      one
//	tree(p) = tree(p[:h]) + tree(p[h:]) n of them, h the largest power of two below n
//
// so the order of the additions depends on n alone. A part of a row whose
// number of blocks is a power of two, starting at a multiple of it, is a node of the tree.
func SumBlocks[T Float](partials []T) T {
	switch n := len(partials); n {
	case 0:
		return 0
	case 1:
		return partials[0]
	default:
		h := split(n)
		return SumBlocks(partials[:h]) + SumBlocks(partials[h:])
	}
}

// MaxBlocks is the largest of block results by Max's rules, −Inf for none.
func MaxBlocks[T Float](partials []T) T {
	m := T(math.Inf(-1))
	for _, p := range partials {
		m = max(m, p)
	}
	return m
}

// MinBlocks is the smallest of block results by Min's rules, +Inf for none.
func MinBlocks[T Float](partials []T) T {
	m := T(math.Inf(1))
	for _, p := range partials {
		m = min(m, p)
	}
	return m
}

// ReduceRow is the reduction of a row of any length: ops.Reduce[r] over each
// block and the tree of SumBlocks, MaxBlocks or MinBlocks above them.
func ReduceRow[T Float](ops *Ops[T], r Reduce, x []T) T {
	if len(x) <= Block {
		return ops.Reduce[r](x)
	}
	h := split(Blocks(len(x))) * Block
	a, b := ReduceRow(ops, r, x[:h]), ReduceRow(ops, r, x[h:])
	switch r {
	case ReduceMax:
		return max(a, b)
	case ReduceMin:
		return min(a, b)
	}
	return a + b
}

// split is the largest power of two below n, for n ≥ 2.
func split(n int) int { return 1 << (bits.Len(uint(n-1)) - 1) }

// sumBlock adds the lanes in two halves of eight, as many sums as stay in registers.
func sumBlock[T Float](x []T) T {
	var s [Lanes]T
	full := len(x) &^ (Lanes - 1)
	if full > 0 {
		s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7] = sum8(x[:full])
		s[8], s[9], s[10], s[11], s[12], s[13], s[14], s[15] = sum8(x[8:full])
	}
	for l, v := range x[full:] {
		s[l] += v
	}
	return foldSum(&s)
}

func sum8[T Float](x []T) (s0, s1, s2, s3, s4, s5, s6, s7 T) {
	for i := 0; i+8 <= len(x); i += Lanes {
		v := x[i:][:8]
		s0, s1, s2, s3 = s0+v[0], s1+v[1], s2+v[2], s3+v[3]
		s4, s5, s6, s7 = s4+v[4], s5+v[5], s6+v[6], s7+v[7]
	}
	return
}

func foldSum[T Float](s *[Lanes]T) T {
	for h := Lanes / 2; h > 0; h /= 2 {
		for l := range h {
			s[l] += s[l+h]
		}
	}
	return s[0]
}

func dotBlock[T Float](x, y []T) T {
	y = y[:len(x)]
	var s [Lanes]T
	full := len(x) &^ (Lanes - 1)
	if full > 0 {
		s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7] = dot8(x[:full], y[:full])
		s[8], s[9], s[10], s[11], s[12], s[13], s[14], s[15] = dot8(x[8:full], y[8:full])
	}
	for l, v := range x[full:] {
		s[l] += T(v * y[full+l])
	}
	return foldSum(&s)
}

func dot8[T Float](x, y []T) (s0, s1, s2, s3, s4, s5, s6, s7 T) {
	for i := 0; i+8 <= len(x) && i+8 <= len(y); i += Lanes {
		v, w := x[i:][:8], y[i:][:8]
		s0, s1, s2, s3 = s0+T(v[0]*w[0]), s1+T(v[1]*w[1]), s2+T(v[2]*w[2]), s3+T(v[3]*w[3])
		s4, s5, s6, s7 = s4+T(v[4]*w[4]), s5+T(v[5]*w[5]), s6+T(v[6]*w[6]), s7+T(v[7]*w[7])
	}
	return
}

// maxBlock needs no lanes: Max is associative and commutative, NaN and ±0 included.
func maxBlock[T Float](x []T) T {
	m := T(math.Inf(-1))
	m0, m1, m2, m3 := m, m, m, m
	for len(x) >= 4 {
		m0, m1, m2, m3 = max(m0, x[0]), max(m1, x[1]), max(m2, x[2]), max(m3, x[3])
		x = x[4:]
	}
	for _, v := range x {
		m0 = max(m0, v)
	}
	return max(m0, m1, m2, m3)
}

func minBlock[T Float](x []T) T {
	m := T(math.Inf(1))
	m0, m1, m2, m3 := m, m, m, m
	for len(x) >= 4 {
		m0, m1, m2, m3 = min(m0, x[0]), min(m1, x[1]), min(m2, x[2]), min(m3, x[3])
		x = x[4:]
	}
	for _, v := range x {
		m0 = min(m0, v)
	}
	return min(m0, m1, m2, m3)
}
