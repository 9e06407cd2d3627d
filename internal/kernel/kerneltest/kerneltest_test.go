package kerneltest

import (
	"math"
	"strings"
	"testing"
	"unsafe"

	"github.com/godescent/descent/internal/kernel"
)

func TestPortable(t *testing.T) { Run(t, kernel.Portable()) }

// TestMutants breaks one routine at a time, each in a way that assembly is
// prone to, and expects the check of that name to notice.
func TestMutants(t *testing.T) {
	after := func(x []float32, i int) *float32 {
		return (*float32)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(x)), 4*i))
	}
	var sink float32
	for _, m := range []struct {
		check, what string
		mutate      func(t *kernel.Table)
	}{
		{"float32/add", "leaves the last element of odd lengths", func(t *kernel.Table) {
			f := t.F32.Binary[kernel.Add]
			t.F32.Binary[kernel.Add] = func(dst, x, y []float32) { n := len(dst) &^ 1; f(dst[:n], x[:n], y[:n]) }
		}},
		{"float32/mul", "writes a whole vector at a tail", func(t *kernel.Table) {
			f := t.F32.Binary[kernel.Mul]
			t.F32.Binary[kernel.Mul] = func(dst, x, y []float32) {
				f(dst, x, y)
				if n := len(dst); n%8 != 0 {
					*after(dst, n) = 1
				}
			}
		}},
		{"float32/abs", "reads a whole vector at a tail", func(t *kernel.Table) {
			f := t.F32.Unary[kernel.Abs]
			t.F32.Unary[kernel.Abs] = func(dst, x []float32) {
				f(dst, x)
				if n := len(x); n%8 != 0 {
					sink += *after(x, n)
				}
			}
		}},
		{"float32/neg", "reads before the slice", func(t *kernel.Table) {
			f := t.F32.Unary[kernel.Neg]
			t.F32.Unary[kernel.Neg] = func(dst, x []float32) { sink += *after(x, -1); f(dst, x) }
		}},
		{"bf16/rounding", "cuts off instead of rounding", func(t *kernel.Table) {
			product, work := t.BF16()
			t.GemmBF16Work = work
			t.GemmBF16 = func(g *kernel.GemmArgs[float32]) {
				cut := *g
				cut.A = make([]float32, len(g.A))
				for i, x := range g.A {
					if cut.A[i] = x; x == x {
						cut.A[i] = math.Float32frombits(math.Float32bits(x) &^ 0xffff)
					}
				}
				product(&cut)
			}
		}},
		{"bf16/gemm/small", "leaves out an odd last k", func(t *kernel.Table) {
			product, work := t.BF16()
			t.GemmBF16Work = work
			t.GemmBF16 = func(g *kernel.GemmArgs[float32]) {
				even := *g
				even.K &^= 1
				product(&even)
			}
		}},
		{"bf16/gemm/cuts", "adds in another order in wide products", func(t *kernel.Table) {
			product, work := t.BF16()
			t.GemmBF16Work = work
			t.GemmBF16 = func(g *kernel.GemmArgs[float32]) {
				if g.N < 20 || g.K < 2 {
					product(g)
					return
				}
				last, first := *g, *g
				last.K, first.K, first.Accumulate = g.K/2, g.K-g.K/2, true
				if last.ACol != 1 || last.BRow == 1 {
					product(g)
					return
				}
				last.A, last.B = g.A[first.K:], g.B[first.K*g.BRow:]
				product(&last)
				product(&first)
			}
		}},
		{"float32/max", "loses NaN in the first operand", func(t *kernel.Table) {
			t.F32.Binary[kernel.Max] = func(dst, x, y []float32) {
				for i := range dst {
					dst[i] = y[i]
					if x[i] > y[i] {
						dst[i] = x[i]
					}
				}
			}
		}},
		{"float32/exp", "flushes subnormal results", func(t *kernel.Table) {
			f := t.F32.Unary[kernel.Exp]
			t.F32.Unary[kernel.Exp] = func(dst, x []float32) {
				f(dst, x)
				for i := range dst {
					if dst[i] < 0x1p-126 {
						dst[i] = 0
					}
				}
			}
		}},
		{"float32/sin", "ignores the sign of zero", func(t *kernel.Table) {
			f := t.F32.Unary[kernel.Sin]
			t.F32.Unary[kernel.Sin] = func(dst, x []float32) {
				f(dst, x)
				for i := range dst {
					dst[i] += 0
				}
			}
		}},
		{"float64/logRange", "is one ulp off near 1", func(t *kernel.Table) {
			f := t.F64.Unary[kernel.Log]
			t.F64.Unary[kernel.Log] = func(dst, x []float64) {
				f(dst, x)
				for i := range dst {
					if math.Abs(dst[i]) < 0.1 {
						dst[i] = math.Nextafter(dst[i], 2)
					}
				}
			}
		}},
		{"float32/sum", "adds in another order", func(t *kernel.Table) {
			t.F32.Reduce[kernel.ReduceSum] = func(x []float32) (s float32) {
				for _, v := range x {
					s += v
				}
				return s
			}
		}},
		{"float32/dot", "fuses", func(t *kernel.Table) {
			t.F32.Dot = func(x, y []float32) float32 {
				var s [16]float32
				for i := range x {
					s[i%16] = kernel.FMA32(x[i], y[i], s[i%16])
				}
				return kernel.Portable().F32.Reduce[kernel.ReduceSum](s[:])
			}
		}},
		{"float32/gemm/small", "rounds twice", func(t *kernel.Table) {
			t.F32.Gemm = func(g *kernel.GemmArgs[float32]) {
				for i := range g.M {
					for j := range g.N {
						acc := float32(0)
						if g.Accumulate {
							acc = g.C[i*g.CRow+j]
						}
						for p := range g.K {
							acc = float32(math.FMA(float64(g.A[i*g.ARow+p*g.ACol]), float64(g.B[p*g.BRow+j*g.BCol]), float64(acc)))
						}
						g.C[i*g.CRow+j] = acc
					}
				}
			}
		}},
		{"float64/gemm/tiles", "writes the gap between rows of C", func(t *kernel.Table) {
			f := t.F64.Gemm
			t.F64.Gemm = func(g *kernel.GemmArgs[float64]) {
				f(g)
				if g.M > 1 && g.CRow > g.N {
					g.C[g.N] = 1
				}
			}
		}},
		{"float32/gemm/depths", "uses more scratch than it asked for", func(t *kernel.Table) {
			f := t.F32.Gemm
			t.F32.Gemm = func(g *kernel.GemmArgs[float32]) { f(g); *after(g.Work, (len(g.Work)+15)&^15) = 1 }
		}},
		{"float32/transpose", "takes the strides for each other", func(t *kernel.Table) {
			f := t.F32.Transpose
			t.F32.Transpose = func(dst, src []float32, rows, cols, ldd, lds int) {
				f(dst, src, rows, cols, rows, lds)
			}
		}},
		{"float32/uniform", "counts blocks in 32 bits", func(t *kernel.Table) {
			f := t.F32.Uniform
			t.F32.Uniform = func(dst []float32, key, step uint64, start int) { f(dst, key, step, start&min(1<<34-1, math.MaxInt)) }
		}},
		{"float64/normal", "starts every call at an even element", func(t *kernel.Table) {
			f := t.F64.Normal
			t.F64.Normal = func(dst []float64, key, step uint64, start int) { f(dst, key, step, start&^1) }
		}},
		{"castF64F32", "cuts digits off", func(t *kernel.Table) {
			t.CastF64F32 = func(dst []float32, x []float64) {
				for i := range dst {
					dst[i] = float32(math.Float64frombits(math.Float64bits(x[i]) &^ (1<<29 - 1)))
				}
			}
		}},
		{"float32/fill", "allocates", func(t *kernel.Table) {
			f := t.F32.Fill
			t.F32.Fill = func(dst []float32, s float32) {
				x := make([]float32, len(dst)+1)
				f(x, s)
				copy(dst, x)
			}
		}},
		{"float32/powSV", "is missing", func(t *kernel.Table) { t.F32.BinarySV[kernel.Pow] = nil }},
	} {
		table := kernel.Portable()
		m.mutate(table)
		found := false
		for _, c := range checks(table, kernel.Portable()) {
			if c.name != m.check {
				continue
			}
			found = true
			noticed := ""
			c.run(func(format string, args ...any) { noticed = format })
			if noticed == "" {
				t.Errorf("%s: nothing noticed, though it %s", m.check, m.what)
			}
		}
		if !found {
			t.Errorf("no check is named %s", m.check)
		}
	}
	if sink == -1 {
		t.Log(sink)
	}
}

// TestNames keeps names unique, so that one can be chosen by -run.
func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range checks(kernel.Portable(), kernel.Portable()) {
		if seen[c.name] || strings.HasSuffix(c.name, "/") {
			t.Errorf("two checks are named %s", c.name)
		}
		seen[c.name] = true
	}
}
