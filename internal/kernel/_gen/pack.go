package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// genPack writes the copies that lay a strip of a matrix out as the register
// tile reads it. All strides are in bytes.
func genPack(g *gen) {
	for _, g.f64 = range []bool{false, true} {
		for nv := 1; nv <= 2; nv++ {
			g.packCopy(nv)
		}
		g.packTranspose()
	}
}

// packCopy copies k rows of nv vectors, the last one partly, to adjacent places.
func (g *gen) packCopy(nv int) {
	name := fmt.Sprintf("packCopy%d%s", nv, g.suffix())
	g.text(name, fmt.Sprintf("func(dst, src *%s, stride, k, last int)", g.typ()),
		fmt.Sprintf("%s copies k rows of %d vectors, %d lanes each, to adjacent places. Of the last vector of a", name, nv, g.lanes()),
		"row only the first last lanes are read; the others become 0.")
	dst, src, k, stride, stride3 := reg.RDI, reg.RSI, reg.RCX, reg.R8, reg.R9
	mask := g.phys(15)
	if g.wide() {
		g.maskOf(reg.K1, "last")
	} else {
		g.laneMask(mask, "last", reg.RDX, reg.RBX)
	}
	g.Load(g.Param("dst"), dst)
	g.Load(g.Param("src"), src)
	g.Load(g.Param("k"), k)
	g.Load(g.Param("stride"), stride)
	g.LEAQ(memx(stride, stride, 2, 0), stride3)
	row := func(u int) {
		for j := range nv {
			r, m := g.phys(u*nv+j), steps(src, stride, stride3, u, j*g.bytes)
			switch {
			case j < nv-1:
				g.p("VMOVUP", m, r)
			case g.wide():
				g.p0("VMOVUP", "_Z", m, reg.K1, r)
			default:
				g.p("VMASKMOVP", m, mask, r)
			}
			g.p("VMOVUP", r, mem(dst, (u*nv+j)*g.bytes))
		}
	}
	move := func(n int) {
		g.LEAQ(memx(src, stride, uint8(n), 0), src)
		g.ADDQ(imm(n*nv*g.bytes), dst)
	}
	g.by4(k, func() {
		for u := range 4 {
			row(u)
		}
		move(4)
	}, func() {
		row(0)
		move(1)
	})
	g.end()
}

// by4 runs four as long as n holds four, then one for the rest. n >= 0.
func (g *gen) by4(n reg.Register, four, one func()) {
	loop, tail, single, done := g.label("loop"), g.label("tail"), g.label("one"), g.label("done")
	g.SUBQ(operand.Imm(4), n)
	g.JLT(operand.LabelRef(tail))
	g.Label(loop)
	four()
	g.SUBQ(operand.Imm(4), n)
	g.JGE(operand.LabelRef(loop))
	g.Label(tail)
	g.ADDQ(operand.Imm(4), n)
	g.JEQ(operand.LabelRef(done))
	g.Label(single)
	one()
	g.SUBQ(operand.Imm(1), n)
	g.JGT(operand.LabelRef(single))
	g.Label(done)
}

// packTranspose turns a strip of rows on its side, square blocks at a time in registers.
func (g *gen) packTranspose() {
	name, lanes := "packTranspose"+g.suffix(), g.lanes()
	g.text(name, fmt.Sprintf("func(dst *%[1]s, dstStride int, src *%[1]s, srcStride, rows, k, store int)", g.typ()),
		fmt.Sprintf("%s is: for p := range k { for i := range store { dst[p*dstStride+i] = src[min(i, rows-1)*srcStride+p] } },", name),
		fmt.Sprintf("strides in bytes, 1 <= rows <= %d, store <= %d.", lanes, lanes))
	t := &transposer{gen: g, dst: reg.RDI, src: reg.RSI, dstStride: reg.R8, srcStride: reg.R9, k: reg.RCX, row: reg.RAX}
	g.Load(g.Param("dst"), t.dst)
	g.Load(g.Param("src"), t.src)
	g.Load(g.Param("k"), t.k)
	g.Load(g.Param("dstStride"), t.dstStride)
	g.Load(g.Param("srcStride"), t.srcStride)
	if g.wide() {
		g.maskOf(reg.K2, "store")
	}
	loop, tail, done := g.label("block"), g.label("edge"), g.label("out")
	g.SUBQ(imm(lanes), t.k)
	g.JLT(operand.LabelRef(tail))
	g.Label(loop)
	t.load(false)
	t.store(t.turn(), false)
	g.ADDQ(imm(g.bytes), t.src)
	g.SUBQ(imm(lanes), t.k)
	g.JGE(operand.LabelRef(loop))
	g.Label(tail)
	g.ADDQ(imm(lanes), t.k)
	g.JEQ(operand.LabelRef(done))
	t.load(true)
	t.store(t.turn(), true)
	g.Label(done)
	g.end()
}

type transposer struct {
	*gen
	dst, src, dstStride, srcStride, k, row reg.GPPhysical
}

