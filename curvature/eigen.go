package curvature

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
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
	n := len(a)
	for i, row := range a {
		if len(row) != n {
			return nil, fmt.Errorf("curvature: row %d of a matrix of %d rows has %d numbers", i, n, len(row))
		}
		for j, x := range row {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return nil, fmt.Errorf("curvature: the matrix has %v in row %d, column %d; it has no eigenvalues", x, i, j)
			}
		}
	}
	d, e, hs := reduce(a)
	var z [][]float64
	if vectors {
		z = make([][]float64, n)
		for i := range z {
			z[i] = make([]float64, n)
			z[i][i] = 1
		}
		// Row i of z is column i of Q = H₀H₁…Hₙ₋₃.
		inParallel(n, n*n, func(lo, hi int) {
			for _, row := range z[lo:hi] {
				for k := len(hs) - 1; k >= 0; k-- {
					if h := hs[k]; h != nil {
						addTo(row[k+1:], h, -2*dot(row[k+1:], h))
					}
				}
			}
		})
		// The rows are now those of Qᵀ, since each was a unit vector that Q was applied to.
	}
	return ql(d, e, z)
}

// Tridiagonal finds the eigenvalues of the symmetric matrix with diagonal d and e beside it,
// with the first z rows of vectors if z is not nil.
func tridiagonal(d, e []float64) (*Eigen, error) {
	n := len(d)
	z := make([][]float64, n)
	for i := range z {
		z[i] = make([]float64, n)
		z[i][i] = 1
	}
	return ql(slices.Clone(d), append(slices.Clone(e[:max(0, n-1)]), 0), z)
}

// reduce makes a tridiagonal by reflections I − 2hhᵀ, hs[k] acting on coordinates k+1 and up.
func reduce(a [][]float64) (d, e []float64, hs [][]float64) {
	n := len(a)
	d, e, hs = make([]float64, n), make([]float64, n), make([][]float64, max(0, n-2))
	p := make([]float64, n)
	for k := range max(0, n-2) {
		d[k] = a[k][k]
		x := slices.Clone(a[k][k+1:])
		size := norm(x)
		e[k] = -math.Copysign(size, x[0])
		if size == 0 || norm(x[1:]) == 0 {
			e[k] = x[0]
			continue
		}
		x[0] -= e[k]
		scale(x, 1/norm(x))
		hs[k] = x
		// B ← (I−2xxᵀ)B(I−2xxᵀ) = B − xqᵀ − qxᵀ, q = 2(Bx − (xᵀBx)x)
		b := a[k+1:]
		q := p[:len(x)]
		inParallel(len(x), 2*len(x), func(lo, hi int) {
			for i := lo; i < hi; i++ {
				q[i] = 2 * dot(b[i][k+1:], x)
			}
		})
		addTo(q, x, -dot(q, x))
		inParallel(len(x), 4*len(x), func(lo, hi int) {
			for i := lo; i < hi; i++ {
				row, xi, qi := b[i][k+1:], x[i], q[i]
				for j := range row {
					row[j] -= float64(xi*q[j]) + float64(qi*x[j])
				}
			}
		})
	}
	if n >= 2 {
		d[n-2], e[n-2] = a[n-2][n-2], a[n-2][n-1]
	}
	if n >= 1 {
		d[n-1] = a[n-1][n-1]
	}
	return d, e, hs
}

// rotation is a plane rotation of rows i and i+1.
type rotation struct {
	i    int
	c, s float64
}

