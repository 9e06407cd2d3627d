package kernel

import "math"

// panel is the number of columns that are solved or factored at a time; what is before them is taken out by one product. It is
// part of the numeric definition.
const panel = 32

// SolveUpper replaces the rows of x [rows, n] by x·u⁻¹, u [n, n] being upper triangular: n² operations a row, most of
// them in products. Its elements below the diagonal are not read. Neg is scratch as long as x, and work what Gemm needs for
// a product [rows, n]·[n, 32]. Element j of a row is
//
//	acc := x[j]
//	for k below j's panel { acc = fma(−y[k], u[k, j], acc) }
//	for k within it, below j { acc = acc − y[k]·u[k, j], rounded twice }
//	y[j] = acc/u[j, j]
func SolveUpper[T Float](o *Ops[T], x, u []T, rows, n int, neg, work []T) {
	for lo := 0; lo < n; lo += panel {
		hi := min(n, lo+panel)
		if lo > 0 && rows > 0 {
			o.Gemm(&GemmArgs[T]{M: rows, N: hi - lo, K: lo, A: neg, ARow: n, ACol: 1, B: u[lo:], BRow: n, BCol: 1, C: x[lo:], CRow: n, Accumulate: true, Work: work})
		}
		for i := range rows {
			row := x[i*n : (i+1)*n]
			for j := lo; j < hi; j++ {
				acc := row[j]
				for k := lo; k < j; k++ {
					acc -= T(row[k] * u[k*n+j])
				}
				row[j] = acc / u[j*n+j]
				neg[i*n+j] = -row[j]
			}
		}
	}
}

// Cholesky replaces a symmetric positive definite a [n, n], of which the upper triangle is read, by the upper
// triangular u with a = uᵀu, in n³/3 operations. Where a is not positive definite, u holds NaN. Neg is scratch as long as
// a, and work what Gemm needs for a product [32, n]·[n, n]. Element (i, j) is one chain over k as in SolveUpper, from a's.
func Cholesky[T Float](o *Ops[T], a []T, n int, neg, work []T) {
	for lo := 0; lo < n; lo += panel {
		hi := min(n, lo+panel)
		if lo > 0 {
			o.Gemm(&GemmArgs[T]{M: hi - lo, N: n - lo, K: lo, A: neg[lo:], ARow: 1, ACol: n, B: a[lo:], BRow: n, BCol: 1, C: a[lo*n+lo:], CRow: n, Accumulate: true, Work: work})
		}
		for i := lo; i < hi; i++ {
			row := a[i*n : (i+1)*n]
			for k := lo; k < i; k++ {
				x, above := a[k*n+i], a[k*n:(k+1)*n]
				for j := i; j < n; j++ {
					row[j] -= T(x * above[j])
				}
			}
			d := T(math.Sqrt(float64(row[i]))) // correctly rounded in float32 too: float64 has more than twice its digits
			clear(row[:i])
			row[i] = d
			for j := i + 1; j < n; j++ {
				row[j] /= d
			}
			for j := i; j < n; j++ {
				neg[i*n+j] = -row[j]
			}
		}
	}
}
