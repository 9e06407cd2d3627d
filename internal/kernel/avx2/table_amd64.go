package avx2

import (
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/gemm"
	"golang.org/x/sys/cpu"
)

// Supported reports whether the processor and the operating system let this
// package's assembly run.
func Supported() bool {
	x := &cpu.X86
	return x.HasAVX2 && x.HasFMA && x.HasBMI2
}

// Table returns the portable table with everything that has assembly
// replaced. Its routines crash where Supported is false.
func Table() *kernel.Table {
	t := kernel.Portable()
	t.Name = "avx2"
	overrideProducts(t)
	overrideGenerated(t)
	kernel.RootPower(&t.F32)
	kernel.RootPower(&t.F64)
	overrideCasts(t)
	return t
}

// overrideProducts sets the matrix products and the transposition that packs for them.
func overrideProducts(t *kernel.Table) {
	m32, m64 := microF32(), microF64()
	t.F32.Gemm = func(a *kernel.GemmArgs[float32]) { gemm.Run(m32, a) }
	t.F64.Gemm = func(a *kernel.GemmArgs[float64]) { gemm.Run(m64, a) }
	t.F32.Transpose = func(dst, src []float32, rows, cols, ldd, lds int) {
		gemm.Transpose(m32, dst, src, rows, cols, ldd, lds)
	}
	t.F64.Transpose = func(dst, src []float64, rows, cols, ldd, lds int) {
		gemm.Transpose(m64, dst, src, rows, cols, ldd, lds)
	}
	t.GemmWork = func(m, n, k int) int { return max(gemm.Work(m32, m, n, k), gemm.Work(m64, m, n, k)) }
	t.GemmMR, t.GemmNR = m32.MR, m32.NR
	t.RoundBF16 = roundBF16
}

// Peak runs float32 multiply-adds and nothing else and returns the number of
// floating-point operations it did: divided by the time it took, the machine's peak.
func Peak(rounds int) float64 {
	fmaPeakF32(rounds)
	return float64(rounds) * peakChains * 2 * 8
}

// PeakF64 is Peak for float64.
func PeakF64(rounds int) float64 {
	fmaPeakF64(rounds)
	return float64(rounds) * peakChains * 2 * 4
}

// peakChains is the number of multiply-adds in a round, as the generator wrote it.
const peakChains = 14
