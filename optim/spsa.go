package optim

import "github.com/godescent/descent/graph"

// SPSA is simultaneous perturbation stochastic approximation (Spall 1992). It takes
// no gradient: E at two points on a random line stands for it.
//
//	Δᵢ = ±1 with equal chances     c = c0/tᵞ
//	Δw = −η (E(w + cΔ) − E(w − cΔ))/(2c) Δ
//
// Its mean is the gradient's step up to O(c²), its variance grows with the number
// of weights: it is for a few hundred of them. Spall's gain a/(A + t)^0.602 is the
// schedule power. In float32 c must stay large enough for E's digits.
type SPSA struct {
	made
	C     float64 `hyper:"perturbation" symbol:"c0" range:"(0,inf) log" doc:"distance of the two points, per weight, in the first update"`
	Gamma float64 `hyper:"gamma" symbol:"γ" range:"[0,inf)" doc:"how fast the distance falls"`
}

// NewSPSA has Spall's γ = 0.101, and c0 = 0.01.
func NewSPSA() *SPSA { return &SPSA{made{true}, 0.01, 0.101} }

// Update implements Rule.
func (r *SPSA) Update(s *Step) graph.Value {
	η, w := s.Rate(), s.W()
	c := s.Hyper(&r.C).Div(s.Tau().Pow(s.Hyper(&r.Gamma)))
	u := s.Random("direction", graph.Uniform)
	if !u.Valid() {
		return u
	}
	Δ := u.Less(s.Graph().Const(0.5)).Scale(-2).Plus(1)
	step := c.Mul(Δ)
	slope := s.LossAt(w.Add(step)).Sub(s.LossAt(w.Sub(step))).Cast(c.DType()).Div(c.Scale(2))
	return η.Mul(slope).Neg().Mul(Δ)
}

func spsaEntry() Entry {
	return Entry{
		Name: "spsa", New: func() Rule { return NewSPSA() }, DefaultLR: 0.01,
		Equation:  "Δᵢ = ±1 at random, c = c0/tᵞ, Δw = −η (E(w + cΔ) − E(w − cΔ))/(2c) Δ",
		Latex:     `\Delta_i = \pm 1 \text{ at random}, \quad c = c_0/t^\gamma, \quad \Delta w = -\eta \frac{E(w + c\Delta) - E(w - c\Delta)}{2c} \Delta`,
		Reference: "Spall 1992, IEEE Transactions on Automatic Control 37(3)",
		Differs:   "neither has it",
	}
}
