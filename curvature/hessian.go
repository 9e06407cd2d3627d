package curvature

import (
	"context"
	"fmt"
	"math"

	"github.com/godescent/descent/internal/dense"
)

// Hessian is H of E at the probe's point, by W products: O(W) each, O(W²) in all, and W²
// numbers of memory. It is made symmetric; asymmetry is the largest difference that this
// took away, which is what rounding has done to the products.
func (p *Probe) Hessian(ctx context.Context, report Progress) (h [][]float64, asymmetry float64, err error) {
	n := p.Size()
	h = make([][]float64, n)
	for i := range h {
		h[i] = make([]float64, n)
	}
	units := make([][]float64, together)
	for i := range units {
		units[i] = make([]float64, n)
	}
	for at := 0; at < n; at += together {
		k := min(together, n-at)
		for i := range k {
			units[i][at+i] = 1
		}
		if err := p.HVPs(ctx, h[at:at+k], units[:k]); err != nil {
			return nil, 0, err
		}
		for i := range k {
			units[i][at+i] = 0
		}
		report.tell(at+k, n)
	}
	for i := range h {
		for j := range i {
			d := math.Abs(h[i][j] - h[j][i])
			if math.IsNaN(d) {
				return nil, 0, &NotFinite{n}
			}
			asymmetry = max(asymmetry, d)
			mean := h[i][j]/2 + h[j][i]/2
			h[i][j], h[j][i] = mean, mean
		}
		if math.IsNaN(h[i][i]) || math.IsInf(h[i][i], 0) {
			return nil, 0, &NotFinite{n}
		}
	}
	return h, asymmetry, nil
}

// Spectrum is all eigenvalues of H, and how far each may be off.
type Spectrum struct {
	Eigen
	// Error bounds the distance of every value from the exact one, for products that are exact up to
	// the asymmetry seen: half of it in each of W rows, and the eigensolver's own rounding.
	Error    float64
	Diagonal []float64
}

// Spectrum finds all eigenvalues of H at the point, and the vectors if asked.
func (p *Probe) Spectrum(ctx context.Context, vectors bool, report Progress) (*Spectrum, error) {
	h, asymmetry, err := p.Hessian(ctx, report)
	if err != nil {
		return nil, err
	}
	s := &Spectrum{Diagonal: make([]float64, len(h))}
	square := 0.0
	for i, row := range h {
		s.Diagonal[i] = row[i]
		square += dense.Dot(row, row)
	}
	n := float64(len(h))
	s.Error = n*(asymmetry/2) + math.Sqrt(n)*0x1p-50*math.Sqrt(square)
	e, err := Dense(h, vectors)
	if err != nil {
		return nil, err
	}
	s.Eigen = *e
	return s, nil
}

// Inertia is how many eigenvalues are negative, zero and positive, those within the error
// of 0 being neither.
type Inertia struct{ Negative, Zero, Positive int }

// Inertia counts signs, values below the floor in size counting as zero.
func (s *Spectrum) Inertia(floor float64) Inertia {
	var out Inertia
	floor = max(floor, s.Error)
	for _, λ := range s.Values {
		switch {
		case λ > floor:
			out.Positive++
		case λ < -floor:
			out.Negative++
		default:
			out.Zero++
		}
	}
	return out
}

// Condition is the largest eigenvalue over the smallest by size, +Inf if that is within
// the error of zero.
func (s *Spectrum) Condition() float64 {
	least, most := math.Inf(1), 0.0
	for _, λ := range s.Values {
		least, most = min(least, math.Abs(λ)), max(most, math.Abs(λ))
	}
	if least <= s.Error {
		return math.Inf(1)
	}
	return most / least
}

// Along is E's behaviour along the gradient.
type Along struct {
	E, Norm float64 // E and ‖∇E‖
	// Quadratic is gᵀg/gᵀHg, the rate that goes to the bottom of the parabola along
	// the gradient; +Inf where E does not curve upwards along it.
	Quadratic float64
}

// AlongGradient measures E, its gradient, which it gives too, and the curvature along it.
func (p *Probe) AlongGradient(ctx context.Context) (Along, []float64, error) {
	g, hg := make([]float64, p.Size()), make([]float64, p.Size())
	e, err := p.Gradient(ctx, g)
	if err != nil {
		return Along{}, nil, err
	}
	a := Along{E: e, Norm: dense.Norm(g), Quadratic: math.Inf(1)}
	if math.IsNaN(e) || math.IsInf(e, 0) || math.IsNaN(a.Norm) || math.IsInf(a.Norm, 0) {
		return a, g, nil
	}
	if err := p.HVP(ctx, hg, g); err != nil {
		return a, g, err
	}
	if bend := dense.Dot(g, hg); bend > 0 {
		a.Quadratic = dense.Dot(g, g) / bend
	}
	return a, g, nil
}

// Sharpness is SAM's: E(w + ρ·g/‖g‖) − E(w) (Foret et al. 2021, equation 2 with its first
// order solution). Worst is the larger of that and the same along ±v, for the unit vector
// v of the largest eigenvalue if it is given, since at a minimum g says nothing.
type Sharpness struct{ Rho, Gradient, Worst float64 }

// Sharpness measures it and comes back to the point.
func (p *Probe) Sharpness(ctx context.Context, ρ float64, v []float64) (Sharpness, error) {
	if !(ρ > 0) || math.IsInf(ρ, 0) {
		return Sharpness{}, fmt.Errorf("curvature: sharpness within a radius of %v; want a positive number", ρ)
	}
	g, w := make([]float64, p.Size()), p.Point()
	e, err := p.Gradient(ctx, g)
	if err != nil {
		return Sharpness{}, err
	}
	s := Sharpness{Rho: ρ, Gradient: math.NaN(), Worst: math.Inf(-1)}
	try := func(d []float64, by float64) (float64, error) {
		at := make([]float64, len(w))
		copy(at, w)
		dense.AddTo(at, d, by)
		store(p.w, at)
		l, err := p.Loss(ctx)
		store(p.w, w)
		s.Worst = math.Max(s.Worst, l-e) // NaN stays
		return l - e, err
	}
	if size := dense.Norm(g); size > 0 {
		if s.Gradient, err = try(g, ρ/size); err != nil {
			return s, err
		}
	}
	for _, sign := range []float64{1, -1} {
		if v != nil {
			if _, err := try(v, sign*ρ); err != nil {
				return s, err
			}
		}
	}
	return s, nil
}
