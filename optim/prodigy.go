package optim

import "github.com/godescent/descent/graph"

// Prodigy (Mishchenko and Defazio 2023, Algorithm 4) is Adam at a distance that it
// finds faster than D-adaptation does:
//
//	m ← β1·m + (1−β1)dg     v ← β2·v + (1−β2)d²g²     b = √β2
//	r ← b·r + (1−b)ηd²⟨g, w0 − w⟩     s ← b·s + (1−b)ηd²g
//	d' = max(d, c·r/‖s‖₁)     Δw = −ηd m/(√v + d'ε)     d ← d'
//
// η is 1, or a schedule that starts there. The paper has d beside ε, its code and
// Optax the new d'. Form optax, Optax's, multiplies η by Adam's bias correction
// √(1−β2ᵗ)/(1−β1ᵗ) everywhere.
type Prodigy struct {
	made
	Beta1 float64 `hyper:"beta1" symbol:"β1" range:"[0,1) log1m" doc:"memory of the mean gradient"`
	Beta2 float64 `hyper:"beta2" symbol:"β2" range:"[0,1) log1m" doc:"memory of the mean squared gradient"`
	Eps   float64 `hyper:"eps" symbol:"ε" range:"[0,inf) log" doc:"added to the root"`
	D0    float64 `hyper:"d0" symbol:"d0" range:"(0,inf) log" doc:"first distance"`
	Coef  float64 `hyper:"d_coef" symbol:"c" range:"(0,inf) log" doc:"multiplies the estimated distance"`
	Form  string  `hyper:"form" values:"paper,optax" doc:"without bias correction, or with it"`
}

// NewProdigy has the paper's β1 = 0.9, β2 = 0.999, ε = 1e-8, d0 = 1e-6, c = 1.
func NewProdigy() *Prodigy { return &Prodigy{made{true}, 0.9, 0.999, 1e-8, 1e-6, 1, "paper"} }

// Update implements Rule.
func (r *Prodigy) Update(s *Step) graph.Value {
	η, t, g, w := s.Rate(), s.Tau(), s.Gradient(), s.W()
	β1, β2, ε := s.Hyper(&r.Beta1), s.Hyper(&r.Beta2), s.Hyper(&r.Eps)
	b := β2.Sqrt()
	if r.Form == "optax" {
		η = η.Mul(β2.Pow(t).OneMinus().Sqrt()).Div(β1.Pow(t).OneMinus())
	}
	distance, total, sum := s.ScalarSlot("d"), s.ScalarSlot("r"), s.Slot("sum")
	d, w0 := distance.LastOr(s.Hyper(&r.D0)), s.origin()
	dg, λ := d.Mul(g), η.Mul(d.Square())
	m := s.Slot("m").Average(β1, dg)
	v := s.Slot("v").Average(β2, dg.Square())
	top := total.Average(b, λ.Mul(s.dot(g, w0.Sub(w))))
	size := sum.Average(b, λ.Mul(g)).Abs().SumAll().Cast(λ.DType())
	next := distance.Keep(d.Max(s.over(s.Hyper(&r.Coef).Mul(top), size)))
	return η.Mul(d).Neg().Mul(m).Div(s.rootPlus(v, next.Mul(ε)))
}

func prodigyEntry() Entry {
	return Entry{
		Name: "prodigy", New: func() Rule { return NewProdigy() }, DefaultLR: 1,
		Equation:  "b = √β2, m ← β1·m + (1−β1)dg, v ← β2·v + (1−β2)d²g², r ← b·r + (1−b)ηd²⟨g, w0 − w⟩, s ← b·s + (1−b)ηd²g, d' = max(d, c·r/‖s‖₁), Δw = −ηd m/(√v + d'ε), d ← d'",
		Latex:     `m \leftarrow \beta_1 m + (1-\beta_1) d g, \quad v \leftarrow \beta_2 v + (1-\beta_2) d^2 g^2, \quad r \leftarrow b r + (1-b)\eta d^2\langle g, w_0 - w\rangle, \quad s \leftarrow b s + (1-b)\eta d^2 g, \quad d' = \max\left(d, \frac{c\,r}{\|s\|_1}\right), \quad \Delta w = -\eta d\frac{m}{\sqrt v + d'\varepsilon}, \quad d \leftarrow d', \quad b = \sqrt{\beta_2}`,
		Reference: "Mishchenko and Defazio 2023, arXiv:2306.06101, Algorithm 4",
		Differs:   "Optax's contrib.prodigy is form optax; PyTorch has none",
		Forms: []Form{{
			Name: "optax", Equation: "η√(1−β2ᵗ)/(1−β1ᵗ) for η",
			Latex:   `\eta\frac{\sqrt{1-\beta_2^t}}{1-\beta_1^t} \text{ for } \eta`,
			Differs: "Optax's, and the authors' code with use_bias_correction",
		}},
	}
}
