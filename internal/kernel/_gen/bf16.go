package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// genBF16 writes the rounding to bf16 and, with AVX512-BF16, the product on rounded
// operands: its register tiles, which are those of float32 with a pair of k in place of a
// number, and the copies that lay an operand out, two numbers of ascending k to a word.
func genBF16(g *gen) {
	g.emit(loop{name: "asmRoundBF16", doc: "dst = x rounded to bf16", ins: []string{"x"}, unroll: 2, body: roundBF16})
	if !g.wide() {
		return
	}
	for nv := 1; nv <= g.nv; nv++ {
		for r := 1; r <= g.mr; r++ {
			t := newTile(g, r, nv, false)
			t.pairs = true
			t.emit()
		}
	}
	order := g.pairOrder()
	for nv := 1; nv <= g.nv; nv++ {
		g.packPairs(nv, order)
	}
	g.packTiles(order)
	g.transposePairs()
}

// roundBF16 is kernel.RoundBF16, in integers.
func roundBF16(g *gen, in []vec, _ vec) vec {
	x, high := in[0], g.bits(0xffff0000)
	r := g.iadd(g.iadd(x, g.ki(0x7fff)), g.and(g.shr(x, 16), g.ki(1)))
	small := g.sar(g.isub(g.and(x, g.bits(0x7f800000)), g.ki(1)), 31)
	r = g.andNot(g.and(r, high), g.shr(small, 1))
	return g.choose(g.compare(cmpNaN, x, x), g.or(g.and(x, high), g.ki(1<<22)), r)
}

// Go's assembler knows no instruction of AVX512-BF16: these are bytes.

// dotPairs is VDPBF16PS: acc += a.low·b.low and a.high·b.high in every word.
func (g *gen) dotPairs(b, a, acc reg.Register) { g.evex(2, 0x52, b, a, acc) }

// toPairs is VCVTNE2PS2BF16: the lanes of low, then those of high, as bf16.
func (g *gen) toPairs(low, high, to reg.Register) { g.evex(3, 0x72, low, high, to) }

// evex emits a 512-bit instruction of map 0F38, W0, on registers: prefix 2 is F3
// and 3 is F2; x is the operand of ModRM, y that of the prefix.
func (g *gen) evex(prefix, opcode int, x, y, to reg.Register) {
	rm, v, r := number(x), number(y), number(to)
	not := func(n, bit int) int { return ^n >> bit & 1 } // these bits are stored inverted
	b := [6]int{0x62,
		not(r, 3)<<7 | not(rm, 4)<<6 | not(rm, 3)<<5 | not(r, 4)<<4 | 2,
		(^v&15)<<3 | 4 | prefix,
		2<<5 | not(v, 4)<<3,
		opcode,
		3<<6 | (r&7)<<3 | rm&7}
	word := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
	g.Instruction(&ir.Instruction{Opcode: "LONG", Operands: []operand.Op{operand.U32(word)}})
	g.Instruction(&ir.Instruction{Opcode: "WORD", Operands: []operand.Op{operand.U16(b[4] | b[5]<<8)}})
}

// number is the index of a vector register.
func number(r reg.Register) int {
	for i, z := range zmms {
		if z == r {
			return i
		}
	}
	panic("no vector register")
}

