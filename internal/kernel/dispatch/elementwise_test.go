package dispatch

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/godescent/descent/internal/kernel"
)

// special are the values at which elementwise routines go wrong, if they do.
var special = []float64{0, math.Copysign(0, -1), 1, -1, math.NaN(), math.Inf(1), math.Inf(-1), 0.5, -0.5, 1.5, 2.5, -2.5,
	math.MaxFloat32, -math.MaxFloat32, 0x1p-126, -0x1p-126, 0x1p-149, -0x1p-149, 0x1.8p-140, math.MaxFloat64, 0x1p-1022, 0x1p-1074, 0x1p24, 0x1p24 - 1, 0x1p23 + 0.5, 0x1p52 + 0.5, 0x1p53}

// values fills x with a mixture of special, ordinary and random bit patterns.
func values[T kernel.Float](rng *rand.Rand, x []T) {
	for i := range x {
		switch rng.IntN(4) {
		case 0:
			x[i] = T(special[rng.IntN(len(special))])
		case 1:
			x[i] = T(math.Float32frombits(rng.Uint32()))
		case 2:
			x[i] = T(math.Float64frombits(rng.Uint64()))
		default:
			x[i] = T(rng.NormFloat64() * 3)
		}
	}
}

// everyTable runs a test for each instruction set and element type against the portable routines.
func everyTable(t *testing.T, f32 func(*testing.T, *kernel.Table, *kernel.Ops[float32], *kernel.Ops[float32]), f64 func(*testing.T, *kernel.Table, *kernel.Ops[float64], *kernel.Ops[float64])) {
	portable := kernel.Portable()
	for _, name := range Names() {
		if name == "generic" {
			continue // it is the judge
		}
		table, err := Pick(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name+"/float32", func(t *testing.T) { f32(t, table, &table.F32, &portable.F32) })
		t.Run(name+"/float64", func(t *testing.T) { f64(t, table, &table.F64, &portable.F64) })
	}
}

// lengths are all tails of up to two unrolled turns, and some with many turns.
func lengths() []int {
	var n []int
	for i := range 2*4*16 + 3 {
		n = append(n, i)
	}
	return append(n, 255, 256, 257, 1000, 1<<14-1, 1<<14, 1<<14+1, 1<<15+17)
}

func TestElementwiseEqualsPortable(t *testing.T) {
	everyTable(t, testElementwise[float32], testElementwise[float64])
}

func testElementwise[T kernel.Float](t *testing.T, _ *kernel.Table, ops, portable *kernel.Ops[T]) {
	rng := rand.New(rand.NewPCG(3, 4))
	h := &harness[T]{T: t, rng: rng, dst: newRegion(t, 1<<19)}
	for i := range h.in {
		h.in[i] = newRegion(t, 1<<19)
	}
	for _, n := range lengths() {
		for i := range ops.Unary {
			if f, p := ops.Unary[i], portable.Unary[i]; p != nil {
				h.check(fmt.Sprintf("unary %d", i), n, 1, func(dst []T, in [3][]T, _ T) { f(dst, in[0]) }, func(dst []T, in [3][]T, _ T) { p(dst, in[0]) })
			}
		}
		for i := range ops.Binary {
			if f, p := ops.Binary[i], portable.Binary[i]; p != nil {
				h.check(fmt.Sprintf("binary %d", i), n, 2, func(dst []T, in [3][]T, _ T) { f(dst, in[0], in[1]) }, func(dst []T, in [3][]T, _ T) { p(dst, in[0], in[1]) })
			}
			if f, p := ops.BinaryVS[i], portable.BinaryVS[i]; p != nil {
				h.check(fmt.Sprintf("binaryVS %d", i), n, 1, func(dst []T, in [3][]T, s T) { f(dst, in[0], s) }, func(dst []T, in [3][]T, s T) { p(dst, in[0], s) })
			}
			if f, p := ops.BinarySV[i], portable.BinarySV[i]; p != nil {
				h.check(fmt.Sprintf("binarySV %d", i), n, 1, func(dst []T, in [3][]T, s T) { f(dst, s, in[0]) }, func(dst []T, in [3][]T, s T) { p(dst, s, in[0]) })
			}
		}
		h.check("where", n, 3, func(dst []T, in [3][]T, _ T) { ops.Where(dst, in[0], in[1], in[2]) }, func(dst []T, in [3][]T, _ T) { portable.Where(dst, in[0], in[1], in[2]) })
		h.check("fill", n, 0, func(dst []T, _ [3][]T, s T) { ops.Fill(dst, s) }, func(dst []T, _ [3][]T, s T) { portable.Fill(dst, s) })
	}
}

// harness runs one routine and its portable definition on the same values.
type harness[T kernel.Float] struct {
	*testing.T
	rng *rand.Rand
	dst *region
	in  [3]*region
}

// check compares f with p on n elements of so many operands, out of place and in place.
func (h *harness[T]) check(name string, n, operands int, f, p func(dst []T, in [3][]T, s T)) {
	var in [3][]T
	atEnd := h.rng.IntN(2) == 0
	dst := take[T](h.dst, n, atEnd, h.rng.IntN(2)*h.rng.IntN(16))
	for i := range operands {
		in[i] = take[T](h.in[i], n, atEnd, h.rng.IntN(2)*h.rng.IntN(16))
		values(h.rng, in[i])
	}
	var s [1]T
	values(h.rng, s[:])
	want := make([]T, n)
	p(want, in, s[0])
	f(dst, in, s[0])
	h.compare(name, dst, want, in, s[0])
	if !h.dst.intact() {
		h.Fatalf("%s of %d elements wrote outside of dst", name, n)
	}
	for i := range operands { // dst may be exactly an operand
		kept := append([]T(nil), in[i]...)
		f(in[i], in, s[0])
		got := append([]T(nil), in[i]...)
		copy(in[i], kept)
		h.compare(fmt.Sprintf("%s in place of operand %d", name, i), got, want, in, s[0])
		if !h.in[i].intact() {
			h.Fatalf("%s of %d elements wrote outside of operand %d", name, n, i)
		}
	}
}

