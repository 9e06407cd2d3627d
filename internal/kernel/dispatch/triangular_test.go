package dispatch_test

import (
	"math"
	"testing"

	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/dispatch"
	"github.com/godescent/descent/tensor"
)

// A Cholesky factor and the rows that it solves have the same bits with every table's products, whatever rows are solved at
// a time, and A = UᵀU, x = yU to the type's precision.
func TestTrianglesConform(t *testing.T) {
	for _, name := range dispatch.Names() {
		table, err := dispatch.Pick(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			triangles(t, table, &table.F32, &kernel.Portable().F32, 2e-5)
			triangles(t, table, &table.F64, &kernel.Portable().F64, 1e-13)
		})
	}
}

func triangles[T kernel.Float](t *testing.T, table *kernel.Table, got, want *kernel.Ops[T], limit float64) {
	const n, rows = 101, 37
	a, x := make([]T, n*n), make([]T, rows*n)
	for i := range n {
		for j := range n {
			a[i*n+j] = T(math.Exp(-math.Abs(float64(i-j)) / 9))
		}
		a[i*n+i] += 0.1
	}
	for i := range x {
		x[i] = T(math.Sin(float64(i)))
	}
	work := func(table *kernel.Table) []T { // aligned
		return tensor.View[T](tensor.Bytes(8 * table.GemmWork(n, n, n)))
	}
	factor := func(table *kernel.Table, o *kernel.Ops[T]) []T {
		u := append([]T(nil), a...)
		kernel.Cholesky(o, u, n, make([]T, n*n), work(table))
		return u
	}
	u := factor(kernel.Portable(), want)
	solve := func(table *kernel.Table, o *kernel.Ops[T], each int) []T {
		y, neg := append([]T(nil), x...), make([]T, rows*n)
		for lo := 0; lo < rows; lo += each {
			hi := min(rows, lo+each)
			kernel.SolveUpper(o, y[lo*n:hi*n], u, hi-lo, n, neg[lo*n:hi*n], work(table))
		}
		return y
	}
	y := solve(kernel.Portable(), want, rows)
	for what, pair := range map[string][2][]T{
		"the factor": {factor(table, got), u}, "all rows": {solve(table, got, rows), y}, "rows by fives": {solve(table, got, 5), y},
	} {
		for i := range pair[0] {
			if pair[0][i] != pair[1][i] {
				t.Fatalf("%s of %T: element %d is %v, want %v", what, u, i, pair[0][i], pair[1][i])
			}
		}
	}
	for i := range n {
		for j := i; j < n; j++ {
			s := 0.0
			for k := range i + 1 {
				s += float64(u[k*n+i]) * float64(u[k*n+j])
			}
			if math.Abs(s-float64(a[i*n+j])) > limit {
				t.Fatalf("%T: (UᵀU)[%d %d] is %v, want %v", u, i, j, s, a[i*n+j])
			}
		}
	}
	for r := range rows {
		for j := range n {
			s := 0.0
			for k := range j + 1 {
				s += float64(y[r*n+k]) * float64(u[k*n+j])
			}
			if math.Abs(s-float64(x[r*n+j])) > limit {
				t.Fatalf("%T: row %d times U is %v at %d, want %v", u, r, s, j, x[r*n+j])
			}
		}
	}
}
