package dense

import (
	"unsafe"

	"github.com/godescent/descent/internal/kernel"
)

// Product runs a product that has no scratch yet.
func Product(t *kernel.Table, g kernel.GemmArgs[float64]) {
	const line = 64 / 8 // what the scratch is aligned to
	w := make([]float64, t.GemmWork(g.M, g.N, g.K)+line)
	skip := int(-uintptr(unsafe.Pointer(&w[0]))&63) / 8
	g.Work = w[skip:]
	t.F64.Gemm(&g)
}
