package surface

import (
	"fmt"
	"math"

	"github.com/godescent/descent/curvature"
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
	e, err := curvature.Dense(gram, true) // the largest last
	if err != nil {
		return nil, fmt.Errorf("surface: the iterates' inner products: %w", err)
	}
	total := 0.0
	for _, λ := range e.Values {
		total += math.Max(0, λ)
	}
	if !(e.Values[n-2] > 1e-14*total) {
		return nil, fmt.Errorf("surface: the iterates lie on a line; they span no plane")
	}
	p := &Principal{}
	for c, to := range []*[]float64{&p.A, &p.B} {
		d := make([]float64, len(last))
		λ := e.Values[n-1-c]
		for i := range n {
			share := e.Vectors[n-1-c][i] / math.Sqrt(λ)
			for k, x := range iterates[i] {
				d[k] += share * (x - last[k])
			}
		}
		*to, p.Explained[c] = d, λ/total
	}
	return p, nil
}
