package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/reg"
)

// vec is a vector register.
type vec = reg.VecVirtual

// unary is a routine of one operand; c is what consts returned.
type unary struct {
	name   string // in the table
	doc    string // of x, as Go
	unroll int
	consts func(g *gen) []vec
	body   func(g *gen, c []vec, x vec) vec
}

// binary is a routine of two operands, of which either may be a scalar.
type binary struct {
	name   string
	doc    string // of x and y
	consts func(g *gen) []vec
	body   func(g *gen, c []vec, x, y vec) vec
}

func floats(values ...float64) func(g *gen) []vec {
	return func(g *gen) []vec {
		var c []vec
		for _, v := range values {
			c = append(c, g.constant(v))
		}
		return c
	}
}

func signOnly(g *gen) []vec { return []vec{g.bitsConstant(g.signBit())} }

var simpleUnaries = []unary{
	{"Neg", "-x", 4, signOnly, func(g *gen, c []vec, x vec) vec { return g.xor(c[0], x) }},
	{"Abs", "abs(x)", 4, signOnly, func(g *gen, c []vec, x vec) vec { return g.andNot(c[0], x) }},
	{"Sign", "sign(x)", 4, floats(0, 1, -1), func(g *gen, c []vec, x vec) vec {
		v := g.choose(g.compare(cmpLt, x, c[0]), c[2], x)
		return g.choose(g.compare(cmpLt, c[0], x), c[1], v)
	}},
	{"Sqrt", "sqrt(x)", 4, nil, func(g *gen, _ []vec, x vec) vec { return g.sqrt(x) }},
	{"Floor", "floor(x)", 4, nil, func(g *gen, _ []vec, x vec) vec { return g.round(roundDown, x) }},
	{"Rsqrt", "1 / sqrt(x)", 2, floats(1), func(g *gen, c []vec, x vec) vec { return g.two("VDIVP", c[0], g.sqrt(x)) }},
}

var simpleBinaries = []binary{
	{"Add", "x + y", nil, func(g *gen, _ []vec, x, y vec) vec { return g.two("VADDP", x, y) }},
	{"Sub", "x - y", nil, func(g *gen, _ []vec, x, y vec) vec { return g.two("VSUBP", x, y) }},
	{"Mul", "x * y", nil, func(g *gen, _ []vec, x, y vec) vec { return g.two("VMULP", x, y) }},
	{"Div", "x / y", nil, func(g *gen, _ []vec, x, y vec) vec { return g.two("VDIVP", x, y) }},
	{"Max", "max(x, y)", allOnes, (*gen).max},
	{"Min", "min(x, y)", nil, (*gen).min},
	{"Eq", "1 if x == y else 0", floats(1), comparison(cmpEq)},
	{"Ne", "1 if x != y else 0", floats(1), comparison(cmpNe)},
	{"Lt", "1 if x < y else 0", floats(1), comparison(cmpLt)},
	{"Le", "1 if x <= y else 0", floats(1), comparison(cmpLe)},
}

func comparison(predicate int) func(g *gen, c []vec, x, y vec) vec {
	return func(g *gen, c []vec, x, y vec) vec { return g.only(g.compare(predicate, x, y), c[0]) }
}

func allOnes(g *gen) []vec {
	if g.f64 {
		return []vec{g.bitsConstant(1<<64 - 1)}
	}
	return []vec{g.bitsConstant(1<<32 - 1)}
}

// max takes the processor's maximum in both orders, which differ where one
// operand is NaN or both are zeros (each time the second operand). The bits that
// both have are +0 unless both are −0; a NaN is put back, as all ones (c[0]).
func (g *gen) max(c []vec, x, y vec) vec {
	m := g.and(g.two("VMAXP", x, y), g.two("VMAXP", y, x))
	return g.choose(g.compare(cmpNaN, x, y), c[0], m)
}

// min is like max; here the bits that either has keep −0 and NaN.
func (g *gen) min(_ []vec, x, y vec) vec {
	return g.or(g.two("VMINP", x, y), g.two("VMINP", y, x))
}

func (g *gen) sqrt(x vec) vec {
	r := g.vec()
	g.p("VSQRTP", x, r)
	return r
}

// asmName is the name of a routine's assembly, mode being "", "VS" or "SV".
func (g *gen) asmName(name, mode string) string {
	return fmt.Sprintf("asm%s%s%s", name, mode, g.suffix())
}

// genElementwise writes the routines without polynomials.
func genElementwise(g *gen) {
	for _, g.f64 = range []bool{false, true} {
		for _, u := range simpleUnaries {
			g.unary(u)
		}
		for _, b := range simpleBinaries {
			g.binary(b)
		}
		g.where()
		g.fill()
	}
}

func (g *gen) unary(u unary) {
	var c []vec
	g.emit(loop{
		name: g.asmName(u.name, ""), doc: "dst = " + u.doc, ins: []string{"x"}, unroll: u.unroll,
		consts: func() {
			if u.consts != nil {
				c = u.consts(g)
			}
		},
		body: func(in []vec) vec { return u.body(g, c, in[0]) },
	})
}

func (g *gen) binary(b binary) {
	for _, mode := range []string{"", "VS", "SV"} {
		var c []vec
		var s vec
		l := loop{
			name: g.asmName(b.name, mode), doc: "dst = " + b.doc, ins: []string{"x", "y"}, unroll: 4,
			consts: func() {
				if b.consts != nil {
					c = b.consts(g)
				}
				if mode != "" {
					s = g.scalarArg("s")
				}
			},
			body: func(in []vec) vec { return b.body(g, c, in[0], in[1]) },
		}
		switch mode {
		case "VS":
			l.ins, l.scalar = []string{"x"}, true
			l.doc += ", y being s"
			l.body = func(in []vec) vec { return b.body(g, c, in[0], s) }
		case "SV":
			l.ins, l.scalar = []string{"y"}, true
			l.doc += ", x being s"
			l.body = func(in []vec) vec { return b.body(g, c, s, in[0]) }
		}
		g.emit(l)
	}
}

func (g *gen) where() {
	var zero vec
	g.emit(loop{
		name: g.asmName("Where", ""), doc: "dst = x if c != 0 else y", ins: []string{"c", "x", "y"}, unroll: 4,
		consts: func() { zero = g.vec(); g.zero(zero) },
		body:   func(in []vec) vec { return g.choose(g.compare(cmpNe, in[0], zero), in[1], in[2]) },
	})
}

func (g *gen) fill() {
	var s vec
	g.emit(loop{
		name: g.asmName("Fill", ""), doc: "dst = s", scalar: true, unroll: 4,
		consts: func() { s = g.scalarArg("s") },
		body:   func([]vec) vec { return s },
	})
}

// unaries is every routine of one operand that there is assembly for.
func unaries() []unary { return simpleUnaries }
