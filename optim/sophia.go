package optim

import "github.com/godescent/descent/graph"

// Sophia divides the mean gradient by an estimate of the Hessian's diagonal and limits every number of the result (Liu et al.
// 2023, Algorithm 3):
//
//	m ← β1·m + (1−β1)g
//	h ← β2·h + (1−β2)ĥ at t = 1 and every k updates after
//	ĥ = u∘Hu, u normal (Hutchinson's estimator, Algorithm 1: Sophia-H)
//	ĥ = B·ĝ∘ĝ with gauss_newton (Gauss, Newton and Bartlett's, Algorithm 2: Sophia-G)
//	Δw = −η·clip(m/max(γh, ε), 1)
//
// ĝ is the gradient of E with targets drawn from the distribution that the network itself gives, and B the number of targets
// that E is the mean of. Where h is not positive the step is one of the sign; Sophia-G's h is not negative. The compiled
// step computes ĥ in every k-th update alone.
type Sophia struct {
	made
	Beta1       float64 `hyper:"beta1" symbol:"β1" range:"[0,1) log1m" doc:"memory of the mean gradient"`
	Beta2       float64 `hyper:"beta2" symbol:"β2" range:"[0,1) log1m" doc:"memory of the Hessian's diagonal"`
	Gamma       float64 `hyper:"gamma" symbol:"γ" range:"(0,inf) log" doc:"factor of the diagonal: smaller limits more numbers; the paper has 0.05 with gauss_newton"`
	Eps         float64 `hyper:"eps" symbol:"ε" range:"[0,inf) log" doc:"smallest denominator"`
	Every       int     `hyper:"every" symbol:"k" range:"[1,inf)" doc:"number of updates between two estimates"`
	GaussNewton bool    `hyper:"gauss_newton" doc:"estimate by targets drawn from the network's answer (Sophia-G) in place of products with the Hessian"`
}

// NewSophia has the paper's β1 = 0.96, β2 = 0.99, γ = 0.01, ε = 1e-12 and k = 10, with Hutchinson's estimator.
func NewSophia() *Sophia { return &Sophia{made{true}, 0.96, 0.99, 0.01, 1e-12, 10, false} }

// Update implements Rule.
func (r *Sophia) Update(s *Step) graph.Value {
	η, β2, γ, one := s.Rate(), s.Hyper(&r.Beta2), s.Hyper(&r.Gamma), s.Graph().Const(1)
	m := s.Slot("m").Average(s.Hyper(&r.Beta1), s.Gradient())
	h := s.Slot("h")
	next := β2.Mul(h.Last()).Add(β2.OneMinus().Mul(r.estimate(s)))
	h.Keep(graph.Where(s.every(r.Every), next, h.Last()))
	d := m.Div(γ.Mul(h.next).Max(s.positive(s.Hyper(&r.Eps))))
	return η.Neg().Mul(d.Max(one.Neg()).Min(one))
}

// estimate is ĥ.
func (r *Sophia) estimate(s *Step) graph.Value {
	if r.GaussNewton {
		return s.SampledGradient("gauss_newton=false").Square().Scale(s.Terms())
	}
	u := s.Random("probe", graph.Normal)
	return u.Mul(s.HVP(u))
}

func sophiaEntry() Entry {
	return Entry{
		Name: "sophia", New: func() Rule { return NewSophia() }, DefaultLR: 0.0003,
		Equation:  "m ← β1·m + (1−β1)g, every k updates h ← β2·h + (1−β2)·u∘Hu (or B·ĝ∘ĝ of drawn targets), Δw = −η·clip(m/max(γh, ε), 1)",
		Latex:     `m \leftarrow \beta_1 m + (1-\beta_1) g, \quad h \leftarrow \beta_2 h + (1-\beta_2)\, u \circ Hu \text{ (or } B\, \hat g \circ \hat g\text{) every } k, \quad \Delta w = -\eta \operatorname{clip}\!\left(\frac{m}{\max(\gamma h, \varepsilon)}, 1\right)`,
		Reference: "Liu, Li, Hall, Liang and Ma 2023, arXiv:2305.14342",
		Differs:   "Sophia-H, or Sophia-G with gauss_newton=true,gamma=0.05; pytorch_optimizer's SophiaH has η and the limit multiplied by γ; Optax's draws ±1, divides m by 1−β1ᵗ and uses each estimate from the next update on",
	}
}
