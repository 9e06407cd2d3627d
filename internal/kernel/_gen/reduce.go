package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// virtualLanes is kernel.Lanes, the number of sums that a reduction keeps.
const virtualLanes = 16

// genReduce writes the reductions of a block.
func genReduce(g *gen) {
	for _, g.f64 = range []bool{false, true} {
		g.reduce("ReduceSum", "lane[i%16] += x[i]", 0, nil, func(acc, x, _ vec) { g.p("VADDP", x, acc, acc) })
		g.reduce("ReduceMax", "lane[i%16] = max(lane[i%16], x[i])", math.Inf(-1), allOnes, func(acc, x, ones vec) {
			g.p("VMOVAP", g.max([]vec{ones}, acc, x), acc)
		})
		g.reduce("ReduceMin", "lane[i%16] = min(lane[i%16], x[i])", math.Inf(1), nil, func(acc, x, _ vec) {
			g.p("VMOVAP", g.min(nil, acc, x), acc)
		})
		g.dot()
	}
}

// reduce writes a reduction that starts at start: virtual lane l lives in lane
// l%lanes of register l/lanes, and combine folds x into acc.
func (g *gen) reduce(name, doc string, start float64, consts func(g *gen) []vec, combine func(acc, x, c vec)) {
	g.text(g.asmName(name, ""), "func(x *"+g.typ()+", n int) "+g.typ(),
		g.asmName(name, "")+" is: for i := range n { "+doc+" }, then lanes l and l+8, l+4, l+2, l+1.")
	x, n := g.arg("x"), g.arg("n")
	var c vec
	if consts != nil {
		c = consts(g)[0]
	}
	first := g.constant(start)
	g.fold(n, first, func(int) { g.ADDQ(imm(virtualLanes*g.elem()), x) }, func(reg, offset int, mask reg.Register, acc vec) {
		v := g.loadLanes(mem(x, offset), mask, first)
		combine(acc, v, c)
	}, func(a, b vec) { combine(a, b, c) })
}

func (g *gen) dot() {
	g.text(g.asmName("Dot", ""), "func(x, y *"+g.typ()+", n int) "+g.typ(),
		g.asmName("Dot", "")+" is: for i := range n { lane[i%16] += round(x[i]*y[i]) }, then lanes l and l+8, l+4, l+2, l+1.")
	x, y, n := g.arg("x"), g.arg("y"), g.arg("n")
	zero := g.constant(0)
	g.fold(n, zero, func(int) {
		g.ADDQ(imm(virtualLanes*g.elem()), x)
		g.ADDQ(imm(virtualLanes*g.elem()), y)
	}, func(reg, offset int, mask reg.Register, acc vec) {
		v, w := g.loadLanes(mem(x, offset), mask, zero), g.loadLanes(mem(y, offset), mask, zero)
		g.p("VADDP", g.two("VMULP", v, w), acc, acc)
	}, func(a, b vec) { g.p("VADDP", b, a, a) })
}

// loadLanes reads a vector; of a part of one, the lanes not selected become those of first.
func (g *gen) loadLanes(m operand.Op, mask reg.Register, first vec) vec {
	v := g.vec()
	switch {
	case mask == nil:
		g.p("VMOVUP", m, v)
	case g.wide():
		g.p("VMOVAP", first, v)
		g.p("VMOVUP", m, mask, v)
	default:
		g.p("VMASKMOVP", m, mask, v)
		v = g.choose(mask, v, first)
	}
	return v
}

// fold runs a reduction over the virtual lanes and returns lane 0 of their tree from the routine.
func (g *gen) fold(n reg.Register, first vec, next func(int), each func(register, offset int, mask reg.Register, acc vec), combine func(a, b vec)) {
	acc := make([]vec, virtualLanes/g.lanes())
	for i := range acc {
		acc[i] = g.vec()
		g.p("VMOVAP", first, acc[i])
	}
	g.whole(n, virtualLanes, func() {
		for i, a := range acc {
			each(i, i*g.bytes, nil, a)
		}
		next(virtualLanes)
	})
	done := g.label("tree")
	for i, a := range acc {
		// Register i takes what is left, up to its lanes.
		some := g.label("some")
		g.CMPQ(n, imm(g.lanes()))
		g.JLT(operand.LabelRef(some))
		each(i, i*g.bytes, nil, a)
		g.SUBQ(imm(g.lanes()), n)
		if i+1 < len(acc) {
			over := g.label("over")
			g.JMP(operand.LabelRef(over))
			g.Label(some)
			g.TESTQ(n, n)
			g.JEQ(operand.LabelRef(done))
			each(i, i*g.bytes, g.mask(n), a)
			g.JMP(operand.LabelRef(done))
			g.Label(over)
			continue
		}
		g.JMP(operand.LabelRef(done))
		g.Label(some)
		g.TESTQ(n, n)
		g.JEQ(operand.LabelRef(done))
		each(i, i*g.bytes, g.mask(n), a)
	}
	g.Label(done)
	for len(acc) > 1 {
		half := len(acc) / 2
		for i := range half {
			combine(acc[i], acc[i+half])
		}
		acc = acc[:half]
	}
	g.tree(acc[0], combine)
}

// tree combines the halves of a register until one lane is left, and returns it.
func (g *gen) tree(v vec, combine func(a, b vec)) {
	if g.wide() { // lanes of the upper half
		t := g.vec()
		g.VSHUFF64X2(operand.U8(0x4e), v, v, t)
		combine(v, t)
	}
	t := g.vec()
	if g.wide() {
		g.VSHUFF64X2(operand.U8(0xb1), v, v, t)
	} else {
		g.VPERM2F128(operand.U8(0x01), v, v, t)
	}
	combine(v, t)
	t = g.vec()
	g.op("VPERMILPD", operand.U8(g.swapPairs()), v, t)
	combine(v, t)
	if !g.f64 {
		t = g.vec()
		g.VPERMILPS(operand.U8(0xb1), v, t)
		combine(v, t)
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

// swapPairs is VPERMILPD's control that swaps the two 64-bit halves of each 128 bits.
func (g *gen) swapPairs() int {
	if g.wide() {
		return 0x55
	}
	return 0x5
}
