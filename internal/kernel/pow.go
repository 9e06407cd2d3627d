package kernel

import "math"

// x^y = 2^(y·log2|x|) with the special cases of math.Pow. In float64 the
// logarithm has about 65 right bits, held in two parts, because y·log2|x| may
// lose ten before the point. The float32 power takes plain float64 operations:
// fewer than two-part float32 ones would be.

// splitPower is x = 2^k·m with m in [√½, √2), for x > 0 finite.
func splitPower(x float64) (m, k float64) {
	n := int64(0)
	if x < 0x1p-1022 {
		x, n = x*0x1p52, -52
	}
	bits := math.Float64bits(x) - rootHalfBits64
	n += int64(bits) >> 52
	return math.Float64frombits(bits&(1<<52-1) + rootHalfBits64), float64(n)
}

// log2Parts is log2 x as hi + lo, for x > 0 finite: with s = (m−1)/(m+1) in two
// parts, log2 m = s·(c0 + z·(c1 + z·P(z))), z = s², c0 and c1 in two parts.
func log2Parts(x float64) (hi, lo float64) {
	m, k := splitPower(x)
	u, v := m-1, m+1
	vlo := m - (v - 1)
	inverse := 1 / v
	s := float64(u * inverse)
	slo := float64(math.FMA(-s, vlo, math.FMA(-s, v, u)) * inverse)
	z := float64(s * s)
	zlo := math.FMA(2*s, slo, math.FMA(s, s, -z))

	p := math.FMA(powLog64c8, z, powLog64c7)
	p = math.FMA(p, z, powLog64c6)
	p = math.FMA(p, z, powLog64c5)
	p = math.FMA(p, z, powLog64c4)
	p = math.FMA(p, z, powLog64c3)
	p = math.FMA(p, z, powLog64c2)
	a := float64(z * p)
	w := powLog64c1hi + a
	wlo := ((powLog64c1hi - w) + a) + powLog64c1lo
	b := float64(z * w)
	blo := math.FMA(zlo, w, math.FMA(z, wlo, math.FMA(z, w, -b)))
	g := powLog64c0hi + b
	glo := ((powLog64c0hi - g) + b) + (blo + powLog64c0lo)
	l := float64(s * g)
	llo := math.FMA(slo, g, math.FMA(s, glo, math.FMA(s, g, -l)))
	hi = k + l
	return hi, ((k - hi) + l) + llo
}

// exp2Parts is 2^(hi+lo) for |lo| ≤ 2^−43 and |hi| ≤ 1100.
func exp2Parts(hi, lo float64) float64 {
	t := hi + magic64
	n := int64(math.Float64bits(t) - magicBits64)
	h := hi - (t - magic64)
	r := h + lo
	rlo := (h - r) + lo
	q := math.FMA(powExp64c9, r, powExp64c8)
	q = math.FMA(q, r, powExp64c7)
	q = math.FMA(q, r, powExp64c6)
	q = math.FMA(q, r, powExp64c5)
	q = math.FMA(q, r, powExp64c4)
	q = math.FMA(q, r, powExp64c3)
	q = math.FMA(q, r, powExp64c2)
	q = math.FMA(q, r, powExp64c1)
	q = math.FMA(q, r, powExp64c0)
	a := float64(r * powExp2hi)
	alo := math.FMA(rlo, powExp2hi, math.FMA(r, powExp2lo, math.FMA(r, powExp2hi, -a)))
	e := 1 + a
	e += ((1 - e) + a) + math.FMA(float64(r*r), q, alo)
	half := n >> 1
	return e * power64(half) * power64(n-half)
}

// pow64 is x^y within 1 ulp.
func pow64(x, y float64) float64 {
	if p, ok := powEnds(x, y); ok {
		return p
	}
	l, llo := log2Parts(math.Abs(x))
	e := float64(y * l)
	elo := math.FMA(y, llo, math.FMA(y, l, -e))
	if e > 1025 {
		e, elo = 1025, 0
	}
	if e < -1080 {
		e, elo = -1080, 0
	}
	p := exp2Parts(e, elo)
	if x < 0 && odd(y) {
		p = -p
	}
	return p
}

// pow32 is x^y in float64, rounded once at the end: within 0.51 ulp.
func pow32(x, y float32) float32 {
	if p, ok := powEnds(float64(x), float64(y)); ok {
		return float32(p)
	}
	m, k := splitPower(math.Abs(float64(x)))
	s := (m - 1) / (m + 1)
	z := float64(s * s)
	p := math.FMA(pow32Log64c4, z, pow32Log64c3)
	p = math.FMA(p, z, pow32Log64c2)
	p = math.FMA(p, z, pow32Log64c1)
	p = math.FMA(p, z, pow32Log64c0)
	e := float64(float64(y) * math.FMA(p, s, k))
	if e > 130 {
		e = 130
	}
	if e < -160 {
		e = -160
	}
	t := e + magic64
	n := int64(math.Float64bits(t) - magicBits64)
	r := e - (t - magic64)
	q := math.FMA(pow32Exp64c6, r, pow32Exp64c5)
	q = math.FMA(q, r, pow32Exp64c4)
	q = math.FMA(q, r, pow32Exp64c3)
	q = math.FMA(q, r, pow32Exp64c2)
	q = math.FMA(q, r, pow32Exp64c1)
	q = math.FMA(q, r, pow32Exp64c0)
	w := float64(math.FMA(q, r, 1) * power64(n))
	if x < 0 && odd(float64(y)) {
		w = -w
	}
	return float32(w)
}

// odd reports whether y is an odd integer; from 2^53 on all are even.
func odd(y float64) bool {
	y = math.Abs(y)
	return y < 1<<53 && math.Floor(y) == y && int64(y)&1 == 1
}

// powEnds is x^y where an operand is NaN, ±Inf, ±0, x = 1, y = 1 or the base is
// negative and the exponent no integer, and x^½ = √x, whose instruction rounds correctly.
func powEnds(x, y float64) (p float64, ok bool) {
	switch {
	case y == 0 || x == 1:
		return 1, true
	case x != x || y != y:
		return math.NaN(), true
	case y == 1:
		return x, true
	case math.IsInf(y, 0):
		switch a := math.Abs(x); {
		case a == 1:
			return 1, true
		case (a > 1) == (y > 0):
			return math.Inf(1), true
		}
		return 0, true
	case x == 0 || math.IsInf(x, 0):
		if (x == 0) == (y > 0) {
			p = 0
		} else {
			p = math.Inf(1)
		}
		if math.Signbit(x) && odd(y) {
			p = -p
		}
		return p, true
	case x < 0 && math.Floor(y) != y:
		return math.NaN(), true
	case y == 0.5:
		return math.Sqrt(x), true
	}
	return 0, false
}

// RootPower makes a table's power of one exponent take the square root where that is ½: a power
// is not vectorised, and takes tens of times as long.
func RootPower[T Float](o *Ops[T]) {
	power, least, root, add := o.BinaryVS[Pow], o.Reduce[ReduceMin], o.Unary[Sqrt], o.BinaryVS[Add]
	o.BinaryVS[Pow] = func(dst, x []T, s T) {
		x = x[:len(dst)]
		for len(dst) > 0 {
			n := min(len(dst), Block)
			switch m := least(x[:n]); {
			case s != 0.5 || !(m >= 0): // what is negative or NaN has rules of its own
				power(dst[:n], x[:n], s)
			default:
				root(dst[:n], x[:n])
				if m == 0 { // (−0)^½ is +0
					add(dst[:n], dst[:n], 0)
				}
			}
			dst, x = dst[n:], x[n:]
		}
	}
}
