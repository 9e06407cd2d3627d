package gemm

import "github.com/godescent/descent/internal/kernel"

// A product of few columns fills vectors badly: it is better computed on its
// side, as Cᵀ = Bᵀ·Aᵀ, whose rows are long. That costs a turn of C, and one of A
// where A is row-major. The last few columns of a wider product are taken off
// and treated alike.

// narrow is the number of columns that are computed on their side, all or the last ones.
func narrow[T kernel.Float](u *Micro[T], g *kernel.GemmArgs[T]) int {
	most := u.NarrowCols
	if g.ACol == 1 || g.K == 1 {
		most = u.NarrowRows
	}
	n := edge(u, g.N)
	if n > most || 2*n > g.M {
		return 0
	}
	return n
}

// edge is the number of columns in the last, possibly only, panel of n.
func edge[T kernel.Float](u *Micro[T], n int) int {
	return n - (ceil(n, u.NR)-1)*u.NR
}

// narrowWork is the scratch for the narrow columns of a shape.
func narrowWork[T kernel.Float](u *Micro[T], m, n, k int) int {
	e := edge(u, n)
	if e > max(u.NarrowCols, u.NarrowRows) || 2*e > m {
		return 0
	}
	p := newPlan(u, e, m, k)
	return p.aSize + p.bSize + e*m
}

// runNarrow computes the last n columns on their side.
func runNarrow[T kernel.Float](u *Micro[T], g *kernel.GemmArgs[T], n int) {
	first, size := g.N-n, g.M*n
	c, work := g.Work[:size], g.Work[size:]
	if g.Accumulate {
		Transpose(u, c, g.C[first:], g.M, n, g.M, g.CRow)
	}
	t := kernel.GemmArgs[T]{M: n, N: g.M, K: g.K, A: g.B[first*g.BCol:], B: g.A, C: c, ARow: g.BCol, ACol: g.BRow,
		BRow: g.ACol, BCol: g.ARow, CRow: g.M, Accumulate: g.Accumulate, Work: work}
	if g.N == 1 { // of one column, the stride means nothing
		t.A, t.ARow = g.B, 1
	}
	runBlocks(u, t)
	Transpose(u, g.C[first:], c, n, g.M, g.CRow, g.M)
}
