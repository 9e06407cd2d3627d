package data

import (
	"slices"
	"testing"
)

// The vectors are the three `philox4x32 10` lines of kat_vectors in the
// authors' Random123 distribution: counter, key, result.
func TestPhiloxVectors(t *testing.T) {
	const f = 0xffffffff
	tests := []struct {
		counter [4]uint32
		key     [2]uint32
		want    [4]uint32
	}{
		{[4]uint32{}, [2]uint32{}, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{[4]uint32{f, f, f, f}, [2]uint32{f, f}, [4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{
			[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, [2]uint32{0xa4093822, 0x299f31d0},
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
		},
	}
	for _, c := range tests {
		if got := philox(c.counter, c.key); got != c.want {
			t.Errorf("philox(%08x, %08x) = %08x, want %08x", c.counter, c.key, got, c.want)
		}
	}
}

// Every position of a permutation of 5 takes every value equally often: the
// chi-square statistic of 5 values over 20,000 permutations has 4 degrees of
// freedom and exceeds 23.5 once in ten thousand times (the seed is fixed, so
// the outcome is too).
func TestPermuteIsUniform(t *testing.T) {
	const n, trials = 5, 20000
	var counts [n][n]float64
	for at := range trials {
		p := make([]int32, n)
		identity(p)
		permute(p, 7, drawShuffle, uint64(at))
		for i, v := range p {
			counts[i][v]++
		}
	}
	for i := range counts {
		chi := 0.0
		for _, c := range counts[i] {
			d := c - trials/n
			chi += d * d / (trials / n)
		}
		if chi > 23.5 {
			t.Errorf("position %d: chi-square %.1f over counts %v", i, chi, counts[i])
		}
	}
}

func TestPermuteTinyAndPurpose(t *testing.T) {
	permute(nil, 1, drawShuffle, 0)
	one := []int32{0}
	permute(one, 1, drawShuffle, 0)
	if one[0] != 0 {
		t.Errorf("a permutation of one is %v", one)
	}
	a, b, c := make([]int32, 50), make([]int32, 50), make([]int32, 50)
	identity(a)
	identity(b)
	identity(c)
	permute(a, 1, drawShuffle, 3)
	permute(b, 1, drawSplit, 3)
	permute(c, 1<<40|1, drawShuffle, 3)
	if slices.Equal(a, b) || slices.Equal(a, c) {
		t.Error("another purpose or another high word of the seed gave the same permutation")
	}
}
