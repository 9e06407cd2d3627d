package dense

import (
	"math"

	"github.com/godescent/descent/internal/kernel"
)

// panel is the columns of Basis that are made together.
const panel = 32

// Basis gives an orthonormal basis of the columns of a [n, m], m ≤ n, by Gram and Schmidt's process done
// twice ("twice is enough": orthogonal to machine precision), a panel of columns at a time, from which the basis
// so far is taken out by products: column k spans with those before it what a's first k do, and has a
// positive product with a's. It is the Q of the factors QR with a positive diagonal. A column that depends
// on those before it becomes the next unit vector that does not.
func Basis(a []float64, n, m int, t *kernel.Table) []float64 {
	q := make([]float64, m*n) // its rows are the columns
	for k := range m {
		for i := range n {
			q[k*n+i] = a[i*m+k]
		}
	}
	r, tmp := rowsOf(t), make([]float64, n)
	var sizes [panel]float64
	for lo := 0; lo < m; lo += panel {
		hi := min(lo+panel, m)
		for k := lo; k < hi; k++ {
			sizes[k-lo] = Norm(q[k*n : (k+1)*n])
		}
		for pass := range 2 {
			project(q, n, lo, hi, t)
			for k := lo; k < hi; k++ {
				col := q[k*n : (k+1)*n]
				r.orthogonalise(col, q, n, lo, k, tmp)
				rest := Norm(col)
				if pass == 0 && !(rest > 1e-13*sizes[k-lo]) {
					rest = r.nextUnit(col, q, n, k, rest, tmp)
				}
				for i := range col {
					col[i] /= rest
				}
			}
		}
	}
	out := make([]float64, n*m)
	for k := range m {
		for i := range n {
			out[i*m+k] = q[k*n+i]
		}
	}
	return out
}

// project takes the first lo rows of q out of rows lo to hi−1.
func project(q []float64, n, lo, hi int, t *kernel.Table) {
	if lo == 0 {
		return
	}
	b := hi - lo
	s := make([]float64, b*lo)
	Product(t, kernel.GemmArgs[float64]{M: b, N: lo, K: n, A: q[lo*n:], B: q, C: s, ARow: n, ACol: 1, BRow: 1, BCol: n, CRow: lo})
	for i := range s {
		s[i] = -s[i]
	}
	Product(t, kernel.GemmArgs[float64]{M: b, N: n, K: lo, A: s, B: q, C: q[lo*n:], ARow: lo, ACol: 1, BRow: n, BCol: 1, CRow: n, Accumulate: true})
}

// nextUnit makes a column that depends on the k before it, of which rest was left, the first unit
// vector that does not, less their part in it, and gives its length. NaN stays NaN.
func (r rows) nextUnit(col, q []float64, n, k int, rest float64, tmp []float64) float64 {
	if math.IsNaN(rest) {
		return rest
	}
	for unit := range n {
		clear(col)
		col[unit] = 1
		for range 2 {
			r.orthogonalise(col, q, n, 0, k, tmp)
		}
		if rest = Norm(col); !(rest < 0.1/math.Sqrt(float64(n))) {
			break
		}
	}
	return rest
}

// orthogonalise takes rows lo to k−1 of q out of x.
func (r rows) orthogonalise(x, q []float64, n, lo, k int, tmp []float64) {
	for j := lo; j < k; j++ {
		row := q[j*n : (j+1)*n]
		r.addTo(x, row, -Dot(row, x), tmp)
	}
}

// Cholesky factors a symmetric positive definite [n, n] matrix as LLᵀ, in n³/3 operations, and reports
// whether it is one; only the lower triangle is read. The result holds L below and on its diagonal.
func Cholesky(a []float64, n int) (l []float64, ok bool) {
	l = make([]float64, n*n)
	for i := range n {
		for j := 0; j <= i; j++ {
			x := a[i*n+j] - Dot(l[i*n:i*n+j], l[j*n:j*n+j])
			if i != j {
				l[i*n+j] = x / l[j*n+j]
				continue
			}
			if !(x > 0) || math.IsInf(x, 0) {
				return nil, false
			}
			l[i*n+i] = math.Sqrt(x)
		}
	}
	return l, true
}

// Solve is the x of LLᵀx = b.
func Solve(l, b []float64, n int) []float64 {
	x := make([]float64, n)
	for i := range n {
		x[i] = (b[i] - Dot(l[i*n:i*n+i], x[:i])) / l[i*n+i]
	}
	for i := n - 1; i >= 0; i-- {
		s := x[i]
		for k := i + 1; k < n; k++ {
			s -= float64(l[k*n+i] * x[k])
		}
		x[i] = s / l[i*n+i]
	}
	return x
}
