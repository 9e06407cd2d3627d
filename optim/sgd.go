package optim

import "github.com/godescent/descent/graph"

// SGD is gradient descent, batch or stochastic as the gradient is:
//
//	Δw(τ−1) = −η∇E(w(τ−1))
type SGD struct{ made }

// NewSGD has no hyper-parameters.
func NewSGD() *SGD { return &SGD{made{true}} }

// Update implements Rule.
func (r *SGD) Update(s *Step) graph.Value {
	η, g := s.Rate(), s.Gradient()
	return η.Neg().Mul(g)
}
