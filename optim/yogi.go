package optim

import "github.com/godescent/descent/graph"

// Yogi (Zaheer et al. 2018) moves Adam's v by an amount that does not depend on
// v's own size, so that it forgets slowly:
//
//	m ← β1·m + (1−β1)g     v ← v − (1−β2) sign(v − g²) g²
//	Δw = −η (m/(1−β1ᵗ))/(√(v/(1−β2ᵗ)) + ε)
//
// v starts at v0 and m at 0. Optax and the authors' code start m at v0 too, and
// correct the bias as if both had started at 0, as here; the paper corrects none.
type Yogi struct {
	made
	Beta1 float64 `hyper:"beta1" symbol:"β1" range:"[0,1) log1m" doc:"memory of the mean gradient"`
	Beta2 float64 `hyper:"beta2" symbol:"β2" range:"[0,1) log1m" doc:"memory of the squared gradient"`
	Eps   float64 `hyper:"eps" symbol:"ε" range:"[0,inf) log" doc:"added to the root: gradients far below it move little"`
	First float64 `hyper:"initial" symbol:"v0" range:"[0,inf) log" doc:"first value of v"`
}

// NewYogi has the paper's β1 = 0.9, β2 = 0.999, ε = 1e-3, v0 = 1e-6.
func NewYogi() *Yogi { return &Yogi{made{true}, 0.9, 0.999, 1e-3, 1e-6} }

// Update implements Rule.
func (r *Yogi) Update(s *Step) graph.Value {
	η, t, g := s.Rate(), s.Tau(), s.Gradient()
	β1, β2, ε := s.Hyper(&r.Beta1), s.Hyper(&r.Beta2), s.Hyper(&r.Eps)
	m, v := unbias(s.Slot("m").Average(β1, g), β1, t), s.Slot("v")
	last, g2 := v.LastOr(s.Hyper(&r.First)), g.Square()
	next := v.Keep(last.Sub(β2.OneMinus().Mul(last.Sub(g2).Sign()).Mul(g2)))
	return η.Neg().Mul(m).Div(s.rootPlus(unbias(next, β2, t), ε))
}

func yogiEntry() Entry {
	return Entry{
		Name: "yogi", New: func() Rule { return NewYogi() }, DefaultLR: 0.01,
		Equation:  "m ← β1·m + (1−β1)g, v ← v − (1−β2) sign(v − g²) g², Δw = −η (m/(1−β1ᵗ))/(√(v/(1−β2ᵗ)) + ε)",
		Latex:     `m \leftarrow \beta_1 m + (1-\beta_1) g, \quad v \leftarrow v - (1-\beta_2) \operatorname{sign}(v - g^2)\, g^2, \quad \Delta w = -\eta \frac{m/(1-\beta_1^t)}{\sqrt{v/(1-\beta_2^t)} + \varepsilon}`,
		Reference: "Zaheer, Reddi, Sachan, Kale and Kumar 2018",
		Differs:   "Optax's with m starting at 0 instead of v0; PyTorch has none",
	}
}
