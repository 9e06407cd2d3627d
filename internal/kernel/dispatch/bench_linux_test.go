package dispatch

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/godescent/descent/internal/kernel"
	"golang.org/x/sys/unix"
)

// threadTime is the time this thread has spent on a processor, so that other
// work on the machine does not count.
func threadTime() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
		panic(err)
	}
	return time.Duration(ts.Nano())
}

// fastest is the least time per call of f, over batches of about 200 µs.
func fastest(batches int, f func()) time.Duration {
	start := threadTime()
	f()
	calls := max(1, int(200*time.Microsecond/max(1, threadTime()-start)))
	best := time.Hour
	for range batches {
		start := threadTime()
		for range calls {
			f()
		}
		best = min(best, (threadTime()-start)/time.Duration(calls))
	}
	return best
}

// peakRate is the float32 peak in operations per nanosecond.
func peakRate(name string) float64 {
	const rounds = 20000
	peak := Peak(name)
	return peak(rounds) / float64(fastest(5, func() { peak(rounds) }))
}

var benchShapes = []struct {
	m, k, n int
	at, bt  bool // A, B stored transposed
}{
	{m: 128, k: 128, n: 128}, {m: 256, k: 256, n: 256}, {m: 1024, k: 1024, n: 1024}, {m: 1024, k: 1024, n: 1024, at: true, bt: true}, {m: 2048, k: 2048, n: 2048},
	{m: 128, k: 784, n: 256}, {m: 784, k: 128, n: 256, at: true}, {m: 128, k: 256, n: 784, bt: true}, {m: 64, k: 1024, n: 1024}, {m: 64, k: 1024, n: 1024, bt: true},
	{m: 128, k: 2048, n: 2048}, {m: 2048, k: 128, n: 2048, at: true}, {m: 128, k: 2048, n: 2048, bt: true},
	{m: 128, k: 128, n: 10}, {m: 128, k: 10, n: 128, bt: true}, {m: 128, k: 128, n: 10, at: true}, {m: 64, k: 3136, n: 128},
	{m: 64, k: 32, n: 64, bt: true}, {m: 64, k: 64, n: 32}, {m: 2048, k: 128, n: 65}, {m: 2048, k: 128, n: 512}, {m: 2048, k: 128, n: 512, bt: true}, {m: 128, k: 2048, n: 512, at: true},
	{m: 32, k: 9, n: 784}, {m: 64, k: 288, n: 196}, {m: 1, k: 1024, n: 1024}, {m: 1024, k: 1024, n: 1}, {m: 1, k: 1024, n: 1024, bt: true}, {m: 8, k: 1024, n: 1024}, {m: 16, k: 16, n: 16}, {m: 32, k: 32, n: 32},
}

