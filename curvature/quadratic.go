package curvature

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/godescent/descent/internal/dense"
	"github.com/godescent/descent/tensor"
)

// Model is the quadratic model of E along one direction d from the point w, against E itself:
//
//	q(r) = E + r·∇Eᵀd + ½r²·dᵀHd,   ‖d‖ = 1
type Model struct {
	Slope, Curvature float64 // ∇Eᵀd and dᵀHd
	// Bottom is where the parabola has its minimum, −Slope/Curvature; NaN if it opens downwards.
	Bottom float64
	// At the step that was asked for: its length, the change that the model predicts, and the true one.
	Step, Predicted, Actual float64
	// Radius is the length up to which model and E agree in δE within Agreement of
	// the larger of them, beyond rounding. Beyond says that no disagreement was seen up to there.
	Radius float64
	Beyond bool
}

// Agreement is the share of δE by which E may differ from its quadratic model within the radius of
// agreement.
const Agreement = 0.1

// Along compares E with its quadratic model along the step δw from the probe's point, which has
// the gradient g; it comes back to the point.
func (p *Probe) Along(ctx context.Context, g, step []float64) (*Model, error) {
	length := dense.Norm(step)
	if !(length > 0) || math.IsInf(length, 0) {
		return nil, fmt.Errorf("curvature: a step of length %v has no direction", length)
	}
	d := slices.Clone(step)
	dense.Scale(d, 1/length)
	hd := make([]float64, len(d))
	if err := p.HVP(ctx, hd, d); err != nil {
		return nil, err
	}
	w := p.Point()
	defer store(p.w, w)
	m := &Model{Slope: dense.Dot(g, d), Curvature: dense.Dot(hd, d), Bottom: math.NaN(), Step: length}
	if m.Curvature > 0 {
		m.Bottom = -m.Slope / m.Curvature
	}
	e, err := p.Loss(ctx)
	if err != nil {
		return nil, err
	}
	change := func(r float64) (predicted, actual float64, err error) {
		at := slices.Clone(w)
		dense.AddTo(at, d, r)
		store(p.w, at)
		there, err := p.Loss(ctx)
		return r*m.Slope + r*r*m.Curvature/2, there - e, err
	}
	if m.Predicted, m.Actual, err = change(length); err != nil {
		return nil, err
	}
	rounding := 0x1p-46 * (1 + math.Abs(e))
	if p.src.DType == tensor.Float32 {
		rounding = 0x1p-20 * (1 + math.Abs(e))
	}
	const finest, growth, steps = 1e-6, 1.33352143, 80 // eight lengths a decade, ten decades
	r := finest * (1 + dense.Norm(w))
	for range steps {
		predicted, actual, err := change(r)
		if err != nil {
			return nil, err
		}
		if !(math.Abs(predicted-actual) <= Agreement*math.Max(math.Abs(predicted), math.Abs(actual))+rounding) {
			return m, nil
		}
		m.Radius = r
		r *= growth
	}
	m.Beyond = true
	return m, nil
}

// NewtonStep is −H⁻¹g by at most so many products of conjugate gradients. Where H curves downwards along
// one of their directions it stops before it (Steihaug 1983): complete is then false, as it is where
// the products did not suffice for a residual of 1e-6.
func NewtonStep(ctx context.Context, a Operator, g []float64, products int, report Progress) (step []float64, complete bool, err error) {
	n := len(g)
	step = make([]float64, n)
	r := slices.Clone(g)
	dense.Scale(r, -1)
	d, ad := slices.Clone(r), make([]float64, n)
	first, rr := dense.Norm(g), dense.Dot(r, r)
	for i := range products {
		if err := a(ctx, ad, d); err != nil {
			return nil, false, err
		}
		report.tell(i+1, products)
		bend := dense.Dot(d, ad)
		if math.IsNaN(bend) {
			return nil, false, &NotFinite{i + 1}
		}
		if bend <= 0 {
			if i == 0 {
				copy(step, d)
			}
			return step, false, nil
		}
		alpha := rr / bend
		dense.AddTo(step, d, alpha)
		dense.AddTo(r, ad, -alpha)
		if dense.Norm(r) <= 1e-6*first {
			return step, true, nil
		}
		next := dense.Dot(r, r)
		for j := range d {
			d[j] = r[j] + float64(next/rr*d[j])
		}
		rr = next
	}
	return step, false, nil
}

// NewtonStep is −H⁻¹g by the eigenvectors; eigenvalues within the error of zero are left out.
func (s *Spectrum) NewtonStep(g []float64) []float64 {
	step := make([]float64, len(g))
	for i, λ := range s.Values {
		if math.Abs(λ) > s.Error {
			dense.AddTo(step, s.Vectors[i], -dense.Dot(s.Vectors[i], g)/λ)
		}
	}
	return step
}

// Match is how well one positive number for each weight follows another.
type Match struct {
	N        int     // weights where both are above zero
	Weights  int     // all
	Pearson  float64 // correlation of the logarithms
	Spearman float64 // of the ranks
}

// Compare matches numbers weight by weight, where both are above zero.
func Compare(a, b []float64) Match {
	m := Match{Weights: len(a)}
	var x, y []float64
	for i := range a {
		if a[i] > 0 && b[i] > 0 && !math.IsInf(a[i], 0) && !math.IsInf(b[i], 0) {
			x, y = append(x, math.Log(a[i])), append(y, math.Log(b[i]))
		}
	}
	m.N = len(x)
	m.Pearson, m.Spearman = correlation(x, y), correlation(ranks(x), ranks(y))
	return m
}

// correlation is Pearson's; NaN where one of them does not vary.
func correlation(x, y []float64) float64 {
	n := float64(len(x))
	mx, my := 0.0, 0.0
	for i := range x {
		mx += x[i] / n
		my += y[i] / n
	}
	var xy, xx, yy float64
	for i := range x {
		xy += (x[i] - mx) * (y[i] - my)
		xx += (x[i] - mx) * (x[i] - mx)
		yy += (y[i] - my) * (y[i] - my)
	}
	return xy / math.Sqrt(xx*yy)
}

// ranks are the places in ascending order, equal numbers sharing the mean of theirs.
func ranks(x []float64) []float64 {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(a, b int) bool { return x[order[a]] < x[order[b]] })
	out := make([]float64, len(x))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && x[order[j]] == x[order[i]] {
			j++
		}
		for k := i; k < j; k++ {
			out[order[k]] = float64(i+j-1) / 2
		}
		i = j
	}
	return out
}
