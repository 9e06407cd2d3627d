package amx

import (
	"fmt"
	"testing"
	"time"

	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/gemm"
	"golang.org/x/sys/cpu"
)

// BenchmarkPacking is all of a product but the tiles: rounding and laying out both
// operands, which any processor with AVX512-BF16 can time. x-float32 is the time of AVX-512's float32
// peak, taken at 180 GFLOP/s, over it: what a product on tiles that cost nothing would gain.
func BenchmarkPacking(b *testing.B) {
	if !cpu.X86.HasAVX512BF16 {
		b.Skip("this processor has no AVX512-BF16")
	}
	u := tiles()
	u.Multiply = func(gemm.TileStrip) {}
	for _, s := range [][3]int{{1024, 1024, 1024}, {128, 784, 256}, {784, 128, 256}, {2048, 128, 512}, {128, 2048, 2048}, {64, 32, 64}} {
		for layout := range 4 {
			m, k, n := s[0], s[1], s[2]
			b.Run(fmt.Sprintf("%dx%dx%d/%d", m, k, n, layout), func(b *testing.B) {
				g := kernel.GemmArgs[float32]{M: m, N: n, K: k, A: make([]float32, m*k), B: make([]float32, k*n), C: make([]float32, m*n),
					ARow: k, ACol: 1, BRow: n, BCol: 1, CRow: n, Work: scratch(gemm.TilesWork(u, m, n, k))}
				if layout&1 != 0 {
					g.ARow, g.ACol = 1, m
				}
				if layout&2 != 0 {
					g.BRow, g.BCol = 1, k
				}
				best := time.Hour
				for range 20 {
					start := time.Now()
					gemm.RunTiles(u, &g)
					best = min(best, time.Since(start))
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(float64(m*k+k*n)/float64(best), "numbers/ns")
				b.ReportMetric(2*float64(m)*float64(k)*float64(n)/180/float64(best), "x-float32")
			})
		}
	}
}
