package native

import "github.com/godescent/descent/internal/kernel"

// The functions do the operations of kernel's exp.go and erf.go in the same order; see
// there for what they compute. Where those branch, both sides are computed and one is
// chosen. They are float32's alone: of float64, AVX2 has not all that they take.

// function translates the operation of a code from Exp on.
func (l *lowered) function(c Code, v int) int {
	f := kernel.Series32()
	switch c {
	case Exp:
		return l.exp(&f, v)
	case Erf:
		x := l.abs(v, f.ErfMost)
		z := l.two(mMul, x, x)
		near := l.fma(l.horner(z, f.ErfNear), x, x)
		y, n := l.reduceExp(&f, l.horner(l.two(mAdd, x, l.number(-2)), f.ErfFar))
		h := l.power(n)
		far := l.fnma(y, h, l.two(mSub, l.number(1), h))
		return l.withSign(l.choose(isLessEqual, l.number(1), x, far, near), v)
	case Tanh:
		y, n := l.reduceExp(&f, l.two(mMul, l.number(-2), l.abs(v, f.TanhMost)))
		h := l.power(n)
		num := l.fnma(y, h, l.two(mSub, l.number(1), h))
		den := l.fma(y, h, l.two(mAdd, l.number(1), h))
		return l.withSign(l.two(mDiv, num, den), v)
	}
	e := l.exp(&f, l.two(mOr, v, l.constant(l.signBit))) // Sigmoid
	num := l.choose(isLess, v, l.number(0), e, l.number(1))
	return l.two(mDiv, num, l.two(mAdd, l.number(1), e))
}

func (l *lowered) fma(a, b, c int) int {
	return l.do(instruction{op: mFma, a: a, b: b, c: c, d: -1})
}

// fnma is c − a·b.
func (l *lowered) fnma(a, b, c int) int {
	return l.do(instruction{op: mFnma, a: a, b: b, c: c, d: -1})
}

func (l *lowered) shift(op micro, a int, bits byte) int {
	return l.do(instruction{op: op, a: a, b: -1, c: -1, d: -1, predicate: bits})
}

// horner is the polynomial of x with the highest power's coefficient first.
func (l *lowered) horner(x int, c []float64) int {
	q := l.number(c[0])
	for _, next := range c[1:] {
		q = l.fma(q, x, l.number(next))
	}
	return q
}

// abs is |v|, most at most, and NaN where v is.
func (l *lowered) abs(v int, most float64) int {
	return l.two(mMin, l.number(most), l.two(mAnd, v, l.constant(l.signBit-1)))
}

// withSign is |v| with the sign of s.
func (l *lowered) withSign(v, s int) int {
	return l.two(mOr, l.two(mAnd, v, l.constant(l.signBit-1)), l.two(mAnd, s, l.constant(l.signBit)))
}

// reduceExp is kernel's reduce32: e^r − 1, and the integer n.
func (l *lowered) reduceExp(f *kernel.Polynomials32, x int) (y, n int) {
	magic := l.number(f.Magic)
	t := l.fma(x, l.number(f.Log2e), magic)
	n = l.two(mISub, t, magic) // the bits of magic are those of the integer 0
	t = l.two(mSub, t, magic)
	r := l.fnma(t, l.number(f.Ln2Hi), x)
	r = l.fnma(t, l.number(f.Ln2Lo), r)
	return l.fma(l.two(mMul, r, r), l.horner(r, f.Exp), r), n
}

// power is 2^n.
func (l *lowered) power(n int) int {
	return l.shift(mShl, l.two(mIAdd, n, l.constant(127)), 23)
}

func (l *lowered) exp(f *kernel.Polynomials32, v int) int {
	x := l.two(mMax, l.number(f.ExpLeast), l.two(mMin, l.number(f.ExpMost), v))
	y, n := l.reduceExp(f, x)
	half := l.shift(mSar, n, 1)
	y = l.two(mMul, l.two(mAdd, l.number(1), y), l.power(half))
	return l.two(mMul, y, l.power(l.two(mISub, n, half)))
}
