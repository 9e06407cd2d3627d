package avx512

import "github.com/godescent/descent/internal/kernel/gemm"

// microF32 is the float32 product: 14x32 tiles of 28 accumulators, blocks that
// fill half of a 1 MB second level cache.
func microF32() *gemm.Micro[float32] {
	return &gemm.Micro[float32]{
		MR: 14, NR: 32, Lanes: 16, KC: 1024, AC: 96 << 10, BC: 1 << 20, NarrowRows: 24, NarrowCols: 28, PackCols: 1 << 30, PackTiles: 16,
		Tile: func(rows, vectors int, byRow bool, s gemm.Strip[float32]) {
			tilesF32[index(byRow)][vectors-1][rows-1](s.Tiles, s.K, s.A, s.AK, s.ARow, s.ATile, s.B, s.BK, s.C, s.CRow, s.Last, s.Accumulate)
		},
		PackCopy: func(vectors int, dst, src *float32, stride, k, last int) {
			if vectors == 1 {
				packCopy1F32(dst, src, stride, k, last)
				return
			}
			packCopy2F32(dst, src, stride, k, last)
		},
		PackTranspose: packTransposeF32,
	}
}

// microF64 is the float64 product: 14x16 tiles.
func microF64() *gemm.Micro[float64] {
	return &gemm.Micro[float64]{
		MR: 14, NR: 16, Lanes: 8, KC: 512, AC: 48 << 10, BC: 512 << 10, NarrowRows: 12, NarrowCols: 14, PackCols: 1 << 30, PackTiles: 16,
		Tile: func(rows, vectors int, byRow bool, s gemm.Strip[float64]) {
			tilesF64[index(byRow)][vectors-1][rows-1](s.Tiles, s.K, s.A, s.AK, s.ARow, s.ATile, s.B, s.BK, s.C, s.CRow, s.Last, s.Accumulate)
		},
		PackCopy: func(vectors int, dst, src *float64, stride, k, last int) {
			if vectors == 1 {
				packCopy1F64(dst, src, stride, k, last)
				return
			}
			packCopy2F64(dst, src, stride, k, last)
		},
		PackTranspose: packTransposeF64,
	}
}

// microBF16 is the product of pairs of bf16 numbers (AVX512-BF16): float32's tiles.
func microBF16() *gemm.Pairs {
	return &gemm.Pairs{
		Micro: gemm.Micro[float32]{
			MR: 14, NR: 32, Lanes: 16, KC: 512, AC: 96 << 10, BC: 1 << 20,
			Tile: func(rows, vectors int, _ bool, s gemm.Strip[float32]) {
				tilesBF16[vectors-1][rows-1](s.Tiles, s.K, s.A, s.AK, s.ARow, s.ATile, s.B, s.BK, s.C, s.CRow, s.Last, s.Accumulate)
			},
		},
		PackAdjacent: func(vectors int, dst, src *float32, stride, k, last int) {
			if vectors == 1 {
				packPairs1(dst, src, stride, k, last)
				return
			}
			packPairs2(dst, src, stride, k, last)
		},
		PackTiles:   packPairsOfTiles,
		PackStrided: transposePairs,
	}
}

func index(b bool) int {
	if b {
		return 1
	}
	return 0
}