// ql makes the tridiagonal matrix diagonal by implicit QL steps with Wilkinson's shift; the
// rotations are applied to the rows of z.
func ql(d, e []float64, z [][]float64) (*Eigen, error) {
	n := len(d)
	// What is below the rounding of the whole matrix counts as zero: in the null space of a Hessian all
	// neighbours are as small.
	size := 0.0
	for i := range d {
		size = max(size, math.Abs(d[i])+math.Abs(e[i]))
	}
	var turns []rotation
	for l := range n {
		for round := 0; ; round++ {
			m := l
			for ; m < n-1; m++ {
				if math.Abs(e[m]) <= 0x1p-53*size {
					break
				}
			}
			if m == l {
				break
			}
			if round == 60 {
				return nil, fmt.Errorf("curvature: eigenvalue %d of %d did not converge in 60 steps", l, n)
			}
			g := (d[l+1] - d[l]) / (2 * e[l])
			r := math.Hypot(g, 1)
			g = d[m] - d[l] + e[l]/(g+math.Copysign(r, g))
			s, c, p := 1.0, 1.0, 0.0
			i := m - 1
			for ; i >= l; i-- {
				f, b := s*e[i], c*e[i]
				r = math.Hypot(f, g)
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
				if z != nil {
					turns = append(turns, rotation{i, c, s})
				}
			}
			if r == 0 && i >= l {
				continue
			}
			d[l] -= p
			e[l], e[m] = g, 0
		}
		if len(turns) > 1<<14 || l == n-1 {
			turn(z, turns)
			turns = turns[:0]
		}
	}
	return sorted(d, z), nil
}

// turn applies rotations to the rows of z, some columns at a time so that these stay in the cache.
func turn(z [][]float64, turns []rotation) {
	if len(turns) == 0 {
		return
	}
	const width = 32
	n := len(z[0])
	inParallel((n+width-1)/width, width*len(turns)*6, func(from, to int) {
		for b := from; b < to; b++ {
			lo, hi := b*width, min((b+1)*width, n)
			for _, t := range turns {
				x, y := z[t.i][lo:hi], z[t.i+1][lo:hi]
				for j, f := range y {
					y[j] = float64(t.s*x[j]) + float64(t.c*f)
					x[j] = float64(t.c*x[j]) - float64(t.s*f)
				}
			}
		}
	})
}

func sorted(d []float64, z [][]float64) *Eigen {
	order := make([]int, len(d))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case d[a] < d[b]:
			return -1
		case d[a] > d[b]:
			return 1
		}
		return 0
	})
	out := &Eigen{Values: make([]float64, len(d))}
	for i, from := range order {
		out.Values[i] = d[from]
		if z != nil {
			out.Vectors = append(out.Vectors, z[from])
		}
	}
	return out
}

// inParallel calls f on parts of 0..n−1, each worth some operations; parts do not share
// results, so how many there are changes nothing.
func inParallel(n, each int, f func(lo, hi int)) {
	threads := min(runtime.GOMAXPROCS(0), n*each/200_000+1, n)
	if threads < 2 {
		f(0, n)
		return
	}
	var done sync.WaitGroup
	for t := range threads {
		done.Add(1)
		go func() {
			defer done.Done()
			f(t*n/threads, (t+1)*n/threads)
		}()
	}
	done.Wait()
}

func dot(a, b []float64) float64 {
	var s [4]float64
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s[0] += float64(a[i] * b[i])
		s[1] += float64(a[i+1] * b[i+1])
		s[2] += float64(a[i+2] * b[i+2])
		s[3] += float64(a[i+3] * b[i+3])
	}
	for ; i < len(a); i++ {
		s[0] += float64(a[i] * b[i])
	}
	return (s[0] + s[1]) + (s[2] + s[3])
}

func norm(a []float64) float64 {
	most := 0.0
	for _, x := range a {
		most = max(most, math.Abs(x)) // NaN if any is
	}
	if most == 0 || math.IsInf(most, 0) || most != most {
		return most
	}
	if most > 1e-140 && most < 1e140 {
		return math.Sqrt(dot(a, a))
	}
	sum := 0.0
	for _, x := range a {
		sum += float64((x / most) * (x / most))
	}
	return most * math.Sqrt(sum)
}

func scale(a []float64, by float64) {
	for i := range a {
		a[i] *= by
	}
}

// addTo is: for i := range a { a[i] += by*b[i] }.
func addTo(a, b []float64, by float64) {
	for i, x := range b {
		a[i] += float64(by * x)
	}
}
