package gemm

import (
	"unsafe"

	"github.com/godescent/descent/internal/kernel"
)

// Tiles is what an instruction set with tile registers, of 16 rows of 64 bytes, brings to a
// product on operands rounded to bf16. Like Pairs it counts words, two numbers of
// ascending k, of which a step multiplies tileSide; both operands are always packed,
// with zeros up to a whole step.
type Tiles struct {
	KC int // most words of k before C is written back: whole steps
	AC int // most words of A in one packed block, for half of a second level cache
	BC int // most words of B in one, for a part of a third level cache

	// Multiply computes a strip of blocks of C.
	Multiply func(s TileStrip)

	// PackRows rounds rows of k numbers, stride bytes apart, to rows of 16 words at dst + i*64 + s*step, a step
	// s after the other, the last one filled up with zeros.
	PackRows func(dst *float32, step int, src *float32, stride, rows, k int)

	// PackColumns is PackRows for rows <= 16 whose numbers of one k are adjacent, and k from k stride
	// bytes apart. It writes 16 rows, those past the last are any number.
	PackColumns func(dst *float32, step int, src *float32, stride, rows, k int)

	// PackAdjacent and PackStrided pack B as those of Pairs do.
	PackAdjacent func(vectors int, dst, src *float32, stride, k, last int)
	PackStrided  func(dst *float32, dstStride int, src *float32, srcStride, rows, k int)
}

// TileStrip is the work of one call: blocks that lie one below the other in C and share a
// panel of B. Strides are in bytes.
type TileStrip struct {
	Blocks, Steps int
	Rows, Columns int      // of each block, at most TileBlock; a second tile only has what is past tileSide
	A             *float32 // a step after the other: 1 KB for each tile of rows
	ATile         int      // from one block to the next
	B             *float32
	BRow          int // from one word of k to the next
	C             *float32
	CRow          int
	Accumulate    bool
}

const (
	tileSide = 16 // rows of a tile, and words in one of its rows
	// TileBlock is the rows and columns of a block: two tiles each.
	TileBlock = 2 * tileSide

	packWords = tileSide // words of k of all rows of a block that are packed together

	// longestTiles bounds the multiply-adds of one TileStrip: 10 µs where a
	// product of two tiles takes 16 cycles.
	longestTiles = 1 << 24
)

// tilePlan is the blocking of one shape. Which k are added together before C is
// written back depends on k alone.
type tilePlan struct {
	kc     int // words of k of a block, whole steps; the last may be shorter
	blocks int // of rows
	most   int // that a packed block of A holds
	nc     int // columns of a packed block of B
	aSize  int
	bSize  int
}

func newTilePlan(u *Tiles, m, n, k int) tilePlan {
	var p tilePlan
	p.kc = ceil(evenly(ceil(k, 2), u.KC), tileSide) * tileSide
	p.blocks = ceil(m, TileBlock)
	p.most = min(p.blocks, max(1, u.AC/(p.kc*TileBlock)))
	p.aSize = p.most * p.kc * TileBlock
	p.nc = ceil(n, TileBlock) * TileBlock
	if p.most == p.blocks { // a panel of B serves all rows at once
		p.bSize = p.kc * TileBlock
		return p
	}
	p.nc = min(max(1, u.BC/(p.kc*TileBlock))*TileBlock, p.nc)
	p.bSize = p.kc * p.nc
	return p
}

// TilesWork is the scratch that RunTiles needs for a shape.
func TilesWork(u *Tiles, m, n, k int) int {
	if m <= 0 || n <= 0 || k <= 0 {
		return 0
	}
	p := newTilePlan(u, m, n, k)
	return p.aSize + p.bSize
}

// tilesRun is one product under way.
type tilesRun struct {
	*Tiles
	tilePlan
	g      kernel.GemmArgs[float32]
	pa, pb *float32
}

// RunTiles computes the product.
func RunTiles(u *Tiles, g *kernel.GemmArgs[float32]) {
	if g.M <= 0 || g.N <= 0 || g.K <= 0 {
		Run(&Micro[float32]{}, g) // which then needs nothing of it
		return
	}
	r := tilesRun{Tiles: u, tilePlan: newTilePlan(u, g.M, g.N, g.K), g: *g}
	work := g.Work[:r.aSize+r.bSize]
	r.pa, r.pb = &work[0], at(&work[0], r.aSize)
	words := ceil(g.K, 2)
	for j := 0; j < g.N; j += r.nc {
		for p := 0; p < words; p += r.kc {
			for t := 0; t < r.blocks; t += r.most {
				r.rows(t, min(t+r.most, r.blocks), j, min(j+r.nc, g.N), p, min(r.kc, words-p))
			}
		}
	}
}

