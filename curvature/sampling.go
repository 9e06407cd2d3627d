package curvature

import (
	"context"
	"fmt"
	"math"

	"github.com/godescent/descent/internal/dense"
	"github.com/godescent/descent/internal/stats"
)

// Sampled is what was found over the probe's examples, a sample without replacement of Of examples in random
// order, and how the interval for all of them is to be measured.
type Sampled struct {
	Of                int   // N
	Parts             int   // that the sample is cut into, to see them scatter; a rest is left out
	Largest, Smallest Ritz  // over the sample, with their vectors
	Trace             Trace // over the sample
	Products          int   // most products for the ends of half of the sample
	Vectors           int   // random vectors of the trace
	Seed              int64
	Progress          Progress
}

// Range is an interval at Level.
type Range struct{ Lo, Hi float64 }

// Sampling is the intervals in which the numbers of E over all N examples lie, seen from a sample of n. The
// sample is cut into k parts, and what is linear in the examples has the mean of the parts and Student's
// interval of their scatter, √(1 − n/N) of it since the sample is not put back (Cochran: Sampling Techniques,
// §2.8). Each Range also has how far the number of the sample itself may be off.
//
// A largest eigenvalue is not linear: λmax of a sample is on average above that of all. So its upper bound
// is that of vᵀHv, v being the sample's own eigenvector, and its lower bound that of uᵀHu over one half of the sample,
// u being the eigenvector of the other half: whatever u is, uᵀHu ≤ λmax. The smallest is the same from below.
//
// ‖∇E‖² is the mean of gᵢᵀgⱼ over pairs of parts, free of what noise adds to ‖ḡ‖², with the jackknife's interval:
// a gradient that noise alone makes long may lie outside.
type Sampling struct {
	Parts, Size                           int
	E, Gradient, Largest, Smallest, Trace Range
}

// Sampling measures how far the sample's numbers are from those of all examples, for the matrix a, which is one
// of the probe's: about half of Products and 2 + Vectors products, and a gradient.
func (p *Probe) Sampling(ctx context.Context, a Operator, s Sampled) (*Sampling, error) {
	all := p.src.Examples
	n := len(all)
	switch {
	case p.src.Sum:
		return nil, fmt.Errorf("curvature: E adds its examples up, so a sample's is of another size than that of all")
	case s.Parts < 4 || s.Parts > n:
		return nil, fmt.Errorf("curvature: %d parts of a sample of %d; want 4 or more, each of an example at least", s.Parts, n)
	case s.Of < n:
		return nil, fmt.Errorf("curvature: a sample of %d examples of %d", n, s.Of)
	case s.Vectors < 1 || s.Products < 1:
		return nil, fmt.Errorf("curvature: %d vectors and %d products for a sampling interval; want at least one of each", s.Vectors, s.Products)
	case len(s.Largest.Vector) != p.Size() || len(s.Smallest.Vector) != p.Size():
		return nil, fmt.Errorf("curvature: a sampling interval wants the eigenvectors of both ends, of %d numbers each", p.Size())
	}
	before := p.counts
	e, err := p.Loss(ctx)
	if err != nil {
		return nil, err
	}
	defer p.Look(all)
	size := n / s.Parts
	p.Look(all[:s.Parts/2*size])
	o := NewLanczos()
	o.Products, o.Seed, o.Tolerance, o.Vectors, o.Rounding, o.Progress = s.Products, s.Seed, 1e-2, true, p.Rounding(), s.Progress
	half, err := Extremes(ctx, a, p.Size(), o)
	if err != nil {
		return nil, err
	}
	x, err := p.scatterOf(ctx, a, s, all, half)
	if err != nil {
		return nil, err
	}
	// A product with a part is so much of one with the sample.
	p.counts.Gradients = before.Gradients + 1
	p.counts.Products = before.Products + half.Products/2 + 2 + s.Vectors
	return x.read(s, e, size), nil
}

