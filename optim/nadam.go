package optim

import "github.com/godescent/descent/graph"

// NAdam (Dozat 2016) is Adam with Nesterov's look-ahead. Form torch, PyTorch's,
// is the paper's Algorithm 8 with its schedule of momenta:
//
//	μₜ = β1(1 − ½·0.96^(tψ))     P ← Pμₜ
//	m ← β1·m + (1−β1)g     v ← β2·v + (1−β2)g²
//	Δw = −η (μₜ₊₁m/(1−Pμₜ₊₁) + (1−μₜ)g/(1−P))/(√(v/(1−β2ᵗ)) + ε)
//
// where P, the product of the μ, starts at 1. Form optax, Optax's and Dozat's
// simplified one, has the constant momentum β1 and no ψ:
//
//	Δw = −η (β1·m/(1−β1ᵗ⁺¹) + (1−β1)g/(1−β1ᵗ))/(√(v/(1−β2ᵗ)) + ε)
//
// They are two methods under one name. PyTorch 1.13's default loop multiplied
// by μₜ twice; its foreach loop, and later versions, are right.
type NAdam struct {
	made
	Beta1 float64 `hyper:"beta1" symbol:"β1" range:"[0,1) log1m" doc:"memory of the mean gradient"`
	Beta2 float64 `hyper:"beta2" symbol:"β2" range:"[0,1) log1m" doc:"memory of the mean squared gradient"`
	Eps   float64 `hyper:"eps" symbol:"ε" range:"[0,inf) log" doc:"added to the root: gradients far below it move little"`
	Psi   float64 `hyper:"momentum_decay" symbol:"ψ" range:"[0,inf) log" doc:"how fast the momentum rises from β1/2 to β1; form torch alone"`
	Form  string  `hyper:"form" values:"torch,optax" doc:"momentum by a schedule (torch) or constant (optax)"`
}

// NewNAdam has β1 = 0.9, β2 = 0.999, ε = 1e-8, ψ = 0.004.
func NewNAdam() *NAdam { return &NAdam{made{true}, 0.9, 0.999, 1e-8, 0.004, "torch"} }

// Update implements Rule.
func (r *NAdam) Update(s *Step) graph.Value {
	η, t, g := s.Rate(), s.Tau(), s.Gradient()
	β1, β2, ε := s.Hyper(&r.Beta1), s.Hyper(&r.Beta2), s.Hyper(&r.Eps)
	m := s.Slot("m").Average(β1, g)
	v := unbias(s.Slot("v").Average(β2, g.Square()), β2, t)
	var ofM, ofG graph.Value // the shares of m and g
	if r.Form == "optax" {
		ofM, ofG = β1.Div(β1.Pow(t.Plus(1)).OneMinus()), β1.OneMinus().Div(β1.Pow(t).OneMinus())
	} else {
		ψ, P := s.Hyper(&r.Psi), s.ScalarSlot("momentum_product")
		μ := func(t graph.Value) graph.Value {
			return β1.Mul(s.Graph().Const(0.96).Pow(t.Mul(ψ)).Scale(0.5).OneMinus())
		}
		p, next := P.Keep(P.LastOr(s.Graph().Const(1)).Mul(μ(t))), μ(t.Plus(1))
		ofM, ofG = next.Div(p.Mul(next).OneMinus()), μ(t).OneMinus().Div(p.OneMinus())
	}
	return η.Neg().Mul(ofM.Mul(m).Add(ofG.Mul(g))).Div(s.rootPlus(v, ε))
}

// NewNAdamW is NAdam with decoupled weight decay: After(NewNAdam(), NewDecay()).
func NewNAdamW() Rule { return After(NewNAdam(), NewDecay()) }

func nAdamEntry() Entry {
	return Entry{
		Name: "nadam", New: func() Rule { return NewNAdam() }, DefaultLR: 0.002,
		Equation:  "m, v as in adam, μₜ = β1(1 − ½·0.96^(tψ)), P ← Pμₜ, Δw = −η (μₜ₊₁m/(1−Pμₜ₊₁) + (1−μₜ)g/(1−P))/(√(v/(1−β2ᵗ)) + ε)",
		Latex:     `\mu_t = \beta_1 (1 - \tfrac12 0.96^{t\psi}), \quad P \leftarrow P\mu_t, \quad \Delta w = -\eta \frac{\frac{\mu_{t+1} m}{1 - P\mu_{t+1}} + \frac{(1-\mu_t) g}{1-P}}{\sqrt{v/(1-\beta_2^t)} + \varepsilon}`,
		Reference: "Dozat 2016, Incorporating Nesterov momentum into Adam",
		Differs:   "PyTorch's; Optax's with form optax. PyTorch 1.13's default loop multiplies by μ twice",
		Forms: []Form{{
			Name: "optax", Equation: "Δw = −η (β1·m/(1−β1ᵗ⁺¹) + (1−β1)g/(1−β1ᵗ))/(√(v/(1−β2ᵗ)) + ε)",
			Latex:   `\Delta w = -\eta \frac{\frac{\beta_1 m}{1-\beta_1^{t+1}} + \frac{(1-\beta_1) g}{1-\beta_1^t}}{\sqrt{v/(1-\beta_2^t)} + \varepsilon}`,
			Differs: "Optax's and Dozat's simplified one: no schedule of the momentum, another method",
		}},
	}
}

func nAdamWEntry() Entry {
	e := nAdamEntry()
	e.Name, e.New = "nadamw", NewNAdamW
	e.Equation += " − ηλw"
	e.Latex += ` - \eta\lambda w`
	e.AtZero = "w ← (1 − ηλ)w"
	e.Reference += "; Loshchilov and Hutter 2019, arXiv:1711.05101"
	e.Differs = "PyTorch's NAdam(decoupled_weight_decay=True); Optax's nadamw with form optax"
	for i := range e.Forms {
		e.Forms[i].Equation += " − ηλw"
		e.Forms[i].Latex += ` - \eta\lambda w`
	}
	return e
}
