package dense

import (
	"cmp"
	"math"
	"slices"
)

// Eigen gives the eigenvalues of a symmetric [n, n] matrix, the largest first, and its orthonormal
// eigenvectors as the columns of v [n, n], each with its largest component positive. It
// reduces to a tridiagonal matrix by Householder reflections and then applies implicit QL steps (Golub
// and Van Loan, Matrix Computations, 8.3; EISPACK's tred2 and tql2): some 9n³ operations. Only the mean
// of a and its transpose counts. Where a holds a NaN or infinity, everything is NaN.
func Eigen(a []float64, n int) (values, v []float64) {
	z := make([]float64, n*n)
	for i := range n {
		for j := range n {
			z[i*n+j] = (a[i*n+j] + a[j*n+i]) / 2
		}
	}
	d, e := make([]float64, n), make([]float64, n)
	for _, x := range z {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			for i := range z {
				z[i] = math.NaN()
			}
			for i := range d {
				d[i] = math.NaN()
			}
			return d, z
		}
	}
	tridiagonal(z, d, e, n)
	// The rows of zt are the columns of z: rotations then run along memory.
	zt := make([]float64, n*n)
	for i := range n {
		for j := range n {
			zt[j*n+i] = z[i*n+j]
		}
	}
	implicitQL(zt, d, e, n)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(d[j], d[i]) })
	values = make([]float64, n)
	for k, from := range order {
		values[k] = d[from]
		row := zt[from*n : (from+1)*n]
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
			z[i*n+k] = sign * x
		}
	}
	return values, z
}

// tridiagonal replaces z by the orthogonal matrix that turns it into one with the diagonal d and,
// from e[1], the elements below it.
func tridiagonal(z, d, e []float64, n int) {
	for i := n - 1; i > 0; i-- {
		h, scale := 0.0, 0.0
		row := z[i*n : i*n+i]
		for _, x := range row {
			scale += math.Abs(x)
		}
		if i == 1 || scale == 0 {
			e[i] = z[i*n+i-1]
			d[i] = 0
			continue
		}
		for k := range row {
			row[k] /= scale
			h += float64(row[k] * row[k])
		}
		f := row[i-1]
		g := -math.Copysign(math.Sqrt(h), f)
		e[i] = scale * g
		h -= float64(f * g)
		row[i-1] = f - g
		f = 0
		for j := range i {
			z[j*n+i] = row[j] / h
			g = 0
			for k := 0; k <= j; k++ {
				g += float64(z[j*n+k] * row[k])
			}
			for k := j + 1; k < i; k++ {
				g += float64(z[k*n+j] * row[k])
			}
			e[j] = g / h
			f += float64(e[j] * row[j])
		}
		hh := f / (h + h)
		for j := range i {
			f, g := row[j], e[j]-float64(hh*row[j])
			e[j] = g
			for k := 0; k <= j; k++ {
				z[j*n+k] -= float64(f*e[k]) + float64(g*row[k])
			}
		}
		d[i] = h
	}
	if n > 0 {
		d[0], e[0] = 0, 0
	}
	sums := make([]float64, n)
	for i := range n {
		if d[i] != 0 {
			clear(sums[:i])
			for k := range i { // sums ← row i · z
				f := z[i*n+k]
				for j, x := range z[k*n : k*n+i] {
					sums[j] += float64(f * x)
				}
			}
			for k := range i {
				f := z[k*n+i]
				for j := range i {
					z[k*n+j] -= float64(sums[j] * f)
				}
			}
		}
		d[i] = z[i*n+i]
		z[i*n+i] = 1
		for j := range i {
			z[j*n+i], z[i*n+j] = 0, 0
		}
	}
}

// implicitQL diagonalises the tridiagonal matrix (d, e) and turns the rows of z along.
func implicitQL(z, d, e []float64, n int) {
	if n == 0 {
		return
	}
	copy(e, e[1:])
	e[n-1] = 0
	for l := range n {
		for range 60 { // some 2 steps are usual
			m := l
			for ; m < n-1; m++ {
				if dd := math.Abs(d[m]) + math.Abs(d[m+1]); math.Abs(e[m])+dd == dd {
					break
				}
			}
			if m == l {
				break
			}
			g := (d[l+1] - d[l]) / (2 * e[l])
			r := hypotenuse(g, 1)
			g = d[m] - d[l] + e[l]/(g+math.Copysign(r, g))
			s, c, p := 1.0, 1.0, 0.0
			i := m - 1
			for ; i >= l; i-- {
				f, b := s*e[i], c*e[i]
				r = hypotenuse(f, g)
				e[i+1] = r
				if r == 0 {
					d[i+1] -= p
					e[m] = 0
					break
				}
				s, c = f/r, g/r
				g = d[i+1] - p
				r = float64((d[i]-g)*s) + float64(2*c*b)
				p = s * r
				d[i+1] = g + p
				g = float64(c*r) - b
				lo, hi := z[i*n:(i+1)*n], z[(i+1)*n:(i+2)*n]
				for k, f := range hi {
					hi[k] = float64(s*lo[k]) + float64(c*f)
					lo[k] = float64(c*lo[k]) - float64(s*f)
				}
			}
			if r == 0 && i >= l {
				continue
			}
			d[l] -= p
			e[l] = g
			e[m] = 0
		}
	}
}

// hypotenuse is √(a² + b²): math.Hypot's bits depend on the processor.
func hypotenuse(a, b float64) float64 {
	a, b = math.Abs(a), math.Abs(b)
	if a < b {
		a, b = b, a
	}
	if a == 0 {
		return 0
	}
	t := b / a
	return a * math.Sqrt(1+float64(t*t))
}
