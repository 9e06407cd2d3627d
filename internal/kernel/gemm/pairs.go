package gemm

import "github.com/godescent/descent/internal/kernel"

// Pairs is what an instruction set brings to a product on operands rounded to
// bf16, two numbers of ascending k to a word: the blocking is that of a product
// of words, with half as many k. Both operands are always packed, for packing is
// what rounds them.
type Pairs struct {
	Micro[float32] // its tile multiplies words; it needs no packing routines, and K and KC count words

	// PackAdjacent rounds k rows of vectors, stride bytes apart, and stores rows 2p and
	// 2p+1 as row p of words, with zeros after an odd last row. The last vector of a row
	// has only last elements, the rest becomes 0.
	PackAdjacent func(vectors int, dst, src *float32, stride, k, last int)

	// PackTiles is PackAdjacent of one vector for each t < tiles, of the width numbers from src + t*width on, to
	// dst + t*tile bytes, all of two rows before the next ones.
	PackTiles func(dst *float32, tile int, src *float32, stride, k, tiles, width int)

	// PackStrided rounds rows <= Lanes of k numbers each and stores columns 2p and 2p+1 as
	// row p of Lanes words, with zeros after an odd last column; what follows the last
	// row is any number. Strides are in bytes.
	PackStrided func(dst *float32, dstStride int, src *float32, srcStride, rows, k int)
}

// PairsWork is the scratch that RunPairs needs for a shape.
func PairsWork(u *Pairs, m, n, k int) int {
	if m <= 0 || n <= 0 || k <= 0 {
		return 0
	}
	p := newPlan(&u.Micro, m, n, ceil(k, 2))
	return p.scratch()
}

// pairsRun is one product under way; the plan's k are words.
type pairsRun struct {
	run[float32]
	u *Pairs
}

// RunPairs computes the product.
func RunPairs(u *Pairs, g *kernel.GemmArgs[float32]) {
	if g.M <= 0 || g.N <= 0 || g.K <= 0 {
		Run(&u.Micro, g) // which then needs nothing of u
		return
	}
	words := ceil(g.K, 2)
	r := pairsRun{u: u, run: run[float32]{Micro: &u.Micro, g: *g, plan: newPlan(&u.Micro, g.M, g.N, words), packA: true, packB: true}}
	r.aByRow = g.ACol == 1 || g.K == 1
	r.bByRow = g.BCol == 1 || g.N == 1
	work := g.Work[:r.aSize+r.bSize]
	r.pa, r.pb = &work[0], at(&work[0], r.aSize)
	for j := 0; j < g.N; j += r.nc {
		for p := 0; p < words; p += r.kc {
			for t := 0; t < r.tiles; t += r.block {
				r.rows(t, min(t+r.block, r.tiles), j, min(j+r.nc, g.N), p, min(r.kc, words-p))
			}
		}
	}
}

// rows computes tiles t0..t1 of columns j0..j1 over k words from p on.
func (r *pairsRun) rows(t0, t1, j0, j1, p, k int) {
	r.loadA(t0, t1, p, k)
	for j := j0; j < j1; j += r.NR {
		cols := min(r.NR, j1-j)
		vectors := ceil(cols, r.Lanes)
		s := Strip[float32]{K: k, Last: cols - (vectors-1)*r.Lanes, Accumulate: r.g.Accumulate || p > 0, CRow: size[float32](r.g.CRow)}
		s.B, s.BK = r.panel(t0, j0, j, cols, p, k)
		mid := min(max(t0, r.nHigh), t1)
		r.strips(t0, mid, r.high, t0, j, vectors, p, s)
		r.strips(mid, t1, r.high-1, t0, j, vectors, p, s)
	}
}

// panel is where the columns from j on are packed, by the first block of rows that needs them.
func (r *pairsRun) panel(t0, j0, j, cols, p, k int) (*float32, int) {
	g := &r.g
	width := ceil(cols, r.Lanes) * r.Lanes
	to := r.pb
	if r.block < r.tiles {
		to = at(to, (j-j0)*r.kc)
	}
	if t0 == 0 {
		r.pack(to, width, &g.B[2*p*g.BRow+j*g.BCol], cols, min(2*k, g.K-2*p), r.bByRow, g.BRow, g.BCol)
	}
	return to, size[float32](width)
}

// loadA packs tiles t0..t1 of A for k words from p on.
func (r *pairsRun) loadA(t0, t1, p, k int) {
	g := &r.g
	if !r.aByRow {
		// Of numbers that lie far apart for neighbouring k, those of one k all at once: by tiles, what one
		// leaves of a line would be gone from the cache when the next one comes to it.
		mid := min(max(t0, r.nHigh), t1)
		r.loadColumns(t0, mid, t0, p, k, r.high)
		r.loadColumns(mid, t1, t0, p, k, r.high-1)
		return
	}
	for t := t0; t < t1; t++ {
		i := r.row(t)
		to := at(r.pa, (t-t0)*r.kc*r.aWidth)
		r.pack(to, r.aWidth, &g.A[i*g.ARow+2*p*g.ACol], r.row(t+1)-i, min(2*k, g.K-2*p), false, g.ACol, g.ARow)
	}
}

// packTogether is how many tiles are packed at once: as many as a first level cache has ways, for
// they can be a power of two apart in packed A.
const packTogether = 8

// loadColumns packs tiles t0..t1, all of so many rows, of an A of adjacent rows; first is where packed A begins.
func (r *pairsRun) loadColumns(t0, t1, first, p, k, rows int) {
	if t0 >= t1 {
		return
	}
	g := &r.g
	width := r.aWidth
	for t := t0; t < t1; t += packTogether {
		i, tiles := r.row(t), min(packTogether, t1-t)
		r.u.PackTiles(at(r.pa, (t-first)*r.kc*width), size[float32](r.kc*width), &g.A[i*g.ARow+2*p*g.ACol], size[float32](g.ACol), min(2*k, g.K-2*p), tiles, rows)
	}
}

// pack stores n rows or columns of k numbers as words in rows of width. Those of one
// k lie adjacent, or else strided; along is the stride of k, across the other.
func (r *pairsRun) pack(to *float32, width int, from *float32, n, k int, adjacent bool, along, across int) {
	if adjacent {
		vectors := width / r.Lanes
		r.u.PackAdjacent(vectors, to, from, size[float32](along), k, n-(vectors-1)*r.Lanes)
		return
	}
	for i := 0; i < n; i += r.Lanes {
		r.u.PackStrided(at(to, i), size[float32](width), at(from, i*across), size[float32](across), min(r.Lanes, n-i), k)
	}
}
