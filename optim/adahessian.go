package optim

import "github.com/godescent/descent/graph"

// AdaHessian is Adam with the Hessian's diagonal in place of the gradient in the denominator (Yao et al. 2021, Algorithm 1):
//
//	D = z∘Hz, zᵢ = ±1 at random (Hutchinson's estimate of the diagonal), for t ≤ k and every k updates after
//	m ← β1·m + (1−β1)g     v ← β2·v + (1−β2)D²
//	Δw = −η (m/(1−β1ᵗ))/((v/(1−β2ᵗ))^(p/2) + ε)
//
// The paper's mean of D over neighbours within a kernel is not taken. A product Hz costs about two gradients; with
// k above 1 the updates between take the last D again, once v is of more than one.
type AdaHessian struct {
	made
	Beta1 float64 `hyper:"beta1" symbol:"β1" range:"[0,1) log1m" doc:"memory of the mean gradient"`
	Beta2 float64 `hyper:"beta2" symbol:"β2" range:"[0,1) log1m" doc:"memory of the mean squared diagonal"`
	Eps   float64 `hyper:"eps" symbol:"ε" range:"[0,inf) log" doc:"added to the denominator"`
	Power float64 `hyper:"hessian_power" symbol:"p" range:"(0,1]" doc:"1 for Newton's step, less for one between it and the gradient's"`
	Every int     `hyper:"every" symbol:"k" range:"[1,inf)" doc:"number of updates between two products"`
}

// NewAdaHessian has the paper's β1 = 0.9, β2 = 0.999, p = 1 and k = 1; ε is the code's 1e-4.
func NewAdaHessian() *AdaHessian { return &AdaHessian{made{true}, 0.9, 0.999, 1e-4, 1, 1} }

// Update implements Rule.
func (r *AdaHessian) Update(s *Step) graph.Value {
	η, t, ε := s.Rate(), s.Tau(), s.Hyper(&r.Eps)
	β1, β2 := s.Hyper(&r.Beta1), s.Hyper(&r.Beta2)
	m := unbias(s.Slot("m").Average(β1, s.Gradient()), β1, t)
	z := s.Random("probe", graph.Signs)
	D := z.Mul(s.HVP(z))
	if r.Every > 1 {
		last := s.Slot("diagonal")
		D = last.Keep(graph.Where(s.often(r.Every), D, last.Last()))
	}
	v := unbias(s.Slot("v").Average(β2, D.Square()), β2, t)
	return η.Neg().Mul(m).Div(v.Pow(s.Hyper(&r.Power).Scale(0.5)).Add(s.positive(ε)))
}

func adaHessianEntry() Entry {
	return Entry{
		Name: "adahessian", New: func() Rule { return NewAdaHessian() }, DefaultLR: 0.1,
		Equation:  "D = z∘Hz, zᵢ = ±1 at random, every k updates, m ← β1·m + (1−β1)g, v ← β2·v + (1−β2)D², Δw = −η m̂/(v̂^(p/2) + ε)",
		Latex:     `D = z \circ Hz \text{ every } k, \quad v \leftarrow \beta_2 v + (1-\beta_2) D^2, \quad \Delta w = -\eta \frac{\hat m}{\hat v^{p/2} + \varepsilon}`,
		Reference: "Yao et al. 2021, arXiv:2006.00719",
		Differs:   "as pytorch_optimizer's AdaHessian, which with k above 1 leaves v alone between two products and still corrects its bias by t; the authors average D over a kernel's places",
	}
}
