package optim

import "github.com/godescent/descent/graph"

// LaProp (Ziyin, Wang and Ueda 2020) averages the divided gradient instead of
// dividing the averaged one, which parts β1 from β2:
//
//	v ← β2·v + (1−β2)g²     m ← β1·m + (1−β1) g/(√(v/(1−β2ᵗ)) + ε)
//	Δw = −η m/(1−β1ᵗ)
//
// η is outside the average, as in the paper; the authors' code has it inside:
// the same while η is constant.
type LaProp struct {
	made
	Beta1 float64 `hyper:"beta1" symbol:"β1" range:"[0,1) log1m" doc:"memory of the mean divided gradient"`
	Beta2 float64 `hyper:"beta2" symbol:"β2" range:"[0,1) log1m" doc:"memory of the mean squared gradient"`
	Eps   float64 `hyper:"eps" symbol:"ε" range:"[0,inf) log" doc:"added to the root: gradients far below it move little"`
}

// NewLaProp has the paper's β1 = 0.9, β2 = 0.999, and ε = 1e-15.
func NewLaProp() *LaProp { return &LaProp{made{true}, 0.9, 0.999, 1e-15} }

// Update implements Rule.
func (r *LaProp) Update(s *Step) graph.Value {
	η, t, g := s.Rate(), s.Tau(), s.Gradient()
	β1, β2, ε := s.Hyper(&r.Beta1), s.Hyper(&r.Beta2), s.Hyper(&r.Eps)
	v := unbias(s.Slot("v").Average(β2, g.Square()), β2, t)
	m := s.Slot("m").Average(β1, g.Div(s.rootPlus(v, ε)))
	return η.Neg().Mul(unbias(m, β1, t))
}

func laPropEntry() Entry {
	return Entry{
		Name: "laprop", New: func() Rule { return NewLaProp() }, DefaultLR: 0.001,
		Equation:  "v ← β2·v + (1−β2)g², m ← β1·m + (1−β1) g/(√(v/(1−β2ᵗ)) + ε), Δw = −η m/(1−β1ᵗ)",
		Latex:     `v \leftarrow \beta_2 v + (1-\beta_2) g^2, \quad m \leftarrow \beta_1 m + (1-\beta_1) \frac{g}{\sqrt{v/(1-\beta_2^t)} + \varepsilon}, \quad \Delta w = -\eta \frac{m}{1-\beta_1^t}`,
		Reference: "Ziyin, Wang and Ueda 2020, arXiv:2002.04839",
		Differs:   "the authors' code has η inside the average: the same while η is constant; neither PyTorch nor Optax has it",
	}
}
