package optim

import "github.com/godescent/descent/graph"

// MARS (Yuan et al. 2024, Algorithm 2, the approximate one) is Adam on a gradient
// corrected by what it changed since the last update, which lowers its variance:
//
//	c = g + γβ1/(1−β1) (g − g₋)     c ← c/max(1, ‖c‖) per layer
//	m ← β1·m + (1−β1)c     v ← β2·v + (1−β2)c²
//	Δw = −η (m/(1−β1ᵗ))/(√(v/(1−β2ᵗ)) + ε)
//
// In the first update g₋ is g. The authors' code takes 0 for it, and has AdamW
// for vectors; here all layers are alike, and decay is weight_decay's.
type MARS struct {
	made
	Beta1 float64 `hyper:"beta1" symbol:"β1" range:"[0,1) log1m" doc:"memory of the mean corrected gradient"`
	Beta2 float64 `hyper:"beta2" symbol:"β2" range:"[0,1) log1m" doc:"memory of its mean square"`
	Gamma float64 `hyper:"gamma" symbol:"γ" range:"[0,inf) log" doc:"share of the correction"`
	Eps   float64 `hyper:"eps" symbol:"ε" range:"[0,inf) log" doc:"added to the root"`
}

// NewMARS has the paper's β1 = 0.95, β2 = 0.99, γ = 0.025, ε = 1e-8.
func NewMARS() *MARS { return &MARS{made{true}, 0.95, 0.99, 0.025, 1e-8} }

// Update implements Rule.
func (r *MARS) Update(s *Step) graph.Value {
	η, t, g, one := s.Rate(), s.Tau(), s.Gradient(), s.Graph().Const(1)
	β1, β2 := s.Hyper(&r.Beta1), s.Hyper(&r.Beta2)
	before := s.Slot("gradient")
	change := g.Sub(before.LastOr(g))
	before.Keep(g)
	c := g.Add(s.Hyper(&r.Gamma).Mul(β1).Div(β1.OneMinus()).Mul(change))
	c = s.perLayer(c, one.Div(s.layerSquare(c).Sqrt().Max(one)))
	m := unbias(s.Slot("m").Average(β1, c), β1, t)
	v := unbias(s.Slot("v").Average(β2, c.Square()), β2, t)
	return η.Neg().Mul(m).Div(s.rootPlus(v, s.Hyper(&r.Eps)))
}

func marsEntry() Entry {
	return Entry{
		Name: "mars", New: func() Rule { return NewMARS() }, DefaultLR: 0.003,
		Equation:  "c = g + γβ1/(1−β1) (g − g₋), c ← c/max(1, ‖c‖) per layer, then adam with c for g",
		Latex:     `c = g + \gamma\frac{\beta_1}{1-\beta_1}(g - g_-), \quad c \leftarrow \frac{c}{\max(1, \|c\|)} \text{ per layer}, \quad m \leftarrow \beta_1 m + (1-\beta_1) c, \quad v \leftarrow \beta_2 v + (1-\beta_2) c^2, \quad \Delta w = -\eta \frac{m/(1-\beta_1^t)}{\sqrt{v/(1-\beta_2^t)} + \varepsilon}`,
		Reference: "Yuan et al. 2024, arXiv:2411.10438, Algorithm 2",
		Differs:   "neither has it",
	}
}
