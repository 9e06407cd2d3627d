// Package gemm blocks a matrix product for the caches and hands it, a strip of
// register tiles at a time, to the routines of an instruction set. Whatever it
// chooses, each element of C stays one chain over ascending k.
package gemm

import (
	"unsafe"

	"github.com/godescent/descent/internal/kernel"
)

// Micro is what an instruction set brings to a product: its register tile, its
// packing routines and the block sizes that suit its caches.
type Micro[T kernel.Float] struct {
	MR    int // rows of a register tile
	NR    int // columns of one: a multiple of Lanes
	Lanes int // columns of one vector

	KC int // most steps of k before C is written back
	AC int // most elements of A in one packed block, for half of a second level cache
	BC int // most elements of B in one, for a part of a third level cache

	// PackTiles is how many row tiles must share a panel of B for it to be worth
	// packing, when its rows lie so that they displace one another from the cache.
	PackTiles int

	// PackCols is how many columns of C make it worth packing a column-major A in any case.
	PackCols int

	// NarrowRows and NarrowCols are the most columns that are computed on their side,
	// for a row-major and for a column-major A; see narrow.go.
	NarrowRows, NarrowCols int

	// Tile computes a strip of tiles, rows x vectors each. With byRow, A's
	// rows are strided and its columns adjacent, else the other way round.
	Tile func(rows, vectors int, byRow bool, s Strip[T])

	// PackCopy copies k rows of vectors (each of Lanes), stride bytes apart, to adjacent
	// places. The last vector of a row has only last elements, the rest becomes 0.
	PackCopy func(vectors int, dst, src *T, stride, k, last int)

	// PackTranspose is: for p := range k { for i := range store { dst[p*dstStride+i] = src[min(i, rows-1)*srcStride+p] } }
	// for rows, store <= Lanes and strides in bytes.
	PackTranspose func(dst *T, dstStride int, src *T, srcStride, rows, k, store int)
}

// Strip is the work of one call: tiles that lie one below the other in C and
// share a panel of B. Strides are in bytes.
type Strip[T kernel.Float] struct {
	Tiles, K        int
	A               *T
	AK, ARow, ATile int // from one k to the next (not byRow), from row to row (byRow), from tile to tile
	B               *T
	BK              int // from one k to the next; columns are adjacent
	C               *T
	CRow            int
	Last            int // columns of the last vector, 1..Lanes
	Accumulate      bool
}

// longest bounds the multiply-adds of one Strip: assembly cannot be preempted.
const longest = 1 << 20

// plan is the blocking of one shape.
type plan struct {
	kc     int // k steps of a block, the last may be shorter
	tiles  int // row tiles of C
	high   int // the first tiles are of this many rows ...
	nHigh  int // ... and there are so many; the others have one row less
	block  int // row tiles of one packed block of A
	most   int // that fit one, if A has so many
	nc     int // columns of one packed block of B
	aWidth int // elements of a packed tile for one k
	aSize  int // elements of packed A
	bSize  int // elements of packed B
}

func newPlan[T kernel.Float](u *Micro[T], m, n, k int) plan {
	var p plan
	p.kc = evenly(k, u.KC)
	p.tiles = ceil(m, u.MR)
	p.high = ceil(m, p.tiles)
	p.nHigh = m - p.tiles*(p.high-1)
	p.aWidth = ceil(p.high, u.Lanes) * u.Lanes
	p.most = min(p.tiles, max(1, u.AC/(p.kc*p.aWidth)))
	p.block = evenly(p.tiles, p.most)
	p.nc = min(max(1, u.BC/(p.kc*u.NR)), ceil(n, u.NR)) * u.NR
	p.aSize = p.block * p.kc * p.aWidth
	if p.block == p.tiles { // a panel of B serves all rows at once
		p.nc = ceil(n, u.NR) * u.NR
		p.bSize = p.kc * u.NR
	} else {
		p.bSize = p.kc * p.nc
	}
	return p
}

