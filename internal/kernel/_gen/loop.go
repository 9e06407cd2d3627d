package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// loop is an elementwise routine in the making: it reads vectors from its
// operands, hands them to body and stores what that returns.
type loop struct {
	name   string
	doc    string   // the loop that the routine equals
	ins    []string // names of the vector operands
	scalar bool     // a scalar s is passed as well
	unroll int      // vectors in one turn
	consts func()   // loads what body needs, before the loop
	body   func(in []reg.VecVirtual) reg.VecVirtual
}

// emit writes the routine: whole vectors, unroll at a time, single vectors, and the rest under a mask.
func (g *gen) emit(l loop) {
	sig := "func(" + strings.Join(append([]string{"dst"}, l.ins...), ", ") + " *" + g.typ()
	if l.scalar {
		sig += ", s " + g.typ()
	}
	sig += ", n int)"
	g.text(l.name, sig, l.name+" is: for i := range n { "+l.doc+" }")
	dst := g.arg("dst")
	var ptrs []reg.Register
	for _, in := range l.ins {
		ptrs = append(ptrs, g.arg(in))
	}
	if l.consts != nil {
		l.consts()
	}
	n, i := g.arg("n"), g.GP64()
	g.XORQ(i, i)
	turn := func(vectors int) {
		for u := range vectors {
			in := make([]reg.VecVirtual, len(ptrs))
			for j, p := range ptrs {
				in[j] = g.vec()
				g.p("VMOVUP", memx(p, i, uint8(g.elem()), u*g.bytes), in[j])
			}
			g.p("VMOVUP", l.body(in), memx(dst, i, uint8(g.elem()), u*g.bytes))
		}
		g.ADDQ(imm(vectors*g.lanes()), i)
	}
	if l.unroll > 1 {
		g.whole(n, l.unroll*g.lanes(), func() { turn(l.unroll) })
	}
	g.whole(n, g.lanes(), func() { turn(1) })
	done := g.label("done")
	g.TESTQ(n, n)
	g.JEQ(operand.LabelRef(done))
	m := g.mask(n)
	in := make([]reg.VecVirtual, len(ptrs))
	for j, p := range ptrs {
		in[j] = g.vec()
		g.loadMasked(memx(p, i, uint8(g.elem()), 0), m, in[j])
	}
	g.storeMasked(l.body(in), m, memx(dst, i, uint8(g.elem()), 0))
	g.Label(done)
	g.end()
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
func (g *gen) scalarArg(name string) reg.VecVirtual {
	v := g.vec()
	g.broadcast(g.param(name), v)
	return v
}

// constant is a vector of copies of x.
func (g *gen) constant(x float64) reg.VecVirtual {
	if g.f64 {
		return g.bitsConstant(math.Float64bits(x))
	}
	return g.bitsConstant(uint64(math.Float32bits(float32(x))))
}

// bitsConstant is a vector of copies of the element with these bits.
func (g *gen) bitsConstant(bits uint64) reg.VecVirtual {
	v := g.vec()
	g.broadcast(g.datum(bits), v)
	return v
}

// datum is the place of an element with these bits in the file's constants.
func (g *gen) datum(bits uint64) operand.Mem {
	name := fmt.Sprintf("bits%x", bits)
	if g.f64 {
		name += "q"
	}
	if g.data == nil {
		g.data = map[string]operand.Mem{}
	}
	if m, ok := g.data[name]; ok {
		return m
	}
	m := g.StaticGlobal(name)
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	if g.f64 {
		g.AddDatum(0, operand.U64(bits))
	} else {
		g.AddDatum(0, operand.U32(bits))
	}
	g.data[name] = m
	return m
}

// signBit has the sign bit of an element alone set.
func (g *gen) signBit() uint64 {
	if g.f64 {
		return 1 << 63
	}
	return 1 << 31
}

// and, or, xor and andNot (^a & b) work on the bits of vectors.
func (g *gen) and(a operand.Op, b reg.Register) reg.VecVirtual    { return g.bitwise("AND", a, b) }
func (g *gen) or(a operand.Op, b reg.Register) reg.VecVirtual     { return g.bitwise("OR", a, b) }
func (g *gen) xor(a operand.Op, b reg.Register) reg.VecVirtual    { return g.bitwise("XOR", a, b) }
func (g *gen) andNot(a reg.Register, b operand.Op) reg.VecVirtual { return g.bitwise("ANDN", b, a) }

func (g *gen) bitwise(name string, a operand.Op, b reg.Register) reg.VecVirtual {
	v := g.vec()
	if g.wide() {
		g.op("VP"+name+"D", a, b, v)
	} else {
		g.op("VP"+name, a, b, v)
	}
	return v
}

// two emits a packed instruction with two sources in the order of the equation: dst = a op b.
func (g *gen) two(name string, a reg.Register, b operand.Op) reg.VecVirtual {
	v := g.vec()
	g.p(name, b, a, v)
	return v
}

// Predicates of VCMPPS; of these only cmpNe and cmpNaN hold where an operand is NaN.
const (
	cmpEq  = 0x00
	cmpNaN = 0x03
	cmpNe  = 0x04
	cmpLt  = 0x11
	cmpLe  = 0x12
)

// Roundings of VROUNDPS, which raise no exception.
const (
	roundEven = 0x08
	roundDown = 0x09
)

// compare is a register that selects the lanes where a op b holds.
func (g *gen) compare(predicate int, a reg.Register, b operand.Op) reg.Register {
	var m reg.Register
	if g.wide() {
		m = g.K()
	} else {
		m = g.vec()
	}
	g.p("VCMPP", operand.U8(predicate), b, a, m)
	return m
}

// choose is yes where the mask selects, else no.
func (g *gen) choose(mask reg.Register, yes operand.Op, no reg.Register) reg.VecVirtual {
	v := g.vec()
	if g.wide() {
		g.p("VBLENDMP", yes, no, mask, v)
	} else {
		g.p("VBLENDVP", mask, yes, no, v)
	}
	return v
}

// only is v where the mask selects, else 0.
func (g *gen) only(mask, v reg.Register) reg.VecVirtual {
	if !g.wide() {
		return g.and(mask, v)
	}
	r := g.vec()
	g.p0("VMOVAP", "_Z", v, mask, r)
	return r
}

// round is v rounded to an integer in the given way.
func (g *gen) round(how int, v reg.Register) reg.VecVirtual {
	r := g.vec()
	if g.wide() {
		g.p("VRNDSCALEP", operand.U8(how), v, r)
	} else {
		g.p("VROUNDP", operand.U8(how), v, r)
	}
	return r
}