// load reads a block, row i to register i; rows past the last repeat it.
// A partial block reads only k columns.
func (t *transposer) load(partial bool) {
	g, lanes := t.gen, t.lanes()
	mask := g.phys(2*lanes - 1)
	left, step, zero := reg.RDX, reg.RBX, reg.R10
	if partial {
		if g.wide() {
			g.MOVL(operand.U32(0xffffffff), reg.EBX)
			g.BZHIL(reg.ECX, reg.EBX, reg.EBX)
			g.KMOVW(reg.EBX, reg.K1)
		} else {
			g.laneMaskReg(mask, t.k, reg.RDX, reg.RBX)
		}
	}
	g.MOVQ(t.src, t.row)
	g.Load(g.Param("rows"), left)
	g.XORL(reg.R10L, reg.R10L)
	for i := range lanes {
		m := mem(t.row, 0)
		switch {
		case !partial:
			g.p("VMOVUP", m, g.phys(i))
		case g.wide():
			g.p0("VMOVUP", "_Z", m, reg.K1, g.phys(i))
		default:
			g.p("VMASKMOVP", m, mask, g.phys(i))
		}
		if i+1 < lanes {
			g.CMPQ(left, imm(i+1))
			g.MOVQ(t.srcStride, step)
			g.CMOVQLE(zero, step)
			g.ADDQ(step, t.row)
		}
	}
}

// turn transposes the block in registers and returns the registers that hold its columns.
func (t *transposer) turn() []reg.Register {
	g, lanes := t.gen, t.lanes()
	in, out := make([]reg.Register, lanes), make([]reg.Register, lanes)
	for i := range lanes {
		in[i], out[i] = g.phys(i), g.phys(lanes+i)
	}
	// Inside 128-bit lanes: pairs of elements, then (float32) pairs of pairs.
	if g.f64 {
		for i := 0; i < lanes; i += 2 {
			g.VUNPCKLPD(in[i+1], in[i], out[i])
			g.VUNPCKHPD(in[i+1], in[i], out[i+1])
		}
		in, out = out, in
	} else {
		for i := 0; i < lanes; i += 2 {
			g.VUNPCKLPS(in[i+1], in[i], out[i])
			g.VUNPCKHPS(in[i+1], in[i], out[i+1])
		}
		in, out = out, in
		for i := 0; i < lanes; i += 4 {
			g.VUNPCKLPD(in[i+2], in[i], out[i])
			g.VUNPCKHPD(in[i+2], in[i], out[i+1])
			g.VUNPCKLPD(in[i+3], in[i+1], out[i+2])
			g.VUNPCKHPD(in[i+3], in[i+1], out[i+3])
		}
		in, out = out, in
	}
	// Across 128-bit lanes: register q*per+s holds columns s, s+per, ... of rows q*per ...
	per := 16 / g.elem()
	if !g.wide() {
		for s := range per {
			a, b := in[s], in[per+s]
			g.VPERM2F128(operand.Imm(0x20), b, a, out[s])
			g.VPERM2F128(operand.Imm(0x31), b, a, out[per+s])
		}
		return out
	}
	for s := range per {
		a, b, c, d := in[s], in[per+s], in[2*per+s], in[3*per+s]
		w, x, y, z := out[s], out[per+s], out[2*per+s], out[3*per+s]
		g.VSHUFF32X4(operand.Imm(0x88), b, a, w) // a0 a2 b0 b2
		g.VSHUFF32X4(operand.Imm(0xdd), b, a, x) // a1 a3 b1 b3
		g.VSHUFF32X4(operand.Imm(0x88), d, c, y) // c0 c2 d0 d2
		g.VSHUFF32X4(operand.Imm(0xdd), d, c, z) // c1 c3 d1 d3
		g.VSHUFF32X4(operand.Imm(0x88), y, w, a) // a0 b0 c0 d0
		g.VSHUFF32X4(operand.Imm(0x88), z, x, b) // a1 b1 c1 d1
		g.VSHUFF32X4(operand.Imm(0xdd), y, w, c) // a2 b2 c2 d2
		g.VSHUFF32X4(operand.Imm(0xdd), z, x, d) // a3 b3 c3 d3
	}
	return in
}

// store writes the columns of the block, only the first k of them if partial.
func (t *transposer) store(cols []reg.Register, partial bool) {
	g := t.gen
	each := func(write func(r reg.Register)) {
		done := g.label("stored")
		for i, r := range cols {
			write(r)
			g.ADDQ(t.dstStride, t.dst)
			if partial && i+1 < len(cols) {
				g.SUBQ(operand.Imm(1), t.k)
				g.JEQ(operand.LabelRef(done))
			}
		}
		g.Label(done)
	}
	edge, done := g.label("narrow"), g.label("next")
	g.CMPQ(g.param("store"), imm(g.lanes()))
	g.JNE(operand.LabelRef(edge))
	each(func(r reg.Register) { g.p("VMOVUP", r, mem(t.dst, 0)) })
	g.JMP(operand.LabelRef(done))
	g.Label(edge)
	var mask reg.Register
	if !g.wide() {
		mask = g.spare(cols)
		g.laneMask(mask, "store", reg.RDX, reg.RBX)
	}
	each(func(r reg.Register) {
		if g.wide() {
			g.p("VMOVUP", r, reg.K2, mem(t.dst, 0))
		} else {
			g.p("VMASKMOVP", r, mask, mem(t.dst, 0))
		}
	})
	g.Label(done)
}

// spare is a vector register that is not among used.
func (g *gen) spare(used []reg.Register) reg.Register {
	for i := range 16 {
		free := true
		for _, r := range used {
			free = free && r != g.phys(i)
		}
		if free {
			return g.phys(i)
		}
	}
	panic("no register left")
}
