package main

import (
	"fmt"
	"strings"

	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// genTiles writes the product on AMX tiles: four routines, for one or two tiles of rows and
// of columns of C, the copies that round operands and lay them out as tiles are read, and
// what asks the processor. B's copies are those of AVX512-BF16, which has B the same way.
func genTiles(g *gen) {
	g.queries()
	for rows := 1; rows <= 2; rows++ {
		for cols := 1; cols <= 2; cols++ {
			newAMX(g, rows, cols).emit()
		}
	}
	order := g.pairOrder()
	g.packRows()
	g.packColumns(order)
	for nv := 1; nv <= g.nv; nv++ {
		g.packPairs(nv, order)
	}
	g.transposePairs()
}

// queries writes CPUID and XGETBV.
func (g *gen) queries() {
	g.text("cpuid", "func(leaf, sub uint32) (eax, ebx, ecx, edx uint32)", "cpuid is what the processor tells of itself.")
	g.Load(g.Param("leaf"), reg.EAX)
	g.Load(g.Param("sub"), reg.ECX)
	g.CPUID()
	for i, r := range []reg.Register{reg.EAX, reg.EBX, reg.ECX, reg.EDX} {
		g.Store(r, g.ReturnIndex(i))
	}
	g.RET()

	g.text("xgetbv", "func() (low uint32)", "xgetbv is the low half of XCR0, the states that the operating system keeps.")
	g.XORL(reg.ECX, reg.ECX)
	g.XGETBV()
	g.Store(reg.EAX, g.ReturnIndex(0))
	g.RET()
}

// amx is the routine for rows x cols tiles of C in the making.
type amx struct {
	*gen
	rows, cols int

	a, c        reg.GPPhysical
	aRow, bRow  reg.GPPhysical // from row to row of a tile, bytes
	cRow, cLow  reg.GPPhysical // and where the lower tile of C begins
	bAt, aAt, k reg.GPPhysical
}

// Tile registers: C first, then A and B.
func (t *amx) tileC(i, j int) int { return i*2 + j }
func (t *amx) tileA(i int) int    { return 4 + i }
func (t *amx) tileB(j int) int    { return 6 + j }

func newAMX(g *gen, rows, cols int) *amx {
	return &amx{gen: g, rows: rows, cols: cols, a: reg.RAX, c: reg.RCX, k: reg.RDX, aAt: reg.RSI, bAt: reg.RDI,
		aRow: reg.R8, bRow: reg.R9, cRow: reg.R10, cLow: reg.R11}
}

func (t *amx) emit() {
	g, name := t.gen, fmt.Sprintf("tiles%dx%d", t.rows, t.cols)
	g.text(name, "func(config *byte, tiles, steps int, a *float32, aTile int, b *float32, bRow int, c *float32, cRow int, acc bool)",
		fmt.Sprintf("%s multiplies blocks of up to %d rows, one below the other in C, by one panel of up to %d columns. Of", name, 16*t.rows, 16*t.cols),
		"each block it is: for s := range steps { for i := range rows { for j := range columns { C += the 32 products of A's row i",
		"and B's column j } } }, as TDPBF16PS adds them, C starting with 0 unless acc. Rows and columns are the configuration's.",
		fmt.Sprintf("A's tiles lie at a + block*aTile + s*%d, rows of 64 bytes; B's row of pairs p at b + p*bRow; C's at c + %d*block*cRow.", 1024*t.rows, 16*t.rows))
	g.Load(g.Param("config"), reg.RAX)
	g.tile("ldtilecfg [rax]", ldtilecfg(reg.RAX))
	g.Load(g.Param("a"), t.a)
	g.Load(g.Param("c"), t.c)
	g.Load(g.Param("bRow"), t.bRow)
	g.Load(g.Param("cRow"), t.cRow)
	g.MOVQ(operand.U32(64), t.aRow)
	g.MOVQ(t.cRow, t.cLow)
	g.SHLQ(operand.Imm(4), t.cLow)

	next := g.label("block")
	g.Label(next)
	t.begin()
	t.inner()
	t.finish()
	g.ADDQ(g.param("aTile"), t.a)
	g.LEAQ(memx(t.c, t.cLow, uint8(t.rows), 0), t.c)
	g.SUBQ(operand.Imm(1), g.param("tiles"))
	g.JGT(operand.LabelRef(next))
	g.tile("tilerelease", tilerelease())
	g.RET()
}

// begin loads the tiles of C or clears them.
func (t *amx) begin() {
	g := t.gen
	load, done := g.label("load"), g.label("begin")
	g.CMPB(g.param("acc"), operand.Imm(0))
	g.JNE(operand.LabelRef(load))
	t.eachC(func(n int, _ reg.Register, _ int) { g.tile(fmt.Sprintf("tilezero tmm%d", n), tilezero(n)) })
	g.JMP(operand.LabelRef(done))
	g.Label(load)
	t.eachC(func(n int, at reg.Register, disp int) { g.tileLoad(n, at, t.cRow, disp) })
	g.Label(done)
}

// finish stores them.
func (t *amx) finish() {
	t.eachC(func(n int, at reg.Register, disp int) { t.tileStore(n, at, t.cRow, disp) })
}

// eachC visits the tiles of C with their addresses; aAt is scratch.
func (t *amx) eachC(visit func(n int, at reg.Register, disp int)) {
	g := t.gen
	for i := range t.rows {
		at := t.c
		if i > 0 {
			at = t.aAt
			g.LEAQ(memx(t.c, t.cLow, 1, 0), at)
		}
		for j := range t.cols {
			visit(t.tileC(i, j), at, 64*j)
		}
	}
}

// inner runs the steps of one block: a tile is loaded just before its first product.
func (t *amx) inner() {
	g := t.gen
	g.MOVQ(t.a, t.aAt)
	g.Load(g.Param("b"), t.bAt)
	g.Load(g.Param("steps"), t.k)
	loop := g.label("step")
	g.Label(loop)
	for i := range t.rows {
		for j := range t.cols {
			if i == 0 {
				g.tileLoad(t.tileB(j), t.bAt, t.bRow, 64*j)
			}
			if j == 0 {
				g.tileLoad(t.tileA(i), t.aAt, t.aRow, 1024*i)
			}
			c, a, b := t.tileC(i, j), t.tileA(i), t.tileB(j)
			g.tile(fmt.Sprintf("tdpbf16ps tmm%d,tmm%d,tmm%d", c, a, b), tdpbf16ps(c, a, b))
		}
	}
	g.ADDQ(operand.I32(1024*t.rows), t.aAt)
	g.LEAQ(memx(t.bAt, t.bRow, 8, 0), t.bAt)
	g.LEAQ(memx(t.bAt, t.bRow, 8, 0), t.bAt)
	g.SUBQ(operand.Imm(1), t.k)
	g.JGT(operand.LabelRef(loop))
}

func (g *gen) tileLoad(n int, base, stride reg.Register, disp int) {
	g.tile(fmt.Sprintf("tileloadd tmm%d,%s", n, sib(base, stride, disp)), tileloadd(n, base, stride, disp))
}

func (g *gen) tileStore(n int, base, stride reg.Register, disp int) {
	g.tile(fmt.Sprintf("tilestored %s,tmm%d", sib(base, stride, disp), n), tilestored(n, base, stride, disp))
}

// Go's assembler knows no instruction of AMX. Each is a comment, in the words of Intel's
// manual, and its bytes; a test holds the two together by another decoder.

func (g *gen) tile(text string, code []byte) {
	g.Comment(text)
	for len(code) >= 4 {
		word := uint32(code[0]) | uint32(code[1])<<8 | uint32(code[2])<<16 | uint32(code[3])<<24
		g.Instruction(&ir.Instruction{Opcode: "LONG", Operands: []operand.Op{operand.U32(word)}})
		code = code[4:]
	}
	for _, b := range code {
		g.Instruction(&ir.Instruction{Opcode: "BYTE", Operands: []operand.Op{operand.U8(b)}})
	}
}

// The prefixes that a VEX instruction names in two bits.
const (
	noPrefix = 0
	prefix66 = 1
	prefixF3 = 2
	prefixF2 = 3
)

// vex is a 128-bit instruction of map 0F38, W0: r, x and b are the high bits of
// ModRM's register, the index and the base, v is the register of the prefix.
func vex(prefix, opcode, r, x, b, v int, rest ...byte) []byte {
	not := func(n int) int { return ^n & 1 } // these bits are stored inverted
	return append([]byte{0xc4,
		byte(not(r)<<7 | not(x)<<6 | not(b)<<5 | 2),
		byte((^v&15)<<3 | prefix),
		byte(opcode)}, rest...)
}

func modrm(mod, r, rm int) byte { return byte(mod<<6 | r&7<<3 | rm&7) }

func tdpbf16ps(c, a, b int) []byte { return vex(prefixF3, 0x5c, 0, 0, 0, b, modrm(3, c, a)) }
func tilezero(n int) []byte        { return vex(prefixF2, 0x49, 0, 0, 0, 0, modrm(3, n, 0)) }
func tilerelease() []byte          { return vex(noPrefix, 0x49, 0, 0, 0, 0, modrm(3, 0, 0)) }

func ldtilecfg(base reg.GPPhysical) []byte {
	n := general(base)
	if n&7 == 4 || n&7 == 5 {
		panic("ldtilecfg: a base that needs more bytes")
	}
	return vex(noPrefix, 0x49, 0, 0, n>>3, 0, modrm(0, 0, n))
}

func tileloadd(n int, base, stride reg.Register, disp int) []byte {
	return tileMemory(prefixF2, n, base, stride, disp)
}

func tilestored(n int, base, stride reg.Register, disp int) []byte {
	return tileMemory(prefixF3, n, base, stride, disp)
}

// tileMemory has its operand at base + row*stride + disp.
func tileMemory(prefix, n int, base, stride reg.Register, disp int) []byte {
	b, x := general(base), general(stride)
	if x == 4 {
		panic("the stack pointer is no stride")
	}
	sib := byte(x&7<<3 | b&7)
	switch {
	case disp == 0 && b&7 != 5:
		return vex(prefix, 0x4b, 0, x>>3, b>>3, 0, modrm(0, n, 4), sib)
	case disp == int(int8(disp)):
		return vex(prefix, 0x4b, 0, x>>3, b>>3, 0, modrm(1, n, 4), sib, byte(disp))
	}
	return vex(prefix, 0x4b, 0, x>>3, b>>3, 0, modrm(2, n, 4), sib, byte(disp), byte(disp>>8), byte(disp>>16), byte(disp>>24))
}

var generals = []reg.Register{reg.RAX, reg.RCX, reg.RDX, reg.RBX, reg.RSP, reg.RBP, reg.RSI, reg.RDI,
	reg.R8, reg.R9, reg.R10, reg.R11, reg.R12, reg.R13, reg.R14, reg.R15}

// general is the index of a general register.
func general(r reg.Register) int {
	for i, x := range generals {
		if x == r {
			return i
		}
	}
	panic("no general register")
}

// sib is an address in the words of Intel's manual.
func sib(base, stride reg.Register, disp int) string {
	name := func(r reg.Register) string {
		n := general(r)
		if n >= 8 {
			return fmt.Sprintf("r%d", n)
		}
		return "r" + strings.Fields("ax cx dx bx sp bp si di")[n]
	}
	s := fmt.Sprintf("[%s+%s*1", name(base), name(stride))
	if disp != 0 {
		s += fmt.Sprintf("+%#x", disp)
	}
	return s + "]"
}

// packRows rounds rows of k numbers to tiles.
func (g *gen) packRows() {
	g.text("packRows", "func(dst *float32, step int, src *float32, stride, rows, k int)",
		"packRows rounds rows of k numbers, stride bytes apart, to bf16: row i to the 64 bytes at dst + i*64 + s*step, 32",
		"numbers for each s, the last ones followed by zeros.")
	dst, src, row, to, k, left, step, stride := reg.RDI, reg.RSI, reg.RAX, reg.RBX, reg.RCX, reg.RDX, reg.R8, reg.R9
	g.Load(g.Param("k"), k)
	g.ANDQ(imm(31), k)
	g.MOVL(operand.U32(0xffffffff), reg.EBX)
	g.BZHIL(reg.ECX, reg.EBX, reg.EBX)
	g.KMOVW(reg.EBX, reg.K1)
	g.SHRL(operand.Imm(16), reg.EBX)
	g.KMOVW(reg.EBX, reg.K2)
	g.Load(g.Param("dst"), dst)
	g.Load(g.Param("src"), src)
	g.Load(g.Param("step"), step)
	g.Load(g.Param("stride"), stride)
	g.Load(g.Param("rows"), left)
	each, loop, tail, done := g.label("row"), g.label("step"), g.label("edge"), g.label("next")
	g.Label(each)
	g.MOVQ(src, row)
	g.MOVQ(dst, to)
	g.Load(g.Param("k"), k)
	g.SUBQ(imm(32), k)
	g.JLT(operand.LabelRef(tail))
	g.Label(loop)
	g.VMOVUPS(mem(row, 0), reg.Z0)
	g.VMOVUPS(mem(row, 64), reg.Z1)
	g.toPairs(reg.Z0, reg.Z1, reg.Z0)
	g.VMOVUPS(reg.Z0, mem(to, 0))
	g.ADDQ(operand.I32(128), row)
	g.ADDQ(step, to)
	g.SUBQ(imm(32), k)
	g.JGE(operand.LabelRef(loop))
	g.Label(tail)
	g.ADDQ(imm(32), k)
	g.JEQ(operand.LabelRef(done))
	g.VMOVUPS_Z(mem(row, 0), reg.K1, reg.Z0)
	g.VMOVUPS_Z(mem(row, 64), reg.K2, reg.Z1)
	g.toPairs(reg.Z0, reg.Z1, reg.Z0)
	g.VMOVUPS(reg.Z0, mem(to, 0))
	g.Label(done)
	g.ADDQ(stride, src)
	g.ADDQ(imm(64), dst)
	g.SUBQ(operand.Imm(1), left)
	g.JGT(operand.LabelRef(each))
	g.end()
}

// packColumns turns columns of numbers on their side, 32 k of 16 rows at a time.
func (g *gen) packColumns(places operand.Mem) {
	g.text("packColumns", "func(dst *float32, step int, src *float32, stride, rows, k int)",
		"packColumns is packRows for rows <= 16 whose numbers of one k are adjacent, and k from k stride bytes apart;",
		"it writes 16 rows, those past the last of zeros.")
	t := &transposer{gen: g}
	dst, src, k, stride, step, order := reg.RDI, reg.RSI, reg.RCX, reg.R8, reg.R9, reg.Z31
	g.maskOf(reg.K1, "rows")
	g.Load(g.Param("dst"), dst)
	g.Load(g.Param("src"), src)
	g.Load(g.Param("k"), k)
	g.Load(g.Param("stride"), stride)
	g.Load(g.Param("step"), step)
	pair := func(p int) {
		even, odd := g.phys(p), g.phys(30)
		g.VMOVUPS_Z(mem(src, 0), reg.K1, even)
		g.VMOVUPS_Z(memx(src, stride, 1, 0), reg.K1, odd)
		g.LEAQ(memx(src, stride, 2, 0), src)
		g.toPairs(even, odd, even)
		g.VPERMW(even, order, even)
	}
	store := func() {
		for i, r := range t.turn() {
			g.VMOVUPS(r, mem(dst, 64*i))
		}
	}
	loop, tail, done := g.label("step"), g.label("edge"), g.label("packed")
	g.SUBQ(imm(32), k)
	g.JLT(operand.LabelRef(tail))
	g.Label(loop)
	g.VMOVDQU64(places, order)
	for p := range 16 {
		pair(p)
	}
	store()
	g.ADDQ(step, dst)
	g.SUBQ(imm(32), k)
	g.JGE(operand.LabelRef(loop))

	// Of the last ones, what is not there is 0.
	g.Label(tail)
	g.ADDQ(imm(32), k)
	g.JEQ(operand.LabelRef(done))
	g.VMOVDQU64(places, order)
	for p := range 16 {
		g.zero(g.phys(p))
	}
	last, turn := g.label("last"), g.label("turn")
	for p := range 16 {
		g.SUBQ(operand.Imm(2), k)
		g.JLT(operand.LabelRef(fmt.Sprintf("%s_%d", last, p)))
		pair(p)
	}
	g.JMP(operand.LabelRef(turn))
	for p := range 16 {
		g.Label(fmt.Sprintf("%s_%d", last, p))
		g.CMPQ(k, imm(-1)) // one is left, or none
		g.JNE(operand.LabelRef(turn))
		g.zero(reg.Z30)
		g.VMOVUPS_Z(mem(src, 0), reg.K1, g.phys(p))
		g.toPairs(g.phys(p), reg.Z30, g.phys(p))
		g.VPERMW(g.phys(p), order, g.phys(p))
		g.JMP(operand.LabelRef(turn))
	}
	g.Label(turn)
	store()
	g.Label(done)
	g.end()
}
