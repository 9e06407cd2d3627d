package optim

import "github.com/godescent/descent/graph"

// SPSA is simultaneous perturbation stochastic approximation (Spall 1992). It takes
// no gradient: E at two points on a random line stands for it.
//
//	Δᵢ = ±1 with equal chances     c = c0/tᵞ     a = η((A + 1)/(A + t))^α
//	Δw = −a (E(w + cΔ) − E(w − cΔ))/(2c) Δ
//
// The gains are Spall's (1998, IEEE Transactions on Aerospace and Electronic Systems 34(3), section III.B), with η the first
// one; he advises an A of a tenth of the updates at most, stability=0.1*K. The step's mean is the gradient's up to O(c²). On a
// quadratic it converges while a(trace H + 2λmax) < 2, as E‖(1 − aΔΔᵀH)w‖² shows, where the gradient's own needs aλmax < 2:
// the rate is smaller by the number of directions that matter, and so is what an update gains. In float32 c must stay
// large enough for E's digits.
type SPSA struct {
	made
	Alpha float64 `hyper:"alpha" symbol:"α" range:"[0,inf)" doc:"how fast the rate falls"`
	A     float64 `hyper:"stability" symbol:"A" range:"[0,inf)" doc:"number of updates before it falls much"`
	C     float64 `hyper:"perturbation" symbol:"c0" range:"(0,inf) log" doc:"distance of the two points, per weight, in the first update"`
	Gamma float64 `hyper:"gamma" symbol:"γ" range:"[0,inf)" doc:"how fast the distance falls"`
}

// NewSPSA has Spall's α = 0.602 and γ = 0.101, A = 100 and c0 = 0.01.
func NewSPSA() *SPSA { return &SPSA{made{true}, 0.602, 100, 0.01, 0.101} }

// Update implements Rule.
func (r *SPSA) Update(s *Step) graph.Value {
	A, t, w := s.Hyper(&r.A), s.Tau(), s.W()
	η := s.Rate().Mul(A.Plus(1).Div(A.Add(t)).Pow(s.Hyper(&r.Alpha)))
	c := s.Hyper(&r.C).Div(t.Pow(s.Hyper(&r.Gamma)))
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
		Name: "spsa", New: func() Rule { return NewSPSA() }, DefaultLR: 0.001,
		Equation:  "Δᵢ = ±1 at random, c = c0/tᵞ, a = η((A+1)/(A+t))^α, Δw = −a (E(w + cΔ) − E(w − cΔ))/(2c) Δ",
		Latex:     `\Delta_i = \pm 1 \text{ at random}, \quad c = c_0/t^\gamma, \quad a = \eta \left(\frac{A+1}{A+t}\right)^\alpha, \quad \Delta w = -a \frac{E(w + c\Delta) - E(w - c\Delta)}{2c} \Delta`,
		Reference: "Spall 1992, IEEE Transactions on Automatic Control 37(3); gains of Spall 1998, IEEE Transactions on Aerospace and Electronic Systems 34(3)",
		Differs:   "neither has it",
	}
}
