package optim

import (
	"fmt"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/graph"
)

// Likelihood is what rules by the Fisher matrix ask of E: that it is the mean, or the sum, of
// negative log likelihoods of independent targets.
type Likelihood struct {
	// Terms is the number of targets that E is the mean of, and 1 if it is their sum. 0 says that E is no such mean.
	Terms int
	// Sampled builds E at a point with targets drawn from the distribution that the model gives there, in place of the batch's.
	// Draw gives random numbers of w's type.
	Sampled func(w graph.Value, draw func(d graph.Distribution, dims ...int) graph.Value) graph.Value
}

// Terms is the number of targets that E is the mean of: with ∇Êᵢ for one of them alone, which E's
// gradient is the sum of, the Fisher matrix is Terms·Σᵢ E[∇Êᵢ∇Êᵢᵀ].
func (s *Step) Terms() float64 {
	n := s.b.Likelihood.Terms
	if n == 0 && s.ok() {
		s.fail("it wants to know how many targets E is the mean of, and its Config has no Likelihood")
	}
	return float64(n)
}

// sampled is E(w) for all of w with targets drawn from the distribution that the model itself gives,
// rank 0: a function of the seed, the rule's path and t.
//
// Cure is what to set where there is no such distribution.
func (s *Step) sampled(cure string) graph.Value {
	if !s.ok() {
		return graph.Value{}
	}
	if s.b.Likelihood.Sampled == nil {
		return s.fail("it draws targets from the distribution that a network gives, and there is none; train a network with the loss cross_entropy, binary_cross_entropy, squared_error or gaussian, or set %s", cure)
	}
	draws := 0
	e := s.b.Likelihood.Sampled(s.b.W, func(d graph.Distribution, dims ...int) graph.Value {
		draws++
		return s.random(fmt.Sprintf("targets%d", draws), d, dims...)
	})
	if !e.Valid() && s.ok() {
		return s.fail("Sampled gave no value")
	}
	return e
}

// SampledGradient is the gradient at w of E with targets drawn from the distribution that the model itself
// gives, in place of the batch's: [W]. Its mean is 0, and Terms times its covariance is the Fisher
// matrix, which for the usual losses is Gauss and Newton's. No transform acts on it. Cure is what to set, as gauss_newton=false,
// where E has no such distribution.
func (s *Step) SampledGradient(cure string) graph.Value {
	e := s.sampled(cure)
	if !e.Valid() {
		return e
	}
	g, err := autodiff.Gradient(e, s.b.W)
	if err != nil {
		return s.fail("%w", err)
	}
	return s.own(g[0])
}

// own is the part that this Step knows of a vector like all of w.
func (s *Step) own(v graph.Value) graph.Value {
	if s.part == nil {
		return v
	}
	return s.part.take(s.outer.own(v))
}
