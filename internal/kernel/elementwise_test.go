package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

var (
	nan      = math.NaN()
	inf      = math.Inf(1)
	minus0   = math.Copysign(0, -1)
	specials = []float64{0, minus0, 1, -1, 0.5, -2.75, 3, 1e-45, -1e-45, 0x1p-126, -0x1p-127, math.MaxFloat32, -math.MaxFloat32, inf, -inf, nan}
)

func TestUnary(t *testing.T) {
	testUnary[float32](t)
	testUnary[float64](t)
}

func testUnary[T Float](t *testing.T) {
	ops := plain[T]()
	rules := map[Unary]func(x float64) float64{
		Neg: func(x float64) float64 {
			return math.Copysign(x, map[bool]float64{true: 1, false: -1}[math.Signbit(x)])
		},
		Abs: math.Abs,
		Sign: func(x float64) float64 {
			if x == 0 || x != x {
				return x
			}
			return math.Copysign(1, x)
		},
		Sqrt:  math.Sqrt,
		Floor: math.Floor,
		Rsqrt: func(x float64) float64 { return float64(1 / T(math.Sqrt(x))) },
	}
	x := make([]T, len(specials))
	for i, v := range specials {
		x[i] = T(v)
	}
	for op, rule := range rules {
		dst := make([]T, len(x))
		ops.Unary[op](dst, x)
		for i := range x {
			if want := T(rule(float64(x[i]))); !sameFloat(dst[i], want) {
				t.Errorf("unary %d of %g: %g, want %g", op, x[i], dst[i], want)
			}
		}
	}
}

func TestBinary(t *testing.T) {
	testBinary[float32](t)
	testBinary[float64](t)
}

// testBinary checks the three modes on all pairs of special values against
// the operation in plain words.
func testBinary[T Float](t *testing.T) {
	ops := plain[T]()
	truth := map[bool]T{true: 1, false: 0}
	extreme := func(x, y, zero T, xWins bool) T {
		switch {
		case x != x || y != y:
			return T(nan)
		case x == 0 && y == 0:
			if math.Signbit(float64(x)) == math.Signbit(float64(y)) {
				return x
			}
			return zero
		case xWins:
			return x
		}
		return y
	}
	rules := map[Binary]func(x, y T) T{
		Add: func(x, y T) T { return x + y },
		Sub: func(x, y T) T { return x - y },
		Mul: func(x, y T) T { return x * y },
		Div: func(x, y T) T { return x / y },
		Max: func(x, y T) T { return extreme(x, y, 0, x > y) },
		Min: func(x, y T) T { return extreme(x, y, T(minus0), x < y) },
		Eq:  func(x, y T) T { return truth[x == y] },
		Ne:  func(x, y T) T { return truth[x != y] },
		Lt:  func(x, y T) T { return truth[x < y] },
		Le:  func(x, y T) T { return truth[x <= y] },
	}
	n := len(specials)
	x, y, dst := make([]T, n*n), make([]T, n*n), make([]T, n*n)
	for i := range x {
		x[i], y[i] = T(specials[i/n]), T(specials[i%n])
	}
	for op, rule := range rules {
		check := func(mode string, dst, x, y []T) {
			for i := range dst {
				if want := rule(x[i], y[i]); !sameFloat(dst[i], want) {
					t.Errorf("binary %d %s of %g and %g: %g, want %g", op, mode, x[i], y[i], dst[i], want)
				}
			}
		}
		ops.Binary[op](dst, x, y)
		check("VV", dst, x, y)
		for i, s := range specials {
			row, same := y[i*n:][:n], make([]T, n) // row: every special value
			for j := range same {
				same[j] = T(s)
			}
			ops.BinaryVS[op](dst[:n], row, T(s))
			check("VS", dst[:n], row, same)
			ops.BinarySV[op](dst[:n], T(s), row)
			check("SV", dst[:n], same, row)
		}
		copy(dst, x) // in place
		ops.Binary[op](dst, dst, y)
		check("in place", dst, x, y)
	}
}

