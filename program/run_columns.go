package program

import (
	"unsafe"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/native"
)

// columnsTask is a run of a reduction over columns: x [outer, n, inner] loses
// its middle axis. Its units are the chunks of rows of the definition, each of
// which gives a row of parts; the tree adds those up.
type columnsTask[T kernel.Float] struct {
	ops    *kernel.Ops[T]
	f      kernel.Reduce
	r      graph.Run
	chunks int
	x, y   []T
	parts  []T // [outer, chunks, inner]; y itself where there is one chunk

	// In machine code a call adds up the rows of a whole chunk, or of the last,
	// shorter one.
	whole, last *native.Func
	rows        []unsafe.Pointer // the first rows of x
	frame       int
}

func newColumns[T kernel.Float](in *Instance, o *kernel.Ops[T], f kernel.Reduce, r graph.Run, x, y []T) *columnsTask[T] {
	t := &columnsTask[T]{ops: o, f: f, r: r, chunks: ceil(r.N, graph.ColumnChunk), x: x, y: y, parts: y}
	if t.chunks > 1 {
		t.parts = make([]T, r.Outer*t.chunks*r.Inner)
	}
	if in.module == nil || r.N < 2 || len(x) == 0 {
		return t
	}
	for i := range min(r.N, graph.ColumnChunk) {
		t.rows = append(t.rows, unsafe.Pointer(&x[i*r.Inner]))
	}
	t.whole = t.compile(in.module, len(t.rows))
	t.last = t.whole
	if n := r.N % graph.ColumnChunk; n > 0 && t.chunks > 1 {
		t.last = t.compile(in.module, n)
	}
	t.frame = max(t.whole.Frame(), t.last.Frame())
	return t
}

// compile makes the code that reduces n rows into tile 0.
func (t *columnsTask[T]) compile(m *native.Module, n int) *native.Func {
	p := &native.Program{Float64: sizeOf[T]() == 8, Arrays: n}
	add, _ := native.Binary(graph.Pairwise(t.f))
	acc := native.Arg{Kind: native.Const, V: float64(t.ops.Reduce[t.f](nil))}
	for i := range n {
		p.Ops = append(p.Ops, native.Op{Code: add, Args: [3]native.Arg{acc, {Kind: native.Array, I: i}}})
		acc = native.Arg{Kind: native.Value, I: i}
	}
	p.Ops = append(p.Ops, native.Op{Code: native.Store, Args: [3]native.Arg{acc}, To: native.Arg{Kind: native.Tile}})
	return m.Compile(p)
}

func (t *columnsTask[T]) units() int   { return t.r.Outer * t.chunks }
func (t *columnsTask[T]) scratch() int { return t.frame }
func (t *columnsTask[T]) cost() int    { return max(1, min(t.r.N, graph.ColumnChunk)*t.r.Inner/15) }

func (t *columnsTask[T]) run(w *worker, lo, hi int) {
	add := t.ops.Binary[graph.Pairwise(t.f)]
	for u := lo; u < hi; u++ {
		acc := t.parts[u*t.r.Inner:][:t.r.Inner]
		chunk := u % t.chunks
		first := u/t.chunks*t.r.N + chunk*graph.ColumnChunk
		last := min(first+graph.ColumnChunk, (u/t.chunks+1)*t.r.N)
		if t.whole != nil {
			f := t.whole
			if chunk == t.chunks-1 {
				f = t.last
			}
			t.native(f, w, acc, first*t.r.Inner)
			continue
		}
		t.ops.Fill(acc, t.ops.Reduce[t.f](nil))
		for row := first; row < last; row++ {
			add(acc, acc, t.x[row*t.r.Inner:][:t.r.Inner])
		}
	}
}

// native reduces the rows from element at on.
func (t *columnsTask[T]) native(f *native.Func, w *worker, acc []T, at int) {
	frame := unsafe.Pointer(unsafe.SliceData(w.work))
	for len(acc) > 0 {
		n := min(len(acc), kernel.Block)
		f.Run(t.rows, unsafe.Pointer(unsafe.SliceData(acc)), frame, at, n)
		acc = acc[n:]
		at += n
	}
}

func (t *columnsTask[T]) finish(*worker) {
	n := t.r.Inner
	switch {
	case t.chunks == 0:
		t.ops.Fill(t.y, t.ops.Reduce[t.f](nil))
	case t.chunks > 1:
		for o := range t.r.Outer {
			parts := t.parts[o*t.chunks*n:][:t.chunks*n]
			joinRows(t.ops.Binary[graph.Pairwise(t.f)], parts, n)
			copy(t.y[o*n:][:n], parts)
		}
	}
}

// joinRows reduces rows of n numbers into the first of them, by the tree of
// kernel.SumBlocks; for the largest and the smallest any order is the same.
func joinRows[T kernel.Float](add func(dst, x, y []T), rows []T, n int) {
	count := len(rows) / max(1, n)
	if count < 2 {
		return
	}
	h := 1
	for 2*h < count {
		h *= 2
	}
	a, b := rows[:h*n], rows[h*n:]
	joinRows(add, a, n)
	joinRows(add, b, n)
	add(a[:n], a[:n], b[:n])
}
