package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// lanes is the definition of a block's reduction, word for word.
func lanes[T Float](x []T, start T, op func(a, b T) T) T {
	var s [Lanes]T
	for l := range s {
		s[l] = start
		for i := l; i < len(x); i += Lanes {
			s[l] = op(s[l], x[i])
		}
	}
	for _, h := range []int{8, 4, 2, 1} {
		for l := range h {
			s[l] = op(s[l], s[l+h])
		}
	}
	return s[0]
}

func testReduce[T Float](t *testing.T) {
	t.Helper()
	table := plain[T]()
	r := rand.New(rand.NewPCG(5, 6))
	inf := T(math.Inf(1))
	plus := func(a, b T) T { return a + b }
	larger := func(a, b T) T { return max(a, b) }
	smaller := func(a, b T) T { return min(a, b) }
	for n := 0; n <= Block; n++ {
		x, y, xy := make([]T, n), make([]T, n), make([]T, n)
		for i := range x {
			x[i], y[i] = T(r.NormFloat64()), T(math.Exp(5*r.NormFloat64()))
			xy[i] = T(x[i] * y[i])
		}
		for _, c := range []struct {
			name      string
			got, want T
		}{
			{"sum", table.Reduce[ReduceSum](x), lanes(x, 0, plus)},
			{"max", table.Reduce[ReduceMax](x), lanes(x, -inf, larger)},
			{"min", table.Reduce[ReduceMin](x), lanes(x, inf, smaller)},
			{"dot", table.Dot(x, y), lanes(xy, 0, plus)},
		} {
			if !sameFloat(c.got, c.want) {
				t.Errorf("%s of %d: %v, the definition gives %v", c.name, n, c.got, c.want)
			}
		}
	}
}

func TestReduceIsItsDefinition(t *testing.T) {
	testReduce[float32](t)
	testReduce[float64](t)
}

func TestReduceSpecials(t *testing.T) {
	ops := Portable().F32
	nan, zero := float32(math.NaN()), float32(0)
	minus := float32(math.Copysign(0, -1))
	x := make([]float32, 37)
	for i := range x {
		x[i] = minus
	}
	for r, want := range map[Reduce]float32{ReduceSum: 0, ReduceMax: minus, ReduceMin: minus} {
		if got := ops.Reduce[r](x); !sameFloat(got, want) {
			t.Errorf("reduction %d of −0s: %g, want %g", r, got, want)
		}
	}
	x[20] = 0
	if got := ops.Reduce[ReduceMax](x); !sameFloat(got, zero) {
		t.Errorf("max of −0 and +0: %g", got)
	}
	for i := range x {
		y := append([]float32(nil), x...)
		y[i] = nan
		for r := range ReduceCount {
			if got := ops.Reduce[r](y); got == got {
				t.Errorf("reduction %d with NaN at %d: %g", r, i, got)
			}
		}
	}
}

// TestSumBlocks counts on the tree's other description: like a binary counter,
// equal subtrees join as soon as two are complete, and what is left joins from the right.
func TestSumBlocks(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for n := range 300 {
		p := make([]float64, n)
		var level [10]float64
		for i := range p {
			p[i] = math.Exp(3 * r.NormFloat64())
			x, l := p[i], 0
			for ; i>>l&1 == 1; l++ {
				x = level[l] + x
			}
			level[l] = x
		}
		want, some := 0.0, false
		for l := range level {
			if n>>l&1 == 1 {
				if some {
					want = level[l] + want
				} else {
					want, some = level[l], true
				}
			}
		}
		if got := SumBlocks(p); got != want {
			t.Errorf("SumBlocks of %d: %v, a binary counter gives %v", n, got, want)
		}
	}
}

func TestReduceRow(t *testing.T) {
	ops := &Portable().F32
	r := rand.New(rand.NewPCG(9, 10))
	for _, n := range []int{0, 1, 255, 256, 257, 511, 512, 513, 768, 1023, 1025, 5000, 100_000} {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		for op, tree := range [ReduceCount]func([]float32) float32{SumBlocks[float32], MaxBlocks[float32], MinBlocks[float32]} {
			p := make([]float32, Blocks(n))
			for i := range p {
				p[i] = ops.Reduce[op](x[i*Block : min(n, (i+1)*Block)])
			}
			if got, want := ReduceRow(ops, Reduce(op), x), tree(p); !sameFloat(got, want) {
				t.Errorf("reduction %d of %d: %v, from blocks %v", op, n, got, want)
			}
		}
	}
}

func BenchmarkReduce(b *testing.B) {
	t := Portable()
	x, y := make([]float32, Block), make([]float32, Block)
	for i := range x {
		x[i], y[i] = float32(i), 1/float32(i+1)
	}
	for name, f := range map[string]func([]float32) float32{
		"sum": t.F32.Reduce[ReduceSum], "max": t.F32.Reduce[ReduceMax],
		"dot": func(x []float32) float32 { return t.F32.Dot(x, y) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f(x)
			}
			perElement(b, Block)
		})
	}
}

// perElement replaces ns/op by ns/elem for n elements an operation.
func perElement(b *testing.B, n int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/elem")
	b.ReportMetric(0, "ns/op")
}
