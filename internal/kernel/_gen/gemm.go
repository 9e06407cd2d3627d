package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// genGemm writes the register tiles of the matrix product, for every number
// of rows up to mr, one or nv vectors wide, and both layouts of A.
func genGemm(g *gen) {
	for _, g.f64 = range []bool{false, true} {
		for _, byRow := range []bool{false, true} {
			for nv := 1; nv <= g.nv; nv++ {
				for r := 1; r <= g.mr; r++ {
					newTile(g, r, nv, byRow).emit()
				}
			}
		}
	}
}

// tile is one register tile in the making: rows x (nv vectors) of C.
type tile struct {
	*gen
	rows, nv int
	byRow    bool // A's rows are strided (row-major A), else adjacent (packed or column-major A)
	pairs    bool // an element is two bf16 numbers of ascending k, and k counts pairs

	a, b, c reg.GPPhysical
	aK, bK  reg.GPPhysical // stride of one k step, bytes
	a3, b3  reg.GPPhysical // three of them
	k       reg.GPPhysical
	odd     [7]reg.GPPhysical // byRow: 1, 3, 5 ... 13 times the row stride of A
	bv      []reg.Register
	av      []reg.Register
	acc     [][]reg.Register
}

// name is that of the routine.
func (t *tile) name() string {
	if t.pairs {
		return fmt.Sprintf("tile%dx%dPairs", t.rows, t.nv)
	}
	return tileName(t.gen, t.rows, t.nv, t.byRow)
}

func tileName(g *gen, rows, nv int, byRow bool) string {
	layout := "Packed"
	if byRow {
		layout = "Rows"
	}
	return fmt.Sprintf("tile%dx%d%s%s", rows, nv, layout, g.suffix())
}

func newTile(g *gen, rows, nv int, byRow bool) *tile {
	t := &tile{gen: g, rows: rows, nv: nv, byRow: byRow,
		a: reg.RAX, b: reg.RBX, c: reg.RCX, k: reg.RDX, bK: reg.RSI, b3: reg.RDI}
	if byRow {
		t.odd = [7]reg.GPPhysical{reg.R8, reg.R9, reg.R10, reg.R11, reg.R12, reg.R13, reg.R15}
	} else {
		t.aK, t.a3 = reg.R8, reg.R9
	}
	next := 0
	take := func() reg.Register { next++; return g.phys(next - 1) }
	for range rows {
		row := make([]reg.Register, nv)
		for j := range row {
			row[j] = take()
		}
		t.acc = append(t.acc, row)
	}
	for range nv {
		t.bv = append(t.bv, take())
	}
	t.av = append(t.av, take())
	if g.wide() {
		t.av = append(t.av, take())
	}
	return t
}

func (t *tile) emit() {
	g, name := t.gen, t.name()
	g.text(name, fmt.Sprintf("func(tiles, k int, a *%[1]s, aK, aRow, aTile int, b *%[1]s, bK int, c *%[1]s, cRow, last int, acc bool)", g.typ()),
		t.doc(name)...)
	g.Load(g.Param("c"), t.c)
	g.Load(g.Param("bK"), t.bK)
	g.LEAQ(memx(t.bK, t.bK, 2, 0), t.b3)
	if t.byRow {
		t.rowStrides()
	} else {
		g.Load(g.Param("aK"), t.aK)
		g.LEAQ(memx(t.aK, t.aK, 2, 0), t.a3)
	}
	if g.wide() {
		g.maskOf(reg.K1, "last")
	}

	next := g.label("tile")
	g.Label(next)
	t.begin()
	t.inner()
	t.finish()

	// The next tile lies below this one.
	g.Load(g.Param("aTile"), t.a)
	g.ADDQ(t.a, g.param("a"))
	g.SUBQ(operand.Imm(1), g.param("tiles"))
	g.JGT(operand.LabelRef(next))
	g.end()
}

