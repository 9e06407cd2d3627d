package gemm

import "github.com/godescent/descent/internal/kernel"

// Transpose is: for i := range rows { for j := range cols { dst[j*ldd+i] = src[i*lds+j] } },
// in strips as narrow as a vector and as long as stays in the first level cache.
func Transpose[T kernel.Float](u *Micro[T], dst, src []T, rows, cols, ldd, lds int) {
	const strip = 64
	for j := 0; j < cols; j += strip {
		for i := 0; i < rows; i += u.Lanes {
			n := min(u.Lanes, rows-i)
			u.PackTranspose(&dst[j*ldd+i], size[T](ldd), &src[i*lds+j], size[T](lds), n, min(strip, cols-j), n)
		}
	}
}
