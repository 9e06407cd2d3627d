package kernel

import "math"

// The exponential family: e^x, e^x − 1, tanh and the logistic function share
// one reduction, x = n·ln 2 + r with |r| ≤ ½·ln 2, and one polynomial for e^r − 1.
//
// A float32 function here is a sequence of single float32 operations on values
// held in float64: fma32, mul32, add32 and divisions. A float64 function is one
// of float64 operations and math.FMA. That sequence, not its accuracy, is the
// definition: a vector version does the same operations in the same order.
//
// Stated errors are the largest measured, in units of the last place of the
// exact value: for float32 over all 2^32 arguments, for float64 over some
// 30,000 a function (_minimax/table.py 5000), rounded up.

// mul32 and add32 are the float32 product and sum of float32 values held in
// float64. Rounding a sum twice is harmless: float64 has more than twice the
// digits and two to spare.

func mul32(x, y float64) float64 { return float64(float32(x * y)) }
func add32(x, y float64) float64 { return float64(float32(x + y)) }

// Adding 1.5·2^23 to a small float32 rounds it to an integer, ties to even,
// and leaves that integer in the low bits.
const (
	magic32     = 0x1.8p23
	magicBits32 = 0x4b400000
	magic64     = 0x1.8p52
	magicBits64 = 0x4338000000000000
)

// power32 and power64 are 2^n for a normal result.

func power32(n int32) float64 { return float64(math.Float32frombits(uint32(n+127) << 23)) }
func power64(n int64) float64 { return math.Float64frombits(uint64(n+1023) << 52) }

// reduce32 returns e^r − 1 and n, where n is x·log2(e) to the nearest integer
// and r = x − n·ln 2, for |x| < 2^21.
func reduce32(x float64) (y float64, n int32) {
	t := fma32(x, log2e32, magic32)
	n = int32(math.Float32bits(float32(t)) - magicBits32)
	t = add32(t, -magic32)
	r := fma32(t, -ln2hi32, x)
	r = fma32(t, -ln2lo32, r)
	q := fma32(exp32c4, r, exp32c3)
	q = fma32(q, r, exp32c2)
	q = fma32(q, r, exp32c1)
	q = fma32(q, r, exp32c0)
	return fma32(mul32(r, r), q, r), n
}

// reduce64 is reduce32 in float64, for |x| < 2^50.
func reduce64(x float64) (y float64, n int64) {
	t := math.FMA(x, log2e64, magic64)
	n = int64(math.Float64bits(t) - magicBits64)
	t -= magic64
	r := math.FMA(t, -ln2hi64, x)
	r = math.FMA(t, -ln2lo64, r)
	q := math.FMA(exp64c9, r, exp64c8)
	q = math.FMA(q, r, exp64c7)
	q = math.FMA(q, r, exp64c6)
	q = math.FMA(q, r, exp64c5)
	q = math.FMA(q, r, exp64c4)
	q = math.FMA(q, r, exp64c3)
	q = math.FMA(q, r, exp64c2)
	q = math.FMA(q, r, exp64c1)
	q = math.FMA(q, r, exp64c0)
	return math.FMA(float64(r*r), q, r), n
}

// exp32 is e^x within 1.02 ulp. The result is scaled in two steps, of which only
// the second can round, so that subnormal results are right and large ones overflow.
func exp32(v float32) float32 {
	x := float64(v)
	if x > 89 {
		x = 89 // e^89 overflows
	}
	if x < -104.5 {
		x = -104.5 // e^−104.5 rounds to 0
	}
	y, n := reduce32(x)
	half := n >> 1
	return float32(mul32(mul32(add32(1, y), power32(half)), power32(n-half)))
}

// exp64 is e^x within 1.05 ulp.
func exp64(x float64) float64 {
	if x > 710 {
		x = 710
	}
	if x < -746 {
		x = -746
	}
	y, n := reduce64(x)
	half := n >> 1
	return (1 + y) * power64(half) * power64(n-half)
}

// expm1of32 is e^x − 1 = (y·2^a + (2^a − 2^−b))·2^b with y = e^r − 1 and a + b = n,
// so that for n = 0 it is y; within 1.47 ulp.
func expm1of32(v float32) float32 {
	x := float64(v)
	if x > 89 {
		x = 89
	}
	if x < -18 {
		x = -18 // rounds to −1
	}
	y, n := reduce32(x)
	a := n >> 1
	b := n - a
	h := power32(a)
	y = fma32(y, h, add32(h, -power32(-b)))
	if v == 0 {
		return v // keeps −0
	}
	return float32(mul32(y, power32(b)))
}

// expm1of64 is e^x − 1 within 1.9 ulp.
func expm1of64(v float64) float64 {
	x := v
	if x > 710 {
		x = 710
	}
	if x < -40 {
		x = -40
	}
	y, n := reduce64(x)
	a := n >> 1
	b := n - a
	h := power64(a)
	y = math.FMA(y, h, h-power64(-b))
	if v == 0 {
		return v
	}
	return y * power64(b)
}

// tanh32 is tanh|x| = (1 − e^−2|x|)/(1 + e^−2|x|) with the sign of x, both terms
// made of e^r − 1 with one rounding; within 1.93 ulp.
func tanh32(v float32) float32 {
	x := math.Abs(float64(v))
	if x > 10 {
		x = 10 // tanh 10 rounds to 1
	}
	y, n := reduce32(-2 * x)
	h := power32(n)
	num := float32(fma32(-y, h, add32(1, -h)))
	den := float32(fma32(y, h, add32(1, h)))
	return float32(math.Copysign(float64(num/den), float64(v)))
}

// tanh64 is tanh x within 2.1 ulp.
func tanh64(v float64) float64 {
	x := math.Abs(v)
	if x > 20 {
		x = 20
	}
	y, n := reduce64(-2 * x)
	h := power64(n)
	return math.Copysign(math.FMA(-y, h, 1-h)/math.FMA(y, h, 1+h), v)
}

// sigmoid32 is 1/(1 + e^−|x|), or e^−|x|/(1 + e^−|x|) for x < 0, which keeps
// its digits down to the smallest subnormal number; within 2.41 ulp.
func sigmoid32(v float32) float32 {
	e := exp32(float32(-math.Abs(float64(v))))
	d := 1 + e
	if v < 0 {
		return e / d
	}
	return 1 / d
}

// sigmoid64 is 1/(1 + e^−x) within 2.5 ulp.
func sigmoid64(v float64) float64 {
	e := exp64(-math.Abs(v))
	d := 1 + e
	if v < 0 {
		return e / d
	}
	return 1 / d
}
