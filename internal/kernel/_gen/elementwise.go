package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/reg"
)

// unary is a routine of one operand.
type unary struct {
	name   string // in the table
	doc    string // of x, as Go
	unroll int
	body   func(g *gen, x vec) vec
	far    func(g *gen, x vec) reg.Register // lanes that body cannot do, or nil
}

// binary is a routine of two operands, of which either may be a scalar.
type binary struct {
	name string
	doc  string // of x and y
	body func(g *gen, x, y vec) vec
}

// unaries is every routine of one operand that there is assembly for.
func unaries() []unary { return append(simpleUnaries, mathUnaries...) }

var simpleUnaries = []unary{
	{"Neg", "-x", 4, func(g *gen, x vec) vec { return g.xor(x, g.signBit()) }, nil},
	{"Abs", "abs(x)", 4, func(g *gen, x vec) vec { return g.abs(x) }, nil},
	{"Sign", "sign(x)", 4, func(g *gen, x vec) vec {
		v := g.choose(g.compare(cmpLt, x, g.k(0)), g.k(-1), x)
		return g.choose(g.compare(cmpGt, x, g.k(0)), g.k(1), v)
	}, nil},
	{"Sqrt", "sqrt(x)", 4, func(g *gen, x vec) vec { return g.sqrt(x) }, nil},
	{"Floor", "floor(x)", 4, (*gen).floor, nil},
	{"Rsqrt", "1 / sqrt(x)", 2, func(g *gen, x vec) vec { return g.div(g.k(1), g.sqrt(x)) }, nil},
}

var simpleBinaries = []binary{
	{"Add", "x + y", func(g *gen, x, y vec) vec { return g.add(x, y) }},
	{"Sub", "x - y", func(g *gen, x, y vec) vec { return g.sub(x, y) }},
	{"Mul", "x * y", func(g *gen, x, y vec) vec { return g.mul(x, y) }},
	{"Div", "x / y", func(g *gen, x, y vec) vec { return g.div(x, y) }},
	{"Max", "max(x, y)", (*gen).max},
	{"Min", "min(x, y)", (*gen).min},
	{"Eq", "1 if x == y else 0", comparison(cmpEq)},
	{"Ne", "1 if x != y else 0", comparison(cmpNe)},
	{"Lt", "1 if x < y else 0", comparison(cmpLt)},
	{"Le", "1 if x <= y else 0", comparison(cmpLe)},
}

func comparison(predicate int) func(g *gen, x, y vec) vec {
	return func(g *gen, x, y vec) vec { return g.only(g.compare(predicate, x, y), g.k(1)) }
}

// max takes the processor's maximum in both orders, which differ where one
// operand is NaN or both are zeros (each time the second operand). The bits that
// both have are +0 unless both are −0; a NaN is put back, as all ones.
func (g *gen) max(x, y vec) vec {
	m := g.and(g.greater(x, y), g.greater(y, x))
	return g.choose(g.compare(cmpNaN, x, y), g.ki(-1), m)
}

// min is like max; here the bits that either has keep −0 and NaN.
func (g *gen) min(x, y vec) vec {
	return g.or(g.lesser(x, y), g.lesser(y, x))
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
		g.emit(loop{
			name: g.asmName("Where", ""), doc: "dst = x if c != 0 else y", ins: []string{"c", "x", "y"}, unroll: 4,
			body: func(g *gen, in []vec, _ vec) vec {
				return g.choose(g.compare(cmpNe, in[0], g.k(0)), in[1], in[2])
			},
		})
		g.emit(loop{
			name: g.asmName("Fill", ""), doc: "dst = s", scalar: true, unroll: 4,
			body: func(_ *gen, _ []vec, s vec) vec { return s },
		})
	}
}

func (g *gen) unary(u unary) {
	l := loop{
		name: g.asmName(u.name, ""), doc: "dst = " + u.doc, ins: []string{"x"}, unroll: u.unroll,
		body: func(g *gen, in []vec, _ vec) vec { return u.body(g, in[0]) },
	}
	if u.far != nil {
		l.bail = func(g *gen, in []vec) reg.Register { return u.far(g, in[0]) }
	}
	g.emit(l)
}

func (g *gen) binary(b binary) {
	for _, mode := range []string{"", "VS", "SV"} {
		l := loop{
			name: g.asmName(b.name, mode), doc: "dst = " + b.doc, ins: []string{"x", "y"}, unroll: 4,
			body: func(g *gen, in []vec, _ vec) vec { return b.body(g, in[0], in[1]) },
		}
		switch mode {
		case "VS":
			l.ins, l.scalar = []string{"x"}, true
			l.doc += ", y being s"
			l.body = func(g *gen, in []vec, s vec) vec { return b.body(g, in[0], s) }
		case "SV":
			l.ins, l.scalar = []string{"y"}, true
			l.doc += ", x being s"
			l.body = func(g *gen, in []vec, s vec) vec { return b.body(g, s, in[0]) }
		}
		g.emit(l)
	}
}
