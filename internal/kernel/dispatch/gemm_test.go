package dispatch

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/godescent/descent/internal/kernel"
)

// shapes are the products every table is tried on: all edges of the register
// tiles, several blocks of k and of rows, single rows and columns.
func shapes(rng *rand.Rand, mr, nr int) [][3]int {
	s := [][3]int{{0, 3, 2}, {3, 0, 2}, {3, 2, 0}, {1, 1, 1}, {1, 130, 70}, {130, 1, 70}, {130, 70, 1}, {300, 33, 7}, {31, 65, 900}, {600, 20, 400}, {270, 300, 9}, {40, 40, 1024}}
	for m := 1; m <= 2*mr+1; m++ {
		s = append(s, [3]int{m, 1 + rng.IntN(2*nr+1), 1 + rng.IntN(24)})
	}
	for n := 1; n <= 2*nr+1; n++ {
		s = append(s, [3]int{1 + rng.IntN(2*mr+1), n, 1 + rng.IntN(24)})
	}
	for k := 1; k <= 40; k++ {
		s = append(s, [3]int{1 + rng.IntN(2*mr+1), 1 + rng.IntN(2*nr+1), k})
	}
	return s
}

func TestGemmEqualsPortable(t *testing.T) {
	for _, name := range Names() {
		table, err := Pick(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name+"/float32", func(t *testing.T) { testGemm(t, table, &table.F32, &kernel.Portable().F32) })
		t.Run(name+"/float64", func(t *testing.T) { testGemm(t, table, &table.F64, &kernel.Portable().F64) })
	}
}

func testGemm[T kernel.Float](t *testing.T, table *kernel.Table, ops, portable *kernel.Ops[T]) {
	rng := rand.New(rand.NewPCG(1, 2))
	a, b, c := newRegion(t, 8<<20), newRegion(t, 8<<20), newRegion(t, 8<<20)
	for _, s := range shapes(rng, table.GemmMR, table.GemmNR) {
		g := kernel.GemmArgs[T]{M: s[0], N: s[1], K: s[2], Accumulate: rng.IntN(2) == 0}
		pad := func() int { return rng.IntN(4) * rng.IntN(2) }
		layout := func(rows, cols int) (row, col, size int) {
			switch p := pad(); {
			case rng.IntN(16) == 0 && 0 < rows && rows <= 300 && 0 < cols: // the shape in which a power of two between rows meets one cache set
				row, col = 2048, 1
			case rng.IntN(2) == 0:
				row, col = 1, rows+p
			default:
				row, col = cols+p, 1
			}
			return row, col, max(0, (rows-1)*row+(cols-1)*col+1)
		}
		var na, nb int
		g.ARow, g.ACol, na = layout(g.M, g.K)
		g.BRow, g.BCol, nb = layout(g.K, g.N)
		if rng.IntN(4) == 0 { // with one row or column, its stride means nothing
			if g.M == 1 {
				g.ARow = -1000
			}
			if g.N == 1 {
				g.BCol = -1000
			}
			if g.K == 1 {
				g.ACol, g.BRow = -1000, -1000
			}
		}
		g.CRow = g.N + pad()
		nc := max(0, (g.M-1)*g.CRow+g.N)
		atEnd, shift := rng.IntN(2) == 0, rng.IntN(2)*rng.IntN(16)
		g.A, g.B, g.C = take[T](a, max(na, 0), atEnd, shift), take[T](b, max(nb, 0), atEnd, 0), take[T](c, nc, atEnd, shift)
		for _, x := range [][]T{g.A, g.B, g.C} {
			for i := range x {
				x[i] = T(rng.NormFloat64())
			}
		}
		want := g
		want.C = append([]T(nil), g.C...)
		g.Work = make([]T, table.GemmWork(g.M, g.N, g.K))
		want.Work = make([]T, kernel.Portable().GemmWork(g.M, g.N, g.K))
		poison(g.Work)
		ops.Gemm(&g)
		portable.Gemm(&want)
		for i := range g.C {
			if !same(g.C[i], want.C[i]) {
				t.Fatalf("%v, strides A %d %d, B %d %d, accumulate %v: C[%d] = %v, portable has %v",
					s, g.ARow, g.ACol, g.BRow, g.BCol, g.Accumulate, i, g.C[i], want.C[i])
			}
		}
		if !a.intact() || !b.intact() || !c.intact() {
			t.Fatalf("%v: wrote outside of a slice", s)
		}
	}
}

// poison fills scratch with NaN, so that reading what was never written shows.
func poison[T kernel.Float](x []T) {
	for i := range x {
		x[i] = T(math.NaN())
	}
}

func TestNothingIsAllocated(t *testing.T) {
	for _, name := range Names() {
		table, err := Pick(name)
		if err != nil {
			t.Fatal(err)
		}
		ops := &table.F32
		for _, s := range [][3]int{{30, 40, 20}, {128, 128, 10}, {100, 70, 65}, {300, 1100, 70}} {
			m, k, n := s[0], s[1], s[2]
			g := &kernel.GemmArgs[float32]{M: m, K: k, N: n, ARow: k, ACol: 1, BRow: 1, BCol: k, CRow: n,
				A: make([]float32, m*k), B: make([]float32, k*n), C: make([]float32, m*n), Work: make([]float32, table.GemmWork(m, n, k))}
			if a := testing.AllocsPerRun(3, func() { ops.Gemm(g) }); a != 0 {
				t.Errorf("%s: a product of %v allocates %v times", name, s, a)
			}
		}
		x, dst := make([]float32, 300), make([]float32, 300)
		for what, f := range map[string]func(){
			"exp": func() { ops.Unary[kernel.Exp](dst, x) }, "sin": func() { ops.Unary[kernel.Sin](dst, x) },
			"add": func() { ops.Binary[kernel.Add](dst, x, x) }, "sum": func() { ops.Reduce[kernel.ReduceSum](x[:200]) },
			"transpose": func() { ops.Transpose(dst, x, 15, 20, 15, 20) },
			"uniform":   func() { ops.Uniform(dst, 1, 2, 3) }, "normal": func() { ops.Normal(dst, 1, 2, 3) },
		} {
			if a := testing.AllocsPerRun(3, f); a != 0 {
				t.Errorf("%s: %s allocates %v times", name, what, a)
			}
		}
	}
}
