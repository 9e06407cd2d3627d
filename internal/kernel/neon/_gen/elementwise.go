package main

// unary is a routine of one operand.
type unary struct {
	name   string // in the table
	doc    string // of x, as Go
	unroll int
	body   func(g *gen, x reg) reg
	far    func(g *gen, x reg) reg // lanes that body cannot do, or nil
}

// binary is a routine of two operands, of which either may be a scalar.
type binary struct {
	name string
	doc  string // of x and y
	body func(g *gen, x, y reg) reg
}

// unaries is every routine of one operand that there is assembly for.
func unaries() []unary { return append(simpleUnaries, mathUnaries...) }

var simpleUnaries = []unary{
	{"Neg", "-x", 4, func(g *gen, x reg) reg { return g.neg(x) }, nil},
	{"Abs", "abs(x)", 4, func(g *gen, x reg) reg { return g.abs(x) }, nil},
	{"Sign", "sign(x)", 4, func(g *gen, x reg) reg {
		v := g.choose(g.less(x, g.k(0)), g.k(-1), x)
		return g.choose(g.greater(x, g.k(0)), g.k(1), v)
	}, nil},
	{"Sqrt", "sqrt(x)", 4, func(g *gen, x reg) reg { return g.sqrt(x) }, nil},
	{"Floor", "floor(x)", 4, func(g *gen, x reg) reg { return g.floor(x) }, nil},
	{"Rsqrt", "1 / sqrt(x)", 2, func(g *gen, x reg) reg { return g.div(g.k(1), g.sqrt(x)) }, nil},
}

var simpleBinaries = []binary{
	{"Add", "x + y", func(g *gen, x, y reg) reg { return g.add(x, y) }},
	{"Sub", "x - y", func(g *gen, x, y reg) reg { return g.sub(x, y) }},
	{"Mul", "x * y", func(g *gen, x, y reg) reg { return g.mul(x, y) }},
	{"Div", "x / y", func(g *gen, x, y reg) reg { return g.div(x, y) }},
	{"Max", "max(x, y)", func(g *gen, x, y reg) reg { return g.max(x, y) }},
	{"Min", "min(x, y)", func(g *gen, x, y reg) reg { return g.min(x, y) }},
	{"Eq", "1 if x == y else 0", func(g *gen, x, y reg) reg { return g.and(g.equal(x, y), g.k(1)) }},
	{"Ne", "1 if x != y else 0", func(g *gen, x, y reg) reg { return g.op3("bic", b16, g.k(1), g.equal(x, y)) }},
	{"Lt", "1 if x < y else 0", func(g *gen, x, y reg) reg { return g.and(g.less(x, y), g.k(1)) }},
	{"Le", "1 if x <= y else 0", func(g *gen, x, y reg) reg { return g.and(g.atMost(x, y), g.k(1)) }},
}

// genElementwise writes the routines without polynomials.
func genElementwise(f *file) {
	for _, f64 := range []bool{false, true} {
		g := &gen{f64: f64}
		for _, u := range simpleUnaries {
			f.unary(f64, u)
		}
		for _, b := range simpleBinaries {
			f.binary(f64, b)
		}
		f.loop(f64, loop{
			name: g.asmName("Where", ""), doc: "dst = x if c != 0 else y", ins: []string{"c", "x", "y"}, unroll: 4,
			body: func(g *gen, in []reg, _ reg) reg { return g.choose(g.equal(in[0], g.k(0)), in[2], in[1]) },
		})
		f.loop(f64, loop{
			name: g.asmName("Fill", ""), doc: "dst = s", scalar: true, unroll: 4,
			body: func(_ *gen, _ []reg, s reg) reg { return s },
		})
	}
}

func (f *file) unary(f64 bool, u unary) {
	g := &gen{f64: f64}
	l := loop{
		name: g.asmName(u.name, ""), doc: "dst = " + u.doc, ins: []string{"x"}, unroll: u.unroll,
		body: func(g *gen, in []reg, _ reg) reg { return u.body(g, in[0]) },
	}
	if u.far != nil {
		l.bail = func(g *gen, in []reg) reg { return u.far(g, in[0]) }
	}
	f.loop(f64, l)
}

func (f *file) binary(f64 bool, b binary) {
	g := &gen{f64: f64}
	for _, mode := range []string{"", "VS", "SV"} {
		l := loop{
			name: g.asmName(b.name, mode), doc: "dst = " + b.doc, ins: []string{"x", "y"}, unroll: 4,
			body: func(g *gen, in []reg, _ reg) reg { return b.body(g, in[0], in[1]) },
		}
		switch mode {
		case "VS":
			l.ins, l.scalar = []string{"x"}, true
			l.doc += ", y being s"
			l.body = func(g *gen, in []reg, s reg) reg { return b.body(g, in[0], s) }
		case "SV":
			l.ins, l.scalar = []string{"y"}, true
			l.doc += ", x being s"
			l.body = func(g *gen, in []reg, s reg) reg { return b.body(g, s, in[0]) }
		}
		f.loop(f64, l)
	}
}