// packPairs lays out k rows of nv vectors as rows of pairs.
func (g *gen) packPairs(nv int, places operand.Mem) {
	name := fmt.Sprintf("packPairs%d", nv)
	g.text(name, "func(dst, src *float32, stride, k, last int)",
		fmt.Sprintf("%s rounds k rows of %d vectors, stride bytes apart, to bf16 and stores rows 2p and 2p+1 as row p of", name, nv),
		"words, the even row in their low halves; after an odd last row comes one of zeros. Of the last vector of",
		"a row only the first last lanes are read; the others become 0.")
	dst, src, k, stride := reg.RDI, reg.RSI, reg.RCX, reg.R8
	order := reg.Z31
	g.maskOf(reg.K1, "last")
	g.VMOVDQU64(places, order)
	g.Load(g.Param("dst"), dst)
	g.Load(g.Param("src"), src)
	g.Load(g.Param("k"), k)
	g.Load(g.Param("stride"), stride)
	load := func(m operand.Op, j int, r reg.Register) {
		if j < nv-1 {
			g.VMOVUPS(m, r)
		} else {
			g.VMOVUPS_Z(m, reg.K1, r)
		}
	}
	store := func(j int, even, odd reg.Register) {
		g.toPairs(even, odd, even)
		g.VPERMW(even, order, even)
		g.VMOVUPS(even, mem(dst, j*g.bytes))
	}
	loop, tail, done := g.label("pair"), g.label("single"), g.label("packed")
	g.SUBQ(operand.Imm(2), k)
	g.JLT(operand.LabelRef(tail))
	g.Label(loop)
	for j := range nv {
		even, odd := g.phys(2*j), g.phys(2*j+1)
		load(mem(src, j*g.bytes), j, even)
		load(memx(src, stride, 1, j*g.bytes), j, odd)
		g.PREFETCHT1(mem(src, (nv+j)*g.bytes))
		g.PREFETCHT1(memx(src, stride, 1, (nv+j)*g.bytes))
		store(j, even, odd)
	}
	g.LEAQ(memx(src, stride, 2, 0), src)
	g.ADDQ(imm(nv*g.bytes), dst)
	g.SUBQ(operand.Imm(2), k)
	g.JGE(operand.LabelRef(loop))
	g.Label(tail)
	g.ADDQ(operand.Imm(2), k)
	g.JEQ(operand.LabelRef(done))
	g.zero(g.phys(1))
	for j := range nv {
		load(mem(src, j*g.bytes), j, g.phys(0))
		store(j, g.phys(0), g.phys(1))
	}
	g.Label(done)
	g.end()
}

// packTiles lays out rows of k that are as long as many tiles are wide, a pair of rows after the other.
func (g *gen) packTiles(places operand.Mem) {
	g.text("packPairsOfTiles", "func(dst *float32, tile int, src *float32, stride, k, tiles, width int)",
		"packPairsOfTiles is packPairs1 for each t < tiles, of the width <= 16 numbers from src + 4*t*width on, to dst + t*tile. It",
		"takes all tiles of two rows before the next ones. Strides are in bytes.")
	dst, src, k, stride, tile, width, left := reg.RDI, reg.RSI, reg.RCX, reg.R8, reg.R9, reg.R10, reg.RDX
	to, from, order := reg.RAX, reg.RBX, reg.Z31
	g.maskOf(reg.K1, "width")
	g.VMOVDQU64(places, order)
	g.Load(g.Param("dst"), dst)
	g.Load(g.Param("src"), src)
	g.Load(g.Param("k"), k)
	g.Load(g.Param("stride"), stride)
	g.Load(g.Param("tile"), tile)
	g.Load(g.Param("width"), width)
	even, odd := g.phys(0), g.phys(1)
	row := func(load func()) {
		next := g.label("tile")
		g.MOVQ(dst, to)
		g.MOVQ(src, from)
		g.Load(g.Param("tiles"), left)
		g.Label(next)
		g.VMOVUPS_Z(mem(from, 0), reg.K1, even)
		load()
		g.toPairs(even, odd, even)
		g.VPERMW(even, order, even)
		g.VMOVUPS(even, mem(to, 0))
		g.LEAQ(memx(from, width, 4, 0), from)
		g.ADDQ(tile, to)
		g.SUBQ(operand.Imm(1), left)
		g.JGT(operand.LabelRef(next))
	}
	loop, tail, done := g.label("pair"), g.label("single"), g.label("packed")
	g.SUBQ(operand.Imm(2), k)
	g.JLT(operand.LabelRef(tail))
	g.Label(loop)
	row(func() { g.VMOVUPS_Z(memx(from, stride, 1, 0), reg.K1, odd) })
	g.LEAQ(memx(src, stride, 2, 0), src)
	g.ADDQ(imm(g.bytes), dst)
	g.SUBQ(operand.Imm(2), k)
	g.JGE(operand.LabelRef(loop))
	g.Label(tail)
	g.ADDQ(operand.Imm(2), k)
	g.JEQ(operand.LabelRef(done))
	g.zero(odd)
	row(func() {})
	g.Label(done)
	g.end()
}

