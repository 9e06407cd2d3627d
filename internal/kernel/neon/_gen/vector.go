package main

import "math"

// two and three emit the instruction of the element type: a op b.

func (g *gen) op2(name string, s shape, a op) reg {
	d, x := g.vec(), g.in(a)
	g.emit(func(r []int) word { return two(name, s, r[0], r[1]) }, d, x)
	return d
}

func (g *gen) op3(name string, s shape, a, b op) reg {
	x, y := g.in(a), g.in(b)
	d := g.vec()
	g.emit(func(r []int) word { return three(name, s, r[0], r[1], r[2]) }, d, x, y)
	return d
}

func (g *gen) add(a, b op) reg { return g.op3("fadd", g.shape(), a, b) }
func (g *gen) sub(a, b op) reg { return g.op3("fsub", g.shape(), a, b) }
func (g *gen) mul(a, b op) reg { return g.op3("fmul", g.shape(), a, b) }
func (g *gen) div(a, b op) reg { return g.op3("fdiv", g.shape(), a, b) }

// max and min are NaN if either operand is, and order −0 below +0: Go's own rules.
func (g *gen) max(a, b op) reg { return g.op3("fmax", g.shape(), a, b) }
func (g *gen) min(a, b op) reg { return g.op3("fmin", g.shape(), a, b) }

// fma is a·b + c, fnma is c − a·b, both rounded once.
func (g *gen) fma(a, b, c op) reg  { return g.fused("fmla", a, b, c) }
func (g *gen) fnma(a, b, c op) reg { return g.fused("fmls", a, b, c) }

func (g *gen) fused(name string, a, b, c op) reg {
	d, s := g.vec(), g.shape()
	x, y, acc := g.in(a), g.in(b), g.own(c)
	g.emitTied(func(r []int) word { return three(name, s, r[0], r[2], r[3]) }, d, acc, x, y)
	return d
}

// horner is the polynomial in x with these coefficients, the highest first.
func (g *gen) horner(x op, c []float64) reg {
	q := g.own(g.k(c[0]))
	for _, v := range c[1:] {
		q = g.fma(q, x, g.k(v))
	}
	return q
}

func (g *gen) sqrt(x op) reg { return g.op2("fsqrt", g.shape(), x) }
func (g *gen) neg(x op) reg  { return g.op2("fneg", g.shape(), x) }
func (g *gen) abs(x op) reg  { return g.op2("fabs", g.shape(), x) }

// floor is x rounded down.
func (g *gen) floor(x op) reg { return g.op2("frintm", g.shape(), x) }

// and, or and xor work on the bits of vectors.
func (g *gen) and(a, b op) reg { return g.op3("and", b16, a, b) }
func (g *gen) or(a, b op) reg  { return g.op3("orr", b16, a, b) }
func (g *gen) xor(a, b op) reg { return g.op3("eor", b16, a, b) }

// signBit is elements of which the sign bit alone is set.
func (g *gen) signBit() op { return konst(byType[uint64](g, 1<<31, 1<<63)) }

// withSign is the magnitude of m with the sign of s.
func (g *gen) withSign(m reg, s op) reg {
	return g.choose(g.own(g.signBit()), s, m)
}

// iadd and isub are on integers as wide as an element.
func (g *gen) iadd(a, b op) reg { return g.op3("add", g.shape(), a, b) }
func (g *gen) isub(a, b op) reg { return g.op3("sub", g.shape(), a, b) }

// shl and shr shift the bits of each element; shr fills with zeros, sar with copies of the sign.
func (g *gen) shl(a op, n int) reg { return g.shift("shl", g.shape(), a, n) }
func (g *gen) shr(a op, n int) reg { return g.shift("ushr", g.shape(), a, n) }
func (g *gen) sar(a op, n int) reg { return g.shift("sshr", g.shape(), a, n) }

func (g *gen) shift(name string, s shape, a op, n int) reg {
	x := g.in(a)
	d := g.vec()
	g.emit(func(r []int) word { return shift(name, s, r[0], r[1], n) }, d, x)
	return d
}

// toFloat and unsignedToFloat round integers to the element type.
func (g *gen) toFloat(n op) reg         { return g.op2("scvtf", g.shape(), n) }
func (g *gen) unsignedToFloat(n op) reg { return g.op2("ucvtf", g.shape(), n) }

// equal, greater and so on select the lanes where a op b holds, with all bits set; none holds of NaN.
func (g *gen) equal(a, b op) reg   { return g.compare("fcmeq", a, b) }
func (g *gen) greater(a, b op) reg { return g.compare("fcmgt", a, b) }
func (g *gen) less(a, b op) reg    { return g.compare("fcmgt", b, a) }
func (g *gen) atMost(a, b op) reg  { return g.compare("fcmge", b, a) }
func (g *gen) atLeast(a, b op) reg { return g.compare("fcmge", a, b) }

// compare has instructions of their own for zeros, which need no register.
func (g *gen) compare(name string, a, b op) reg {
	zero := konst(0)
	switch {
	case b == zero && name != "fcmge":
		return g.op2(name+"0", g.shape(), a)
	case a == zero && name == "fcmgt":
		return g.op2("fcmlt0", g.shape(), b)
	}
	return g.op3(name, g.shape(), a, b)
}

// bitMask selects the lanes whose bit i is set.
func (g *gen) bitMask(a op, i int) reg { return g.op3("cmtst", g.shape(), a, g.ki(1<<i)) }

// choose is yes where the mask selects, else no. The mask is used up.
func (g *gen) choose(mask reg, yes, no op) reg {
	d := g.vec()
	y, n := g.in(yes), g.in(no)
	g.emitTied(func(r []int) word { return three("bsl", b16, r[0], r[2], r[3]) }, d, mask, y, n)
	return d
}

// copyTo overwrites a register.
func (g *gen) copyTo(d, a reg) {
	g.emit(func(r []int) word { return move(r[0], r[1]) }, d, a)
}

// transpose turns a square of as many registers as lanes on its side.
func (g *gen) transpose(in []reg) []reg {
	zip := func(s shape, a, b reg) (reg, reg) { return g.op3("zip1", s, a, b), g.op3("zip2", s, a, b) }
	if g.f64 {
		a, b := zip(d2, in[0], in[1])
		return []reg{a, b}
	}
	a, b := zip(s4, in[0], in[2]) // 0 of rows 0 and 2, 1 of them; 2, 3
	c, d := zip(s4, in[1], in[3])
	w, x := zip(s4, a, c)
	y, z := zip(s4, b, d)
	return []reg{w, x, y, z}
}

var inf = math.Inf(1)
