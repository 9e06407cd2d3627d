package program

import (
	"unsafe"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/native"
)

// columnTail links a reduction of the loop's columns into y. Each chunk of rows
// makes a row of parts, tile by tile, and finishColumns joins them.
func (t *loopTask[T]) columnTail(in *Instance, f kernel.Reduce, y []T) tailOf[T] {
	tail := tailOf[T]{f: f, y: y, parts: y, columns: true}
	if n := ceil(t.n/t.row, graph.ColumnChunk); n > 1 {
		tail.parts = make([]T, n*t.row)
	}
	if in.module == nil || t.row > kernel.Block || t.rows() < 4 {
		return tail // a row at a time does
	}
	s := newSteps[T](t.rows())
	acc := native.Arg{Kind: native.Tile}
	add, _ := native.Binary(graph.Pairwise(f))
	for i := range t.rows() {
		acc = s.do(add, acc, nativeArray(i))
	}
	s.store(acc, native.Arg{Kind: native.Tile})
	tail.rows = newMachine(in, &s.Program)
	return tail
}

// scratch is the bytes that column tails take, beside the tiles.
func (t *loopTask[T]) scratch() int {
	most := 0
	for i := range t.tails {
		if m := t.tails[i].rows; m != nil {
			most = max(most, m.code.Frame())
		}
	}
	return most
}

// addRows adds tile i, from element at on, to its chunk's row of parts.
func (t *loopTask[T]) addRows(w *worker, tail *tailOf[T], x []T, i, at int) {
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
	if m := tail.rows; m != nil && len(x) == t.rows()*t.row {
		a := m.arrays[w.id]
		for r := range a {
			a[r] = unsafe.Pointer(&x[r*t.row])
		}
		m.code.Run(a, unsafe.Pointer(unsafe.SliceData(acc)), unsafe.Pointer(unsafe.SliceData(w.work)), 0, t.row)
		return
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
