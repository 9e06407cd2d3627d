package curvature

import (
	"fmt"
	"runtime"

	"github.com/godescent/descent/internal/dense"
)

// Eigen is the eigenvalues of a symmetric matrix in ascending order, and row i of Vectors,
// if they were asked for, the unit vector that belongs to value i.
type Eigen struct {
	Values  []float64
	Vectors [][]float64
}

// Dense finds all eigenvalues of the symmetric matrix a, n rows of n numbers, which it
// overwrites: Householder's reduction to a tridiagonal matrix and implicit QL steps
// (Golub, Van Loan: Matrix Computations, §8.3), O(n³). Of an a that is not quite symmetric it
// reads the rows. The result does not depend on the number of threads.
func Dense(a [][]float64, vectors bool) (*Eigen, error) {
	values, v, err := dense.Symmetric(a, vectors, nil, runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, fmt.Errorf("curvature: %w", err)
	}
	return &Eigen{values, v}, nil
}

// tridiagonal finds the eigenvalues and vectors of the symmetric matrix with diagonal d and e beside it.
func tridiagonal(d, e []float64) (*Eigen, error) {
	values, v, err := dense.Tridiagonal(d, e)
	if err != nil {
		return nil, fmt.Errorf("curvature: %w", err)
	}
	return &Eigen{values, v}, nil
}
