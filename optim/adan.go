package optim

import "github.com/godescent/descent/graph"

// Adan (Xie et al. 2022) adds the gradient's change to Nesterov's idea:
//
//	d = g − g₋, 0 in the first update
//	m ← β1·m + (1−β1)g     v ← β2·v + (1−β2)d     n ← β3·n + (1−β3)(g + β2·d)²
//	Δw = −η (m/(1−β1ᵗ) + β2·v/(1−β2ᵗ))/(√(n/(1−β3ᵗ)) + ε)
//
// in the authors' code's convention, where β is the memory: the paper writes
// 1 − β for it. Optax 0.2.8 has 1 − β2, 0.08 in place of 0.92, before d and v.
type Adan struct {
	made
	Beta1 float64 `hyper:"beta1" symbol:"β1" range:"[0,1) log1m" doc:"memory of the mean gradient"`
	Beta2 float64 `hyper:"beta2" symbol:"β2" range:"[0,1) log1m" doc:"memory of the gradient's mean change, and its share in the step"`
	Beta3 float64 `hyper:"beta3" symbol:"β3" range:"[0,1) log1m" doc:"memory of the mean square"`
	Eps   float64 `hyper:"eps" symbol:"ε" range:"[0,inf) log" doc:"added to the root: gradients far below it move little"`
}

// NewAdan has the paper's β1 = 0.98, β2 = 0.92, β3 = 0.99, ε = 1e-8.
func NewAdan() *Adan { return &Adan{made{true}, 0.98, 0.92, 0.99, 1e-8} }

// Update implements Rule.
func (r *Adan) Update(s *Step) graph.Value {
	η, t, g, ε := s.Rate(), s.Tau(), s.Gradient(), s.Hyper(&r.Eps)
	β1, β2, β3 := s.Hyper(&r.Beta1), s.Hyper(&r.Beta2), s.Hyper(&r.Beta3)
	before := s.Slot("gradient")
	d := g.Sub(before.LastOr(g))
	before.Keep(g)
	m := unbias(s.Slot("m").Average(β1, g), β1, t)
	v := unbias(s.Slot("v").Average(β2, d), β2, t)
	n := unbias(s.Slot("n").Average(β3, g.Add(β2.Mul(d)).Square()), β3, t)
	return η.Neg().Mul(m.Add(β2.Mul(v))).Div(s.rootPlus(n, ε))
}

func adanEntry() Entry {
	return Entry{
		Name: "adan", New: func() Rule { return NewAdan() }, DefaultLR: 0.001,
		Equation:  "d = g − g₋, m ← β1·m + (1−β1)g, v ← β2·v + (1−β2)d, n ← β3·n + (1−β3)(g + β2·d)², Δw = −η (m/(1−β1ᵗ) + β2·v/(1−β2ᵗ))/(√(n/(1−β3ᵗ)) + ε)",
		Latex:     `d = g - g_-, \quad m \leftarrow \beta_1 m + (1-\beta_1) g, \quad v \leftarrow \beta_2 v + (1-\beta_2) d, \quad n \leftarrow \beta_3 n + (1-\beta_3)(g + \beta_2 d)^2, \quad \Delta w = -\eta \frac{m/(1-\beta_1^t) + \beta_2 v/(1-\beta_2^t)}{\sqrt{n/(1-\beta_3^t)} + \varepsilon}`,
		Reference: "Xie, Zhou, Li, Lin and Yan 2022, arXiv:2208.06677",
		Differs:   "Optax 0.2.8 has 1 − β2 where the authors have β2; the authors' weight decay divides by 1 + ηλ; PyTorch has none",
	}
}
