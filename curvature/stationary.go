package curvature

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/godescent/descent/internal/dense"
	"github.com/godescent/descent/internal/kernel"
)

// PointKind is what a stationary point is.
type PointKind string

// The kinds, by the signs of the Hessian's eigenvalues. Degenerate is a point where the
// Hessian does not tell: some eigenvalues are zero within their error and the others have one sign.
const (
	Minimum    PointKind = "minimum"
	Maximum    PointKind = "maximum"
	Saddle     PointKind = "saddle"
	Degenerate PointKind = "degenerate"
)

// Stationary is a point with ∇E = 0.
type Stationary struct {
	W        []float64
	E        float64
	Gradient float64 // ‖∇E‖ that is left
	Kind     PointKind
	Inertia
	Values []float64 // H's eigenvalues, ascending
	// Error is how far each may be off: by rounding, and by the point's own distance from the
	// exact one times how fast H changes. Those within it count as zero.
	Error float64
	Found int // starts that came here
	Check Check
}

// Check compares E around a stationary point with what its derivatives predict, over
// steps of one length.
type Check struct {
	Radius    float64
	Change    float64 // the largest |δE|
	Linear    float64 // the largest |δE − δwᵀ∇E|
	Quadratic float64 // the largest |δE − δwᵀ∇E − ½δwᵀHδw|
}

// Search says where and how stationary points are looked for.
type Search struct {
	Starts int
	// Start gives the first point of the i-th start.
	Start func(i int) []float64
	// Radius is the distance from its start beyond which a search has left; 0 is no limit.
	Radius     float64
	Iterations int
	// Tolerance is what ‖∇E‖ must fall to, as a share of its median over the starts.
	Tolerance float64
	Progress  Progress // of starts
}

// NewSearch has 200 Newton steps for each start, and wants the gradient to fall to 1e-9.
func NewSearch(starts int, start func(int) []float64) Search {
	return Search{Starts: starts, Start: start, Iterations: 200, Tolerance: 1e-9}
}

// Box gives start points uniform in a box.
func Box(domain [][2]float64, seed int64) func(i int) []float64 {
	return func(i int) []float64 {
		w := make([]float64, len(domain))
		kernel.Portable().F64.Uniform(w, uint64(seed), drawStart+uint64(i)<<32, 0)
		for j, d := range domain {
			w[j] = d[0] + float64((d[1]-d[0])*w[j])
		}
		return w
	}
}

// Found is what a search came to.
type Found struct {
	Points []Stationary // by E
	Starts int
	Lost   int // starts whose search left, or came to no stationary point
	// NotFinite is the starts that came to where E or a derivative is no number.
	NotFinite int
}