// Work is the scratch that Run needs for a shape.
func Work[T kernel.Float](u *Micro[T], m, n, k int) int {
	if m <= 0 || n <= 0 || k <= 0 {
		return 0
	}
	p := newPlan(u, m, n, k)
	return max(p.scratch(), narrowWork(u, m, n, k))
}

// scratch is what the plan needs, and that of any part of the rows and columns:
// fewer rows can make a larger block.
func (p *plan) scratch() int { return p.most*p.kc*p.aWidth + p.bSize }

// row is the first row of tile t.
func (p *plan) row(t int) int {
	return t*p.high - max(0, t-p.nHigh)
}

// ceil is n/d rounded up; evenly is the size of the parts when n is cut into
// as few nearly equal parts of at most most as possible.
func ceil(n, d int) int      { return (n + d - 1) / d }
func evenly(n, most int) int { return ceil(n, ceil(n, most)) }

// run is one product under way.
type run[T kernel.Float] struct {
	*Micro[T]
	plan
	g            kernel.GemmArgs[T]
	packA, packB bool
	aByRow       bool // A is row-major, or short enough to be read so
	bByRow       bool
	pa, pb       *T // packed A and B
}

// Run computes the product.
func Run[T kernel.Float](u *Micro[T], g *kernel.GemmArgs[T]) {
	if g.M <= 0 || g.N <= 0 {
		return
	}
	if g.K <= 0 {
		if !g.Accumulate {
			for i := range g.M {
				clear(g.C[i*g.CRow:][:g.N])
			}
		}
		return
	}
	n := narrow(u, g)
	if n > 0 {
		runNarrow(u, g, n)
	}
	if n < g.N {
		rest := *g
		rest.N -= n
		runBlocks(u, rest)
	}
}

// runBlocks computes a product that is not empty.
func runBlocks[T kernel.Float](u *Micro[T], g kernel.GemmArgs[T]) {
	r := run[T]{Micro: u, g: g, plan: newPlan(u, g.M, g.N, g.K)}
	r.layout()
	work := g.Work[:r.aSize+r.bSize]
	r.pa, r.pb = &work[0], at(&work[0], r.aSize)
	for j := 0; j < g.N; j += r.nc {
		for p := 0; p < g.K; p += r.kc {
			for t := 0; t < r.tiles; t += r.block {
				r.rows(t, min(t+r.block, r.tiles), j, min(j+r.nc, g.N), p, min(r.kc, g.K-p))
			}
		}
	}
}

// layout decides how the operands are read and which of them are packed. The
// tile reads either layout of A and rows of B in place; a copy is made of what it
// cannot read, and where rows meet in few sets of the first level cache.
func (r *run[T]) layout() {
	g := &r.g
	r.aByRow = g.ACol == 1 || g.K == 1
	r.bByRow = g.BCol == 1 || g.N == 1
	stride := g.ACol
	if r.aByRow {
		stride = g.ARow
	}
	r.packA = g.M > 1 && g.K > 1 && g.N > 2*r.NR && (collide[T](stride) || !r.aByRow && g.N >= r.PackCols)
	r.packB = !r.bByRow || collide[T](g.BRow) && r.tiles >= r.PackTiles
}

// collide reports whether rows that begin so many elements apart fall into so few of
// the 64 sets of a first level cache that they displace one another: one set
// for float32; two are too few for float64, of which a line holds half as many.
func collide[T kernel.Float](stride int) bool {
	if size[T](1) == 8 {
		return stride%256 == 0
	}
	return stride%1024 == 0
}

