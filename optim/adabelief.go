package optim

import "github.com/godescent/descent/graph"

// AdaBelief (Zhuang et al. 2020) is Adam with the squared surprise, the
// gradient's distance from its moving average, in place of its square:
//
//	m ← β1·m + (1−β1)g     u ← β2·u + (1−β2)(g − m)² + ε'
//	Δw = −η (m/(1−β1ᵗ))/(√(u/(1−β2ᵗ)) + ε)
//
// g − m is of the new m. The paper has one ε in both places; Optax has two,
// eps_root and eps, as here.
type AdaBelief struct {
	made
	Beta1 float64 `hyper:"beta1" symbol:"β1" range:"[0,1) log1m" doc:"memory of the mean gradient"`
	Beta2 float64 `hyper:"beta2" symbol:"β2" range:"[0,1) log1m" doc:"memory of the squared surprise"`
	Eps   float64 `hyper:"eps" symbol:"ε" range:"[0,inf) log" doc:"added to the root"`
	Root  float64 `hyper:"eps_root" symbol:"ε'" range:"[0,inf) log" doc:"added to u in every update"`
}

// NewAdaBelief has β1 = 0.9, β2 = 0.999 and Optax's ε = ε' = 1e-16.
func NewAdaBelief() *AdaBelief { return &AdaBelief{made{true}, 0.9, 0.999, 1e-16, 1e-16} }

// Update implements Rule.
func (r *AdaBelief) Update(s *Step) graph.Value {
	η, t, g := s.Rate(), s.Tau(), s.Gradient()
	β1, β2, ε := s.Hyper(&r.Beta1), s.Hyper(&r.Beta2), s.Hyper(&r.Eps)
	m, u := s.Slot("m").Average(β1, g), s.Slot("u")
	next := u.Keep(β2.Mul(u.Last()).Add(β2.OneMinus().Mul(g.Sub(m).Square())).Add(s.Hyper(&r.Root)))
	return η.Neg().Mul(unbias(m, β1, t)).Div(s.rootPlus(unbias(next, β2, t), ε))
}

func adaBeliefEntry() Entry {
	return Entry{
		Name: "adabelief", New: func() Rule { return NewAdaBelief() }, DefaultLR: 0.001,
		Equation:  "m ← β1·m + (1−β1)g, u ← β2·u + (1−β2)(g − m)² + ε', Δw = −η (m/(1−β1ᵗ))/(√(u/(1−β2ᵗ)) + ε)",
		Latex:     `m \leftarrow \beta_1 m + (1-\beta_1) g, \quad u \leftarrow \beta_2 u + (1-\beta_2)(g - m)^2 + \varepsilon', \quad \Delta w = -\eta \frac{m/(1-\beta_1^t)}{\sqrt{u/(1-\beta_2^t)} + \varepsilon}`,
		Reference: "Zhuang et al. 2020, arXiv:2010.07468",
		Differs:   "Optax's is the same; PyTorch has none",
	}
}
