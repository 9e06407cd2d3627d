package schedule

import "github.com/godescent/descent/graph"

// MultiStep is multiplied by a factor twice:
//
//	η = η0 for τ < n1, c·η0 for n1 ≤ τ < n2, c²·η0 from n2
//
// Piecewise takes any number of drops. It is PyTorch's MultiStepLR.
type MultiStep struct {
	First  int     `hyper:"first" symbol:"n1" range:"[0,inf)" doc:"number of updates before the first drop"`
	Second int     `hyper:"second" symbol:"n2" range:"[0,inf)" doc:"number of updates before the second drop"`
	Factor float64 `hyper:"factor" symbol:"c" range:"(0,inf) log" doc:"what the rate is multiplied by at a drop"`
}

// NewMultiStep drops to a tenth after a half and after three quarters of the
// given number of updates, as He et al. 2016 do.
func NewMultiStep(steps int) *MultiStep {
	return &MultiStep{First: (steps + 1) / 2, Second: (3*steps + 3) / 4, Factor: 0.1}
}

// Rate implements Schedule.
func (s *MultiStep) Rate(g *graph.Graph, η0, τ graph.Value) graph.Value {
	p := &Piecewise{At: []int{s.First, s.Second}, Factors: []float64{s.Factor, s.Factor}}
	return p.Rate(g, η0, τ)
}

// Piecewise is constant but for changes by given factors at given updates:
//
//	η = η0·Π{cᵢ : nᵢ ≤ τ}
//
// It is Optax's piecewise_constant_schedule. At and Factors are of one length.
type Piecewise struct {
	At      []int
	Factors []float64
}

// Rate implements Schedule.
func (s *Piecewise) Rate(g *graph.Graph, η0, τ graph.Value) graph.Value {
	if len(s.At) != len(s.Factors) {
		return g.Fail("piecewise", "%d places and %d factors; give one for each", len(s.At), len(s.Factors))
	}
	η := η0
	for i, n := range s.At {
		η = η.Mul(graph.Where(τ.GreaterEqual(g.Const(float64(n))), g.Const(s.Factors[i]), g.Const(1)))
	}
	return η
}
