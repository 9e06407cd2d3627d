package avx2

import "unsafe"

func roundBF16(dst, x []float32) {
	x = x[:len(dst)]
	for len(dst) > chunk {
		asmRoundBF16(&dst[0], &x[0], chunk)
		dst, x = dst[chunk:], x[chunk:]
	}
	asmRoundBF16(unsafe.SliceData(dst), unsafe.SliceData(x), len(dst))
}