// doc is the loop that a tile equals.
func (t *tile) doc(name string) []string {
	a := "p*aK + i*%d"
	if t.byRow {
		a = "i*aRow + p*%d"
	}
	fma := "fma(A, B, x)"
	if t.pairs {
		fma = "x + A.low*B.low + A.high*B.high"
	}
	return []string{
		fmt.Sprintf("%s is: for t := range tiles { for i := range %d { for j := range %d+last { x := 0 or C; for p := range k { x = %s }; C = x } } }", name, t.rows, (t.nv-1)*t.lanes(), fma),
		fmt.Sprintf("with A at a + t*aTile + "+a+", B at b + p*bK + j*%[1]d, C at c + (%[2]d*t+i)*cRow + j*%[1]d, in bytes; x begins with C if acc.", t.elem(), t.rows),
	}
}

// maskOf sets k to as many low bits as the parameter says.
func (g *gen) maskOf(k operand.Op, param string) {
	g.Load(g.Param(param), reg.RDX)
	g.MOVL(operand.U32(0xffffffff), reg.EBX)
	g.BZHIL(reg.EDX, reg.EBX, reg.EBX)
	g.KMOVW(reg.EBX, k)
}

// rowStrides prepares the odd multiples of A's row stride; scaled by 1, 2, 4 or 8 they reach every row.
func (t *tile) rowStrides() {
	g := t.gen
	g.Load(g.Param("aRow"), t.odd[0])
	for i := 1; 2*i+1 < t.rows; i++ {
		g.LEAQ(memx(t.odd[i-1], t.odd[0], 2, 0), t.odd[i])
	}
}

// aAt is the address of A(row i, k step u) of this turn.
func (t *tile) aAt(i, u int) operand.Mem {
	if t.byRow {
		disp := u * t.elem()
		if i == 0 {
			return mem(t.a, disp)
		}
		scale := uint8(1)
		for i%2 == 0 {
			i, scale = i/2, scale*2
		}
		return memx(t.a, t.odd[i/2], scale, disp)
	}
	return steps(t.a, t.aK, t.a3, u, i*t.elem())
}

// steps is base + u*stride + disp for u < 4, given the stride and three times it.
func steps(base, stride, stride3 reg.Register, u, disp int) operand.Mem {
	switch u {
	case 0:
		return mem(base, disp)
	case 3:
		return memx(base, stride3, 1, disp)
	}
	return memx(base, stride, uint8(u), disp)
}

// inner runs all k steps of one tile: four in a turn, or one if the last
// vector of B is a part of one and read under a mask.
func (t *tile) inner() {
	g := t.gen
	edge, top, done := g.label("narrow"), g.label("step"), g.label("over")
	g.Load(g.Param("b"), t.b)
	if !t.pairs { // which are always packed, in whole vectors
		g.CMPQ(g.param("last"), imm(g.lanes()))
		g.JNE(operand.LabelRef(edge))
	}
	g.Load(g.Param("a"), t.a)
	g.Load(g.Param("k"), t.k)
	g.by4(t.k, func() {
		for u := range 4 {
			t.step(u, nil)
		}
		t.advance(4)
	}, func() {
		t.step(0, nil)
		t.advance(1)
	})
	if t.pairs {
		return
	}
	g.JMP(operand.LabelRef(done))

	g.Label(edge)
	mask := reg.Register(reg.K1)
	if !g.wide() {
		mask = g.phys(15)
		g.laneMask(mask, "last", t.k, t.a)
	}
	g.Load(g.Param("a"), t.a)
	g.Load(g.Param("k"), t.k)
	g.Label(top)
	t.step(0, mask)
	t.advance(1)
	g.SUBQ(operand.Imm(1), t.k)
	g.JGT(operand.LabelRef(top))
	g.Label(done)
}

// step is acc[i][j] = fma(A(i, k), B(k, j), acc[i][j]) for the whole tile, the last vector of B under a mask if there is one.
func (t *tile) step(u int, mask reg.Register) {
	g := t.gen
	for j, b := range t.bv {
		at := steps(t.b, t.bK, t.b3, u, j*g.bytes)
		if mask != nil && j == t.nv-1 {
			g.loadMasked(at, mask, b)
		} else {
			g.p("VMOVUP", at, b)
		}
	}
	for i, row := range t.acc {
		a := t.av[i%len(t.av)]
		g.broadcast(t.aAt(i, u), a)
		for j, c := range row {
			if t.pairs {
				g.dotPairs(t.bv[j], a, c)
			} else {
				g.p("VFMADD231P", t.bv[j], a, c)
			}
		}
	}
}

