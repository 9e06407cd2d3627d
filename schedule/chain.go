package schedule

import "github.com/godescent/descent/graph"

// Chain follows one schedule after another, each from its own τ = 0, and the
// last for ever:
//
//	η = sᵢ(τ − nᵢ) for nᵢ ≤ τ < nᵢ₊₁
//
// It is Optax's join_schedules and PyTorch's SequentialLR. All start from the
// same η0; a part that goes on where another ended says so by its parameters.
type Chain struct {
	Parts []Schedule
	At    []int // where the second, third, ... begin, ascending
}

// Rate implements Schedule.
func (s *Chain) Rate(g *graph.Graph, η0, τ graph.Value) graph.Value {
	if len(s.Parts) != len(s.At)+1 {
		return g.Fail("chain", "%d schedules meet at %d places; want one place fewer than schedules", len(s.Parts), len(s.At))
	}
	η := s.Parts[0].Rate(g, η0, τ)
	for i, n := range s.At {
		if i > 0 && n < s.At[i-1] {
			return g.Fail("chain", "a schedule begins at %d, before the one in front of it at %d", n, s.At[i-1])
		}
		begin := g.Const(float64(n))
		next := s.Parts[i+1].Rate(g, η0, τ.Sub(begin).Max(g.Const(0)))
		η = graph.Where(τ.GreaterEqual(begin), next, η)
	}
	return η
}
