package neon

import "github.com/godescent/descent/internal/kernel"

// overrideCasts sets the conversions: whole vectors by assembly, the rest here.
func overrideCasts(t *kernel.Table) {
	t.CastF32F64 = func(dst []float64, x []float32) { convert(dst, x, asmCastF32F64) }
	t.CastF64F32 = func(dst []float32, x []float64) { convert(dst, x, asmCastF64F32) }
	t.CastI32F32 = func(dst []float32, x []int32) { convert(dst, x, asmCastI32F32) }
	t.CastU8F32 = func(dst []float32, x []uint8) { convert(dst, x, asmCastU8F32) }
}

// convert applies vectors, which takes multiples of 16 elements, to chunks of x.
func convert[D kernel.Float, S kernel.Float | uint8 | int32](dst []D, x []S, vectors func(dst *D, x *S, n int)) {
	x = x[:len(dst)]
	for len(dst) >= 16 {
		n := min(len(dst), chunk) &^ 15
		vectors(&dst[0], &x[0], n)
		dst, x = dst[n:], x[n:]
	}
	for i := range dst {
		dst[i] = D(x[i])
	}
}