// broadcast fills a register with the element at m.
func (g *gen) broadcast(m operand.Op, r operand.Op) {
	if g.f64 {
		g.VBROADCASTSD(m, r)
	} else {
		g.VBROADCASTSS(m, r)
	}
}

func (t *tile) advance(n int) {
	g := t.gen
	if t.byRow {
		g.ADDQ(imm(n*g.elem()), t.a)
	} else {
		g.LEAQ(memx(t.a, t.aK, uint8(n), 0), t.a)
	}
	g.LEAQ(memx(t.b, t.bK, uint8(n), 0), t.b)
}

// begin loads the accumulators from C or clears them.
func (t *tile) begin() {
	g := t.gen
	load, done := g.label("load"), g.label("begin")
	g.CMPB(g.param("acc"), operand.Imm(0))
	g.JNE(operand.LabelRef(load))
	for _, row := range t.acc {
		for _, r := range row {
			g.zero(r)
		}
	}
	t.prefetch()
	g.JMP(operand.LabelRef(done))
	g.Label(load)
	t.rowsOfC(func(i int) { g.loadRow(t.acc[i], t.b) }, func(i int, mask reg.Register) {
		g.loadRowMasked(t.acc[i], t.b, mask)
	})
	g.Label(done)
}

// prefetch asks for the rows of C, to be written when k has run: fetching them then would hold up the next tile.
func (t *tile) prefetch() {
	g := t.gen
	g.Load(g.Param("cRow"), t.k)
	g.MOVQ(t.c, t.b)
	for i := range t.rows {
		for j := 0; j < t.nv*g.bytes; j += 64 {
			g.PREFETCHT1(mem(t.b, j))
		}
		if i+1 < t.rows {
			g.ADDQ(t.k, t.b)
		}
	}
}

// finish stores the accumulators and moves c to the tile below.
func (t *tile) finish() {
	g := t.gen
	t.rowsOfC(func(i int) { g.storeRow(t.acc[i], t.b) }, func(i int, mask reg.Register) {
		g.storeRowMasked(t.acc[i], t.b, mask)
	})
	g.MOVQ(t.b, t.c)
	g.ADDQ(g.param("cRow"), t.c)
}

// rowsOfC visits the rows of C with their address in t.b: by full if the last
// vector is whole, else by masked, which alone is used where masks cost nothing.
func (t *tile) rowsOfC(full func(i int), masked func(i int, mask reg.Register)) {
	g := t.gen
	walk := func(visit func(i int)) {
		g.MOVQ(t.c, t.b)
		for i := range t.rows {
			visit(i)
			if i+1 < t.rows {
				g.ADDQ(g.param("cRow"), t.b)
			}
		}
	}
	if g.wide() {
		walk(func(i int) { masked(i, reg.K1) })
		return
	}
	edge, done := g.label("edge"), g.label("rows")
	g.CMPQ(g.param("last"), imm(g.lanes()))
	g.JNE(operand.LabelRef(edge))
	walk(full)
	g.JMP(operand.LabelRef(done))
	g.Label(edge)
	g.laneMask(t.bv[0], "last", t.k, t.a)
	walk(func(i int) { masked(i, t.bv[0]) })
	g.Label(done)
}

func (g *gen) loadRow(row []reg.Register, at reg.Register) {
	for j, r := range row {
		g.p("VMOVUP", mem(at, j*g.bytes), r)
	}
}

func (g *gen) storeRow(row []reg.Register, at reg.Register) {
	for j, r := range row {
		g.p("VMOVUP", r, mem(at, j*g.bytes))
	}
}

func (g *gen) loadRowMasked(row []reg.Register, at, mask reg.Register) {
	last := len(row) - 1
	g.loadRow(row[:last], at)
	g.loadMasked(mem(at, last*g.bytes), mask, row[last])
}

func (g *gen) storeRowMasked(row []reg.Register, at, mask reg.Register) {
	last := len(row) - 1
	g.storeRow(row[:last], at)
	g.storeMasked(row[last], mask, mem(at, last*g.bytes))
}
