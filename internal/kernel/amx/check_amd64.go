package amx

import (
	"errors"
	"math"
	"unsafe"

	"github.com/godescent/descent/internal/kernel"
)

// check multiplies once before anybody relies on it: two tiles each way, two steps of k and an odd rest.
// The first operands are small whole numbers, of which every order of addition gives the same sum; the
// second are any, and their sums may be off by what 2(K+1) roundings can do. So a processor that adds in
// another order than the manual's is no reason to refuse it, and one that reads a tile otherwise is.
func check(product func(*kernel.GemmArgs[float32]), work func(m, n, k int) int) error {
	const m, n, k = 19, 21, 67
	for _, real := range []bool{false, true} {
		number := func(i int) float32 {
			v := i*i*7919%31 - 15
			if real {
				return kernel.RoundBF16(float32(v) / 7)
			}
			return float32(v)
		}
		g := kernel.GemmArgs[float32]{M: m, N: n, K: k, A: make([]float32, m*k), B: make([]float32, k*n), C: make([]float32, m*n),
			ARow: k, ACol: 1, BRow: 1, BCol: k, CRow: n, Accumulate: true, Work: scratch(work(m, n, k))}
		for i := range g.A {
			g.A[i] = number(i)
		}
		for i := range g.B {
			g.B[i] = number(i + 3)
		}
		for i := range g.C {
			g.C[i] = float32(i % 5)
		}
		product(&g)
		for i := range m {
			for j := range n {
				sum, size := float64((i*n+j)%5), float64((i*n+j)%5)
				for p := range k {
					x := float64(g.A[i*k+p]) * float64(g.B[j*k+p])
					sum, size = sum+x, size+math.Abs(x)
				}
				bound := 0.0
				if real {
					bound = 2 * (k + 1) * 0x1p-24 * size
				}
				if !(math.Abs(float64(g.C[i*n+j])-sum) <= bound) {
					return errors.New("a product of tiles is wrong on this processor")
				}
			}
		}
	}
	return nil
}

// scratch is n elements from a multiple of 64 bytes on.
func scratch(n int) []float32 {
	x := make([]float32, n+16)
	skip := int(-uintptr(unsafe.Pointer(&x[0]))&63) / 4
	return x[skip : skip+n]
}
