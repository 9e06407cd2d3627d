package optim

import "github.com/godescent/descent/graph"

// DAdaptSGD is gradient descent with D-adaptation (Defazio and Mishchenko 2023,
// Algorithm 4 of their code): d is a growing lower bound of the distance to the minimum.
//
//	λ = ηd/‖g₁‖     r ← r + λ⟨g, s⟩     s ← s + λg
//	d ← max(d, 2r/‖s‖)     w ← βw + (1−β)(w0 − s)
//
// g₁ is the first gradient, and η is 1, or a schedule that starts there.
type DAdaptSGD struct {
	made
	Beta float64 `hyper:"momentum" alias:"beta" symbol:"β" range:"[0,1) log1m" doc:"share of w that is kept"`
	D0   float64 `hyper:"d0" symbol:"d0" range:"(0,inf) log" doc:"first bound of the distance"`
}

// NewDAdaptSGD has the authors' β = 0.9 and d0 = 1e-6.
func NewDAdaptSGD() *DAdaptSGD { return &DAdaptSGD{made{true}, 0.9, 1e-6} }

// Update implements Rule.
func (r *DAdaptSGD) Update(s *Step) graph.Value {
	g, w, β := s.Gradient(), s.W(), s.Hyper(&r.Beta)
	bound, total, first, sum := s.ScalarSlot("d"), s.ScalarSlot("r"), s.ScalarSlot("first"), s.Slot("sum")
	d, w0 := bound.LastOr(s.Hyper(&r.D0)), s.origin()
	λ := s.over(s.Rate().Mul(d), first.Keep(first.LastOr(s.square(g).Sqrt())))
	top := total.Keep(total.Last().Add(λ.Mul(s.dot(g, sum.Last()))))
	next := sum.Keep(sum.Last().Add(λ.Mul(g)))
	bound.Keep(d.Max(s.over(top.Scale(2), s.square(next).Sqrt())))
	return β.OneMinus().Mul(w0.Sub(next).Sub(w))
}

func dAdaptSGDEntry() Entry {
	return Entry{
		Name: "dadapt_sgd", New: func() Rule { return NewDAdaptSGD() }, DefaultLR: 1,
		Equation:  "λ = ηd/‖g₁‖, r ← r + λ⟨g, s⟩, s ← s + λg, d ← max(d, 2r/‖s‖), w ← βw + (1−β)(w0 − s)",
		Latex:     `\lambda = \frac{\eta d}{\|g_1\|}, \quad r \leftarrow r + \lambda\langle g, s\rangle, \quad s \leftarrow s + \lambda g, \quad d \leftarrow \max\left(d, \frac{2r}{\|s\|}\right), \quad w \leftarrow \beta w + (1-\beta)(w_0 - s)`,
		Reference: "Defazio and Mishchenko 2023, arXiv:2301.07733, and its code, version 3",
		Differs:   "neither has it",
	}
}

// DAdaptAdam is Adam with D-adaptation (Defazio and Mishchenko 2023, Algorithm 5):
//
//	λ = ηd√(1−β2ᵗ)/(1−β1ᵗ)     b = √β2
//	r ← b·r + (1−b)λ⟨g, s/(√v + ε)⟩
//	m ← β1·m + (1−β1)λg     v ← β2·v + (1−β2)g²     s ← b·s + (1−b)λg
//	d ← max(d, r/((1−b)‖s‖₁))     Δw = −m/(√v + ε)
//
// The v under s is the one before this update. η is 1, or a schedule that starts there.
type DAdaptAdam struct {
	made
	Beta1 float64 `hyper:"beta1" symbol:"β1" range:"[0,1) log1m" doc:"memory of the mean step"`
	Beta2 float64 `hyper:"beta2" symbol:"β2" range:"[0,1) log1m" doc:"memory of the mean squared gradient"`
	Eps   float64 `hyper:"eps" symbol:"ε" range:"[0,inf) log" doc:"added to the root"`
	D0    float64 `hyper:"d0" symbol:"d0" range:"(0,inf) log" doc:"first bound of the distance"`
}

// NewDAdaptAdam has the authors' β1 = 0.9, β2 = 0.999, ε = 1e-8, d0 = 1e-6.
func NewDAdaptAdam() *DAdaptAdam { return &DAdaptAdam{made{true}, 0.9, 0.999, 1e-8, 1e-6} }

// Update implements Rule.
func (r *DAdaptAdam) Update(s *Step) graph.Value {
	g, t, ε := s.Gradient(), s.Tau(), s.Hyper(&r.Eps)
	β1, β2 := s.Hyper(&r.Beta1), s.Hyper(&r.Beta2)
	b := β2.Sqrt()
	bound, total, sum, squares := s.ScalarSlot("d"), s.ScalarSlot("r"), s.Slot("sum"), s.Slot("v")
	d := bound.LastOr(s.Hyper(&r.D0))
	λ := s.Rate().Mul(d).Mul(β2.Pow(t).OneMinus().Sqrt()).Div(β1.Pow(t).OneMinus())
	ahead := s.dot(g, sum.Last().Div(s.rootPlus(squares.Last(), ε)))
	top := total.Average(b, λ.Mul(ahead))
	m := s.Slot("m").Average(β1, λ.Mul(g))
	v := squares.Average(β2, g.Square())
	size := sum.Average(b, λ.Mul(g)).Abs().SumAll().Cast(λ.DType())
	bound.Keep(d.Max(s.over(top, b.OneMinus().Mul(size))))
	return m.Neg().Div(s.rootPlus(v, ε))
}

func dAdaptAdamEntry() Entry {
	return Entry{
		Name: "dadapt_adam", New: func() Rule { return NewDAdaptAdam() }, DefaultLR: 1,
		Equation:  "λ = ηd√(1−β2ᵗ)/(1−β1ᵗ), b = √β2, r ← b·r + (1−b)λ⟨g, s/(√v + ε)⟩, m ← β1·m + (1−β1)λg, v ← β2·v + (1−β2)g², s ← b·s + (1−b)λg, d ← max(d, r/((1−b)‖s‖₁)), Δw = −m/(√v + ε)",
		Latex:     `\lambda = \eta d\frac{\sqrt{1-\beta_2^t}}{1-\beta_1^t}, \quad r \leftarrow b r + (1-b)\lambda\left\langle g, \frac{s}{\sqrt v + \varepsilon}\right\rangle, \quad m \leftarrow \beta_1 m + (1-\beta_1)\lambda g, \quad v \leftarrow \beta_2 v + (1-\beta_2) g^2, \quad s \leftarrow b s + (1-b)\lambda g, \quad d \leftarrow \max\left(d, \frac{r}{(1-b)\|s\|_1}\right), \quad \Delta w = -\frac{m}{\sqrt v + \varepsilon}, \quad b = \sqrt{\beta_2}`,
		Reference: "Defazio and Mishchenko 2023, arXiv:2301.07733, Algorithm 5",
		Differs:   "Optax's contrib.dadapt_adamw without decay; PyTorch has none",
	}
}
