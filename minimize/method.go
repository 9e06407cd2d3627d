package minimize

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/godescent/descent/internal/dense"
)

// Probe is E at a point.
type Probe interface {
	Size() int                                                        // W
	Move(w []float64) error                                           // makes w the point
	Loss(ctx context.Context) (float64, error)                        // E
	Gradient(ctx context.Context, g []float64) (e float64, err error) // E and ∇E
	HVP(ctx context.Context, out, v []float64) error                  // Hv
}

// GaussNewtonProbe also has products with the Gauss-Newton matrix JᵀH_L J, which is never negative.
type GaussNewtonProbe interface {
	Probe
	GaussNewton(ctx context.Context, out, v []float64) error
}

// State is where a method stands.
type State struct {
	W, G []float64 // the point and ∇E there
	E    float64
	Step int // steps done

	LastW, LastG []float64 // of the step before; nil at first
	LastD        []float64 // the direction that was taken
	Counts       Counts
}

// Counts are what was asked of a Probe.
type Counts struct{ Loss, Gradient, HVP int }

// Direction gives the way to go: d, with gᵀd < 0 unless g = 0. It may keep what it has learnt.
type Direction interface {
	Direction(ctx context.Context, p Probe, s *State) ([]float64, error)
}

// Search goes along d and leaves the State at the new point, with E and ∇E there. Where it finds no lower
// point it leaves the State as it is and reports false.
type Search interface {
	Search(ctx context.Context, p Probe, s *State, d []float64) (moved bool, err error)
}

// Method is a Direction with a Search.
type Method struct {
	Name      string
	Direction Direction
	Search    Search
}

// Limits end a run; a zero field is no limit.
type Limits struct {
	Steps    int
	Gradient float64 // ‖∇E‖ at or below it
}

// Result is a run that ended: at a limit, or where no lower point was found along the direction.
type Result struct {
	State
	Stuck bool // no lower point was found: as good as the arithmetic allows, or no direction of descent
}

// Begin is the State at a point.
func Begin(ctx context.Context, p Probe, w []float64) (*State, error) {
	s := &State{W: slices.Clone(w), G: make([]float64, len(w))}
	if len(w) != p.Size() {
		return nil, fmt.Errorf("minimize: a point of %d numbers, and E has %d", len(w), p.Size())
	}
	err := s.measure(ctx, p, s.W)
	if err == nil && (math.IsNaN(s.E) || math.IsInf(s.E, 0)) {
		err = fmt.Errorf("minimize: E is %v at the first point", s.E)
	}
	return s, err
}

// measure takes E and ∇E at w.
func (s *State) measure(ctx context.Context, p Probe, w []float64) error {
	if err := p.Move(w); err != nil {
		return err
	}
	s.Counts.Gradient++
	var err error
	s.E, err = p.Gradient(ctx, s.G)
	return err
}

// Next makes one step and reports whether there was one.
func (m *Method) Next(ctx context.Context, p Probe, s *State) (bool, error) {
	if err := p.Move(s.W); err != nil {
		return false, err
	}
	d, err := m.Direction.Direction(ctx, p, s)
	if err != nil {
		return false, fmt.Errorf("%s: %w", m.Name, err)
	}
	w, g := slices.Clone(s.W), slices.Clone(s.G)
	moved, err := m.Search.Search(ctx, p, s, d)
	if err != nil || !moved {
		return false, err
	}
	s.LastW, s.LastG, s.LastD = w, g, d
	s.Step++
	return true, nil
}

// Run makes steps from w until a limit. Report, if not nil, is told the State at first and after each step.
func (m *Method) Run(ctx context.Context, p Probe, w []float64, l Limits, report func(*State)) (*Result, error) {
	s, err := Begin(ctx, p, w)
	if err != nil {
		return nil, err
	}
	if report == nil {
		report = func(*State) {}
	}
	report(s)
	for l.Steps == 0 || s.Step < l.Steps {
		if n := dense.Norm(s.G); n == 0 || n <= l.Gradient {
			break
		}
		if err := ctx.Err(); err != nil {
			return &Result{State: *s}, err
		}
		moved, err := m.Next(ctx, p, s)
		if err != nil {
			return &Result{State: *s}, err
		}
		if !moved {
			return &Result{State: *s, Stuck: true}, nil
		}
		report(s)
	}
	return &Result{State: *s}, nil
}

// along is w + αd.
func along(w []float64, α float64, d []float64) []float64 {
	out := make([]float64, len(w))
	for i, x := range w {
		out[i] = x + float64(α*d[i])
	}
	return out
}

// negative is −x.
func negative(x []float64) []float64 {
	out := make([]float64, len(x))
	for i, a := range x {
		out[i] = -a
	}
	return out
}

// minus is x − y.
func minus(x, y []float64) []float64 { return along(x, -1, y) }