// rows computes blocks t0..t1 of columns j0..j1 over k words from p on.
func (r *tilesRun) rows(t0, t1, j0, j1, p, k int) {
	g := &r.g
	if g.ACol == 1 || g.K == 1 {
		for t := t0; t < t1; t++ {
			r.packA(at(r.pa, (t-t0)*r.kc*TileBlock), t*TileBlock, p, k)
		}
	} else {
		// Some k of all rows at once: those of one k are adjacent, and they are in few sets of a cache with
		// those of others, so that none would stay until the next block of rows comes to it.
		for q := 0; q < k; q += packWords {
			for t := t0; t < t1; t++ {
				high := ceil(min(TileBlock, g.M-t*TileBlock), tileSide)
				r.packA(at(r.pa, (t-t0)*r.kc*TileBlock+q*high*tileSide), t*TileBlock, p+q, min(packWords, k-q))
			}
		}
	}
	whole := min(t1, g.M/TileBlock)
	for j := j0; j < j1; j += TileBlock {
		s := TileStrip{Steps: ceil(k, tileSide), Columns: min(TileBlock, j1-j), Rows: TileBlock, ATile: size[float32](r.kc * TileBlock),
			CRow: size[float32](g.CRow), Accumulate: g.Accumulate || p > 0}
		s.B, s.BRow = r.panel(t0, j0, j, s.Columns, p, k)
		most := max(1, longestTiles/(TileBlock*TileBlock*2*k))
		for t := t0; t < whole; t += most {
			r.strip(s, t, t0, j, min(most, whole-t))
		}
		if whole < t1 { // the last block of C is not whole
			s.Rows = g.M - whole*TileBlock
			r.strip(s, whole, t0, j, 1)
		}
	}
}

// strip computes so many blocks from t on, of which t0 is packed first.
func (r *tilesRun) strip(s TileStrip, t, t0, j, blocks int) {
	s.Blocks = blocks
	s.A = at(r.pa, (t-t0)*r.kc*TileBlock)
	s.C = &r.g.C[t*TileBlock*r.g.CRow+j]
	r.Multiply(s)
}

// packA packs the block of A that begins with row i, for k words from p on.
func (r *tilesRun) packA(to *float32, i, p, k int) {
	g := &r.g
	rows, numbers := min(TileBlock, g.M-i), min(2*k, g.K-2*p)
	step := size[float32](ceil(rows, tileSide) * tileSide * tileSide)
	for h := 0; h < rows; h += tileSide {
		dst, from, n := at(to, h*tileSide), &g.A[(i+h)*g.ARow+2*p*g.ACol], min(tileSide, rows-h)
		if g.ACol == 1 || g.K == 1 {
			r.PackRows(dst, step, from, size[float32](g.ARow), n, numbers)
		} else {
			r.PackColumns(dst, step, from, size[float32](g.ACol), n, numbers)
		}
	}
}

// panel is where the columns from j on are packed, by the first block of rows that needs them.
func (r *tilesRun) panel(t0, j0, j, cols, p, k int) (*float32, int) {
	g := &r.g
	vectors := ceil(cols, tileSide)
	width := vectors * tileSide
	to := r.pb
	if r.most < r.blocks {
		to = at(to, (j-j0)*r.kc)
	}
	if t0 > 0 {
		return to, size[float32](width)
	}
	from, numbers := &g.B[2*p*g.BRow+j*g.BCol], min(2*k, g.K-2*p)
	if g.BCol == 1 || g.N == 1 {
		r.PackAdjacent(vectors, to, from, size[float32](g.BRow), numbers, cols-(vectors-1)*tileSide)
	} else {
		for i := 0; i < cols; i += tileSide {
			r.PackStrided(at(to, i), size[float32](width), at(from, i*g.BCol), size[float32](g.BCol), min(tileSide, cols-i), numbers)
		}
	}
	clear(unsafe.Slice(at(to, k*width), (ceil(k, tileSide)*tileSide-k)*width))
	return to, size[float32](width)
}
