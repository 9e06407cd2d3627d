package kerneltest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/godescent/descent/internal/kernel"
)

var unaryNames = [kernel.UnaryCount]string{
	kernel.Neg: "neg", kernel.Abs: "abs", kernel.Sign: "sign", kernel.Sqrt: "sqrt", kernel.Exp: "exp", kernel.Expm1: "expm1",
	kernel.Log: "log", kernel.Log1p: "log1p", kernel.Tanh: "tanh", kernel.Sigmoid: "sigmoid", kernel.Erf: "erf",
	kernel.Sin: "sin", kernel.Cos: "cos", kernel.Floor: "floor", kernel.Rsqrt: "rsqrt", kernel.Cbrt: "cbrt",
}

var binaryNames = [kernel.BinaryCount]string{
	kernel.Add: "add", kernel.Sub: "sub", kernel.Mul: "mul", kernel.Div: "div", kernel.Max: "max", kernel.Min: "min",
	kernel.Pow: "pow", kernel.Eq: "eq", kernel.Ne: "ne", kernel.Lt: "lt", kernel.Le: "le",
}

// routine is an elementwise routine of up to three operands and a scalar.
type routine[T kernel.Float] func(dst []T, x [3][]T, s T)

// elementwise brings every elementwise routine into one form and checks it.
func elementwise[T kernel.Float](got, want *kernel.Ops[T]) []check {
	var list []check
	add := func(name string, present bool, operands int, got, want routine[T]) {
		list = append(list, check{name, func(fail failure) {
			if !present {
				fail("the table has no such routine")
				return
			}
			checkLengths(fail, operands, got, want)
		}})
	}
	for op := range kernel.UnaryCount {
		form := func(o *kernel.Ops[T]) routine[T] {
			return func(dst []T, x [3][]T, s T) { o.Unary[op](dst, x[0]) }
		}
		add(unaryNames[op], got.Unary[op] != nil, 1, form(got), form(want))
	}
	for op := range kernel.BinaryCount {
		form := func(o *kernel.Ops[T]) routine[T] {
			return func(dst []T, x [3][]T, s T) { o.Binary[op](dst, x[0], x[1]) }
		}
		add(binaryNames[op], got.Binary[op] != nil, 2, form(got), form(want))
		form = func(o *kernel.Ops[T]) routine[T] {
			return func(dst []T, x [3][]T, s T) { o.BinaryVS[op](dst, x[0], s) }
		}
		add(binaryNames[op]+"VS", got.BinaryVS[op] != nil, 1, form(got), form(want))
		form = func(o *kernel.Ops[T]) routine[T] {
			return func(dst []T, x [3][]T, s T) { o.BinarySV[op](dst, s, x[0]) }
		}
		add(binaryNames[op]+"SV", got.BinarySV[op] != nil, 1, form(got), form(want))
	}
	where := func(o *kernel.Ops[T]) routine[T] {
		return func(dst []T, x [3][]T, s T) { o.Where(dst, x[0], x[1], x[2]) }
	}
	add("where", got.Where != nil, 3, where(got), where(want))
	fill := func(o *kernel.Ops[T]) routine[T] {
		return func(dst []T, x [3][]T, s T) { o.Fill(dst, s) }
	}
	add("fill", got.Fill != nil, 0, fill(got), fill(want))
	return list
}

// checkLengths runs a routine at every length, each at one of the edges in
// turn, short ones at all of them, and in place of each operand.
func checkLengths[T kernel.Float](fail failure, operands int, got, want routine[T]) {
	r := rand.New(rand.NewPCG(17, 18))
	pool := values[T](r, 1<<13)
	home := newMemory(8 * longest)
	defer home.release()
	var homes [3]*memory
	for i := range operands {
		homes[i] = newMemory(8 * longest)
		defer homes[i].release()
	}
	expected := make([]T, longest)
	try := func(n int, at edge, inPlace int) {
		var plain, x [3][]T
		for i := range operands {
			plain[i] = pool[r.IntN(len(pool)-n):][:n]
		}
		s := pool[r.IntN(len(pool))]
		want(expected[:n], plain, s)
		dst := place[T](home, n, at, nil)
		for i := range operands {
			if i == inPlace {
				copy(dst, plain[i])
				x[i] = dst
			} else {
				x[i] = place(homes[i], n, (at+edge(i))%edges, plain[i])
			}
		}
		what := fmt.Sprintf("%d elements %v", n, at)
		if inPlace >= 0 {
			what += fmt.Sprintf(", in place of operand %d", inPlace)
		}
		guarded(fail, what, func() { got(dst, x, s) })
		home.check(fail, what)
		if i := differ(dst, expected[:n]); i >= 0 {
			fail("%s: element %d of operands %s, scalar %g, is %g, portable %g", what, i, at3(plain, operands, i), s, dst[i], expected[i])
		}
		for i := range operands {
			if j := differ(x[i], plain[i]); i != inPlace && j >= 0 {
				fail("%s: changes operand %d", what, i)
			}
		}
	}
	for n := range longest {
		if n <= 70 {
			for at := range edges {
				try(n, at, -1)
			}
		} else {
			try(n, edge(n)%edges, -1)
		}
		if operands > 0 {
			try(n, edge(n+1)%edges, n%operands)
		}
	}
	noAllocations(fail, func() { got(expected[:100], [3][]T{pool[:100], pool[100:200], pool[200:300]}, 1) })
}