// pairOrder is the places in two halves that the halves' elements by turns come from.
func (g *gen) pairOrder() operand.Mem {
	m := g.StaticGlobal("pairOrder")
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range 8 {
		lane := uint64(2 * i)
		g.AddDatum(8*i, operand.U64(lane|(lane+16)<<16|(lane+1)<<32|(lane+17)<<48))
	}
	return m
}

// transposePairs turns a strip of rows on its side, 16 rows of 32 k at a time.
func (g *gen) transposePairs() {
	g.text("transposePairs", "func(dst *float32, dstStride int, src *float32, srcStride, rows, k int)",
		"transposePairs rounds rows of k numbers to bf16 and stores columns 2p and 2p+1 as row p of 16 words, the even",
		"column in their low halves; after an odd last column comes one of zeros. Rows from rows on repeat the last one.",
		"Strides are in bytes, 1 <= rows <= 16.")
	t := &transposer{gen: g, dst: reg.RDI, src: reg.RSI, dstStride: reg.R8, srcStride: reg.R9, k: reg.RCX, row: reg.RAX}
	g.Load(g.Param("dst"), t.dst)
	g.Load(g.Param("src"), t.src)
	g.Load(g.Param("k"), t.k)
	g.Load(g.Param("dstStride"), t.dstStride)
	g.Load(g.Param("srcStride"), t.srcStride)
	loop, tail, done := g.label("block"), g.label("edge"), g.label("out")
	g.SUBQ(imm(32), t.k)
	g.JLT(operand.LabelRef(tail))
	g.Label(loop)
	t.loadPairs(false)
	t.storePairs(t.turn(), false)
	g.ADDQ(operand.I32(128), t.src)
	g.SUBQ(imm(32), t.k)
	g.JGE(operand.LabelRef(loop))
	g.Label(tail)
	g.ADDQ(imm(32), t.k)
	g.JEQ(operand.LabelRef(done))
	t.loadPairs(true)
	g.ADDQ(operand.Imm(1), t.k)
	g.SHRQ(operand.Imm(1), t.k)
	t.storePairs(t.turn(), true)
	g.Label(done)
	g.end()
}

// loadPairs reads a block, row i to register i as 16 words; of a partial one only k columns.
func (t *transposer) loadPairs(partial bool) {
	g := t.gen
	left, step, zero, high := reg.RDX, reg.RBX, reg.R10, reg.Z31
	if partial {
		g.MOVL(operand.U32(0xffffffff), reg.EBX)
		g.BZHIL(reg.ECX, reg.EBX, reg.EBX)
		g.KMOVW(reg.EBX, reg.K1)
		g.SHRL(operand.Imm(16), reg.EBX)
		g.KMOVW(reg.EBX, reg.K2)
	}
	g.MOVQ(t.src, t.row)
	g.Load(g.Param("rows"), left)
	g.XORL(reg.R10L, reg.R10L)
	for i := range 16 {
		if partial {
			g.VMOVUPS_Z(mem(t.row, 0), reg.K1, g.phys(i))
			g.VMOVUPS_Z(mem(t.row, 64), reg.K2, high)
		} else {
			g.VMOVUPS(mem(t.row, 0), g.phys(i))
			g.VMOVUPS(mem(t.row, 64), high)
		}
		g.toPairs(g.phys(i), high, g.phys(i))
		if i < 15 {
			g.CMPQ(left, imm(i+1))
			g.MOVQ(t.srcStride, step)
			g.CMOVQLE(zero, step)
			g.ADDQ(step, t.row)
		}
	}
}

// storePairs writes the rows of the block, only the first k of them if partial.
func (t *transposer) storePairs(rows []reg.Register, partial bool) {
	g := t.gen
	done := g.label("stored")
	for i, r := range rows {
		g.VMOVUPS(r, mem(t.dst, 0))
		g.ADDQ(t.dstStride, t.dst)
		if partial && i+1 < len(rows) {
			g.SUBQ(operand.Imm(1), t.k)
			g.JEQ(operand.LabelRef(done))
		}
	}
	g.Label(done)
}
