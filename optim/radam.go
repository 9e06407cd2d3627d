package optim

import "github.com/godescent/descent/graph"

// RAdam (Liu et al. 2020) leaves out Adam's denominator until enough gradients
// have been seen, and then weighs it by r:
//
//	ρ∞ = 2/(1−β2) − 1     ρ = ρ∞ − 2tβ2ᵗ/(1−β2ᵗ)
//	r = √((ρ−4)(ρ−2)ρ∞ / ((ρ∞−4)(ρ∞−2)ρ))
//	Δw = −η r m̂/(√v̂ + ε) if ρ > ρmin, else −η m̂
//
// with Adam's m̂ and v̂. The paper has ρmin = 4 and no ε; PyTorch and Optax have
// 5, as here. ε is beside the corrected √v̂, as in Optax; PyTorch (form torch)
// adds it to the uncorrected √v. β2 must be above 0.6, or ρ∞ is below 4.
type RAdam struct {
	made
	Beta1     float64 `hyper:"beta1" symbol:"β1" range:"[0,1) log1m" doc:"memory of the mean gradient"`
	Beta2     float64 `hyper:"beta2" symbol:"β2" range:"(0.6,1) log1m" doc:"memory of the mean squared gradient"`
	Eps       float64 `hyper:"eps" symbol:"ε" range:"[0,inf) log" doc:"added to the root: gradients far below it move little"`
	Threshold float64 `hyper:"threshold" symbol:"ρmin" range:"[4,inf)" doc:"number of gradients above which the denominator is trusted"`
	Form      string  `hyper:"form" values:"optax,torch" doc:"ε beside the corrected root (optax) or the uncorrected one (torch)"`
}

// NewRAdam has β1 = 0.9, β2 = 0.999, ε = 1e-8, ρmin = 5.
func NewRAdam() *RAdam { return &RAdam{made{true}, 0.9, 0.999, 1e-8, 5, "optax"} }

// Update implements Rule.
func (r *RAdam) Update(s *Step) graph.Value {
	η, t, g, one := s.Rate(), s.Tau(), s.Gradient(), s.Graph().Const(1)
	β1, β2, ε := s.Hyper(&r.Beta1), s.Hyper(&r.Beta2), s.Hyper(&r.Eps)
	m := unbias(s.Slot("m").Average(β1, g), β1, t)
	v, corrected := s.Slot("v").Average(β2, g.Square()), β2.Pow(t).OneMinus()
	end := s.Graph().Const(2).Div(β2.OneMinus()).Plus(-1)
	ρ := end.Sub(t.Scale(2).Mul(β2.Pow(t)).Div(corrected))
	trust := ρ.Greater(s.Hyper(&r.Threshold))
	ρ = graph.Where(trust, ρ, end) // keeps the root below real
	rect := ρ.Plus(-4).Mul(ρ.Plus(-2)).Mul(end).Div(end.Plus(-4).Mul(end.Plus(-2)).Mul(ρ)).Sqrt()
	root := s.rootPlus(v.Mul(one.Div(corrected)), ε)
	if r.Form == "torch" {
		root = s.rootPlus(v, ε).Mul(one.Div(corrected.Sqrt()))
	}
	return η.Neg().Mul(m).Mul(graph.Where(trust, rect, one)).Div(graph.Where(trust, root, one))
}

func rAdamEntry() Entry {
	return Entry{
		Name: "radam", New: func() Rule { return NewRAdam() }, DefaultLR: 0.001,
		Equation:  "m̂, v̂ as in adam, ρ∞ = 2/(1−β2) − 1, ρ = ρ∞ − 2tβ2ᵗ/(1−β2ᵗ), r = √((ρ−4)(ρ−2)ρ∞/((ρ∞−4)(ρ∞−2)ρ)), Δw = −ηr m̂/(√v̂ + ε) if ρ > ρmin, else −ηm̂",
		Latex:     `\rho_\infty = \tfrac{2}{1-\beta_2} - 1, \quad \rho = \rho_\infty - \frac{2t\beta_2^t}{1-\beta_2^t}, \quad r = \sqrt{\frac{(\rho-4)(\rho-2)\rho_\infty}{(\rho_\infty-4)(\rho_\infty-2)\rho}}, \quad \Delta w = -\eta\, r \frac{\hat m}{\sqrt{\hat v} + \varepsilon} \text{ if } \rho > \rho_{\min}, \text{ else } -\eta \hat m`,
		Reference: "Liu et al. 2020, arXiv:1908.03265",
		Differs:   "Optax's; PyTorch's with form torch; the paper has ρmin = 4 and no ε",
		Forms: []Form{{
			Name: "torch", Equation: "Δw = −ηr m̂ √(1−β2ᵗ)/(√v + ε)",
			Latex:   `\Delta w = -\eta\, r\, \hat m \frac{\sqrt{1-\beta_2^t}}{\sqrt{v} + \varepsilon}`,
			Differs: "PyTorch's: its ε is 1/√(1−β2ᵗ) times as large", With: "eps=0.1",
		}},
	}
}
