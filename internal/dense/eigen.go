package dense

import (
	"fmt"
	"math"
	"slices"

	"github.com/godescent/descent/internal/kernel"
)

// Eigen gives the eigenvalues of a symmetric [n, n] matrix, the largest first, and its orthonormal
// eigenvectors as the columns of v [n, n], each with its largest component positive, as Symmetric
// finds them. Only the mean of a and its transpose counts. Where a holds a NaN or infinity, everything is NaN.
func Eigen(a []float64, n int, t *kernel.Table, threads int) (values, v []float64) {
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = make([]float64, n)
		for j := range n {
			rows[i][j] = (a[i*n+j] + a[j*n+i]) / 2
		}
	}
	values, v = make([]float64, n), make([]float64, n*n)
	rising, vectors, err := Symmetric(rows, true, t, threads)
	if err != nil {
		for i := range v {
			v[i] = math.NaN()
		}
		for i := range values {
			values[i] = math.NaN()
		}
		return values, v
	}
	for k := range n {
		values[k] = rising[n-1-k]
		row := vectors[n-1-k]
		top := 0
		for i, x := range row {
			if math.Abs(x) > math.Abs(row[top]) {
				top = i
			}
		}
		sign := 1.0
		if row[top] < 0 {
			sign = -1
		}
		for i, x := range row {
			v[i*n+k] = sign * x
		}
	}
	return values, v
}

// Symmetric finds all eigenvalues of the symmetric matrix a, n rows of n numbers, which it
// overwrites, the smallest first, and as rows their unit vectors if asked: Householder's reduction to a tridiagonal
// matrix and implicit QL steps (Golub, Van Loan: Matrix Computations, §8.3). Each value is within some √n roundings
// of a's norm. Of an a that is not quite symmetric it reads the rows. It uses up to
// so many threads, and the bits do not depend on them.
func Symmetric(a [][]float64, vectors bool, t *kernel.Table, threads int) (values []float64, v [][]float64, err error) {
	n, top := len(a), 0.0
	for i, row := range a {
		if len(row) != n {
			return nil, nil, fmt.Errorf("row %d of a matrix of %d rows has %d numbers", i, n, len(row))
		}
		for j, x := range row {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return nil, nil, fmt.Errorf("the matrix has %v in row %d, column %d; it has no eigenvalues", x, i, j)
			}
			top = max(top, math.Abs(x))
		}
	}
	// As LAPACK's dsyev, but by a power of two: without rounding.
	_, power := math.Frexp(top)
	if power > -400 && power < 400 {
		power = 0
	}
	if power != 0 {
		for _, row := range a {
			for j, x := range row {
				row[j] = math.Ldexp(x, -power)
			}
		}
	}
	r := rowsOf(t)
	d, e, hs := r.reduce(a, threads)
	var z [][]float64
	if vectors {
		z = identity(n)
		// Row i of z is column i of Q = H₀H₁…Hₙ₋₃.
		inParallel(threads, n, n*n, func(lo, hi int) {
			tmp := make([]float64, n)
			for _, row := range z[lo:hi] {
				for k := len(hs) - 1; k >= 0; k-- {
					if h := hs[k]; h != nil {
						r.addTo(row[k+1:], h, -2*Dot(row[k+1:], h), tmp)
					}
				}
			}
		})
		// The rows are now those of Qᵀ, since each was a unit vector that Q was applied to.
	}
	values, v, err = r.ql(d, e, z, threads)
	for i, x := range values {
		values[i] = math.Ldexp(x, power)
	}
	return values, v, err
}

// Tridiagonal finds the eigenvalues, the smallest first, and as rows the unit vectors of the symmetric matrix with
// diagonal d and the first len(d)−1 numbers of e beside it.
func Tridiagonal(d, e []float64) (values []float64, v [][]float64, err error) {
	n := len(d)
	return rows{}.ql(slices.Clone(d), append(slices.Clone(e[:max(0, n-1)]), 0), identity(n), 1)
}

func identity(n int) [][]float64 {
	z := make([][]float64, n)
	for i := range z {
		z[i] = make([]float64, n)
		z[i][i] = 1
	}
	return z
}
