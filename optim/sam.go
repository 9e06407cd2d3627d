package optim

import "github.com/godescent/descent/graph"

// SAM (sharpness-aware minimisation, Foret et al. 2021) gives a rule the
// gradient at the worst point nearby, in every place where it asks for one:
//
//	g = ∇E(w + ρ∇E(w)/‖∇E(w)‖)
//
// It costs a second gradient. A zero gradient stays where it is. The norm is
// over all weights, as in the authors' code.
type SAM struct {
	made
	Rho  float64 `hyper:"sam" symbol:"ρ" range:"[0,inf) log" doc:"distance of the point at which the gradient is taken"`
	Rule Rule    `part:""`
}

// NewSAM has the paper's ρ = 0.05.
func NewSAM(r Rule) *SAM { return &SAM{made{true}, 0.05, r} }

// Update implements Rule.
func (r *SAM) Update(s *Step) graph.Value {
	ρ := s.Hyper(&r.Rho)
	return s.UpdateWithin(r.Rule, View{GradientAt: func(at graph.Value) graph.Value {
		g := s.GradientAt(at)
		norm := g.Square().SumAll().Sqrt()
		return s.GradientAt(at.Add(g.Mul(ρ.Div(s.positive(norm.Cast(ρ.DType()))))))
	}})
}