// rows computes tiles t0..t1 of columns j0..j1 over k steps from p on.
func (r *run[T]) rows(t0, t1, j0, j1, p, k int) {
	if r.packA {
		r.loadA(t0, t1, p, k)
	}
	for j := j0; j < j1; j += r.NR {
		cols := min(r.NR, j1-j)
		vectors := ceil(cols, r.Lanes)
		s := Strip[T]{K: k, Last: cols - (vectors-1)*r.Lanes, Accumulate: r.g.Accumulate || p > 0, CRow: size[T](r.g.CRow)}
		s.B, s.BK = r.panel(t0, j0, j, cols, p, k)
		mid := min(max(t0, r.nHigh), t1)
		r.strips(t0, mid, r.high, t0, j, vectors, p, s)
		r.strips(mid, t1, r.high-1, t0, j, vectors, p, s)
	}
}

// panel is where the columns from j on are to be read, packed if need be.
func (r *run[T]) panel(t0, j0, j, cols, p, k int) (*T, int) {
	g := &r.g
	vectors := ceil(cols, r.Lanes)
	width := vectors * r.Lanes
	if !r.packB {
		return &g.B[p*g.BRow+j*g.BCol], size[T](g.BRow)
	}
	to := r.pb
	if r.block < r.tiles {
		to = at(to, (j-j0)*r.kc)
	}
	if t0 > 0 {
		return to, size[T](width)
	}
	if r.bByRow {
		r.PackCopy(vectors, to, &g.B[p*g.BRow+j*g.BCol], size[T](g.BRow), k, cols-(vectors-1)*r.Lanes)
		return to, size[T](width)
	}
	for c := 0; c < cols; c += r.Lanes {
		r.PackTranspose(at(to, c), size[T](width), &g.B[p*g.BRow+(j+c)*g.BCol], size[T](g.BCol), min(r.Lanes, cols-c), k, r.Lanes)
	}
	return to, size[T](width)
}

// loadA packs tiles t0..t1 of A for k steps from p on.
func (r *run[T]) loadA(t0, t1, p, k int) {
	g := &r.g
	for t := t0; t < t1; t++ {
		i0 := r.row(t)
		rows := r.row(t+1) - i0
		to := at(r.pa, (t-t0)*r.kc*r.aWidth)
		if !r.aByRow {
			vectors := r.aWidth / r.Lanes
			r.PackCopy(vectors, to, &g.A[i0*g.ARow+p*g.ACol], size[T](g.ACol), k, rows-(vectors-1)*r.Lanes)
			continue
		}
		for i := 0; i < rows; i += r.Lanes {
			r.PackTranspose(at(to, i), size[T](r.aWidth), &g.A[(i0+i)*g.ARow+p*g.ACol], size[T](g.ARow), min(r.Lanes, rows-i), k, r.Lanes)
		}
	}
}

// strips computes tiles t0..t1, all of so many rows, of the columns from j on.
func (r *run[T]) strips(t0, t1, rows, block, j, vectors, p int, s Strip[T]) {
	if t0 >= t1 {
		return
	}
	g := &r.g
	most := max(1, longest/(rows*vectors*r.Lanes*s.K))
	for t := t0; t < t1; t += most {
		i := r.row(t)
		s.Tiles = min(most, t1-t)
		s.C = &g.C[i*g.CRow+j]
		byRow := false
		switch {
		case r.packA:
			s.A, s.AK = at(r.pa, (t-block)*r.kc*r.aWidth), size[T](r.aWidth)
			s.ATile = size[T](r.kc * r.aWidth)
		case r.aByRow:
			byRow = true
			s.A, s.ARow, s.ATile = &g.A[i*g.ARow+p*g.ACol], size[T](g.ARow), size[T](rows*g.ARow)
		default:
			s.A, s.AK, s.ATile = &g.A[i*g.ARow+p*g.ACol], size[T](g.ACol), size[T](rows*g.ARow)
		}
		r.Tile(rows, vectors, byRow, s)
	}
}

// at is the address n elements after p.
func at[T kernel.Float](p *T, n int) *T {
	return (*T)(unsafe.Add(unsafe.Pointer(p), size[T](n)))
}

// size is the bytes of n elements.
func size[T kernel.Float](n int) int {
	var x T
	return n * int(unsafe.Sizeof(x))
}
