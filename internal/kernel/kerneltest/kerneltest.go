// Package kerneltest is the conformance suite of kernel tables: every routine
// of a table against the portable one, bit for bit.
package kerneltest

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/godescent/descent/internal/kernel"
)

// Run checks every routine of got against kernel.Portable: at every length up
// to two blocks and a tail, at any alignment, in place, on NaN, infinities,
// subnormal numbers and both zeros, without a read or write outside the slices
// (reads are seen on Linux only) and without an allocation. Two NaN are equal
// whatever their bits; all else must be equal bit for bit. A product in bf16 is
// held to float64 instead, and to its own bits when its shape is cut.
func Run(t *testing.T, got *kernel.Table) { runAll(t, checks(got, kernel.Portable())) }

// RunBF16 checks the product in bf16 alone, as Run does.
func RunBF16(t *testing.T, got *kernel.Table) {
	table := check{"table", func(fail failure) { checkTable(fail, got) }}
	runAll(t, append([]check{table}, productsBF16(got)...))
}

func runAll(t *testing.T, list []check) {
	for _, c := range list {
		t.Run(c.name, func(t *testing.T) {
			said := 0
			c.run(func(format string, args ...any) {
				if said++; said <= 10 {
					t.Errorf(format, args...)
				} else {
					t.FailNow()
				}
			})
		})
	}
}

// failure says what is wrong.
type failure func(format string, args ...any)

type check struct {
	name string
	run  func(fail failure)
}

func checks(got, want *kernel.Table) []check {
	list := []check{{"table", func(fail failure) { checkTable(fail, got) }}}
	list = append(list, suite("float32", got, &got.F32, &want.F32)...)
	list = append(list, suite("float64", got, &got.F64, &want.F64)...)
	list = append(list, productsBF16(got)...)
	return append(list, casts(got, want)...)
}

func suite[T kernel.Float](name string, table *kernel.Table, got, want *kernel.Ops[T]) []check {
	list := elementwise(got, want)
	list = append(list, functions(got, want)...)
	list = append(list, reductions(got, want)...)
	list = append(list, products(table, got)...)
	list = append(list, layouts(got, want)...)
	list = append(list, streams(got, want)...)
	for i := range list {
		list[i].name = name + "/" + list[i].name
	}
	return list
}

func checkTable(fail failure, got *kernel.Table) {
	if got.Name == "" {
		fail("the table has no name")
	}
	if got.GemmMR < 1 || got.GemmNR < 1 {
		fail("the register tile is %d×%d, want at least 1×1", got.GemmMR, got.GemmNR)
	}
	set := got.GemmBF16 != nil
	if (got.GemmBF16Work != nil) != set || (got.GemmBF16MR > 0 && got.GemmBF16NR > 0) != set || (got.GemmBF16Name != "") != set {
		fail("of GemmBF16 and what describes it, some are set and some are not")
	}
	checkWork(fail, "GemmWork", got.GemmNR, got.GemmWork)
	_, half := got.BF16()
	_, nr := got.BF16Tile()
	checkWork(fail, "GemmBF16Work", nr, half)
	for _, s := range [][3]int{{0, 0, 0}, {0, 5, 5}, {5, 0, 5}, {5, 5, 0}, {1, 1, 1}, {1000, 1000, 1000}} {
		if n := got.GemmWork(s[0], s[1], s[2]); n < 0 {
			fail("GemmWork%v = %d", s, n)
		}
	}
}

// checkWork fails where a part of the rows or columns needs more scratch than the whole, which threads share out.
func checkWork(fail failure, name string, nr int, work func(m, n, k int) int) {
	r := rand.New(rand.NewPCG(31, 32))
	for range 20000 {
		m, n, k := 1+r.IntN(400), 1+r.IntN(400), 1+r.IntN(3000)
		if part, whole := work(1+r.IntN(m), n, k), work(m, n, k); part > whole {
			fail("%s(%d, %d, %d) = %d, and %d for fewer rows", name, m, n, k, whole, part)
		}
		cut := r.IntN((n+nr-1)/nr) * nr
		if part, whole := max(work(m, cut, k), work(m, n-cut, k)), work(m, n, k); part > whole {
			fail("%s(%d, %d, %d) = %d, and %d for fewer columns", name, m, n, k, whole, part)
		}
	}
}

// same is equality of bits, any NaN being equal to any other.
func same[T kernel.Float](a, b T) bool {
	if a != a || b != b {
		return a != a && b != b
	}
	return a == b && (a != 0 || math.Signbit(float64(a)) == math.Signbit(float64(b)))
}

// differ is the first index at which two slices are not the same, or −1.
func differ[T kernel.Float](a, b []T) int {
	for i := range a {
		if !same(a[i], b[i]) {
			return i
		}
	}
	return -1
}

// longest is the limit of the lengths tried: two blocks and the tails of wide vectors.
const longest = 2*kernel.Block + 33

// values returns n numbers of all kinds: special ones, any bits, ordinary
// sizes, subnormal ones, small integers, the neighbourhood of 1 and the range
// in which exponentials and sines change.
func values[T kernel.Float](r *rand.Rand, n int) []T {
	x, special := make([]T, n), specials[T]()
	for i := range x {
		switch r.IntN(8) {
		case 0:
			x[i] = special[r.IntN(len(special))]
		case 1:
			x[i] = anyBits[T](r)
		case 2:
			x[i] = T(r.NormFloat64() * 110)
		case 3:
			x[i] = T(1 + r.NormFloat64()*1e-3)
		case 4:
			x[i] = T(r.IntN(11) - 5)
		case 5:
			x[i] = T(r.NormFloat64()) * smallest[T]() * 1000
		default:
			x[i] = T(r.NormFloat64())
		}
	}
	return x
}

func is32[T kernel.Float]() bool { return T(1)+T(0x1p-30) == 1 }

// smallest is the least positive number, largest the greatest finite one.
func smallest[T kernel.Float]() T {
	if is32[T]() {
		return T(math.Float32frombits(1))
	}
	return T(math.Float64frombits(1))
}

func largest[T kernel.Float]() T {
	if is32[T]() {
		return T(math.Float32frombits(0x7f7fffff))
	}
	return T(math.Float64frombits(0x7fefffffffffffff))
}

func anyBits[T kernel.Float](r *rand.Rand) T {
	if is32[T]() {
		return T(math.Float32frombits(r.Uint32()))
	}
	return T(math.Float64frombits(r.Uint64()))
}

func specials[T kernel.Float]() []T {
	inf, least, most := T(math.Inf(1)), smallest[T](), largest[T]()
	x := []T{0, 1, 2, 0.5, 3, inf, least, least * 3, most, most / 2, 0.75, 1.0 / 3, 88.5, 104, 709, 745, 1e5, 1 << 21}
	for _, v := range x {
		x = append(x, -v)
	}
	return append(x, T(math.Copysign(0, -1)), T(math.NaN()), T(math.Copysign(math.NaN(), -1)))
}
