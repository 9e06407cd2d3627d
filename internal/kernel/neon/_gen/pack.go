package main

import "fmt"

// genPack writes the copies that lay a strip of a matrix out as the register
// tile reads it. All strides are in bytes.
func genPack(f *file) {
	for _, f64 := range []bool{false, true} {
		for nv := 1; nv <= tileVectors; nv++ {
			f.packCopy(f64, nv)
		}
		f.packTranspose(f64)
	}
}

// The general registers of packing.
const (
	pDst    gp = 0
	pSrc    gp = 1
	pStride gp = 2
	pK      gp = rN
	pLast   gp = 6
	pTo     gp = 7
	pRows   gp = 8
	pRow    gp = 19 // to 22: where each row is
)

// packCopy copies k rows of nv vectors, the last one partly, to adjacent places.
func (f *file) packCopy(f64 bool, nv int) {
	g := &gen{f64: f64}
	name := fmt.Sprintf("packCopy%d%s", nv, g.suffix())
	doc := []string{
		fmt.Sprintf("%s copies k rows of %d vectors, %d lanes each, to adjacent places. Of the last vector of a", name, nv, g.lanes()),
		"row only the first last lanes are read; the others become 0.",
	}
	f.routine(f64, name, "dst, src *"+g.typ()+"; stride, k, last int", "", doc, func(g *gen) {
		g.load("dst", pDst)
		g.load("src", pSrc)
		g.load("stride", pStride)
		g.load("k", pK)
		g.load("last", pLast)
		edge, top, done := g.label("narrow"), g.label("row"), g.label("done")
		g.raw("CMP $%d, %v", g.lanes(), pLast)
		g.raw("BNE %s", edge)
		row := func(whole int) {
			v := g.loadWhole(pSrc, whole)
			if whole < nv {
				v = append(v, g.loadPart(pSrc, 16*whole, pLast))
			}
			g.raw("ADD %v, %v", pStride, pSrc)
			g.storeWhole(v, pDst)
			g.raw("ADD $%d, %v", 16*nv, pDst)
			g.raw("SUBS $1, %v, %[1]v", pK)
		}
		g.at(top)
		row(nv)
		g.raw("BGT %s", top)
		g.raw("B %s", done)
		g.at(edge)
		row(nv - 1)
		g.raw("BGT %s", edge)
		g.at(done)
		g.raw("RET")
	})
}

// packTranspose turns a strip of rows on its side, square blocks at a time in registers.
func (f *file) packTranspose(f64 bool) {
	g := &gen{f64: f64}
	name := "packTranspose" + g.suffix()
	doc := []string{
		name + " is: for p := range k { for i := range store { dst[p*dstStride+i] = src[min(i, rows-1)*srcStride+p] } },",
		fmt.Sprintf("strides in bytes, 1 <= rows <= %d, store <= %[1]d.", g.lanes()),
	}
	f.routine(f64, name, fmt.Sprintf("dst *%[1]s; dstStride int; src *%[1]s; srcStride, rows, k, store int", g.typ()), "", doc, func(g *gen) {
		lanes := g.lanes()
		g.load("dst", pDst)
		g.load("dstStride", pTo)
		g.load("src", pRow)
		g.load("srcStride", pStride)
		g.load("rows", pRows)
		g.load("k", pK)
		g.load("store", pLast)
		for i := 1; i < lanes; i++ { // rows past the last repeat it
			g.raw("CMP $%d, %v", i, pRows)
			g.raw("CSEL GT, %v, ZR, %v", pStride, rTmp)
			g.raw("ADD %v, %v, %v", rTmp, pRow+gp(i-1), pRow+gp(i))
		}
		g.whole(lanes, func() {
			in := make([]reg, lanes)
			for i := range in {
				in[i] = g.vec()
				g.emit(func(r []int) word { return after(16, r[0], pRow+gp(i), 16) }, in[i])
			}
			g.columns(g.transpose(in), "")
		})
		done := g.label("out")
		g.raw("CBZ %v, %s", pK, done)
		in := make([]reg, lanes)
		for i := range in {
			in[i] = g.loadPart(pRow+gp(i), 0, pK)
		}
		g.columns(g.transpose(in), done)
		g.at(done)
		g.raw("RET")
	})
}

// columns writes a block, all of it or, if done is a label, pK columns and then jumps there.
func (g *gen) columns(cols []reg, done string) {
	each := func(write func(v reg)) {
		for i, v := range cols {
			write(v)
			if done != "" && i == len(cols)-2 { // there are fewer columns than lanes
				break
			}
			g.raw("ADD %v, %v", pTo, pDst)
			if done != "" {
				g.raw("SUBS $1, %v, %[1]v", pK)
				g.raw("BEQ %s", done)
			}
		}
	}
	edge, end := g.label("narrow"), g.label("next")
	g.raw("CMP $%d, %v", g.lanes(), pLast)
	g.raw("BNE %s", edge)
	each(func(v reg) { g.emit(func(r []int) word { return access(true, 16, r[0], pDst, 0) }, v) })
	g.raw("B %s", end)
	g.at(edge)
	each(func(v reg) { g.storePart(v, pDst, 0, pLast) })
	g.at(end)
}
