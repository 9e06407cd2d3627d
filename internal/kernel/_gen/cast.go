package main

import "github.com/mmcloughlin/avo/operand"

// genCast writes the conversions for whole vectors; the caller does the rest of a slice.
func genCast(g *gen) {
	g.cast("CastF32F64", "float64", "float32", 8, 4, "VCVTPS2PD")
	g.cast("CastF64F32", "float32", "float64", 4, 8, "VCVTPD2PS")
	g.cast("CastI32F32", "float32", "int32", 4, 4, "VCVTDQ2PS")
	g.cast("CastU8F32", "float32", "uint8", 4, 1, "VCVTDQ2PS")
}

// cast converts as many elements at a time as the wider of the two types has in a register.
func (g *gen) cast(name, to, from string, toSize, fromSize int, op string) {
	lanes := g.bytes / max(toSize, fromSize)
	g.text("asm"+name, "func(dst *"+to+", x *"+from+", n int)",
		"asm"+name+" is: for i := range n { dst[i] = "+to+"(x[i]) }, n being a multiple of "+itoa(lanes)+".")
	dst, x, n := g.arg("dst"), g.arg("x"), g.arg("n")
	step := func() {
		v := g.vec()
		src := mem(x, 0)
		switch {
		case fromSize == 1:
			g.VPMOVZXBD(src, v)
			g.VCVTDQ2PS(v, v)
			g.VMOVUPS(v, mem(dst, 0))
		case toSize >= fromSize:
			g.op(op, src, v)
			g.VMOVUPS(v, mem(dst, 0))
		case g.wide():
			half := g.YMM()
			g.VCVTPD2PS(src, half)
			g.VMOVUPS(half, mem(dst, 0))
		default:
			half := g.XMM()
			g.VCVTPD2PSY(src, half)
			g.VMOVUPS(half, mem(dst, 0))
		}
		g.ADDQ(imm(lanes*toSize), dst)
		g.ADDQ(imm(lanes*fromSize), x)
	}
	top, done := g.label("loop"), g.label("done")
	g.SUBQ(imm(lanes), n)
	g.JLT(operand.LabelRef(done))
	g.Label(top)
	step()
	g.SUBQ(imm(lanes), n)
	g.JGE(operand.LabelRef(top))
	g.Label(done)
	g.end()
}