// Stationary looks for points with ∇E = 0: Newton's steps on ∇E, damped as Levenberg and
// Marquardt do, so that ‖∇E‖ falls at each and minima, maxima and saddles are found alike,
//
//	δw = −(H² + λI)⁻¹ H ∇E
//
// by the eigenvectors of H, O(W³) a step. Points that are one within their accuracy are merged.
func (p *Probe) Stationary(ctx context.Context, s Search) (*Found, error) {
	if s.Starts < 1 || s.Start == nil || s.Iterations < 1 || !(s.Tolerance > 0) {
		return nil, fmt.Errorf("curvature: a search of %d starts, %d steps and tolerance %v; want positive ones", s.Starts, s.Iterations, s.Tolerance)
	}
	out := &Found{Starts: s.Starts}
	var first []float64
	var ends []*descent
	for i := range s.Starts {
		d, err := p.follow(ctx, s, s.Start(i))
		var nan *NotFinite
		if errors.As(err, &nan) {
			out.NotFinite++
			continue
		}
		if err != nil {
			return nil, err
		}
		first = append(first, d.first)
		ends = append(ends, d)
		s.Progress.tell(i+1, s.Starts)
	}
	if len(ends) == 0 {
		return out, nil
	}
	slices.Sort(first)
	enough := s.Tolerance * first[len(first)/2]
	for _, d := range ends {
		if d.left || d.size > enough {
			out.Lost++
			continue
		}
		if err := p.merge(ctx, out, d); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(out.Points, func(a, b Stationary) int {
		switch {
		case a.E < b.E:
			return -1
		case a.E > b.E:
			return 1
		}
		return 0
	})
	return out, nil
}

// descent is one search's end.
type descent struct {
	w           []float64
	first, size float64 // ‖∇E‖ at the start and the end
	step        float64 // the last step's length
	left        bool
}

// follow takes damped Newton steps until ‖∇E‖ falls no more.
func (p *Probe) follow(ctx context.Context, s Search, w []float64) (*descent, error) {
	d := &descent{w: slices.Clone(w)}
	g, next := make([]float64, p.Size()), make([]float64, p.Size())
	size, err := p.gradientSize(ctx, d.w, g)
	if err != nil {
		return nil, err
	}
	d.first, d.size = size, size
	damping := 1e-3
	for range s.Iterations {
		if d.size == 0 {
			break
		}
		if err := p.Move(d.w); err != nil {
			return nil, err
		}
		h, err := p.Spectrum(ctx, true, nil)
		if err != nil {
			return nil, err
		}
		most := math.Max(math.Abs(h.Values[0]), math.Abs(h.Values[len(h.Values)-1]))
		better := false
		for damping < 1e12 {
			to := slices.Clone(d.w)
			step := newtonStep(h, g, damping*damping*most*most, to)
			got, err := p.gradientSize(ctx, to, next)
			if nan := (*NotFinite)(nil); errors.As(err, &nan) {
				got = math.Inf(1)
			} else if err != nil {
				return nil, err
			}
			if got < d.size {
				copy(g, next)
				d.w, d.size, d.step, better = to, got, step, true
				damping = damping / 10
				break
			}
			if step == 0 {
				break
			}
			damping = max(damping, 1e-8) * 10
		}
		if !better {
			break
		}
		if s.Radius > 0 && distance(d.w, w) > s.Radius {
			d.left = true
			break
		}
	}
	return d, nil
}

// newtonStep adds −(H² + damping)⁻¹Hg to w and gives its length.
func newtonStep(h *Spectrum, g []float64, damping float64, w []float64) float64 {
	length := 0.0
	for i, λ := range h.Values {
		if λ == 0 {
			continue
		}
		c := -λ / (λ*λ + damping) * dense.Dot(h.Vectors[i], g)
		dense.AddTo(w, h.Vectors[i], c)
		length += c * c
	}
	return math.Sqrt(length)
}

func (p *Probe) gradientSize(ctx context.Context, w, g []float64) (float64, error) {
	if err := p.Move(w); err != nil {
		return 0, err
	}
	e, err := p.Gradient(ctx, g)
	if err != nil {
		return 0, err
	}
	size := dense.Norm(g)
	if math.IsNaN(e) || math.IsInf(e, 0) || math.IsNaN(size) || math.IsInf(size, 0) {
		return 0, &NotFinite{0}
	}
	return size, nil
}

func distance(a, b []float64) float64 {
	d := slices.Clone(a)
	dense.AddTo(d, b, -1)
	return dense.Norm(d)
}

// sameShare is the distance of two points, as a share of 1 + ‖w‖, at which they are one.
const sameShare = 1e-5

// merge adds a search's end to the points, or to one that is there.
func (p *Probe) merge(ctx context.Context, f *Found, d *descent) error {
	near := sameShare * (1 + dense.Norm(d.w))
	for i := range f.Points {
		if distance(f.Points[i].W, d.w) <= near {
			f.Points[i].Found++
			return nil
		}
	}
	s, err := p.Classify(ctx, d.w)
	if err != nil {
		if nan := (*NotFinite)(nil); errors.As(err, &nan) {
			f.NotFinite++
			return nil
		}
		return err
	}
	s.Found = 1
	f.Points = append(f.Points, *s)
	return nil
}

// Classify looks at a stationary point, whose place is taken to be known to a ten-millionth of
// 1 + ‖w‖.
func (p *Probe) Classify(ctx context.Context, w []float64) (*Stationary, error) {
	s := &Stationary{W: slices.Clone(w)}
	g := make([]float64, p.Size())
	var err error
	if s.Gradient, err = p.gradientSize(ctx, w, g); err != nil {
		return nil, err
	}
	if s.E, err = p.Loss(ctx); err != nil {
		return nil, err
	}
	h, err := p.Spectrum(ctx, true, nil)
	if err != nil {
		return nil, err
	}
	s.Values = h.Values
	scaleW := 1 + dense.Norm(w)
	change, err := p.change(ctx, h, w, 1e-3*scaleW)
	if err != nil {
		return nil, err
	}
	s.Error = h.Error + change/1e-3*1e-7
	s.Inertia = h.Inertia(s.Error)
	switch {
	case s.Negative > 0 && s.Positive > 0:
		s.Kind = Saddle
	case s.Zero > 0:
		s.Kind = Degenerate
	case s.Negative > 0:
		s.Kind = Maximum
	default:
		s.Kind = Minimum
	}
	s.Check, err = p.check(ctx, h, w, g, s.E, 1e-2*scaleW)
	return s, err
}

// directions are the vectors that E is looked at along around a point.
func directions(n int) [][]float64 {
	var out [][]float64
	for i := range 6 {
		v := make([]float64, n)
		normal(v, 1, drawStart, i)
		dense.Scale(v, 1/dense.Norm(v))
		out = append(out, v)
	}
	return out
}

// change is the largest difference of H at a distance from w, seen by its products.
func (p *Probe) change(ctx context.Context, h *Spectrum, w []float64, radius float64) (float64, error) {
	most := 0.0
	hv := make([]float64, p.Size())
	for _, v := range directions(p.Size()) {
		at := slices.Clone(w)
		dense.AddTo(at, v, radius)
		if err := p.Move(at); err != nil {
			return 0, err
		}
		for _, u := range [][]float64{v, h.Vectors[0], h.Vectors[len(h.Vectors)-1]} {
			if err := p.HVP(ctx, hv, u); err != nil {
				return 0, err
			}
			for i, λ := range h.Values {
				dense.AddTo(hv, h.Vectors[i], -λ*dense.Dot(h.Vectors[i], u))
			}
			if c := dense.Norm(hv); c > most || math.IsNaN(c) {
				most = c
			}
		}
	}
	return most, p.Move(w)
}

// check compares E at a distance with the linear and the quadratic model.
func (p *Probe) check(ctx context.Context, h *Spectrum, w, g []float64, e, radius float64) (Check, error) {
	c := Check{Radius: radius}
	for _, v := range directions(p.Size()) {
		for _, r := range []float64{radius, -radius} {
			at := slices.Clone(w)
			dense.AddTo(at, v, r)
			if err := p.Move(at); err != nil {
				return c, err
			}
			there, err := p.Loss(ctx)
			if err != nil {
				return c, err
			}
			bend := 0.0
			for i, λ := range h.Values {
				x := dense.Dot(h.Vectors[i], v)
				bend += λ * x * x
			}
			δ, line := there-e, r*dense.Dot(g, v)
			c.Change = math.Max(c.Change, math.Abs(δ))
			c.Linear = math.Max(c.Linear, math.Abs(δ-line))
			c.Quadratic = math.Max(c.Quadratic, math.Abs(δ-line-r*r*bend/2))
		}
	}
	return c, p.Move(w)
}
