package minimize

import (
	"context"
	"fmt"
	"math"

	"github.com/godescent/descent/internal/dense"
)

// MaxDense is the largest W that a method with a Hessian in memory takes.
const MaxDense = 2000

// Newton solves the local quadratic with the whole Hessian:
//
//	(H + λ1)d = −g
//
// Where H + λ1 is not positive definite, its eigenvalues count by their size (Dauphin et al. 2014), so that d goes down
// and away from a saddle. H takes W products Hv, W² numbers and W³/3 operations, 9W³ near a saddle: what the lecture
// warns of.
type Newton struct {
	Damping float64 `hyper:"damping" symbol:"λ" range:"[0,inf) log" doc:"added to the Hessian's diagonal"`
}

// Direction implements Direction.
func (r *Newton) Direction(ctx context.Context, p Probe, s *State) ([]float64, error) {
	n := len(s.W)
	if n > MaxDense {
		return nil, fmt.Errorf("%d weights have a Hessian of %.3g numbers, solved by %.3g operations a step; it takes up to %d, newton_cg and lbfgs any number",
			n, float64(n)*float64(n), math.Pow(float64(n), 3)/3, MaxDense)
	}
	h, v, row := make([]float64, n*n), make([]float64, n), make([]float64, n)
	top := 0.0
	for i := range n {
		v[i] = 1
		s.Counts.HVP++
		if err := p.HVP(ctx, row, v); err != nil {
			return nil, err
		}
		v[i] = 0
		copy(h[i*n:], row)
		top = max(top, math.Abs(row[i]))
	}
	for i := range n {
		for j := range i {
			h[i*n+j] = (h[i*n+j] + h[j*n+i]) / 2
			h[j*n+i] = h[i*n+j]
		}
		h[i*n+i] += r.Damping
	}
	if l, ok := dense.Cholesky(h, n); ok {
		return dense.Solve(l, negative(s.G), n), nil
	}
	λ, q := dense.Eigen(h, n, nil, 1)
	d := make([]float64, n)
	for k, x := range λ {
		c := 0.0
		for i, g := range s.G {
			c -= float64(q[i*n+k] * g)
		}
		c /= max(math.Abs(x), 1e-6*top)
		for i := range d {
			d[i] += float64(c * q[i*n+k])
		}
	}
	if norm := dense.Norm(d); math.IsNaN(norm) || math.IsInf(norm, 0) {
		return nil, fmt.Errorf("the Hessian or the gradient is not finite")
	}
	return d, nil
}

// NewtonCG solves Hd = −g by conjugate gradients on products Hv alone (Nocedal and Wright, Algorithm 7.1), to a
// residual of min(½, √‖g‖)·‖g‖, and stops where the curvature is not positive.
type NewtonCG struct {
	Steps int `hyper:"cg_steps" range:"[1,inf)" doc:"most products Hv for one direction"`
}

// Direction implements Direction.
func (r *NewtonCG) Direction(ctx context.Context, p Probe, s *State) ([]float64, error) {
	n := dense.Norm(s.G)
	return conjugate(s.G, min(0.5, math.Sqrt(n))*n, r.Steps, func(out, v []float64) error {
		s.Counts.HVP++
		return p.HVP(ctx, out, v)
	})
}

// conjugate solves Ad = −g to a residual; at a direction without positive curvature it gives what it has, or −g.
func conjugate(g []float64, residual float64, steps int, product func(out, v []float64) error) ([]float64, error) {
	d, r, p, ap := make([]float64, len(g)), negative(g), negative(g), make([]float64, len(g))
	rr := dense.Dot(r, r)
	for i := range steps {
		if err := product(ap, p); err != nil {
			return nil, err
		}
		curvature := dense.Dot(p, ap)
		if !(curvature > 0) {
			if i == 0 {
				return negative(g), nil
			}
			return d, nil
		}
		α := rr / curvature
		d, r = along(d, α, p), along(r, -α, ap)
		next := dense.Dot(r, r)
		if math.Sqrt(next) <= residual {
			return d, nil
		}
		p, rr = along(r, next/rr, p), next
	}
	return d, nil
}

// GaussNewton solves the quadratic of the Gauss-Newton matrix G = JᵀH_L J, which leaves the curvature of the
// network itself out of H and is never negative: (G + λ1)d = −g, by conjugate gradients on products Gv.
type GaussNewton struct {
	Damping float64 `hyper:"damping" symbol:"λ" range:"[0,inf) log" doc:"added to the matrix's diagonal"`
	Steps   int     `hyper:"cg_steps" range:"[1,inf)" doc:"most products Gv for one direction"`
}

// Direction implements Direction.
func (r *GaussNewton) Direction(ctx context.Context, p Probe, s *State) ([]float64, error) {
	return damped(ctx, p, s, r.Damping, r.Steps)
}

func damped(ctx context.Context, p Probe, s *State, λ float64, steps int) ([]float64, error) {
	q, ok := p.(GaussNewtonProbe)
	if !ok {
		return nil, fmt.Errorf("E has no Gauss-Newton matrix: it is no network's loss")
	}
	return conjugate(s.G, 1e-10*dense.Norm(s.G), steps, func(out, v []float64) error {
		s.Counts.HVP++
		if err := q.GaussNewton(ctx, out, v); err != nil {
			return err
		}
		for i, x := range v {
			out[i] += float64(λ * x)
		}
		return nil
	})
}

// Marquardt is Gauss and Newton's direction with a λ that adapts (Levenberg 1944; Marquardt 1963): while E at w + d is
// not lower, λ ← 4λ and d is found again; a d that is taken gives λ ← λ/3. It is taken whole.
type Marquardt struct {
	Damping float64 `hyper:"damping" symbol:"λ" range:"(0,inf) log" doc:"first number added to the matrix's diagonal"`
	Steps   int     `hyper:"cg_steps" range:"[1,inf)" doc:"most products Gv for one direction"`
	Now     float64 // λ now; 0 before the first step
}

// Direction implements Direction.
func (r *Marquardt) Direction(ctx context.Context, p Probe, s *State) ([]float64, error) {
	if r.Now == 0 {
		r.Now = r.Damping
	}
	for range 40 {
		if err := p.Move(s.W); err != nil {
			return nil, err
		}
		d, err := damped(ctx, p, s, r.Now, r.Steps)
		if err != nil {
			return nil, err
		}
		if err := p.Move(along(s.W, 1, d)); err != nil {
			return nil, err
		}
		s.Counts.Loss++
		e, err := p.Loss(ctx)
		if err != nil {
			return nil, err
		}
		if e < s.E {
			r.Now = max(r.Now/3, 1e-12)
			return d, nil
		}
		r.Now *= 4
	}
	return make([]float64, len(s.W)), nil // nothing is lower
}