// BenchmarkGemm reports each shape's rate in GFLOP/s and as a percentage of
// the peak measured around it.
func BenchmarkGemm(b *testing.B) {
	for _, name := range Names() {
		if name == "generic" {
			continue
		}
		table, err := Pick(name)
		if err != nil {
			b.Fatal(err)
		}
		for _, s := range benchShapes {
			b.Run(fmt.Sprintf("%s/%dx%dx%d%s%s", name, s.m, s.k, s.n, map[bool]string{true: "/A^T"}[s.at], map[bool]string{true: "/B^T"}[s.bt]), func(b *testing.B) {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				g := benchProduct(table, s.m, s.k, s.n, s.at, s.bt)
				flops := 2 * float64(s.m) * float64(s.k) * float64(s.n)
				var rate, peak float64
				for range b.N {
					peak = max(peak, peakRate(name))
					rate = max(rate, flops/float64(fastest(5, func() { table.F32.Gemm(g) })))
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(rate, "GFLOP/s")
				b.ReportMetric(100*rate/peak, "%peak")
			})
		}
	}
}

// BenchmarkGemmBF16 reports each shape's rate in bf16, conversion included, and what
// multiple of the float32 product's it is, the two measured by turns.
func BenchmarkGemmBF16(b *testing.B) {
	for _, name := range Names() {
		if name == "generic" {
			continue
		}
		table, err := Pick(name)
		if err != nil {
			b.Fatal(err)
		}
		product, work := table.BF16()
		how := map[bool]string{true: "emulated", false: "native"}[table.GemmBF16 == nil]
		for _, s := range benchShapes {
			b.Run(fmt.Sprintf("%s/%s/%dx%dx%d%s%s", name, how, s.m, s.k, s.n, map[bool]string{true: "/A^T"}[s.at], map[bool]string{true: "/B^T"}[s.bt]), func(b *testing.B) {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				g := benchProduct(table, s.m, s.k, s.n, s.at, s.bt)
				half := *g
				half.Work = aligned(work(s.m, s.n, s.k))
				flops := 2 * float64(s.m) * float64(s.k) * float64(s.n)
				full, rounded := time.Hour, time.Hour
				for range 3 * b.N {
					full = min(full, fastest(3, func() { table.F32.Gemm(g) }))
					rounded = min(rounded, fastest(3, func() { product(&half) }))
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(flops/float64(rounded), "GFLOP/s")
				b.ReportMetric(float64(full)/float64(rounded), "x-float32")
			})
		}
	}
}

func benchProduct(table *kernel.Table, m, k, n int, at, bt bool) *kernel.GemmArgs[float32] {
	g := &kernel.GemmArgs[float32]{M: m, N: n, K: k, ARow: k, ACol: 1, BRow: n, BCol: 1, CRow: n,
		A: normal(m * k), B: normal(k * n), C: make([]float32, m*n), Work: aligned(table.GemmWork(m, n, k))}
	if at {
		g.ARow, g.ACol = 1, m
	}
	if bt {
		g.BRow, g.BCol = 1, k
	}
	return g
}

func normal(n int) []float32 {
	x := aligned(n)
	for i := range x {
		x[i] = float32(rand.NormFloat64())
	}
	return x
}

// aligned is n elements at a 64-byte boundary.
func aligned(n int) []float32 {
	x := make([]float32, n+16)
	skip := int(-uintptr(unsafe.Pointer(&x[0]))&63) / 4
	return x[skip : skip+n]
}

// BenchmarkElementwise reports elements per nanosecond on tiles of one block,
// which is how a compiled program calls these routines, call included.
func BenchmarkElementwise(b *testing.B) {
	x, y, z := normal(kernel.Block), normal(kernel.Block), normal(kernel.Block)
	dst, positive := aligned(kernel.Block), aligned(kernel.Block)
	for i, v := range x {
		positive[i] = v * v
	}
	for _, name := range Names() {
		table, err := Pick(name)
		if err != nil {
			b.Fatal(err)
		}
		run := func(op string, f func()) {
			b.Run(name+"/"+op, func(b *testing.B) {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				best := time.Hour
				for range b.N {
					start := threadTime()
					for range 1000 {
						f()
					}
					best = min(best, threadTime()-start)
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(1000*kernel.Block/float64(best), "elements/ns")
			})
		}
		ops := &table.F32
		for op, n := range map[kernel.Unary]string{kernel.Neg: "neg", kernel.Abs: "abs", kernel.Sign: "sign", kernel.Sqrt: "sqrt", kernel.Exp: "exp", kernel.Expm1: "expm1",
			kernel.Log: "log", kernel.Log1p: "log1p", kernel.Tanh: "tanh", kernel.Sigmoid: "sigmoid", kernel.Erf: "erf", kernel.Sin: "sin", kernel.Cos: "cos", kernel.Floor: "floor", kernel.Rsqrt: "rsqrt", kernel.Cbrt: "cbrt"} {
			run(n, func() { ops.Unary[op](dst, x) })
		}
		for op, n := range map[kernel.Binary]string{kernel.Add: "add", kernel.Div: "div", kernel.Max: "max", kernel.Lt: "lt", kernel.Pow: "pow"} {
			run(n, func() { ops.Binary[op](dst, x, y) })
			run(n+"VS", func() { ops.BinaryVS[op](dst, x, 2) })
		}
		run("where", func() { ops.Where(dst, x, y, z) })
		run("fill", func() { ops.Fill(dst, 1) })
		run("sum", func() { ops.Reduce[kernel.ReduceSum](x) })
		run("maximum", func() { ops.Reduce[kernel.ReduceMax](x) })
		run("dot", func() { ops.Dot(x, y) })
		run("transpose16x16", func() { ops.Transpose(dst, x, 16, 16, 16, 16) })
		run("uniform", func() { ops.Uniform(dst, 1, 2, 256) })
		run("normal", func() { ops.Normal(dst, 1, 2, 256) })
		run("signs", func() { ops.Signs(dst, 1, 2, 256) })
		run("root", func() { ops.BinaryVS[kernel.Pow](dst, positive, 0.5) })
	}
}
