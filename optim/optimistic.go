package optim

import "github.com/godescent/descent/graph"

// Optimistic is the optimistic gradient method (Popov 1980; Daskalakis et al.
// 2018), which expects the gradient to change as it has just changed:
//
//	Δw = −η ((α + β)g − βg₋)     g₋ = g in the first update
//
// It converges in games where gradient descent circles. Optax's is the same.
type Optimistic struct {
	made
	Alpha float64 `hyper:"alpha" symbol:"α" range:"[0,inf)" doc:"weight of the gradient"`
	Beta  float64 `hyper:"beta" symbol:"β" range:"[0,inf)" doc:"weight of its change"`
}

// NewOptimistic has α = β = 1.
func NewOptimistic() *Optimistic { return &Optimistic{made{true}, 1, 1} }

// Update implements Rule.
func (r *Optimistic) Update(s *Step) graph.Value {
	η, α, β, g := s.Rate(), s.Hyper(&r.Alpha), s.Hyper(&r.Beta), s.Gradient()
	before := s.Slot("gradient")
	last := before.LastOr(g)
	before.Keep(g)
	return η.Neg().Mul(α.Add(β).Mul(g).Sub(β.Mul(last)))
}

func optimisticEntry() Entry {
	return Entry{
		Name: "optimistic", New: func() Rule { return NewOptimistic() }, DefaultLR: 0.05,
		Equation:  "Δw = −η ((α + β)g − βg₋)",
		Latex:     `\Delta w = -\eta\, ((\alpha + \beta) g - \beta g_-)`,
		Reference: "Popov 1980; Daskalakis, Ilyas, Syrgkanis and Zeng 2018, arXiv:1711.00141",
		Differs:   "Optax's optimistic_gradient_descent is the same; PyTorch has none",
	}
}
