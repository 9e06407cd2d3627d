package program

import (
	"math/bits"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
)

// tiling is how a loop of n elements is cut into tiles: into blocks, or, if row
// is not 0, into blocks of a row, or as many whole rows as fit a block. With
// columns, the tiles that make up a chunk of graph.ColumnChunk rows belong together.
type tiling struct {
	n, row  int
	columns bool
}

// rows is how many rows a tile has.
func (t tiling) rows() int {
	n := kernel.Block / t.row
	if t.columns { // a divisor of the chunk
		n = 1 << (bits.Len(uint(min(n, graph.ColumnChunk))) - 1)
	}
	return n
}

// together is the number of tiles of which one thread does all.
func (t tiling) together() int {
	switch {
	case !t.columns:
		return 1
	case t.row > kernel.Block:
		return graph.ColumnChunk * kernel.Blocks(t.row)
	}
	return graph.ColumnChunk / t.rows()
}

// count is the number of tiles.
func (t tiling) count() int {
	switch {
	case t.row == 0:
		return kernel.Blocks(t.n)
	case t.row > kernel.Block:
		return t.n / t.row * kernel.Blocks(t.row)
	}
	return ceil(t.n/t.row, t.rows())
}

// span is the elements of tile i: lo, and n of them.
func (t tiling) span(i int) (lo, n int) {
	switch {
	case t.row == 0:
		lo = i * kernel.Block
		return lo, min(kernel.Block, t.n-lo)
	case t.row > kernel.Block:
		each := kernel.Blocks(t.row)
		at := i % each * kernel.Block
		return i/each*t.row + at, min(kernel.Block, t.row-at)
	}
	each := t.rows() * t.row
	lo = i * each
	return lo, min(each, t.n-lo)
}

// step is what tiles start at multiples of, within their row if rows are longer than a block.
func (t tiling) step() int {
	if t.row > 0 && t.row <= kernel.Block {
		return t.rows() * t.row
	}
	return kernel.Block
}

// aligned reports whether every tile starts at a multiple of the period.
func (t tiling) aligned(period int) bool {
	return t.count() == 1 || t.step()%period == 0 && (t.row <= kernel.Block || t.row%period == 0)
}

// within reports whether no tile has elements of two periods.
func (t tiling) within(period int) bool {
	return t.row > kernel.Block && t.row == period || period%t.step() == 0 && (t.row <= kernel.Block || t.row%period == 0)
}

// plain is the loop's tiling as its reductions want it.
func (l *loop) plain() tiling {
	if l.columns > 0 {
		return tiling{l.n, l.columns, true}
	}
	return tiling{n: l.n, row: l.row}
}

// tiling is the loop's, for machine code: if it reduces no rows, its tiles are
// rows where an operand repeats in such rows that blocks would cut them, or has
// one number for each.
func (l *loop) tiling() tiling {
	t := l.plain()
	for i := range l.code {
		if op := &l.code[i]; t.row == 0 && op.code == opLoad {
			if p := l.loads[op.arg[0].i].view.period(); p > 0 && !t.aligned(p) && !t.within(p) {
				t.row = p
			}
		}
	}
	for i := range l.code {
		if op := &l.code[i]; t.row == 0 && op.code == opLoad {
			if n := l.loads[op.arg[0].i].view.alike(); n >= 8 && n <= kernel.Block {
				t.row = n
			}
		}
	}
	return t
}

// period is the number of elements after which a view of more than one such
// stretch starts again, or 0.
func (v *view) period() int {
	if v.index >= 0 {
		return 0
	}
	d, s := collapse(v.dims, v.strides)
	if len(d) < 2 || s[0] != 0 {
		return 0
	}
	n := 1
	for _, k := range d[1:] {
		n *= k
	}
	return n
}

// alike is the length of the runs of one number each that a view repeats, one after
// another in memory, or 0.
func (v *view) alike() int {
	if v.index >= 0 {
		return 0
	}
	d, s := collapse(v.dims, v.strides)
	if len(d) != 2 || s[0] != 1 || s[1] != 0 {
		return 0
	}
	return d[1]
}

// rowsInLine reports whether the elements of a period follow each other in memory.
func (v *view) rowsInLine() bool {
	d, s := collapse(v.dims, v.strides)
	return len(d) == 2 && s[0] == 0 && s[1] == 1
}
