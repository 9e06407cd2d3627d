package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func BenchmarkGemm32(b *testing.B) { benchGemm(b, gemm32) }
func BenchmarkGemm64(b *testing.B) { benchGemm(b, gemm64) }

func benchGemm[T Float](b *testing.B, gemm func(*GemmArgs[T])) {
	for _, s := range [][3]int{{128, 256, 784}, {784, 256, 128}, {128, 10, 128}, {16, 16, 16}} {
		m, n, k := s[0], s[1], s[2]
		b.Run(fmt.Sprintf("%dx%dx%d", m, n, k), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 2))
			g := GemmArgs[T]{M: m, N: n, K: k, A: make([]T, m*k), B: make([]T, k*n), C: make([]T, m*n),
				ARow: k, ACol: 1, BRow: n, BCol: 1, CRow: n, Work: make([]T, gemmWork(m, n, k))}
			for i := range g.A {
				g.A[i] = T(r.NormFloat64())
			}
			for i := range g.B {
				g.B[i] = T(r.NormFloat64())
			}
			for b.Loop() {
				gemm(&g)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(m*n*k), "ns/fma")
			b.ReportMetric(0, "ns/op")
		})
	}
}
