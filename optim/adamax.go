package optim

import "github.com/godescent/descent/graph"

// AdaMax (Kingma and Ba 2015, Algorithm 2) is Adam with the largest gradient of
// late in place of the root mean square:
//
//	m ← β1·m + (1−β1)g     u ← max(β2·u, |g| + ε)
//	Δw = −η m/((1−β1ᵗ)u)
//
// ε, which the paper lacks, is where PyTorch and Optax have it. A weight whose
// gradient was always zero stays, even with ε = 0.
type AdaMax struct {
	made
	Beta1 float64 `hyper:"beta1" symbol:"β1" range:"[0,1) log1m" doc:"memory of the mean gradient"`
	Beta2 float64 `hyper:"beta2" symbol:"β2" range:"[0,1) log1m" doc:"what the largest gradient falls by in an update"`
	Eps   float64 `hyper:"eps" symbol:"ε" range:"[0,inf) log" doc:"added to the gradient's size"`
	Form  string  `hyper:"form" values:"torch,keras" doc:"ε within the maximum (torch, Optax), or beside it"`
}

// NewAdaMax has the paper's β1 = 0.9, β2 = 0.999, and ε = 1e-8.
func NewAdaMax() *AdaMax { return &AdaMax{made{true}, 0.9, 0.999, 1e-8, "torch"} }

// Update implements Rule.
func (r *AdaMax) Update(s *Step) graph.Value {
	η, t, g := s.Rate(), s.Tau(), s.Gradient()
	β1, β2, ε := s.Hyper(&r.Beta1), s.Hyper(&r.Beta2), s.Hyper(&r.Eps)
	m := unbias(s.Slot("m").Average(β1, g), β1, t)
	u := s.Slot("u")
	if r.Form == "keras" {
		return η.Neg().Mul(m).Div(u.Keep(β2.Mul(u.Last()).Max(g.Abs())).Add(s.positive(ε)))
	}
	return η.Neg().Mul(m).Div(u.Keep(β2.Mul(u.Last()).Max(g.Abs().Add(s.positive(ε)))))
}

// NewAdaMaxW is AdaMax with decoupled weight decay: After(NewAdaMax(), NewDecay()).
func NewAdaMaxW() Rule { return After(NewAdaMax(), NewDecay()) }

func adaMaxEntry() Entry {
	return Entry{
		Name: "adamax", New: func() Rule { return NewAdaMax() }, DefaultLR: 0.002,
		Equation:  "m ← β1·m + (1−β1)g, u ← max(β2·u, |g| + ε), Δw = −η m/((1−β1ᵗ)u)",
		Latex:     `m \leftarrow \beta_1 m + (1-\beta_1) g, \quad u \leftarrow \max(\beta_2 u, |g| + \varepsilon), \quad \Delta w = -\eta \frac{m}{(1-\beta_1^t)\, u}`,
		Reference: "Kingma and Ba 2015, arXiv:1412.6980, Algorithm 2",
		Differs:   "PyTorch's and Optax's are the same, Keras's is form keras; the paper has no ε",
		Forms: []Form{{
			Name: "keras", Equation: "u ← max(β2·u, |g|), Δw = −η m/((1−β1ᵗ)(u + ε))",
			Latex:   `u \leftarrow \max(\beta_2 u, |g|), \quad \Delta w = -\eta \frac{m}{(1-\beta_1^t)(u + \varepsilon)}`,
			Differs: "Keras's; the same with ε = 0", With: "eps=0.1",
		}},
	}
}

func adaMaxWEntry() Entry {
	e := adaMaxEntry()
	e.Name, e.New = "adamaxw", NewAdaMaxW
	e.Equation = "m ← β1·m + (1−β1)g, u ← max(β2·u, |g| + ε), Δw = −η (m/((1−β1ᵗ)u) + λw)"
	e.Latex = `m \leftarrow \beta_1 m + (1-\beta_1) g, \quad u \leftarrow \max(\beta_2 u, |g| + \varepsilon), \quad \Delta w = -\eta \left( \frac{m}{(1-\beta_1^t)\, u} + \lambda w \right)`
	e.AtZero = "w ← (1 − ηλ)w"
	e.Reference += "; Loshchilov and Hutter 2019, arXiv:1711.05101"
	e.Forms[0].Equation += " − ηλw"
	e.Forms[0].Latex += ` - \eta\lambda w`
	e.Differs = "Optax's adamaxw; PyTorch's Adamax has coupled decay instead"
	return e
}
