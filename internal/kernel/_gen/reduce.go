package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// virtualLanes is kernel.Lanes, the number of sums that a reduction keeps.
const virtualLanes = 16

// reduction is a reduction of a block in the making: virtual lane l lives in
// lane l%lanes of register l/lanes.
type reduction struct {
	*gen
	name, doc string
	ins       []string
	start     float64
	term      func(g *gen, in []vec) vec // what is combined, of the elements of ins
	combine   func(g *gen, a, b vec) vec // of two lanes

	ptrs []reg.Register
	n    reg.Register
	acc  []vec
}

// genReduce writes the reductions of a block.
func genReduce(g *gen) {
	first := func(_ *gen, in []vec) vec { return in[0] }
	plus := func(g *gen, a, b vec) vec { return g.add(a, b) }
	for _, g.f64 = range []bool{false, true} {
		for _, r := range []*reduction{
			{name: "ReduceSum", doc: "lane[i%16] += x[i]", ins: []string{"x"}, term: first, combine: plus},
			{name: "ReduceMax", doc: "lane[i%16] = max(lane[i%16], x[i])", ins: []string{"x"}, start: math.Inf(-1), term: first, combine: (*gen).max},
			{name: "ReduceMin", doc: "lane[i%16] = min(lane[i%16], x[i])", ins: []string{"x"}, start: math.Inf(1), term: first, combine: (*gen).min},
			{name: "Dot", doc: "lane[i%16] += round(x[i]*y[i])", ins: []string{"x", "y"},
				term: func(g *gen, in []vec) vec { return g.mul(in[0], in[1]) }, combine: plus},
		} {
			r.gen = g
			r.emit()
		}
	}
}

func (r *reduction) emit() {
	g, name := r.gen, r.asmName(r.name, "")
	sig := "func(x"
	if len(r.ins) > 1 {
		sig += ", y"
	}
	g.text(name, sig+" *"+g.typ()+", n int) "+g.typ(),
		name+" is: for i := range n { "+r.doc+" }, then lanes l and l+8, l+4, l+2, l+1.")
	for _, in := range r.ins {
		r.ptrs = append(r.ptrs, g.arg(in))
	}
	r.n = g.arg("n")
	g.prepare(g.spareRegisters(), func(g *gen) {
		g.k(r.start)
		in := make([]vec, len(r.ins))
		for i := range in {
			in[i] = g.vec()
		}
		r.combine(g, g.vec(), r.term(g, in))
	})
	for range virtualLanes / g.lanes() {
		r.acc = append(r.acc, g.copy(g.k(r.start)))
	}
	g.whole(r.n, virtualLanes, func() {
		for i := range r.acc {
			r.take(i, nil)
		}
		for _, p := range r.ptrs {
			g.op("ADDQ", imm(virtualLanes*g.elem()), p)
		}
	})
	r.rest()
	for len(r.acc) > 1 {
		half := len(r.acc) / 2
		for i := range half {
			r.fold(i, r.acc[i+half])
		}
		r.acc = r.acc[:half]
	}
	r.tree()
}

// take combines the next vector into register i; of a part of one, the lanes not selected are the start's.
func (r *reduction) take(i int, mask reg.Register) {
	g := r.gen
	in := make([]vec, len(r.ptrs))
	for j, p := range r.ptrs {
		m := mem(p, i*g.bytes)
		in[j] = g.vec()
		if mask == nil {
			g.p("VMOVUP", m, in[j])
		} else {
			g.loadMasked(m, mask, in[j])
		}
	}
	v := r.term(g, in)
	if mask != nil {
		v = g.choose(mask, v, g.k(r.start))
	}
	r.fold(i, v)
}

func (r *reduction) fold(i int, v vec) {
	r.p("VMOVAP", r.combine(r.gen, r.acc[i], v), r.acc[i])
}

// rest takes the last n elements, fewer than virtualLanes: whole registers, then a part of one.
func (r *reduction) rest() {
	g, done := r.gen, r.label("tree")
	for i := range r.acc {
		part, next := g.label("part"), g.label("next")
		g.op("CMPQ", r.n, imm(g.lanes()))
		g.JLT(operand.LabelRef(part))
		r.take(i, nil)
		g.op("SUBQ", imm(g.lanes()), r.n)
		g.JMP(operand.LabelRef(next))
		g.Label(part)
		g.op("TESTQ", r.n, r.n)
		g.JEQ(operand.LabelRef(done))
		r.take(i, g.mask(r.n))
		g.JMP(operand.LabelRef(done))
		g.Label(next)
	}
	g.Label(done)
}

// tree combines the halves of a register until one lane is left, and returns it.
func (r *reduction) tree() {
	g, v := r.gen, r.acc[0]
	if g.wide() {
		r.halve(func(t vec) { g.VSHUFF64X2(operand.U8(0x4e), v, v, t) })
		r.halve(func(t vec) { g.VSHUFF64X2(operand.U8(0xb1), v, v, t) })
	} else {
		r.halve(func(t vec) { g.VPERM2F128(operand.U8(0x01), v, v, t) })
	}
	swap := operand.U8(0x05) // the two 64-bit halves of each 128 bits
	if g.wide() {
		swap = 0x55
	}
	r.halve(func(t vec) { g.VPERMILPD(swap, v, t) })
	if !g.f64 {
		r.halve(func(t vec) { g.VPERMILPS(operand.U8(0xb1), v, t) })
	}
	ret, err := g.ReturnIndex(0).Resolve()
	if err != nil {
		panic(err)
	}
	if g.f64 {
		g.VMOVSD(v.AsX(), ret.Addr)
	} else {
		g.VMOVSS(v.AsX(), ret.Addr)
	}
	g.end()
}

// halve combines the accumulator with what move makes of it.
func (r *reduction) halve(move func(t vec)) {
	t := r.vec()
	move(t)
	r.fold(0, t)
}
