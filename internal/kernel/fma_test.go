package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// exactFMA32 is a·b + c for finite operands, rounded once by math/big.
func exactFMA32(a, b, c float32) float32 {
	big32 := func(v float32) *big.Float { return new(big.Float).SetPrec(700).SetFloat64(float64(v)) }
	sum := new(big.Float).SetPrec(700)
	sum.Add(sum.Mul(big32(a), big32(b)), big32(c))
	if sum.Sign() == 0 {
		return float32(float64(a)*float64(b) + float64(c)) // exact, and the sign is IEEE's
	}
	r, _ := sum.Float32()
	return r
}

func checkFMA32(t interface{ Errorf(string, ...any) }, a, b, c float32) {
	got, want := FMA32(a, b, c), exactFMA32(a, b, c)
	if math.Float32bits(got) != math.Float32bits(want) {
		t.Errorf("FMA32(%b, %b, %b) = %b, exactly rounded %b", a, b, c, got, want)
	}
}

func TestFMA32WhereDoubleRoundingFails(t *testing.T) {
	a, c := float32(1+0x1p-12), float32(0x1p-60)
	checkFMA32(t, a, a, c)
	if twiceRounded := float32(math.FMA(float64(a), float64(a), float64(c))); FMA32(a, a, c) == twiceRounded {
		t.Errorf("FMA32 = %b agrees with rounding twice", twiceRounded)
	}
}

// TestFMA32Halfway builds sums a hair beside the middle between two float32:
// (odd 25-bit product) ± tiny, and c ± half a unit in its last place · (1 ± 2^−46),
// moved over the whole range including results below the normal one.
func TestFMA32Halfway(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	sign := func() float32 { return float32(1 - 2*int(r.Uint32()&1)) }
	differs := 0
	check := func(a, b, c float32) {
		checkFMA32(t, a, b, c)
		if FMA32(a, b, c) != float32(math.FMA(float64(a), float64(b), float64(c))) {
			differs++
		}
	}
	for range 100_000 {
		i := 2 + r.IntN(21)
		m, n := 1<<i|r.IntN(1<<i)|1, 1<<(24-i)|r.IntN(1<<(24-i))|1
		e := r.IntN(230) - 150 // 2^e is the last place of the product
		ea := e / 2
		a := sign() * float32(math.Ldexp(float64(m), ea))
		b := sign() * float32(math.Ldexp(float64(n), e-ea))
		check(a, b, sign()*float32(math.Ldexp(1+float64(r.IntN(4)), e-r.IntN(40))))

		e = r.IntN(250) - 148
		c := sign() * float32(math.Ldexp(float64(1<<23|r.IntN(1<<23)), e))
		d := float64(1 + r.IntN(3))
		a = sign() * float32(math.Ldexp(1+d*0x1p-23, e/2))
		b = float32(math.Ldexp(1-d*0x1p-23, e-e/2-1))
		check(a, b, c)
	}
	if differs < 10_000 {
		t.Errorf("only %d of the cases tell one rounding from two", differs)
	}
}

func TestFMA32Any(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		anything := rapid.Map(rapid.Uint32(), math.Float32frombits)
		a, b, c := anything.Draw(t, "a"), anything.Draw(t, "b"), anything.Draw(t, "c")
		if s := float64(a)*float64(b) + float64(c); math.IsNaN(s) || math.IsInf(s, 0) || math.IsInf(float64(c), 0) {
			if got := FMA32(a, b, c); !sameFloat(got, float32(s)) {
				t.Errorf("FMA32(%g, %g, %g) = %g, want %g", a, b, c, got, s)
			}
			return
		}
		checkFMA32(t, a, b, c)
	})
}

// TestFMA32Near draws exponents close to each other and to the edge of the
// range, where the operands meet.
func TestFMA32Near(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300_000 {
		base := r.IntN(300) - 170
		f := func(e int) float32 {
			return float32(math.Ldexp(float64(int(r.Uint32()&0x1ffffff)-1<<24), e-24))
		}
		ea := r.IntN(60) - 30
		checkFMA32(t, f(base/2+ea), f(base-base/2-ea), f(base+r.IntN(60)-30))
	}
}

// sameFloat reports equal bits, any two NaN being equal.
func sameFloat[T Float](a, b T) bool {
	if a != a || b != b {
		return a != a && b != b
	}
	return a == b && math.Signbit(float64(a)) == math.Signbit(float64(b))
}

func BenchmarkFMA32(b *testing.B) {
	x := [256]float32{}
	for i := range x {
		x[i] = float32(i)*0.37 + 1
	}
	for b.Loop() {
		for i := range x {
			x[i] = FMA32(x[i], 0.999, 0.001)
		}
	}
	perElement(b, 256)
}
