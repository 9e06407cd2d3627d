package dense

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sync"
)

// reduce makes a tridiagonal by reflections I − 2hhᵀ, hs[k] acting on coordinates k+1 and up.
func (r rows) reduce(a [][]float64, threads int) (d, e []float64, hs [][]float64) {
	n := len(a)
	d, e, hs = make([]float64, n), make([]float64, n), make([][]float64, max(0, n-2))
	p := make([]float64, n)
	for k := range max(0, n-2) {
		d[k] = a[k][k]
		x := slices.Clone(a[k][k+1:])
		size := Norm(x)
		e[k] = -math.Copysign(size, x[0])
		if size == 0 || Norm(x[1:]) == 0 {
			e[k] = x[0]
			continue
		}
		x[0] -= e[k]
		l := Norm(x)
		for i := range x {
			x[i] /= l
		}
		hs[k] = x
		// B ← (I−2xxᵀ)B(I−2xxᵀ) = B − xqᵀ − qxᵀ, q = 2(Bx − (xᵀBx)x)
		b := a[k+1:]
		q := p[:len(x)]
		inParallel(threads, len(x), 2*len(x), func(lo, hi int) {
			for i := lo; i < hi; i++ {
				q[i] = 2 * Dot(b[i][k+1:], x)
			}
		})
		AddTo(q, x, -Dot(q, x))
		inParallel(threads, len(x), 4*len(x), func(lo, hi int) {
			s, t := make([]float64, len(x)), make([]float64, len(x))
			for i := lo; i < hi; i++ {
				r.takeTwo(b[i][k+1:], q, x, x[i], q[i], s, t)
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
func (r rows) ql(d, e []float64, z [][]float64, threads int) (values []float64, vectors [][]float64, err error) {
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
				return nil, nil, fmt.Errorf("eigenvalue %d of %d did not converge in 60 steps", l, n)
			}
			g := (d[l+1] - d[l]) / (2 * e[l])
			h := hypotenuse(g, 1)
			g = d[m] - d[l] + e[l]/(g+math.Copysign(h, g))
			s, c, p := 1.0, 1.0, 0.0
			i := m - 1
			for ; i >= l; i-- {
				f, b := s*e[i], c*e[i]
				h = hypotenuse(f, g)
				e[i+1] = h
				if h == 0 {
					d[i+1] -= p
					e[m] = 0
					break
				}
				s, c = f/h, g/h
				g = d[i+1] - p
				h = float64((d[i]-g)*s) + float64(2*c*b)
				p = s * h
				d[i+1] = g + p
				g = float64(c*h) - b
				if z != nil {
					turns = append(turns, rotation{i, c, s})
				}
			}
			if h == 0 && i >= l {
				continue
			}
			d[l] -= p
			e[l], e[m] = g, 0
		}
		if len(turns) > 1<<14 || l == n-1 {
			r.turn(z, turns, threads)
			turns = turns[:0]
		}
	}
	values, vectors = sorted(d, z)
	return values, vectors, nil
}

// turn applies rotations to the rows of z, some columns at a time so that these stay in the cache.
func (r rows) turn(z [][]float64, turns []rotation, threads int) {
	if len(turns) == 0 {
		return
	}
	n := len(z[0])
	width := 32
	if r.ops != nil { // a call for each operation
		width = max(width, min(256, (n+threads-1)/threads))
	}
	inParallel(threads, (n+width-1)/width, width*len(turns)*6, func(from, to int) {
		u, v := make([]float64, width), make([]float64, width)
		for b := from; b < to; b++ {
			lo, hi := b*width, min((b+1)*width, n)
			for _, t := range turns {
				r.rotate(z[t.i][lo:hi], z[t.i+1][lo:hi], t.c, t.s, u, v)
			}
		}
	})
}

// sorted orders the values, the smallest first, and what belongs to them.
func sorted(d []float64, z [][]float64) (values []float64, vectors [][]float64) {
	order := make([]int, len(d))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(d[i], d[j]) })
	values = make([]float64, len(d))
	for i, from := range order {
		values[i] = d[from]
		if z != nil {
			vectors = append(vectors, z[from])
		}
	}
	return values, vectors
}

// inParallel calls f on parts of 0..n−1 by up to most threads, each worth some operations; parts do not share
// results, so how many there are changes nothing.
func inParallel(most, n, each int, f func(lo, hi int)) {
	threads := min(most, n*each/200_000+1, n)
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
