package kernel

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// chain is Gemm's definition, word for word.
func chain[T Float](g *GemmArgs[T], fma func(a, b, c T) T) {
	for i := range g.M {
		for j := range g.N {
			acc := T(0)
			if g.Accumulate {
				acc = g.C[i*g.CRow+j]
			}
			for p := range g.K {
				acc = fma(g.A[i*g.ARow+p*g.ACol], g.B[p*g.BRow+j*g.BCol], acc)
			}
			g.C[i*g.CRow+j] = acc
		}
	}
}

// drawGemm draws a product with any transposition, padded rows, a C whose gaps
// must not change, and now and then values that need FMA32's careful path.
func drawGemm[T Float](t *rapid.T) GemmArgs[T] {
	dim := rapid.OneOf(rapid.IntRange(0, 12), rapid.IntRange(0, 70), rapid.SampledFrom([]int{127, 128, 129, 255, 256, 257, 300}))
	g := GemmArgs[T]{M: dim.Draw(t, "M"), N: dim.Draw(t, "N"), K: dim.Draw(t, "K"), Accumulate: rapid.Bool().Draw(t, "accumulate")}
	for g.M*g.N*g.K > 2_000_000 {
		g.M /= 2
	}
	layout := func(name string, rows, cols int) (row, col, size int) {
		pad := rapid.IntRange(0, 3).Draw(t, name+" padding")
		if rapid.Bool().Draw(t, name+" transposed") {
			return 1, rows + pad, max(0, cols*(rows+pad))
		}
		return cols + pad, 1, rows * (cols + pad)
	}
	var na, nb int
	g.ARow, g.ACol, na = layout("A", g.M, g.K)
	g.BRow, g.BCol, nb = layout("B", g.K, g.N)
	g.CRow = g.N + rapid.IntRange(0, 3).Draw(t, "C padding")
	exponent := rapid.SampledFrom([]int{0, 4, 80}).Draw(t, "exponents")
	coarse := rapid.SampledFrom([]float64{0, 0, 8, 4096}).Draw(t, "coarse")
	seed := rapid.Uint64().Draw(t, "seed")
	next := func() float64 {
		seed = seed*6364136223846793005 + 1442695040888963407
		v := float64(int64(seed)>>11) * 0x1p-52
		if coarse != 0 { // few digits: sums fall half-way between two float32
			v = math.Round(v*coarse) / coarse
		}
		if exponent != 0 {
			v = math.Ldexp(v, int(seed>>5)%exponent-exponent/2)
		}
		return v
	}
	fill := func(n int) []T {
		x := make([]T, n)
		for i := range x {
			x[i] = T(next())
		}
		return x
	}
	g.A, g.B, g.C = fill(na), fill(nb), fill(g.M*g.CRow)
	g.Work = make([]T, gemmWork(g.M, g.N, g.K))
	return g
}

func testGemm[T Float](gemm func(*GemmArgs[T]), fma func(a, b, c T) T) func(*rapid.T) {
	return func(t *rapid.T) {
		g := drawGemm[T](t)
		want := g
		want.C = append([]T(nil), g.C...)
		gemm(&g)
		chain(&want, fma)
		for i := range g.C {
			if !sameFloat(g.C[i], want.C[i]) {
				t.Fatalf("%d×%d×%d: C[%d] = %v, the chain gives %v", g.M, g.N, g.K, i, g.C[i], want.C[i])
			}
		}
	}
}

func TestGemm32IsTheChain(t *testing.T) { rapid.Check(t, testGemm(gemm32, FMA32)) }
func TestGemm64IsTheChain(t *testing.T) { rapid.Check(t, testGemm(gemm64, math.FMA)) }

func TestGemmDoesNotAllocate(t *testing.T) {
	g := GemmArgs[float32]{M: 9, N: 13, K: 300, A: make([]float32, 9*300), B: make([]float32, 300*13), C: make([]float32, 9*13),
		ARow: 300, ACol: 1, BRow: 13, BCol: 1, CRow: 13, Work: make([]float32, gemmWork(9, 13, 300))}
	if n := testing.AllocsPerRun(10, func() { gemm32(&g) }); n != 0 {
		t.Errorf("a product allocates %v times", n)
	}
}
