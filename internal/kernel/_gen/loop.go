package main

import (
	"strings"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// vec is a vector register.
type vec = reg.VecVirtual

// loop is an elementwise routine in the making: it reads vectors from its
// operands, hands them to body and stores what that returns.
type loop struct {
	name   string
	doc    string   // the loop that the routine equals
	ins    []string // names of the vector operands
	scalar bool     // a scalar s is passed as well
	unroll int      // vectors in one turn
	body   func(g *gen, in []vec, s vec) vec

	// bail, if not nil, is a mask of lanes that body cannot do: the routine stops
	// before a vector that has any, and returns the elements done.
	bail func(g *gen, in []vec) reg.Register
}

// emit writes the routine: whole vectors, unroll at a time, single vectors, and the rest under a mask.
func (g *gen) emit(l loop) {
	sig := "func(" + strings.Join(append([]string{"dst"}, l.ins...), ", ") + " *" + g.typ()
	if l.scalar {
		sig += ", s " + g.typ()
	}
	sig += ", n int)"
	doc := []string{l.name + " is: for i := range n { " + l.doc + " }"}
	if l.bail != nil {
		sig += " int"
		doc = append(doc, "up to the first vector it cannot do. It returns the number of elements done.")
	}
	g.text(l.name, sig, doc...)
	r := &looper{gen: g, loop: l, dst: g.arg("dst"), i: g.GP64()}
	for _, in := range l.ins {
		r.ptrs = append(r.ptrs, g.arg(in))
	}
	if l.scalar {
		r.s = g.scalarArg("s")
	}
	g.prepare(g.spareRegisters(), func(g *gen) {
		in := make([]vec, len(l.ins))
		for i := range in {
			in[i] = g.vec()
		}
		if l.bail != nil {
			l.bail(g, in)
		}
		l.body(g, in, g.vec())
	})
	r.run()
}

// looper is the state of a loop while it is written.
type looper struct {
	*gen
	loop
	dst, i reg.Register
	ptrs   []reg.Register
	s      vec
}

func (r *looper) run() {
	g := r.gen
	n, done := g.arg("n"), g.label("done")
	g.op("XORQ", r.i, r.i)
	if r.unroll > 1 {
		g.whole(n, r.unroll*g.lanes(), func() { r.turn(r.unroll, done) })
	}
	g.whole(n, g.lanes(), func() { r.turn(1, done) })
	g.TESTQ(n, n)
	g.JEQ(operand.LabelRef(done))
	m := g.mask(n)
	in := make([]vec, len(r.ptrs))
	for j, p := range r.ptrs {
		in[j] = g.vec()
		g.loadMasked(memx(p, r.i, uint8(g.elem()), 0), m, in[j])
	}
	r.stop(in, done)
	g.storeMasked(r.body(g, in, r.s), m, memx(r.dst, r.i, uint8(g.elem()), 0))
	if r.bail != nil {
		g.op("ADDQ", n, r.i)
	}
	g.Label(done)
	if r.bail != nil {
		g.Store(r.i, g.ReturnIndex(0))
	}
	g.end()
}

func (r *looper) turn(vectors int, done string) {
	g := r.gen
	for u := range vectors {
		in := make([]vec, len(r.ptrs))
		for j, p := range r.ptrs {
			in[j] = g.vec()
			g.p("VMOVUP", memx(p, r.i, uint8(g.elem()), u*g.bytes), in[j])
		}
		r.stop(in, done)
		g.p("VMOVUP", r.body(g, in, r.s), memx(r.dst, r.i, uint8(g.elem()), u*g.bytes))
	}
	g.op("ADDQ", imm(vectors*g.lanes()), r.i)
}

// stop leaves the loop if a lane is one that body cannot do.
func (r *looper) stop(in []vec, done string) {
	if r.bail == nil {
		return
	}
	g, m := r.gen, r.bail(r.gen, in)
	if g.wide() {
		g.KORTESTW(m, m)
	} else {
		g.VTESTPS(m, m)
	}
	g.JNE(operand.LabelRef(done))
}

// whole runs body as long as n holds step, and leaves the rest in n.
func (g *gen) whole(n reg.Register, step int, body func()) {
	top, rest := g.label("loop"), g.label("rest")
	g.SUBQ(imm(step), n)
	g.JLT(operand.LabelRef(rest))
	g.Label(top)
	body()
	g.SUBQ(imm(step), n)
	g.JGE(operand.LabelRef(top))
	g.Label(rest)
	g.ADDQ(imm(step), n)
}

// mask is a register that selects the first n lanes, n below their number: a
// mask register or, in AVX2, a vector of ones and zeros.
func (g *gen) mask(n reg.Register) reg.Register {
	if g.wide() {
		ones, k := g.GP32(), g.K()
		g.MOVL(operand.U32(0xffffffff), ones)
		g.BZHIL(n.(reg.GP).As32(), ones, ones)
		g.KMOVW(ones, k)
		return k
	}
	v := g.YMM()
	g.laneMaskReg(v, n, g.GP64(), g.GP64())
	return v
}

// loadMasked reads the selected lanes and clears the others.
func (g *gen) loadMasked(m operand.Op, mask, v reg.Register) {
	if g.wide() {
		g.p0("VMOVUP", "_Z", m, mask, v)
	} else {
		g.p("VMASKMOVP", m, mask, v)
	}
}

func (g *gen) storeMasked(v, mask reg.Register, m operand.Op) {
	if g.wide() {
		g.p("VMOVUP", v, mask, m)
	} else {
		g.p("VMASKMOVP", v, mask, m)
	}
}

// scalarArg is a vector of copies of the parameter.
func (g *gen) scalarArg(name string) vec {
	v := g.vec()
	g.broadcast(g.param(name), v)
	return v
}

// spareRegisters is how many registers a function's body leaves for constants.
func (g *gen) spareRegisters() int {
	if g.wide() {
		return 15
	}
	return 4
}

// prepare finds the constants that body asks for, by writing it once to a
// context that is thrown away, and loads as many as there
// are spare registers for; the others are read from memory where they are used.
func (g *gen) prepare(spare int, body func(g *gen)) {
	dry := &gen{Context: build.NewContext(), isa: g.isa, f64: g.f64, numbers: g.numbers, pool: &pool{recording: true}}
	dry.Function("dry")
	dry.SignatureExpr("func()")
	body(dry)
	g.pool = &pool{ops: map[uint64]operand.Op{}}
	for i, bits := range dry.pool.order {
		if i < spare {
			v := g.vec()
			g.broadcast(g.datum(bits, g.elem()), v)
			g.pool.ops[bits] = v
		} else {
			g.pool.ops[bits] = g.datum(bits, g.bytes)
		}
	}
}