// scatter is a number of each part.
type scatter struct {
	e, largest, smallest, trace []float64
	above, below                []float64 // of the parts of the second half, along the first half's eigenvectors
	grads                       [][]float64
}

// scatterOf measures the parts, each of size examples.
func (p *Probe) scatterOf(ctx context.Context, a Operator, s Sampled, all []int32, half *Ends) (*scatter, error) {
	x, n, size := &scatter{}, p.Size(), len(all)/s.Parts
	z, az := make([]float64, n), make([]float64, n)
	along := func(to *[]float64, v []float64) error {
		err := a(ctx, az, v)
		*to = append(*to, dense.Dot(v, az))
		return err
	}
	for i := range s.Parts {
		p.Look(all[i*size : (i+1)*size])
		g := make([]float64, n)
		e, err := p.Gradient(ctx, g)
		if err != nil {
			return nil, err
		}
		x.e, x.grads = append(x.e, e), append(x.grads, g)
		if err := along(&x.largest, s.Largest.Vector); err != nil {
			return nil, err
		}
		if err := along(&x.smallest, s.Smallest.Vector); err != nil {
			return nil, err
		}
		if i >= s.Parts/2 {
			if err := along(&x.above, half.Largest[0].Vector); err != nil {
				return nil, err
			}
			if err := along(&x.below, half.Smallest[0].Vector); err != nil {
				return nil, err
			}
		}
		var traces []float64
		for j := range s.Vectors {
			signs(z, s.Seed, drawSampling, j)
			if err := along(&traces, z); err != nil {
				return nil, err
			}
		}
		x.trace = append(x.trace, stats.At(Level, traces).Mean)
	}
	return x, nil
}

// read makes intervals of the scatter, e being E over the sample.
func (x *scatter) read(s Sampled, e float64, size int) *Sampling {
	n, of, first := float64(s.Parts*size), float64(s.Of), float64(s.Parts/2*size)
	part := math.Sqrt(max(0, 1-n/of))                         // of the sample's standard error
	second := math.Sqrt(max(0, 1-(n-first)/max(1, of-first))) // of that of its second half
	half := func(xs []float64) float64 { return part * stats.At(Level, xs).Half }
	around := func(value, off float64) Range { return Range{value - off, value + off} }
	out := &Sampling{Parts: s.Parts, Size: size}
	out.E = around(e, half(x.e))
	out.Trace = around(s.Trace.Estimate, half(x.trace)+s.Trace.Half)
	above, below := stats.At(Level, x.above), stats.At(Level, x.below)
	out.Largest.Hi = s.Largest.Value + half(x.largest) + s.Largest.Error
	out.Largest.Lo = min(s.Largest.Value, above.Mean-second*above.Half)
	out.Smallest.Lo = s.Smallest.Value - half(x.smallest) - s.Smallest.Error
	out.Smallest.Hi = max(s.Smallest.Value, below.Mean+second*below.Half)
	out.Gradient = x.length(float64(size), of, part)
	return out
}

// length is the interval of ‖∇E‖.
func (x *scatter) length(size, of, part float64) Range {
	m := len(x.grads)
	gram := make([][]float64, m)
	for i := range gram {
		gram[i] = make([]float64, m)
		for j := range i + 1 {
			gram[i][j] = dense.Dot(x.grads[i], x.grads[j])
			gram[j][i] = gram[i][j]
		}
	}
	// Two parts of a sample that is not put back have gᵢᵀgⱼ = ‖∇E‖² − tr Σ/N on average.
	squared := func(without int) float64 {
		variance, s := momentsOf(gram, without)
		return s + size*variance/of
	}
	whole := squared(-1)
	pseudo := make([]float64, m)
	for i := range pseudo {
		pseudo[i] = float64(m)*whole - float64(m-1)*squared(i)
	}
	off := part * stats.At(Level, pseudo).Half
	return Range{math.Sqrt(max(0, whole-off)), math.Sqrt(max(0, whole+off))}
}
