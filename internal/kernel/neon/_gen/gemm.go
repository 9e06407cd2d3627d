package main

import "fmt"

// The register tile is 6 rows by 4 vectors: 24 chains keep four multiply-add
// units of four cycles busy and leave 4 registers for B and 4 for A. Each
// multiply-add takes its element of A from a lane, so that nothing is copied.
const (
	tileRows    = 6
	tileVectors = 4
)

// genGemm writes the register tiles of the matrix product, for every number
// of rows and vectors and both layouts of A.
func genGemm(f *file) {
	for _, f64 := range []bool{false, true} {
		for _, byRow := range []bool{false, true} {
			for nv := 1; nv <= tileVectors; nv++ {
				for rows := 1; rows <= tileRows; rows++ {
					f.tile(f64, rows, nv, byRow)
				}
			}
		}
	}
}

// The general registers of a tile.
const (
	tA     gp = 0 // of this k step, packed
	tB     gp = 1
	tC     gp = 2
	tK     gp = 3 // steps left
	tBK    gp = 6
	tAK    gp = 7
	tTiles gp = 8
	tABase gp = 9
	tBBase gp = 10
	tCRow  gp = 11
	tSteps gp = 12
	tAcc   gp = 13
	tATile gp = 14
	tRows  gp = 19 // to 24: where each row of A is, by row
	tARow  gp = 25
	tLast  gp = 26
	tAt    gp = rN
)

// tile is one register tile in the making: rows x nv vectors of C.
type tile struct {
	*gen
	rows, nv int
	byRow    bool // A's rows are strided (row-major A), else adjacent (packed or column-major A)
}

func tileName(g *gen, rows, nv int, byRow bool) string {
	layout := "Packed"
	if byRow {
		layout = "Rows"
	}
	return fmt.Sprintf("tile%dx%d%s%s", rows, nv, layout, g.suffix())
}

// tileParams is what every tile takes.
func tileParams(typ string) string {
	return fmt.Sprintf("tiles, k int; a *%[1]s; aK, aRow, aTile int; b *%[1]s; bK int; c *%[1]s; cRow, last int; acc bool", typ)
}

func (f *file) tile(f64 bool, rows, nv int, byRow bool) {
	g := &gen{f64: f64}
	a := "p*aK + i*%d"
	if byRow {
		a = "i*aRow + p*%d"
	}
	name := tileName(g, rows, nv, byRow)
	doc := []string{
		fmt.Sprintf("%s is: for t := range tiles { for i := range %d { for j := range %d+last { x := 0 or C; for p := range k { x = fma(A, B, x) }; C = x } } }", name, rows, (nv-1)*g.lanes()),
		fmt.Sprintf("with A at a + t*aTile + "+a+", B at b + p*bK + j*%[1]d, C at c + (%[2]d*t+i)*cRow + j*%[1]d, in bytes; x begins with C if acc.", g.elem(), rows),
	}
	f.routine(f64, name, tileParams(g.typ()), "", doc, func(g *gen) {
		(&tile{g, rows, nv, byRow}).write()
	})
}

func (t *tile) acc(i, j int) reg { return phys(i*t.nv + j) }
func (t *tile) b(j int) reg      { return phys(tileRows*tileVectors + j) }
func (t *tile) a(i int) reg      { return phys(tileRows*tileVectors + tileVectors + i) }

func (t *tile) write() {
	g := t.gen
	g.load("tiles", tTiles)
	g.load("k", tSteps)
	g.load("a", tABase)
	if t.byRow {
		g.load("aRow", tARow)
	} else {
		g.load("aK", tAK)
	}
	g.load("aTile", tATile)
	g.load("b", tBBase)
	g.load("bK", tBK)
	g.load("c", tC)
	g.load("cRow", tCRow)
	g.load("last", tLast)
	g.raw("MOVBU %s, %v", g.slot("acc"), tAcc)

	next := g.label("tile")
	g.at(next)
	t.begin()
	t.inner()
	g.raw("MOVD %v, %v", tC, tAt)
	t.eachRow(true)
	// The next tile lies below this one.
	g.raw("MOVD %v, %v", tAt, tC)
	g.raw("ADD %v, %v", tATile, tABase)
	g.raw("SUBS $1, %v, %[1]v", tTiles)
	g.raw("BGT %s", next)
	g.raw("RET")
}

