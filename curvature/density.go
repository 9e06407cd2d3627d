package curvature

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/godescent/descent/internal/stats"
)

// Density is an estimate of how an operator's n eigenvalues are spread: for each of some
// random vectors, point masses that add up to 1.
type Density struct {
	N        int
	Nodes    [][]float64 // of each vector, ascending
	Masses   [][]float64
	Products int
}

// EstimateDensity is stochastic Lanczos quadrature (Ubaru, Chen, Saad 2017): from each of some normal
// vectors, so many steps of Lanczos's method give the nodes and masses of a Gauss
// quadrature of the spectrum as that vector sees it; its first 2·steps moments are exact.
func EstimateDensity(ctx context.Context, a Operator, n, vectors, steps int, seed int64, report Progress) (*Density, error) {
	if vectors < 1 || steps < 1 {
		return nil, fmt.Errorf("curvature: a density of %d vectors by %d steps; want at least one", vectors, steps)
	}
	d := &Density{N: n}
	first := make([]float64, n)
	for i := range vectors {
		normal(first, seed, drawDensity, i)
		k := newKrylov(a, n)
		if err := k.begin(first); err != nil {
			return nil, err
		}
		for range min(steps, n) {
			if err := k.step(ctx); err != nil {
				return nil, err
			}
			d.Products++
			report.tell(i*steps+k.steps(), vectors*steps)
			if k.closed {
				break
			}
		}
		e, err := tridiagonal(k.alpha, k.beta)
		if err != nil {
			return nil, err
		}
		masses := make([]float64, len(e.Values))
		for j, v := range e.Vectors {
			masses[j] = v[0] * v[0]
		}
		d.Nodes, d.Masses = append(d.Nodes, e.Values), append(d.Masses, masses)
	}
	return d, nil
}

// Below estimates the share of eigenvalues below x, with its interval at Level.
func (d *Density) Below(x float64) stats.Interval {
	var all []float64
	for i, nodes := range d.Nodes {
		k := sort.SearchFloat64s(nodes, x)
		sum := 0.0
		for _, m := range d.Masses[i][:k] {
			sum += m
		}
		if k > 0 && k < len(nodes) { // a node stands for what lies about it
			share := (x - nodes[k-1]) / (nodes[k] - nodes[k-1])
			sum += float64(share*(d.Masses[i][k]+d.Masses[i][k-1])/2) - d.Masses[i][k-1]/2
		}
		all = append(all, min(1, max(0, sum)))
	}
	return stats.At(Level, all)
}

// Moment estimates the mean of λᵏ over the eigenvalues.
func (d *Density) Moment(k int) stats.Interval {
	var all []float64
	for i, nodes := range d.Nodes {
		sum := 0.0
		for j, x := range nodes {
			sum += float64(d.Masses[i][j] * math.Pow(x, float64(k)))
		}
		all = append(all, sum)
	}
	return stats.At(Level, all)
}

// Band is a part of a histogram.
type Band struct{ From, To, Share, Half float64 }

// Histogram is the share of eigenvalues in so many bands of equal width, with intervals at Level.
func (d *Density) Histogram(bands int) []Band {
	lo, hi := d.Range()
	out := make([]Band, bands)
	shares := make([][]float64, bands)
	width := (hi - lo) / float64(bands)
	for i, nodes := range d.Nodes {
		one := make([]float64, bands)
		for j, x := range nodes {
			b := 0
			if width > 0 {
				b = min(bands-1, int((x-lo)/width))
			}
			one[b] += d.Masses[i][j]
		}
		for b, s := range one {
			shares[b] = append(shares[b], s)
		}
	}
	for b := range out {
		m := stats.At(Level, shares[b])
		out[b] = Band{lo + width*float64(b), lo + width*float64(b+1), m.Mean, m.Half}
	}
	return out
}

// Range is from the smallest node to the largest.
func (d *Density) Range() (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, nodes := range d.Nodes {
		lo, hi = min(lo, slices.Min(nodes)), max(hi, slices.Max(nodes))
	}
	return lo, hi
}

// Smooth is the density at x, each mass spread as a normal distribution of width σ.
func (d *Density) Smooth(x, σ float64) float64 {
	sum := 0.0
	for i, nodes := range d.Nodes {
		for j, at := range nodes {
			z := (x - at) / σ
			sum += d.Masses[i][j] * math.Exp(-z*z/2)
		}
	}
	return sum / (σ * math.Sqrt(2*math.Pi) * float64(len(d.Nodes)))
}
