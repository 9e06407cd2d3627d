package neon

import "github.com/godescent/descent/internal/kernel/gemm"

// The block sizes are chosen for the caches of the common 64-bit Arm cores, not
// measured: a panel of B of KC steps takes 32 KB of a first level cache of 64
// KB or more, and a packed block of A 256 KB of a second level of 512 KB or more.

// microF32 is the float32 product: 6x16 tiles of 24 accumulators.
func microF32() *gemm.Micro[float32] {
	return &gemm.Micro[float32]{
		MR: 6, NR: 16, Lanes: 4, KC: 512, AC: 64 << 10, BC: 512 << 10, NarrowRows: 2, NarrowCols: 7, PackCols: 128, PackTiles: 4,
		Tile: func(rows, vectors int, byRow bool, s gemm.Strip[float32]) {
			tilesF32[index(byRow)][vectors-1][rows-1](s.Tiles, s.K, s.A, s.AK, s.ARow, s.ATile, s.B, s.BK, s.C, s.CRow, s.Last, s.Accumulate)
		},
		PackCopy: func(vectors int, dst, src *float32, stride, k, last int) {
			packCopiesF32[vectors-1](dst, src, stride, k, last)
		},
		PackTranspose: packTransposeF32,
	}
}

// microF64 is the float64 product: 6x8 tiles.
func microF64() *gemm.Micro[float64] {
	return &gemm.Micro[float64]{
		MR: 6, NR: 8, Lanes: 2, KC: 512, AC: 32 << 10, BC: 256 << 10, NarrowRows: 1, NarrowCols: 3, PackCols: 128, PackTiles: 4,
		Tile: func(rows, vectors int, byRow bool, s gemm.Strip[float64]) {
			tilesF64[index(byRow)][vectors-1][rows-1](s.Tiles, s.K, s.A, s.AK, s.ARow, s.ATile, s.B, s.BK, s.C, s.CRow, s.Last, s.Accumulate)
		},
		PackCopy: func(vectors int, dst, src *float64, stride, k, last int) {
			packCopiesF64[vectors-1](dst, src, stride, k, last)
		},
		PackTranspose: packTransposeF64,
	}
}

func index(b bool) int {
	if b {
		return 1
	}
	return 0
}
