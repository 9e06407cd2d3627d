package program

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
)

// columnTail links a reduction of the loop's columns into y. Each chunk of rows
// makes a row of parts, tile by tile, and finishColumns joins them.
func (t *loopTask[T]) columnTail(f kernel.Reduce, y []T) tailOf[T] {
	tail := tailOf[T]{f: f, y: y, parts: y, columns: true}
	if n := ceil(t.n/t.row, graph.ColumnChunk); n > 1 {
		tail.parts = make([]T, n*t.row)
	}
	return tail
}

// begin clears a chunk's row of parts, of columns that machine code adds up.
func (t *loopTask[T]) begin(chunk int) {
	for i := range t.tails {
		if tail := &t.tails[i]; tail.native {
			t.ops.Fill(tail.parts[chunk*t.row:][:t.row], t.ops.Reduce[tail.f](nil))
		}
	}
}

// addRows adds tile i, from element at on, to its chunk's row of parts.
func (t *loopTask[T]) addRows(tail *tailOf[T], x []T, i, at int) {
	within := i % t.together()
	acc := tail.parts[i/t.together()*t.row:][:t.row]
	begins := within == 0
	if t.row > kernel.Block {
		acc = acc[at%t.row:][:len(x)]
		begins = within < kernel.Blocks(t.row)
	}
	if begins {
		t.ops.Fill(acc, t.ops.Reduce[tail.f](nil))
	}
	add := t.ops.Binary[graph.Pairwise(tail.f)]
	for ; len(x) > 0; x = x[len(acc):] {
		add(acc, acc, x[:len(acc)])
	}
}

// finishColumns joins the chunks.
func (t *loopTask[T]) finishColumns(tail *tailOf[T]) {
	if len(tail.parts) > len(tail.y) {
		joinRows(t.ops.Binary[graph.Pairwise(tail.f)], tail.parts, t.row)
		copy(tail.y, tail.parts)
	}
}
