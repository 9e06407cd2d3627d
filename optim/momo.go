package optim

import "github.com/godescent/descent/graph"

// MoMo (Schaipp, Ohana, Eickenberg, Defazio and Gower 2023, Algorithm 1) is
// momentum whose step reaches the bound f* of the mean of the batches' linear
// models of E, but is no longer than η:
//
//	f ← βf + (1−β)E     γ ← βγ + (1−β)⟨g, w⟩     m ← βm + (1−β)g
//	Δw = −min(η, max(f − f* − γ + ⟨m, w⟩, 0)/‖m‖²) m
//
// In the first update f, γ and m are E, ⟨g, w⟩ and g.
type MoMo struct {
	made
	Beta float64 `hyper:"beta" alias:"momentum" symbol:"β" range:"[0,1) log1m" doc:"memory of the mean gradient and of the mean loss"`
	Min  float64 `hyper:"f_min" symbol:"f*" range:"(-inf,inf)" doc:"E's least value, or a bound below it"`
}

// NewMoMo has the paper's β = 0.9 and f* = 0.
func NewMoMo() *MoMo { return &MoMo{made{true}, 0.9, 0} }

// Update implements Rule.
func (r *MoMo) Update(s *Step) graph.Value {
	g, w, E, zero := s.Gradient(), s.W(), s.loss(), s.Graph().Const(0)
	β := s.Hyper(&r.Beta)
	keep := func(slot *Slot, x graph.Value) graph.Value {
		return slot.Keep(β.Mul(slot.LastOr(x)).Add(β.OneMinus().Mul(x)))
	}
	m := keep(s.Slot("m"), g)
	f, γ := keep(s.ScalarSlot("loss"), E), keep(s.ScalarSlot("along"), s.dot(g, w))
	gap := f.Sub(s.Hyper(&r.Min)).Sub(γ).Add(s.dot(m, w)).Max(zero)
	return s.Rate().Min(s.over(gap, s.square(m))).Neg().Mul(m)
}

func momoEntry() Entry {
	return Entry{
		Name: "momo", New: func() Rule { return NewMoMo() }, DefaultLR: 1,
		Equation:  "f ← βf + (1−β)E, γ ← βγ + (1−β)⟨g, w⟩, m ← βm + (1−β)g, Δw = −min(η, max(f − f* − γ + ⟨m, w⟩, 0)/‖m‖²) m",
		Latex:     `f \leftarrow \beta f + (1-\beta) E, \quad \gamma \leftarrow \beta\gamma + (1-\beta)\langle g, w\rangle, \quad m \leftarrow \beta m + (1-\beta) g, \quad \Delta w = -\min\left(\eta, \frac{\max(f - f^* - \gamma + \langle m, w\rangle, 0)}{\|m\|^2}\right) m`,
		Reference: "Schaipp, Ohana, Eickenberg, Defazio and Gower 2023, arXiv:2305.07583, Algorithm 1",
		Differs:   "Optax's contrib.momo without decay; PyTorch has none",
	}
}

// MoMoAdam is MoMo in Adam's metric (the paper's Algorithm 3):
//
//	m, v as in adam, f, γ as in momo with β1, all from 0     D = √(v/(1−β2ᵗ)) + ε
//	Δw = −min(η/(1−β1ᵗ), max(f − (1−β1ᵗ)f* − γ + ⟨m, w⟩, 0)/⟨m, m/D⟩) m/D
type MoMoAdam struct {
	made
	Beta1 float64 `hyper:"beta1" symbol:"β1" range:"[0,1) log1m" doc:"memory of the mean gradient and of the mean loss"`
	Beta2 float64 `hyper:"beta2" symbol:"β2" range:"[0,1) log1m" doc:"memory of the mean squared gradient"`
	Eps   float64 `hyper:"eps" symbol:"ε" range:"[0,inf) log" doc:"added to the root"`
	Min   float64 `hyper:"f_min" symbol:"f*" range:"(-inf,inf)" doc:"E's least value, or a bound below it"`
}

// NewMoMoAdam has the paper's β1 = 0.9, β2 = 0.999, ε = 1e-8, f* = 0.
func NewMoMoAdam() *MoMoAdam { return &MoMoAdam{made{true}, 0.9, 0.999, 1e-8, 0} }

// Update implements Rule.
func (r *MoMoAdam) Update(s *Step) graph.Value {
	g, t, w, zero := s.Gradient(), s.Tau(), s.W(), s.Graph().Const(0)
	β1, β2 := s.Hyper(&r.Beta1), s.Hyper(&r.Beta2)
	m := s.Slot("m").Average(β1, g)
	D := s.rootPlus(unbias(s.Slot("v").Average(β2, g.Square()), β2, t), s.Hyper(&r.Eps))
	f, γ := s.ScalarSlot("loss").Average(β1, s.loss()), s.ScalarSlot("along").Average(β1, s.dot(g, w))
	c, d := β1.Pow(t).OneMinus(), m.Div(D)
	gap := f.Sub(c.Mul(s.Hyper(&r.Min))).Sub(γ).Add(s.dot(m, w)).Max(zero)
	return s.Rate().Div(c).Min(s.over(gap, s.dot(m, d))).Neg().Mul(d)
}

func momoAdamEntry() Entry {
	return Entry{
		Name: "momo_adam", New: func() Rule { return NewMoMoAdam() }, DefaultLR: 0.01,
		Equation:  "m, v as in adam, f, γ as in momo with β1, D = √(v/(1−β2ᵗ)) + ε, Δw = −min(η/(1−β1ᵗ), max(f − (1−β1ᵗ)f* − γ + ⟨m, w⟩, 0)/⟨m, m/D⟩) m/D",
		Latex:     `D = \sqrt{v/(1-\beta_2^t)} + \varepsilon, \quad \Delta w = -\min\left(\frac{\eta}{1-\beta_1^t}, \frac{\max(f - (1-\beta_1^t) f^* - \gamma + \langle m, w\rangle, 0)}{\langle m, m/D\rangle}\right) \frac{m}{D}`,
		Reference: "Schaipp, Ohana, Eickenberg, Defazio and Gower 2023, arXiv:2305.07583, Algorithm 3",
		Differs:   "Optax's contrib.momo_adam without decay; PyTorch has none",
	}
}
