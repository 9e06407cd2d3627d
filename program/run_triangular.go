package program

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// choleskyTask factors a matrix on one thread.
type choleskyTask[T kernel.Float] struct {
	ops       *kernel.Ops[T]
	x, y, neg []T
	n, work   int
}

func linkCholesky[T kernel.Float](in *Instance, v graph.Value) task {
	n := v.Dim(0)
	return &choleskyTask[T]{ops[T](in.table), tensor.Slice[T](in.array(v.Arg(0))), tensor.View[T](in.memory(v.ID())), make([]T, n*n), n, in.table.GemmWork(n, n, n)}
}

func (t *choleskyTask[T]) units() int   { return 1 }
func (t *choleskyTask[T]) scratch() int { return t.work * sizeOf[T]() }

func (t *choleskyTask[T]) run(w *worker, _, _ int) {
	copy(t.y, t.x)
	kernel.Cholesky(t.ops, t.y, t.n, t.neg, tensor.View[T](w.work))
}

// solveTask solves for rows; its units are rows.
type solveTask[T kernel.Float] struct {
	ops          *kernel.Ops[T]
	x, u, y, neg []T
	m, n, work   int
}

func linkSolve[T kernel.Float](in *Instance, v graph.Value) task {
	m, n := v.Dim(0), v.Dim(1)
	return &solveTask[T]{ops[T](in.table), tensor.Slice[T](in.array(v.Arg(0))), tensor.Slice[T](in.array(v.Arg(1))), tensor.View[T](in.memory(v.ID())),
		make([]T, m*n), m, n, in.table.GemmWork(m, n, n)}
}

func (t *solveTask[T]) units() int   { return t.m }
func (t *solveTask[T]) scratch() int { return t.work * sizeOf[T]() }

// cost takes 10 multiply-adds a nanosecond.
func (t *solveTask[T]) cost() int { return max(1, t.n*t.n/20) }

func (t *solveTask[T]) run(w *worker, lo, hi int) {
	y := t.y[lo*t.n : hi*t.n]
	copy(y, t.x[lo*t.n:hi*t.n])
	kernel.SolveUpper(t.ops, y, t.u, hi-lo, t.n, t.neg[lo*t.n:hi*t.n], tensor.View[T](w.work))
}
