package kerneltest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/godescent/descent/internal/kernel"
)

// products checks Gemm: every shape up to two register tiles and a bit, random
// ones up to 70, and a few that need several blocks.
func products[T kernel.Float](table *kernel.Table, got *kernel.Ops[T]) []check {
	want := gemmOf[T](kernel.Portable())
	run := func(name string, shapes func(r *rand.Rand, try func(m, n, k int))) check {
		return check{"gemm/" + name, func(fail failure) {
			r := rand.New(rand.NewPCG(23, 24))
			p := newProduct[T](r, table.GemmWork)
			defer p.release()
			shapes(r, func(m, n, k int) { p.try(fail, got.Gemm, want, m, n, k) })
		}}
	}
	return []check{
		run("tiles", func(r *rand.Rand, try func(m, n, k int)) {
			for m := range 2*table.GemmMR + 2 {
				for n := range 2*table.GemmNR + 2 {
					try(m, n, r.IntN(20))
				}
			}
		}),
		run("depths", func(r *rand.Rand, try func(m, n, k int)) {
			for k := range 300 {
				try(1+r.IntN(2*table.GemmMR), 1+r.IntN(2*table.GemmNR), k)
			}
		}),
		run("small", func(r *rand.Rand, try func(m, n, k int)) {
			for range 300 {
				try(r.IntN(71), r.IntN(71), r.IntN(71))
			}
		}),
		run("vectors", func(r *rand.Rand, try func(m, n, k int)) {
			for range 60 {
				try(1, r.IntN(600), r.IntN(600))
				try(r.IntN(600), 1, r.IntN(600))
				try(r.IntN(300), r.IntN(300), 1)
			}
		}),
		run("large", func(r *rand.Rand, try func(m, n, k int)) {
			for range 12 {
				try(1+r.IntN(200), 1+r.IntN(300), 1+r.IntN(600))
			}
			try(3, 17, 3000)
			try(2000, 5, 33)
			try(5, 2000, 33)
		}),
		{"gemm/allocations", func(fail failure) {
			a, work := make([]T, 100*100), aligned[T](table.GemmWork(100, 100, 100))
			g := &kernel.GemmArgs[T]{M: 100, N: 100, K: 100, A: a, B: a, C: make([]T, 100*100), ARow: 100, ACol: 1, BRow: 100, BCol: 1, CRow: 100, Work: work}
			noAllocations(fail, func() { got.Gemm(g) })
		}},
	}
}

func gemmOf[T kernel.Float](t *kernel.Table) func(*kernel.GemmArgs[T]) {
	switch o := any(&t.F32).(type) {
	case *kernel.Ops[T]:
		return o.Gemm
	}
	return any(&t.F64).(*kernel.Ops[T]).Gemm
}

const (
	operandBytes = 8 * 700 * 700 // more than any operand of products has, with its padding
	workBytes    = 8 << 20
)

// product holds what the trials of one check share.
type product[T kernel.Float] struct {
	r             *rand.Rand
	need          func(m, n, k int) int
	pool          [3][]T
	a, b, c, work *memory
	// wrong is the first place where a result is not what the reference left in its C, or −1.
	wrong func(got, reference []T) int
}

func newProduct[T kernel.Float](r *rand.Rand, need func(m, n, k int) int) *product[T] {
	p := &product[T]{r: r, need: need, wrong: differ[T], a: newMemory(operandBytes), b: newMemory(operandBytes), c: newMemory(operandBytes), work: newMemory(workBytes)}
	coarse := ordinary[T](r, 1<<17) // few digits: sums fall half-way between two numbers
	for i := range coarse {
		coarse[i] = T(math.Round(float64(coarse[i])*16) / 16)
	}
	tiny := ordinary[T](r, 1<<17) // products below the normal range
	for i := range tiny {
		tiny[i] *= T(math.Sqrt(float64(smallest[T]()))) * 64
	}
	for i := range 1 << 8 {
		tiny[r.IntN(len(tiny))] = values[T](r, 1)[0]
		coarse[i] = 0
	}
	p.pool = [3][]T{ordinary[T](r, 1<<17), coarse, tiny}
	return p
}

func (p *product[T]) release() {
	for _, m := range []*memory{p.a, p.b, p.c, p.work} {
		m.release()
	}
}

// try draws strides, data and places for one shape and compares.
func (p *product[T]) try(fail failure, got, want func(*kernel.GemmArgs[T]), m, n, k int) {
	r := p.r
	g := kernel.GemmArgs[T]{M: m, N: n, K: k, CRow: n + r.IntN(4), Accumulate: r.IntN(2) == 0}
	kind := r.IntN(8)
	pool := p.pool[max(0, kind-5)]
	draw := func(size int) []T {
		x := make([]T, size)
		for i, at := 0, r.IntN(len(pool)); i < size; i, at = i+1, at+1 {
			x[i] = pool[at%len(pool)]
		}
		return x
	}
	strides := func(rows, cols int) (row, col, size int) {
		if r.IntN(2) == 0 {
			row, col = 1, rows+r.IntN(4)
		} else {
			row, col = cols+r.IntN(4), 1
		}
		if rows > 0 && cols > 0 {
			size = (rows-1)*row + (cols-1)*col + 1
		}
		return row, col, size
	}
	var na, nb, nc int
	g.ARow, g.ACol, na = strides(m, k)
	g.BRow, g.BCol, nb = strides(k, n)
	if m > 0 && n > 0 {
		nc = (m-1)*g.CRow + n
	}
	what := fmt.Sprintf("%d×%d×%d, A strides %d %d, B strides %d %d, C stride %d, accumulate %v", m, n, k, g.ARow, g.ACol, g.BRow, g.BCol, g.CRow, g.Accumulate)

	reference := g
	reference.A, reference.B, reference.C = draw(na), draw(nb), draw(nc)
	reference.Work = make([]T, kernel.Portable().GemmWork(m, n, k))
	at := edge(r.IntN(int(edges)))
	g.A, g.B, g.C = place(p.a, na, at, reference.A), place(p.b, nb, (at+1)%edges, reference.B), place(p.c, nc, (at+2)%edges, reference.C)
	// Scratch is aligned to 64 bytes, ends as near to the guard page as that allows, and holds garbage.
	need := p.need(m, n, k)
	if need*8 > workBytes {
		fail("%s: GemmWork is %d, more than this suite provides", what, need)
		return
	}
	work := place[T](p.work, (need+15)&^15, atEnd, nil)[:need:need]
	for i := range work {
		work[i] = T(math.NaN())
	}
	g.Work = work
	want(&reference)
	guarded(fail, what, func() { got(&g) })
	p.c.check(fail, what)
	p.work.check(fail, what+", scratch")
	if i := p.wrong(g.C, reference.C); i >= 0 {
		row := i / max(g.CRow, 1)
		fail("%s: C[%d, %d] = %g, want %g", what, row, i-row*g.CRow, g.C[i], reference.C[i])
	}
	if differ(g.A, reference.A) >= 0 || differ(g.B, reference.B) >= 0 {
		fail("%s: changes an operand", what)
	}
}

// aligned returns n elements from a multiple of 64 bytes on.
func aligned[T kernel.Float](n int) []T {
	m := newMemory(8 * (n + 16)) // lives as long as the test
	return place[T](m, n, atStart, nil)
}
