package minimize

import (
	"context"
	"math"
	"slices"

	"github.com/godescent/descent/internal/dense"
)

// Fixed takes steps of one length: w ← w + ηd, wherever that leads.
type Fixed struct{ Rate float64 }

// Search implements Search.
func (l Fixed) Search(ctx context.Context, p Probe, s *State, d []float64) (bool, error) {
	w := along(s.W, l.Rate, d)
	s.W = w
	return true, s.measure(ctx, p, w)
}

// Armijo shortens the step until E falls by a share of what the slope promises (Nocedal and Wright, Algorithm 3.1):
//
//	E(w + αd) ≤ E(w) + c1·α·gᵀd     else α ← α·factor
//
// The first α is First, or what made the last step's first-order change (their equation 3.60) once there was one
// and Scale is set: directions whose length means nothing need that.
type Armijo struct {
	First  float64 `hyper:"first" symbol:"α" range:"(0,inf) log" doc:"length of the first step that is tried"`
	C1     float64 `hyper:"c1" symbol:"c1" range:"(0,1) log" doc:"share of the slope's promise that E must fall by"`
	Factor float64 `hyper:"factor" symbol:"β" range:"(0,1)" doc:"what a step that is too long is multiplied by"`
	Scale  bool
	last   float64 // α·gᵀd of the step before
}

// Search implements Search.
func (l *Armijo) Search(ctx context.Context, p Probe, s *State, d []float64) (bool, error) {
	slope := dense.Dot(s.G, d)
	if !(slope < 0) {
		return false, nil
	}
	α := l.First
	if l.Scale && l.last != 0 {
		α = 2 * l.last / slope
	}
	for range 60 {
		w := along(s.W, α, d)
		if err := p.Move(w); err != nil {
			return false, err
		}
		s.Counts.Loss++
		e, err := p.Loss(ctx)
		if err != nil {
			return false, err
		}
		if e <= s.E+float64(l.C1*α*slope) && !slices.Equal(w, s.W) {
			l.last = α * slope
			s.W = w
			return true, s.measure(ctx, p, w)
		}
		α *= l.Factor
	}
	return false, nil
}

// Wolfe finds a step after which E has fallen enough and the slope along d is small (Nocedal and Wright,
// Algorithms 3.5 and 3.6, by cubic interpolation):
//
//	E(w + αd) ≤ E(w) + c1·α·gᵀd     |∇E(w + αd)ᵀd| ≤ c2·|gᵀd|
//
// The first α is as Armijo's.
type Wolfe struct {
	First float64 `hyper:"first" symbol:"α" range:"(0,inf) log" doc:"length of the first step that is tried"`
	C1    float64 `hyper:"c1" symbol:"c1" range:"(0,1) log" doc:"share of the slope's promise that E must fall by"`
	C2    float64 `hyper:"c2" symbol:"c2" range:"(0,1)" doc:"share of the slope that may be left; more than c1"`
	Scale bool
	last  float64
}

// point is E along d, at α.
type point struct {
	α, e, slope float64
	w, g        []float64
}

// Search implements Search.
func (l *Wolfe) Search(ctx context.Context, p Probe, s *State, d []float64) (bool, error) {
	at := func(α float64) (*point, error) {
		q := &point{α: α, w: along(s.W, α, d), g: make([]float64, len(d))}
		if err := p.Move(q.w); err != nil {
			return nil, err
		}
		s.Counts.Gradient++
		var err error
		q.e, err = p.Gradient(ctx, q.g)
		if q.slope = dense.Dot(q.g, d); math.IsNaN(q.e) || math.IsNaN(q.slope) {
			q.e = math.Inf(1)
		}
		return q, err
	}
	start := &point{e: s.E, slope: dense.Dot(s.G, d), w: s.W, g: s.G}
	if !(start.slope < 0) {
		return false, nil
	}
	α := l.First
	if l.Scale {
		if α = l.First / max(1, dense.Norm(d)); l.last != 0 {
			α = 2 * l.last / start.slope
		}
	}
	end, err := l.find(start, α, at)
	if err != nil || end == nil || slices.Equal(end.w, s.W) {
		return false, err
	}
	l.last = end.α * start.slope
	s.W, s.G, s.E = end.w, end.g, end.e
	return true, nil
}

// low reports whether E has fallen enough at a point, and flat whether the slope there is small.
func (l *Wolfe) low(start, q *point) bool { return q.e <= start.e+float64(l.C1*q.α*start.slope) }
func (l *Wolfe) flat(start, q *point) bool {
	return math.Abs(q.slope) <= -l.C2*start.slope
}

// find brackets a good point by ever longer steps and then zooms in. It is nil where there is none.
func (l *Wolfe) find(start *point, α float64, at func(float64) (*point, error)) (*point, error) {
	last := start
	for i := range 40 {
		q, err := at(α)
		switch {
		case err != nil:
			return nil, err
		case !l.low(start, q) || i > 0 && q.e >= last.e:
			return l.zoom(start, last, q, at)
		case l.flat(start, q):
			return q, nil
		case q.slope >= 0:
			return l.zoom(start, q, last, at)
		}
		last, α = q, 2*α
	}
	return last, nil // E falls without end
}

// zoom narrows a bracket whose lower end lo is low enough.
func (l *Wolfe) zoom(start, lo, hi *point, at func(float64) (*point, error)) (*point, error) {
	for range 40 {
		q, err := at(between(lo, hi))
		switch {
		case err != nil:
			return nil, err
		case !l.low(start, q) || q.e >= lo.e:
			hi = q
		case l.flat(start, q):
			return q, nil
		default:
			if q.slope*(hi.α-lo.α) >= 0 {
				hi = lo
			}
			lo = q
		}
		if math.Abs(hi.α-lo.α) <= 1e-15*max(lo.α, hi.α) {
			break
		}
	}
	if lo == start {
		return nil, nil
	}
	return lo, nil
}

// between is the minimum of the cubic through both ends (Nocedal and Wright, equation 3.59), away from them by a
// tenth of the bracket, or its middle.
func between(a, b *point) float64 {
	width := b.α - a.α
	mid := a.α + width/2
	if math.IsInf(b.e, 0) {
		return mid
	}
	d1 := a.slope + b.slope - 3*(a.e-b.e)/(a.α-b.α)
	root := d1*d1 - a.slope*b.slope
	if !(root >= 0) {
		return mid
	}
	d2 := math.Copysign(math.Sqrt(root), width)
	α := b.α - width*(b.slope+d2-d1)/(b.slope-a.slope+2*d2)
	share := (α - a.α) / width
	if !(share >= 0.1 && share <= 0.9) {
		if share > 0 && share < 1 {
			return a.α + width*min(max(share, 0.1), 0.9)
		}
		return mid
	}
	return α
}
