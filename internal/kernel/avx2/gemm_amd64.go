package avx2

import "github.com/godescent/descent/internal/kernel/gemm"

// microF32 is the float32 product: 6x16 tiles of 12 accumulators, blocks that
// fill half of a 1 MB second level cache.
func microF32() *gemm.Micro[float32] {
	return &gemm.Micro[float32]{
		MR: 6, NR: 16, Lanes: 8, KC: 1024, AC: 96 << 10, BC: 1 << 20, NarrowRows: 4, NarrowCols: 14, PackCols: 128, PackTiles: 4,
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

// microF64 is the float64 product: 6x8 tiles.
func microF64() *gemm.Micro[float64] {
	return &gemm.Micro[float64]{
		MR: 6, NR: 8, Lanes: 4, KC: 512, AC: 48 << 10, BC: 512 << 10, NarrowRows: 2, NarrowCols: 7, PackCols: 128, PackTiles: 4,
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

func index(b bool) int {
	if b {
		return 1
	}
	return 0
}
