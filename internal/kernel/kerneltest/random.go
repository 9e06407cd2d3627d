package kerneltest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/godescent/descent/internal/kernel"
)

// layouts checks Transpose on shapes around its squares and beyond.
func layouts[T kernel.Float](got, want *kernel.Ops[T]) []check {
	return []check{{"transpose", func(fail failure) {
		r := rand.New(rand.NewPCG(25, 26))
		from, to := newMemory(8*300*300), newMemory(8*300*300)
		defer from.release()
		defer to.release()
		try := func(rows, cols int, at edge) {
			lds, ldd := cols+r.IntN(4), rows+r.IntN(4)
			ns, nd := 0, 0
			if rows > 0 && cols > 0 {
				ns, nd = (rows-1)*lds+cols, (cols-1)*ldd+rows
			}
			src := place(from, ns, at, values[T](r, ns))
			before := ordinary[T](r, nd)
			dst := place(to, nd, (at+1)%edges, before)
			want.Transpose(before, src, rows, cols, ldd, lds)
			what := fmt.Sprintf("%d×%d, strides %d to %d, source %v", rows, cols, lds, ldd, at)
			guarded(fail, what, func() { got.Transpose(dst, src, rows, cols, ldd, lds) })
			to.check(fail, what)
			if i := differ(dst, before); i >= 0 {
				fail("%s: element %d is %g, portable %g", what, i, dst[i], before[i])
			}
		}
		for rows := range 36 {
			for cols := range 36 {
				try(rows, cols, edge(rows+cols)%edges)
			}
		}
		for range 20 {
			try(r.IntN(290), r.IntN(290), edge(r.IntN(int(edges))))
		}
		x := ordinary[T](r, 400)
		noAllocations(fail, func() { got.Transpose(x[:200], x[200:], 10, 20, 10, 20) })
	}}}
}

// streams checks the random numbers at every length, from starts of every
// remainder and up to beyond 32 bits of blocks.
func streams[T kernel.Float](got, want *kernel.Ops[T]) []check {
	var list []check
	far := func(bits int) int { return int(min(uint64(1)<<bits, math.MaxInt-2*longest)) } // of a 32-bit int the end
	add := func(name string, f func(o *kernel.Ops[T], dst []T, key, step uint64, start int)) {
		list = append(list, check{name, func(fail failure) {
			r := rand.New(rand.NewPCG(27, 28))
			home := newMemory(8 * longest)
			defer home.release()
			expected := make([]T, longest)
			for n := range longest {
				start := n % 19
				switch n % 4 {
				case 1:
					start = r.IntN(far(40))
				case 2:
					start = far(34) - r.IntN(2*longest) // blocks cross 2^32
				case 3:
					start = far(33) - r.IntN(2*longest)
				}
				key, step := r.Uint64(), r.Uint64()
				at := edge(n) % edges
				dst := place[T](home, n, at, nil)
				what := fmt.Sprintf("%d elements from %d, key %#x, step %#x, %v", n, start, key, step, at)
				guarded(fail, what, func() { f(got, dst, key, step, start) })
				home.check(fail, what)
				f(want, expected[:n], key, step, start)
				if i := differ(dst, expected[:n]); i >= 0 {
					fail("%s: element %d is %g, portable %g", what, i, dst[i], expected[i])
				}
			}
			noAllocations(fail, func() { f(got, expected[:100], 1, 2, 3) })
		}})
	}
	add("uniform", func(o *kernel.Ops[T], dst []T, key, step uint64, start int) { o.Uniform(dst, key, step, start) })
	add("normal", func(o *kernel.Ops[T], dst []T, key, step uint64, start int) { o.Normal(dst, key, step, start) })
	add("signs", func(o *kernel.Ops[T], dst []T, key, step uint64, start int) { o.Signs(dst, key, step, start) })
	return list
}

// casts checks the conversions between element types.
func casts(got, want *kernel.Table) []check {
	return []check{
		cast("castF32F64", got.CastF32F64, want.CastF32F64, values[float32]),
		cast("castF64F32", got.CastF64F32, want.CastF64F32, func(r *rand.Rand, n int) []float64 {
			x := values[float64](r, n)
			for i := range x {
				if r.IntN(2) == 0 { // half-way between two float32, or nearly
					x[i] = float64(anyBits[float32](r)) * (1 + 0x1p-24 + float64(r.IntN(3)-1)*0x1p-50)
				}
			}
			return x
		}),
		cast("castU8F32", got.CastU8F32, want.CastU8F32, func(r *rand.Rand, n int) []uint8 {
			x := make([]uint8, n)
			for i := range x {
				x[i] = uint8(r.Uint32())
			}
			return x
		}),
		cast("castI32F32", got.CastI32F32, want.CastI32F32, func(r *rand.Rand, n int) []int32 {
			x := make([]int32, n)
			for i := range x {
				x[i] = int32(r.Uint32()) >> r.IntN(32)
			}
			return x
		}),
	}
}

func cast[D kernel.Float, S kernel.Float | uint8 | int32](name string, got, want func(dst []D, x []S), from func(r *rand.Rand, n int) []S) check {
	return check{name, func(fail failure) {
		r := rand.New(rand.NewPCG(29, 30))
		source, home := newMemory(8*longest), newMemory(8*longest)
		defer source.release()
		defer home.release()
		expected := make([]D, longest)
		for n := range longest {
			at := edge(n) % edges
			x, dst := place(source, n, at, from(r, n)), place[D](home, n, (at+edge(n/3))%edges, nil)
			what := fmt.Sprintf("%d elements %v", n, at)
			guarded(fail, what, func() { got(dst, x) })
			home.check(fail, what)
			want(expected[:n], x)
			if i := differ(dst, expected[:n]); i >= 0 {
				fail("%s: %v becomes %g, portable %g", what, x[i], dst[i], expected[i])
			}
		}
		x := from(r, 100)
		noAllocations(fail, func() { got(expected[:100], x) })
	}}
}
