package main

// The functions here do the operations of the portable exp.go, log.go, erf.go,
// trig.go and cbrt.go in the same order; see there for what they compute. Where the
// portable code branches, both sides are computed and a mask chooses.

const (
	magic32     = 0x1.8p23
	magic64     = 0x1.8p52
	magicBits32 = 0x4b400000
	magicBits64 = 0x4338000000000000
)

var mathUnaries = []unary{
	{"Exp", "exp(x)", 1, (*gen).exp, nil},
	{"Expm1", "exp(x) - 1", 1, (*gen).expm1, nil},
	{"Log", "log(x)", 1, (*gen).log, nil},
	{"Log1p", "log(1 + x)", 1, (*gen).log1p, nil},
	{"Tanh", "tanh(x)", 1, (*gen).tanh, nil},
	{"Sigmoid", "1 / (1 + exp(-x))", 1, (*gen).sigmoid, nil},
	{"Erf", "erf(x)", 1, (*gen).erf, nil},
	{"Sin", "sin(x)", 1, (*gen).sin, (*gen).far},
	{"Cos", "cos(x)", 1, (*gen).cos, (*gen).far},
	{"Cbrt", "cbrt(x)", 1, (*gen).cbrt, nil},
}

// genMath writes the routines made of polynomials.
func genMath(f *file) {
	for _, f64 := range []bool{false, true} {
		for _, u := range mathUnaries {
			f.unary(f64, u)
		}
	}
}

func (g *gen) magic() op     { return g.k(byType[float64](g, magic32, magic64)) }
func (g *gen) magicBits() op { return g.ki(byType[int64](g, magicBits32, magicBits64)) }

// nearest rounds a·b to an integer, as a number t and as an integer n.
func (g *gen) nearest(a, b op) (t, n reg) {
	t = g.fma(a, b, g.magic())
	n = g.isub(t, g.magicBits())
	return g.sub(t, g.magic()), n
}

// power is 2^n.
func (g *gen) power(n op) reg {
	return g.shl(g.iadd(n, g.ki(byType[int64](g, 127, 1023))), byType(g, 23, 52))
}

// expReduce is reduce32 and reduce64: e^r − 1 and n.
func (g *gen) expReduce(x reg) (y, n reg) {
	t, n := g.nearest(x, g.kc("log2e%d"))
	r := g.fnma(t, g.kc("ln2hi%d"), x)
	r = g.fnma(t, g.kc("ln2lo%d"), r)
	q := g.horner(r, g.series("exp", 0, byType(g, 4, 9)))
	return g.fma(g.mul(r, r), q, r), n
}

// within is x cut to lo..hi, and NaN where x is.
func (g *gen) within(x op, lo, hi float64) reg { return g.max(g.min(x, g.k(hi)), g.k(lo)) }

func (g *gen) exp(x reg) reg {
	y, n := g.expReduce(g.within(x, byType(g, -104.5, -746.0), byType(g, 89.0, 710.0)))
	half := g.sar(n, 1)
	return g.mul(g.mul(g.add(g.k(1), y), g.power(half)), g.power(g.isub(n, half)))
}

func (g *gen) expm1(v reg) reg {
	y, n := g.expReduce(g.within(v, byType(g, -18.0, -40.0), byType(g, 89.0, 710.0)))
	a := g.sar(n, 1)
	b := g.isub(n, a)
	h := g.power(a)
	y = g.fma(y, h, g.sub(h, g.power(g.isub(g.ki(0), b))))
	return g.choose(g.equal(v, g.k(0)), v, g.mul(y, g.power(b)))
}

func (g *gen) tanh(v reg) reg {
	x := g.min(g.abs(v), g.k(byType(g, 10.0, 20.0)))
	y, n := g.expReduce(g.mul(x, g.k(-2)))
	h := g.power(n)
	num := g.fnma(y, h, g.sub(g.k(1), h))
	den := g.fma(y, h, g.add(g.k(1), h))
	return g.withSign(g.div(num, den), v)
}

func (g *gen) sigmoid(v reg) reg {
	e := g.exp(g.neg(g.abs(v)))
	num := g.choose(g.less(v, g.k(0)), e, g.k(1))
	return g.div(num, g.add(g.k(1), e))
}

func (g *gen) erf(v reg) reg {
	x := g.min(g.abs(v), g.k(byType(g, 4.0, 6.0)))
	p := g.horner(g.mul(x, x), g.series("erfNear", 0, byType(g, 6, 12)))
	near := g.fma(p, x, x)
	u := g.add(x, g.k(-2))
	y, n := g.expReduce(g.horner(u, g.series("erfFar", 0, byType(g, 6, 18))))
	h := g.power(n)
	far := g.fnma(y, h, g.sub(g.k(1), h))
	return g.withSign(g.choose(g.atLeast(x, g.k(1)), far, near), v)
}

// split is x = 2^k·m with m near 1, k as an integer, for the logarithm's bits of x.
func (g *gen) split(x reg) (m, k reg) {
	start := g.ki(byType[int64](g, 0x3f2aaaab, 0x3fe6a09e667f3bcd))
	bits := g.isub(x, start)
	fraction := g.ki(byType[int64](g, 1<<23-1, 1<<52-1))
	return g.iadd(g.and(bits, fraction), start), g.sar(bits, byType(g, 23, 52))
}