// begin sets the accumulators and goes to the start of A and B.
func (t *tile) begin() {
	g := t.gen
	fresh, ready := g.label("fresh"), g.label("ready")
	g.raw("CBZ %v, %s", tAcc, fresh)
	g.raw("MOVD %v, %v", tC, tAt)
	t.eachRow(false)
	g.raw("B %s", ready)
	g.at(fresh)
	for i := range t.rows * t.nv {
		g.emit(func(r []int) word { return zero(r[0]) }, phys(i))
	}
	g.at(ready)
	g.raw("MOVD %v, %v", tBBase, tB)
	g.raw("MOVD %v, %v", tSteps, tK)
	if !t.byRow {
		g.raw("MOVD %v, %v", tABase, tA)
		return
	}
	g.raw("MOVD %v, %v", tABase, tRows)
	for i := 1; i < t.rows; i++ {
		g.raw("ADD %v, %v, %v", tARow, tRows+gp(i-1), tRows+gp(i))
	}
}

// eachRow reads or writes the rows of C from tAt on.
func (t *tile) eachRow(store bool) {
	g := t.gen
	for i := range t.rows {
		for j := range t.nv - 1 {
			g.emit(func(r []int) word { return access(store, 16, r[0], tAt, 16*j) }, t.acc(i, j))
		}
		t.lastVector(store, t.acc(i, t.nv-1), tAt)
		g.raw("ADD %v, %v", tCRow, tAt)
	}
}

// lastVector reads or writes as many elements of the last vector as there are.
func (t *tile) lastVector(store bool, v reg, base gp) {
	g, disp := t.gen, 16*(t.nv-1)
	edge, done := g.label("narrow"), g.label("next")
	g.raw("CMP $%d, %v", g.lanes(), tLast)
	g.raw("BNE %s", edge)
	g.emit(func(r []int) word { return access(store, 16, r[0], base, disp) }, v)
	g.raw("B %s", done)
	g.at(edge)
	g.part(store, v, base, disp, tLast)
	g.at(done)
}

// inner runs all k steps of one tile: two in a turn, or one if the last
// vector of B is a part of one.
func (t *tile) inner() {
	g := t.gen
	edge, top, odd, done := g.label("edge"), g.label("step"), g.label("odd"), g.label("over")
	g.raw("CMP $%d, %v", g.lanes(), tLast)
	g.raw("BNE %s", edge)
	g.raw("SUBS $2, %v, %[1]v", tK)
	g.raw("BLT %s", odd)
	g.at(top)
	t.step(false)
	t.step(false)
	g.raw("SUBS $2, %v, %[1]v", tK)
	g.raw("BGE %s", top)
	g.at(odd)
	g.raw("TBZ $0, %v, %s", tK, done)
	t.step(false)
	g.raw("B %s", done)
	g.at(edge)
	t.step(true)
	g.raw("SUBS $1, %v, %[1]v", tK)
	g.raw("BGT %s", edge)
	g.at(done)
}

// step is one k step.
func (t *tile) step(edge bool) {
	g := t.gen
	whole := t.nv
	if edge {
		whole--
	}
	j := 0
	for ; j+2 <= whole; j += 2 {
		g.emitPair(false, t.b(j), t.b(j+1), tB, 16*j)
	}
	if j < whole {
		g.emit(func(r []int) word { return access(false, 16, r[0], tB, 16*j) }, t.b(j))
	}
	if edge {
		g.part(false, t.b(whole), tB, 16*whole, tLast)
	}
	g.raw("ADD %v, %v", tBK, tB)
	if t.byRow {
		t.rowMajor()
	} else {
		t.adjacent()
	}
}

// adjacent reads the column of A in as few pieces as there are and uses their lanes.
func (t *tile) adjacent() {
	g := t.gen
	type place struct{ r, lane int }
	var from []place
	for i, piece := 0, 0; i < t.rows; piece++ {
		size := 16
		for (t.rows-i)*g.elem() < size {
			size /= 2
		}
		disp := i * g.elem()
		g.emit(func(r []int) word { return access(false, size, r[0], tA, disp) }, t.a(piece))
		for l := range size / g.elem() {
			from = append(from, place{piece, l})
		}
		i += size / g.elem()
	}
	g.raw("ADD %v, %v", tAK, tA)
	for i, p := range from {
		t.row(i, t.a(p.r), p.lane)
	}
}

// rowMajor reads an element of each row, four ahead of their use.
func (t *tile) rowMajor() {
	const ahead = 4
	g := t.gen
	read := func(i int) {
		if i < t.rows {
			g.emit(func(r []int) word { return after(g.elem(), r[0], tRows+gp(i), g.elem()) }, t.a(i%ahead))
		}
	}
	for i := range ahead {
		read(i)
	}
	for i := range t.rows {
		t.row(i, t.a(i%ahead), 0)
		read(i + ahead)
	}
}

// row multiplies B by one element of A.
func (t *tile) row(i int, a reg, lane int) {
	s := t.shape()
	for j := range t.nv {
		t.emit(func(r []int) word { return fmlaElement(s, r[0], r[1], r[2], lane) }, t.acc(i, j), t.b(j), a)
	}
}