func (h *harness[T]) compare(name string, got, want []T, in [3][]T, s T) {
	h.Helper()
	for i := range want {
		if !same(got[i], want[i]) {
			var x []T
			for _, v := range in {
				if len(v) > i {
					x = append(x, v[i])
				}
			}
			h.Fatalf("%s, element %d of %d: %v, portable has %v; operands %v, scalar %v", name, i, len(want), got[i], want[i], x, s)
		}
	}
}

func TestReductionsEqualPortable(t *testing.T) {
	everyTable(t, testReductions[float32], testReductions[float64])
}

func testReductions[T kernel.Float](t *testing.T, _ *kernel.Table, ops, portable *kernel.Ops[T]) {
	rng := rand.New(rand.NewPCG(5, 6))
	rx, ry := newRegion(t, 4096), newRegion(t, 4096)
	for n := range kernel.Block + 1 {
		for round := range 4 {
			shift := rng.IntN(8)
			x, y := take[T](rx, n, round%2 == 0, shift), take[T](ry, n, round%2 == 0, 0)
			for _, v := range [][]T{x, y} {
				values(rng, v)
				for i := range v {
					if round >= 2 || v[i] != v[i] { // half without NaN, a quarter of ordinary size
						v[i] = T(rng.NormFloat64())
					}
					if round == 3 && rng.IntN(2) == 0 {
						v[i] = T(math.Copysign(0, rng.NormFloat64()))
					}
				}
			}
			for r := range ops.Reduce {
				if got, want := ops.Reduce[r](x), portable.Reduce[r](x); !same(got, want) {
					t.Fatalf("reduction %d of %v = %v, portable has %v", r, x, got, want)
				}
			}
			if got, want := ops.Dot(x, y), portable.Dot(x, y); !same(got, want) {
				t.Fatalf("dot of %d = %v, portable has %v", n, got, want)
			}
		}
	}
}

func TestTransposeEqualsPortable(t *testing.T) {
	everyTable(t, testTranspose[float32], testTranspose[float64])
}

func testTranspose[T kernel.Float](t *testing.T, _ *kernel.Table, ops, portable *kernel.Ops[T]) {
	rng := rand.New(rand.NewPCG(7, 8))
	rs, rd := newRegion(t, 1<<18), newRegion(t, 1<<18)
	for range 600 {
		rows, cols := rng.IntN(40), rng.IntN(40)
		if rng.IntN(10) == 0 {
			rows, cols = rng.IntN(150), rng.IntN(150)
		}
		ldd, lds := rows+rng.IntN(2)*rng.IntN(5), cols+rng.IntN(2)*rng.IntN(5)
		ns, nd := 0, 0
		if rows > 0 && cols > 0 {
			ns, nd = (rows-1)*lds+cols, (cols-1)*ldd+rows
		}
		atEnd := rng.IntN(2) == 0
		src, dst := take[T](rs, ns, atEnd, 0), take[T](rd, nd, atEnd, 0)
		values(rng, src)
		values(rng, dst)
		want := append([]T(nil), dst...)
		ops.Transpose(dst, src, rows, cols, ldd, lds)
		portable.Transpose(want, src, rows, cols, ldd, lds)
		for i := range want {
			if !same(dst[i], want[i]) {
				t.Fatalf("transposing %d×%d: element %d is %v, want %v", rows, cols, i, dst[i], want[i])
			}
		}
		if !rd.intact() {
			t.Fatalf("transposing %d×%d wrote outside of dst", rows, cols)
		}
	}
}

func TestCastsEqualPortable(t *testing.T) {
	portable := kernel.Portable()
	for _, name := range Names() {
		table, err := Pick(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(9, 10))
			for _, n := range lengths() {
				testCast(t, n, table.CastF32F64, portable.CastF32F64, func(x []float32) { values(rng, x) })
				testCast(t, n, table.CastF64F32, portable.CastF64F32, func(x []float64) { values(rng, x) })
				testCast(t, n, table.CastI32F32, portable.CastI32F32, func(x []int32) {
					for i := range x {
						x[i] = int32(rng.Uint32()) >> rng.IntN(32)
					}
				})
				testCast(t, n, table.CastU8F32, portable.CastU8F32, func(x []uint8) {
					for i := range x {
						x[i] = uint8(rng.Uint32())
					}
				})
			}
		})
	}
}

func testCast[D, S kernel.Float | uint8 | int32](t *testing.T, n int, f, p func(dst []D, x []S), fill func(x []S)) {
	t.Helper()
	x, got, want := make([]S, n), make([]D, n+1), make([]D, n)
	fill(x)
	got[n] = 77
	f(got[:n], x)
	p(want, x)
	for i := range want {
		if !same(float64(got[i]), float64(want[i])) {
			t.Fatalf("%T of %v: %v, portable has %v", want[i], x[i], got[i], want[i])
		}
	}
	if got[n] != 77 {
		t.Fatalf("%d elements: wrote behind the last", n)
	}
}
