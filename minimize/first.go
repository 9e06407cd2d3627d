package minimize

import (
	"context"
	"math"
	"slices"

	"github.com/godescent/descent/internal/dense"
)

// Steepest is d = −∇E (Cauchy 1847).
type Steepest struct{}

// Direction implements Direction.
func (Steepest) Direction(_ context.Context, _ Probe, s *State) ([]float64, error) {
	return negative(s.G), nil
}

// Conjugate is the nonlinear conjugate gradient, with y = g − g₋:
//
//	d = −g + βd₋
//	fr: β = gᵀg/g₋ᵀg₋     pr: β = max(0, gᵀy/g₋ᵀg₋)     hs: β = gᵀy/d₋ᵀy     dy: β = gᵀg/d₋ᵀy
//
// by Fletcher and Reeves 1964, Polak and Ribière 1969 (made positive by Powell 1984), Hestenes and Stiefel
// 1952, Dai and Yuan 1999. All are the same on a quadratic with an exact search, and end there after W steps. It
// begins again with −g every W steps, and where d would not go down.
type Conjugate struct {
	Formula string `hyper:"formula" values:"pr,fr,hs,dy" doc:"whose β"`
	since   int    // steps since it began
}

// Direction implements Direction.
func (c *Conjugate) Direction(_ context.Context, _ Probe, s *State) ([]float64, error) {
	d := negative(s.G)
	c.since++
	if s.LastD == nil || c.since > len(d) {
		c.since = 1
		return d, nil
	}
	y := minus(s.G, s.LastG)
	var β float64
	switch c.Formula {
	case "fr":
		β = dense.Dot(s.G, s.G) / dense.Dot(s.LastG, s.LastG)
	case "hs":
		β = dense.Dot(s.G, y) / dense.Dot(s.LastD, y)
	case "dy":
		β = dense.Dot(s.G, s.G) / dense.Dot(s.LastD, y)
	default:
		β = max(0, dense.Dot(s.G, y)/dense.Dot(s.LastG, s.LastG))
	}
	next := along(d, β, s.LastD)
	// A step too short to change g leaves y = 0, and β without bound or meaning.
	if slope := dense.Dot(next, s.G); slope < 0 && !math.IsInf(slope, 0) {
		return next, nil
	}
	c.since = 1
	return d, nil
}

// LBFGS multiplies the gradient by an inverse Hessian that is made of the last k steps s and changes
// of the gradient y (Nocedal 1980; Nocedal and Wright, Algorithm 7.4), beginning with (sᵀy/yᵀy)·1:
//
//	H ← (1 − ρsyᵀ)H(1 − ρysᵀ) + ρssᵀ, ρ = 1/yᵀs     d = −Hg
//
// A pair without yᵀs > 0, which would spoil H, is left out. It costs 4kW operations and 2kW numbers.
type LBFGS struct {
	Memory int         `hyper:"memory" symbol:"k" range:"[1,1000]" doc:"number of steps that are remembered"`
	S, Y   [][]float64 // the last steps and changes of the gradient, the oldest first
}

// Direction implements Direction.
func (l *LBFGS) Direction(_ context.Context, _ Probe, s *State) ([]float64, error) {
	if s.LastW != nil {
		step, y := minus(s.W, s.LastW), minus(s.G, s.LastG)
		if dense.Dot(step, y) > 1e-16*dense.Norm(step)*dense.Norm(y) {
			l.S, l.Y = append(l.S, step), append(l.Y, y)
		}
		if n := len(l.S) - l.Memory; n > 0 {
			l.S, l.Y = slices.Delete(l.S, 0, n), slices.Delete(l.Y, 0, n)
		}
	}
	q, k := negative(s.G), len(l.S)
	α := make([]float64, k)
	for i := k - 1; i >= 0; i-- {
		α[i] = dense.Dot(l.S[i], q) / dense.Dot(l.Y[i], l.S[i])
		q = along(q, -α[i], l.Y[i])
	}
	if k > 0 {
		γ := dense.Dot(l.S[k-1], l.Y[k-1]) / dense.Dot(l.Y[k-1], l.Y[k-1])
		for i := range q {
			q[i] *= γ
		}
	}
	for i := range k {
		β := dense.Dot(l.Y[i], q) / dense.Dot(l.Y[i], l.S[i])
		q = along(q, α[i]-β, l.S[i])
	}
	return q, nil
}
