package surface

import (
	"context"
	"fmt"
	"math"

	"github.com/godescent/descent/curvature"
	"github.com/godescent/descent/tensor"
)

// Space is what E is looked at over: w [W], and behind it the running statistics [S]
// of batch normalisation if they are a part of the directions.
type Space struct {
	Probe *curvature.Probe
	// Running, if not nil, is the memory that the probe's source reads its running
	// statistics from; a point then has W+S numbers.
	Running *tensor.Array
}

// Size is the length of a point.
func (s *Space) Size() int {
	if s.Running != nil {
		return s.Probe.Size() + s.Running.Size()
	}
	return s.Probe.Size()
}

// Loss is E at a point. It may be NaN or infinite.
func (s *Space) Loss(ctx context.Context, at []float64) (float64, error) {
	if len(at) != s.Size() {
		return 0, fmt.Errorf("surface: a point of %d numbers, and E is over %d", len(at), s.Size())
	}
	n := s.Probe.Size()
	if s.Running != nil {
		for i, x := range at[n:] {
			s.Running.SetAt(i, x)
		}
	}
	if err := s.Probe.Move(at[:n]); err != nil {
		return 0, err
	}
	return s.Probe.Loss(ctx)
}

// Plane is the points Origin + a·A + b·B.
type Plane struct {
	Origin, A, B []float64
}

// At stores the point of a, b.
func (p *Plane) At(to []float64, a, b float64) {
	for i, o := range p.Origin {
		to[i] = o + a*p.A[i] + b*p.B[i]
	}
}

// Shadow is where a point lies beside a plane: at a, b is the plane's nearest point.
type Shadow struct {
	A, B float64
	// Residual is the share of its distance from the origin that the plane does not
	// show: √(1 − |shadow|²/|distance|²), 0 in the plane and 1 across it.
	Residual float64
	Distance float64 // from the origin
}

// Project is the shadow of a point, by least squares.
func (p *Plane) Project(w []float64) (Shadow, error) {
	var aa, ab, bb, ad, bd, dd float64
	for i, x := range w {
		d := x - p.Origin[i]
		aa += p.A[i] * p.A[i]
		ab += p.A[i] * p.B[i]
		bb += p.B[i] * p.B[i]
		ad += p.A[i] * d
		bd += p.B[i] * d
		dd += d * d
	}
	det := aa*bb - ab*ab
	if !(det > 1e-12*aa*bb) {
		return Shadow{}, fmt.Errorf("surface: the two directions are one; they span no plane")
	}
	s := Shadow{A: (ad*bb - bd*ab) / det, B: (bd*aa - ad*ab) / det, Distance: math.Sqrt(dd)}
	if dd > 0 {
		s.Residual = math.Sqrt(math.Max(0, 1-(s.A*ad+s.B*bd)/dd))
	}
	return s, nil
}

// Even is n numbers from lo to hi at equal distances.
func Even(lo, hi float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = lo + (hi-lo)*float64(i)/float64(n-1)
	}
	out[n-1] = hi
	return out
}
