package optim

import "github.com/godescent/descent/graph"

// AdEMAMix (Pagliardini, Ablin and Grangier 2024) is Adam with a second, far
// slower mean of the gradient added to the first:
//
//	m as in Adam, v as in Adam     l ← b·l + (1−b)g
//	Δw = −η (m/(1−β1ᵗ) + a·l)/(√(v/(1−β2ᵗ)) + ε)
//
// a rises in a straight line to α and b, in its half-life, from β1 to β3 over T
// updates, x = min((t−1)/T, 1) of the way:
//
//	a = αx     b = exp(ln β1 ln β3/((1−x) ln β3 + x ln β1))
//
// The paper has x = t/T and Optax counts as here. T = 0 has a = α and b = β3.
type AdEMAMix struct {
	made
	Beta1 float64 `hyper:"beta1" symbol:"β1" range:"(0,1) log1m" doc:"memory of the fast mean gradient"`
	Beta2 float64 `hyper:"beta2" symbol:"β2" range:"[0,1) log1m" doc:"memory of the mean squared gradient"`
	Beta3 float64 `hyper:"beta3" symbol:"β3" range:"(0,1) log1m" doc:"memory of the slow mean gradient"`
	Alpha float64 `hyper:"alpha" symbol:"α" range:"[0,inf)" doc:"weight of the slow mean gradient"`
	T     float64 `hyper:"mix_steps" symbol:"T" range:"[0,inf)" doc:"number of updates until α and β3 are reached"`
	Eps   float64 `hyper:"eps" symbol:"ε" range:"[0,inf) log" doc:"added to the root: gradients far below it move little"`
}

// NewAdEMAMix has the paper's β1 = 0.9, β2 = 0.999, β3 = 0.9999, α = 5, and T = 0, ε = 1e-8.
func NewAdEMAMix() *AdEMAMix { return &AdEMAMix{made{true}, 0.9, 0.999, 0.9999, 5, 0, 1e-8} }

// Update implements Rule.
func (r *AdEMAMix) Update(s *Step) graph.Value {
	η, t, g, ε, one := s.Rate(), s.Tau(), s.Gradient(), s.Hyper(&r.Eps), s.Graph().Const(1)
	β1, β2, β3 := s.Hyper(&r.Beta1), s.Hyper(&r.Beta2), s.Hyper(&r.Beta3)
	T := s.Hyper(&r.T)
	x := graph.Where(T.Greater(s.Graph().Const(0)), t.Plus(-1).Div(T.Max(one)).Min(one), one)
	ln1, ln3 := β1.Log(), β3.Log()
	b := ln1.Mul(ln3).Div(x.OneMinus().Mul(ln3).Add(x.Mul(ln1))).Exp()
	m := unbias(s.Slot("m").Average(β1, g), β1, t)
	l := s.Slot("slow").Average(graph.Where(x.Less(one), b, β3), g)
	v := unbias(s.Slot("v").Average(β2, g.Square()), β2, t)
	return η.Neg().Mul(m.Add(s.Hyper(&r.Alpha).Mul(x).Mul(l))).Div(s.rootPlus(v, ε))
}

func adEMAMixEntry() Entry {
	return Entry{
		Name: "ademamix", New: func() Rule { return NewAdEMAMix() }, DefaultLR: 0.001,
		Equation:  "m, v as in adam, x = min((t−1)/T, 1), b = exp(ln β1 ln β3/((1−x) ln β3 + x ln β1)), l ← b·l + (1−b)g, Δw = −η (m/(1−β1ᵗ) + αx·l)/(√(v/(1−β2ᵗ)) + ε)",
		Latex:     `x = \min(\tfrac{t-1}{T}, 1), \quad b = \exp\frac{\ln\beta_1 \ln\beta_3}{(1-x)\ln\beta_3 + x\ln\beta_1}, \quad l \leftarrow b\, l + (1-b) g, \quad \Delta w = -\eta \frac{m/(1-\beta_1^t) + \alpha x\, l}{\sqrt{v/(1-\beta_2^t)} + \varepsilon}`,
		Reference: "Pagliardini, Ablin and Grangier 2024, arXiv:2409.03137",
		Differs:   "Optax's with its b3 and alpha given these schedules; the paper's x is t/T; PyTorch has none",
	}
}
