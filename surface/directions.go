package surface

import (
	"fmt"
	"math"

	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/weights"
)

// drawDirection is the purpose of random numbers, a word of Philox's counter.
const drawDirection uint64 = 0x51ce0001

// Random is a direction of normal numbers, drawn by (seed, index), whose filters are as long as
// w's, and which leaves biases and normalisations alone:
//
//	d[f] ← d[f]·‖w[f]‖/‖d[f]‖
//
// for each filter f, the weights that make one output: a column of a linear map [In, Out], a
// kernel [KH, KW, In, Out] at one of its outputs. A step along it then means the same to a
// network whose weights are large where the next layer's are small.
//
// Li, Xu, Taylor, Studer, Goldstein: Visualizing the Loss Landscape of Neural Nets, 2018, §4, eq. 1.
// The result has size numbers; those behind w are 0.
func Random(l *weights.Layout, w []float64, size int, seed int64, index int) []float64 {
	d := make([]float64, size)
	kernel.Portable().F64.Normal(d[:l.Size()], uint64(seed), drawDirection+uint64(index)<<32, 0)
	for _, v := range l.Views() {
		part, of := d[v.Offset:v.Offset+v.Size()], w[v.Offset:v.Offset+v.Size()]
		if v.Role != weights.Weight || v.Shape.Rank() < 2 {
			clear(part)
			continue
		}
		out := v.Shape[v.Shape.Rank()-1]
		for f := range out {
			var dd, ww float64
			for i := f; i < len(part); i += out {
				dd += part[i] * part[i]
				ww += of[i] * of[i]
			}
			scale := 0.0
			if dd > 0 {
				scale = math.Sqrt(ww / dd)
			}
			for i := f; i < len(part); i += out {
				part[i] *= scale
			}
		}
	}
	return d
}

// Principal is the two directions that iterates spread most along.
type Principal struct {
	A, B []float64 // of length 1
	// Explained is the share of the iterates' squared distances from the last one
	// that lies along each.
	Explained [2]float64
}

// NewPrincipal is the principal components of w[i] − w[n], w[n] being the last iterate: those
// of Li et al. 2018, §7.1. Their singular vectors come from the small matrix of inner products.
func NewPrincipal(iterates [][]float64) (*Principal, error) {
	n := len(iterates) - 1
	if n < 2 {
		return nil, fmt.Errorf("surface: principal directions of %d iterates; want at least 3", len(iterates))
	}
	last := iterates[n]
	gram := make([][]float64, n)
	for i := range gram {
		gram[i] = make([]float64, n)
		for j := range i + 1 {
			s := 0.0
			for k, x := range iterates[i] {
				s += (x - last[k]) * (iterates[j][k] - last[k])
			}
			gram[i][j], gram[j][i] = s, s
		}
	}
	values, vectors := symmetric(gram)
	total := 0.0
	for _, λ := range values {
		total += math.Max(0, λ)
	}
	if !(values[1] > 1e-14*total) {
		return nil, fmt.Errorf("surface: the iterates lie on a line; they span no plane")
	}
	p := &Principal{}
	for c, to := range []*[]float64{&p.A, &p.B} {
		d := make([]float64, len(last))
		for i := range n {
			share := vectors[i][c] / math.Sqrt(values[c])
			for k, x := range iterates[i] {
				d[k] += share * (x - last[k])
			}
		}
		*to, p.Explained[c] = d, values[c]/total
	}
	return p, nil
}

// symmetric is the eigenvalues of a symmetric matrix, the largest first, and their vectors
// in columns, by Jacobi's rotations. It overwrites the matrix.
func symmetric(a [][]float64) (values []float64, vectors [][]float64) {
	n := len(a)
	v := make([][]float64, n)
	for i := range v {
		v[i] = make([]float64, n)
		v[i][i] = 1
	}
	for range 60 {
		off, all := 0.0, 0.0
		for i := range n {
			for j := range n {
				all += a[i][j] * a[i][j]
				if i != j {
					off += a[i][j] * a[i][j]
				}
			}
		}
		if off <= 1e-30*all {
			break
		}
		for p := range n {
			for q := p + 1; q < n; q++ {
				rotate(a, v, p, q)
			}
		}
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
		for k := i; k > 0 && a[order[k]][order[k]] > a[order[k-1]][order[k-1]]; k-- {
			order[k], order[k-1] = order[k-1], order[k]
		}
	}
	vectors = make([][]float64, n)
	for i := range vectors {
		vectors[i] = make([]float64, n)
		for c, from := range order {
			vectors[i][c] = v[i][from]
		}
	}
	for _, from := range order {
		values = append(values, a[from][from])
	}
	return values, vectors
}

// rotate makes a[p][q] zero.
func rotate(a, v [][]float64, p, q int) {
	if a[p][q] == 0 {
		return
	}
	θ := (a[q][q] - a[p][p]) / (2 * a[p][q])
	t := 1 / (math.Abs(θ) + math.Sqrt(θ*θ+1))
	if θ < 0 {
		t = -t
	}
	c := 1 / math.Sqrt(t*t+1)
	s := t * c
	for k := range a {
		a[k][p], a[k][q] = c*a[k][p]-s*a[k][q], s*a[k][p]+c*a[k][q]
	}
	for k := range a {
		a[p][k], a[q][k] = c*a[p][k]-s*a[q][k], s*a[p][k]+c*a[q][k]
		v[k][p], v[k][q] = c*v[k][p]-s*v[k][q], s*v[k][p]+c*v[k][q]
	}
}
