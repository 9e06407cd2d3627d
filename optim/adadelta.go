package optim

import "github.com/godescent/descent/graph"

// AdaDelta (Zeiler 2012) makes a step as large as the steps it made before, so
// that its units are those of w and η can stay at 1:
//
//	E ← ρE + (1−ρ)g²
//	d = g √(D + ε)/√(E + ε)
//	D ← ρD + (1−ρ)d²
//	Δw = −ηd
//
// This is the paper's Algorithm 1 (which has no η), PyTorch's and Optax's rule.
// Since D starts at 0, ε is what it starts to move by, and must not be 0.
type AdaDelta struct {
	made
	Rho float64 `hyper:"rho" symbol:"ρ" range:"[0,1) log1m" doc:"memory of the mean squares"`
	Eps float64 `hyper:"eps" symbol:"ε" range:"(0,inf) log" doc:"added inside both roots: the size of the first steps"`
}

// NewAdaDelta has ρ = 0.9 and ε = 1e-6, as PyTorch and Optax have; the paper also tries ρ = 0.95.
func NewAdaDelta() *AdaDelta { return &AdaDelta{made{true}, 0.9, 1e-6} }

// Update implements Rule.
func (r *AdaDelta) Update(s *Step) graph.Value {
	η, ρ, ε, g := s.Rate(), s.Hyper(&r.Rho), s.Hyper(&r.Eps), s.Gradient()
	D := s.Slot("step_square")
	E := s.Slot("v").Average(ρ, g.Square())
	d := g.Mul(D.Last().Add(ε).Sqrt()).Div(E.Add(ε).Sqrt())
	D.Average(ρ, d.Square())
	return η.Neg().Mul(d)
}

func adaDeltaEntry() Entry {
	return Entry{
		Name: "adadelta", New: func() Rule { return NewAdaDelta() }, DefaultLR: 1,
		Equation:  "E ← ρE + (1−ρ)g², d = g√(D + ε)/√(E + ε), D ← ρD + (1−ρ)d², Δw = −ηd",
		Latex:     `E \leftarrow \rho E + (1-\rho) g^2, \quad d = g\, \frac{\sqrt{D + \varepsilon}}{\sqrt{E + \varepsilon}}, \quad D \leftarrow \rho D + (1-\rho) d^2, \quad \Delta w = -\eta d`,
		Reference: "Zeiler 2012, arXiv:1212.5701",
		Differs:   "PyTorch's and Optax's are the same",
	}
}