func TestWhereAndFill(t *testing.T) {
	p := Portable()
	c := []float32{0, float32(minus0), 1, -2, 1e-45, float32(inf), float32(nan)}
	want := []float32{10, 10, 20, 20, 20, 20, 20}
	x, y, dst := make([]float32, 7), make([]float32, 7), make([]float32, 7)
	p.F32.Fill(x, 20)
	p.F32.Fill(y, 10)
	p.F32.Where(dst, c, x, y)
	c64, x64, y64, dst64 := make([]float64, 7), make([]float64, 7), make([]float64, 7), make([]float64, 7)
	p.CastF32F64(c64, c)
	p.F64.Fill(x64, 20)
	p.F64.Fill(y64, 10)
	p.F64.Where(dst64, c64, x64, y64)
	for i := range c {
		if dst[i] != want[i] || dst64[i] != float64(want[i]) {
			t.Errorf("Where(%g, 20, 10) = %g and %g, want %g", c[i], dst[i], dst64[i], want[i])
		}
	}
}

// TestCasts uses IEEE's ties to even: 2^24+1 and 2^25+2·odd lie between two float32.
func TestCasts(t *testing.T) {
	p := Portable()
	ints := []int32{0, 1, -1, 1<<24 + 1, 1<<24 + 3, -(1<<25 + 2), math.MaxInt32, math.MinInt32}
	want := []float32{0, 1, -1, 1 << 24, 1<<24 + 4, -(1 << 25), 1 << 31, -1 << 31}
	got := make([]float32, len(ints))
	p.CastI32F32(got, ints)
	for i := range ints {
		if got[i] != want[i] {
			t.Errorf("int32 %d: %g, want %g", ints[i], got[i], want[i])
		}
	}
	wide := []float64{1 + 0x1p-24, 1 + 0x3p-24, 0x1p-150, 0x3p-150, math.MaxFloat64, -0x1.ffffffp127, nan, minus0}
	want = []float32{1, 1 + 0x1p-22, 0, 0x1p-148, float32(inf), -float32(inf), float32(nan), float32(minus0)}
	p.CastF64F32(got, wide)
	for i := range wide {
		if !sameFloat(got[i], want[i]) {
			t.Errorf("float64 %g: %g, want %g", wide[i], got[i], want[i])
		}
	}
	bytes := make([]uint8, 256)
	got = make([]float32, 256)
	for i := range bytes {
		bytes[i] = uint8(i)
	}
	p.CastU8F32(got, bytes)
	for i := range got {
		if got[i] != float32(i) {
			t.Errorf("uint8 %d: %g", i, got[i])
		}
	}
}

func TestTranspose(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 200 {
		rows, cols := r.IntN(40), r.IntN(40)
		lds, ldd := cols+r.IntN(3), rows+r.IntN(3)
		src, dst := make([]float32, rows*lds), make([]float32, cols*ldd)
		for i := range src {
			src[i] = float32(i + 1)
		}
		transpose(dst, src, rows, cols, ldd, lds)
		for j := range cols {
			for i := range ldd {
				want := float32(0)
				if i < rows {
					want = src[i*lds+j]
				}
				if dst[j*ldd+i] != want {
					t.Fatalf("%d×%d, strides %d and %d: dst[%d, %d] = %g, want %g", rows, cols, lds, ldd, j, i, dst[j*ldd+i], want)
				}
			}
		}
	}
}

func BenchmarkElementwise(b *testing.B) {
	p := Portable()
	x, y, c, dst := make([]float32, Block), make([]float32, Block), make([]float32, Block), make([]float32, Block)
	r := rand.New(rand.NewPCG(13, 14))
	for i := range x {
		x[i], y[i], c[i] = float32(r.NormFloat64()), float32(r.NormFloat64()), float32(r.IntN(2))
	}
	for _, c := range []struct {
		name string
		f    func()
	}{
		{"add", func() { p.F32.Binary[Add](dst, x, y) }},
		{"mulVS", func() { p.F32.BinaryVS[Mul](dst, x, 3) }},
		{"div", func() { p.F32.Binary[Div](dst, x, y) }},
		{"max", func() { p.F32.Binary[Max](dst, x, y) }},
		{"lt", func() { p.F32.Binary[Lt](dst, x, y) }},
		{"sqrt", func() { p.F32.Unary[Sqrt](dst, c) }},
		{"sign", func() { p.F32.Unary[Sign](dst, x) }},
		{"floor", func() { p.F32.Unary[Floor](dst, x) }},
		{"where", func() { p.F32.Where(dst, c, x, y) }},
		{"fill", func() { p.F32.Fill(dst, 3) }},
		{"transpose", func() { p.F32.Transpose(dst, x, 16, 16, 16, 16) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				c.f()
			}
			perElement(b, Block)
		})
	}
}