func (g *gen) log(v reg) reg {
	tiny := g.less(v, g.k(byType(g, 0x1p-126, 0x1p-1022)))
	less := g.and(tiny, g.ki(byType[int64](g, -23, -52)))
	x := g.choose(tiny, g.mul(v, g.k(byType(g, 0x1p23, 0x1p52))), v)
	m, k := g.split(x)
	return g.logEnds(v, g.logSum(g.sub(m, g.k(1)), g.toFloat(g.iadd(k, less))))
}

// logSum is logSum32 and logSum64: k·ln 2 + ln(1+f).
func (g *gen) logSum(f, k reg) reg {
	if !g.f64 {
		q := g.horner(f, append(g.series("log", 1, 8), -0.5))
		l := g.fma(g.mul(f, f), q, f)
		l = g.fma(k, g.kc("ln2lo%d"), l)
		return g.fma(k, g.kc("ln2hi%d"), l)
	}
	s := g.div(f, g.add(f, g.k(2)))
	z := g.mul(s, s)
	q := g.horner(z, g.series("log", 0, 6))
	h := g.mul(g.mul(f, f), g.k(0.5))
	w := g.fma(s, g.fma(z, q, h), g.mul(k, g.kc("ln2lo%d")))
	return g.fma(k, g.kc("ln2hi%d"), g.sub(f, g.sub(h, w)))
}

// logEnds is the logarithm of x where a finite x > 0 has the logarithm l.
func (g *gen) logEnds(x, l reg) reg {
	l = g.choose(g.less(x, g.k(inf)), l, x) // else +Inf and NaN
	l = g.choose(g.equal(x, g.k(0)), g.k(-inf), l)
	return g.or(g.less(x, g.k(0)), l) // all ones is a NaN
}

func (g *gen) log1p(v reg) reg {
	u := g.add(v, g.k(1))
	b := g.add(u, g.k(-1))
	c := g.add(g.sub(g.k(1), g.sub(u, b)), g.sub(v, b))
	m, k := g.split(u)
	scale := g.shl(g.isub(g.ki(byType[int64](g, 128, 1024)), k), byType(g, 23, 52))
	f := g.fma(g.mul(c, scale), g.k(0.5), g.sub(m, g.k(1)))
	l := g.logEnds(u, g.logSum(f, g.toFloat(k)))
	return g.choose(g.equal(v, g.k(0)), v, l)
}

// far selects the lanes that need the long reduction.
func (g *gen) far(v reg) reg { return g.greater(g.abs(v), g.k(byType[float64](g, 1<<17, 1<<20))) }

// turn is turn32 and turn64 below their limit.
func (g *gen) turn(x reg) (r, n reg) {
	t, n := g.nearest(x, g.kc("twoOverPi%d"))
	r = g.fnma(t, g.kc("halfPi%da"), x)
	r = g.fnma(t, g.kc("halfPi%db"), r)
	return g.fnma(t, g.kc("halfPi%dc"), r), n
}

// sincos is sincos32 and sincos64.
func (g *gen) sincos(r reg) (sin, cos reg) {
	z, last := g.mul(r, r), byType(g, 2, 5)
	s := g.horner(z, g.series("sin", 0, last))
	c := g.horner(z, append(g.series("cos", 0, last), -0.5))
	return g.fma(g.mul(z, r), s, r), g.fma(c, z, g.k(1))
}

// quadrant is the sine of n·π/2 + r.
func (g *gen) quadrant(sin, cos, n reg) reg {
	v := g.choose(g.bitMask(n, 0), cos, sin)
	return g.xor(v, g.and(g.shl(n, 8*g.elem()-2), g.signBit()))
}

func (g *gen) sin(v reg) reg {
	r, n := g.turn(g.abs(v))
	s, c := g.sincos(r)
	return g.xor(g.quadrant(s, c, n), g.and(v, g.signBit()))
}

func (g *gen) cos(v reg) reg {
	r, n := g.turn(g.abs(v))
	s, c := g.sincos(r)
	return g.quadrant(s, c, g.iadd(n, g.ki(1)))
}

// cbrt is cbrt32 and cbrt64.
func (g *gen) cbrt(v reg) reg {
	a := g.abs(v)
	tiny := func() reg { return g.less(a, g.k(byType(g, 0x1p-60, 0x1p-600))) }
	scale := g.choose(tiny(), g.k(byType(g, 0x1p-32, 0x1p-200)), g.k(1))
	b := g.choose(tiny(), g.mul(a, g.k(byType(g, 0x1p96, 0x1p600))), a)
	third, skip := g.k(1.0/3), byType(g, 9, 32)
	t := g.fnma(g.toFloat(g.shr(b, skip)), third, g.magic())
	r := g.shl(g.isub(t, g.ki(byType[int64](g, magicBits32-0x2a5105, magicBits64-0x553eebeb))), skip)
	error := func() reg { return g.fnma(g.mul(b, r), g.mul(r, r), g.k(1)) }
	e := error()
	p := g.horner(e, []float64{14.0 / 81, 2.0 / 9, 1.0 / 3})
	r = g.fma(g.mul(r, e), p, r)
	if g.f64 {
		r = g.fma(g.mul(r, error()), third, r)
	}
	r2 := g.mul(r, r)
	y := g.mul(b, r2)
	y2 := g.mul(y, y)
	d := g.fma(g.fnma(y, y, y2), y, g.fnma(y2, y, b))
	y = g.mul(g.fma(d, g.mul(r2, third), y), scale)
	return g.choose(g.less(a, g.k(inf)), g.withSign(y, v), v)
}