func at3[T kernel.Float](x [3][]T, operands, i int) string {
	s := ""
	for _, o := range x[:operands] {
		s += fmt.Sprintf("%g (%x) ", o[i], o[i])
	}
	return s
}

func noAllocations(fail failure, f func()) {
	if n := testing.AllocsPerRun(5, f); n != 0 {
		fail("allocates %v times", n)
	}
}

// functions checks the elementary functions on many more numbers: float32 ones
// from its whole range, float64 ones of every exponent, and the arguments near
// the multiples of π/2 and ½·ln 2 at which reductions change.
func functions[T kernel.Float](got, want *kernel.Ops[T]) []check {
	const n, size = 1 << 17, 1000
	x, y := make([]T, n), make([]T, n)
	r := rand.New(rand.NewPCG(19, 20))
	for i := range x {
		switch i % 4 {
		case 0:
			unit := []float64{math.Pi / 2, math.Ln2 / 2}[r.IntN(2)]
			x[i] = T(unit * float64(r.IntN(2000)-1000) * (1 + r.NormFloat64()*1e-7))
		case 1:
			x[i] = T(r.NormFloat64() * 10)
		default:
			x[i] = anyBits[T](r)
		}
		y[i] = T(r.NormFloat64() * 3)
		if l := math.Abs(math.Log2(math.Abs(float64(x[i])))); i%2 == 0 && l > 0 {
			y[i] = T((r.Float64()*2.2 - 1.1) * 1074 / l) // powers up to overflow
		}
	}
	each := func(name string, f func(o *kernel.Ops[T], dst, x, y []T)) check {
		return check{name + "Range", func(fail failure) {
			a, b := make([]T, size), make([]T, size)
			for i := 0; i+size <= n; i += size {
				f(got, a, x[i:i+size], y[i:i+size])
				f(want, b, x[i:i+size], y[i:i+size])
				if j := differ(a, b); j >= 0 {
					fail("of %g (%x), second operand %g: %g, portable %g", x[i+j], x[i+j], y[i+j], a[j], b[j])
				}
			}
		}}
	}
	var list []check
	for op := range kernel.UnaryCount {
		list = append(list, each(unaryNames[op], func(o *kernel.Ops[T], dst, x, y []T) { o.Unary[op](dst, x) }))
	}
	return append(list, each("pow", func(o *kernel.Ops[T], dst, x, y []T) { o.Binary[kernel.Pow](dst, x, y) }))
}

// reductions checks blocks of every length.
func reductions[T kernel.Float](got, want *kernel.Ops[T]) []check {
	var list []check
	add := func(name string, f func(o *kernel.Ops[T], x, y []T) T) {
		list = append(list, check{name, func(fail failure) {
			r := rand.New(rand.NewPCG(21, 22))
			left, right := newMemory(8*kernel.Block), newMemory(8*kernel.Block)
			defer left.release()
			defer right.release()
			try := func(n int, at edge, from func(r *rand.Rand, n int) []T) {
				x, y := place(left, n, at, from(r, n)), place(right, n, (at+1)%edges, from(r, n))
				what := fmt.Sprintf("%s of %d elements %v", name, n, at)
				var a T
				guarded(fail, what, func() { a = f(got, x, y) })
				if b := f(want, x, y); !same(a, b) {
					fail("%s: %g, portable %g", what, a, b)
				}
			}
			for n := range kernel.Block + 1 {
				for at := range edges {
					try(n, at, ordinary[T])
					try(n, at, values[T])
					try(n, at, zeros[T])
				}
			}
			x := ordinary[T](r, kernel.Block)
			noAllocations(fail, func() { f(got, x, x) })
		}})
	}
	for op, name := range [kernel.ReduceCount]string{kernel.ReduceSum: "sum", kernel.ReduceMax: "largest", kernel.ReduceMin: "least"} {
		add(name, func(o *kernel.Ops[T], x, y []T) T { return o.Reduce[op](x) })
	}
	add("dot", func(o *kernel.Ops[T], x, y []T) T { return o.Dot(x, y) })
	return list
}

// ordinary numbers differ in size, so that another order of additions shows.
func ordinary[T kernel.Float](r *rand.Rand, n int) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = T(r.NormFloat64() * math.Exp(2*r.NormFloat64()))
	}
	return x
}

// zeros are of either sign, with a number now and then.
func zeros[T kernel.Float](r *rand.Rand, n int) []T {
	x := make([]T, n)
	for i := range x {
		switch r.IntN(20) {
		case 0:
			x[i] = T(r.NormFloat64())
		case 1:
			x[i] = 0
		default:
			x[i] = T(math.Copysign(0, -1))
		}
	}
	return x
}
