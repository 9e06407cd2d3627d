package dense

import "math"

// Basis gives an orthonormal basis of the columns of a [n, m], m ≤ n, by Gram and Schmidt's process done
// twice ("twice is enough": orthogonal to machine precision): column k spans with those before it what a's first k do, and has a
// positive product with a's. It is the Q of the factors QR with a positive diagonal. A column that depends
// on those before it becomes the next unit vector that does not.
func Basis(a []float64, n, m int) []float64 {
	q := make([]float64, m*n) // its rows are the columns
	for k := range m {
		col := q[k*n : (k+1)*n]
		for i := range n {
			col[i] = a[i*m+k]
		}
		size := Norm(col)
		orthogonalise(col, q, n, k)
		rest := Norm(col)
		for unit := 0; !(rest > 1e-13*size) && unit < n && !math.IsNaN(rest); unit++ {
			clear(col)
			col[unit], size = 1, 1
			orthogonalise(col, q, n, k)
			if rest = Norm(col); rest < 0.1/math.Sqrt(float64(n)) {
				rest = 0
			}
		}
		for i := range col {
			col[i] /= rest
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

// orthogonalise takes the first k rows of q out of x, twice.
func orthogonalise(x, q []float64, n, k int) {
	for range 2 {
		for j := range k {
			row := q[j*n : (j+1)*n]
			AddTo(x, row, -Dot(row, x))
		}
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
