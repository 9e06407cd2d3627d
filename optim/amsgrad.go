package optim

import "github.com/godescent/descent/graph"

// AMSGrad (Reddi, Kale and Kumar 2018) is Adam with a denominator that never
// falls. Form torch, PyTorch's, keeps the largest uncorrected v:
//
//	m, v as in Adam     v⁺ ← max(v⁺, v)
//	Δw = −η (m/(1−β1ᵗ))/(√(v⁺/(1−β2ᵗ)) + ε)
//
// and form optax the largest corrected one, v⁺ ← max(v⁺, v/(1−β2ᵗ)). The paper
// corrects nothing. While v rises the first form is Adam.
type AMSGrad struct {
	made
	Beta1 float64 `hyper:"beta1" symbol:"β1" range:"[0,1) log1m" doc:"memory of the mean gradient"`
	Beta2 float64 `hyper:"beta2" symbol:"β2" range:"[0,1) log1m" doc:"memory of the mean squared gradient"`
	Eps   float64 `hyper:"eps" symbol:"ε" range:"[0,inf) log" doc:"added to the root: gradients far below it move little"`
	Form  string  `hyper:"form" values:"torch,optax,keras" doc:"largest uncorrected v (torch, keras) or corrected v (optax); ε beside the corrected root, or not (keras)"`
}

// NewAMSGrad has β1 = 0.9, β2 = 0.999, ε = 1e-8.
func NewAMSGrad() *AMSGrad { return &AMSGrad{made{true}, 0.9, 0.999, 1e-8, "torch"} }

// Update implements Rule.
func (r *AMSGrad) Update(s *Step) graph.Value {
	η, t, g := s.Rate(), s.Tau(), s.Gradient()
	β1, β2, ε := s.Hyper(&r.Beta1), s.Hyper(&r.Beta2), s.Hyper(&r.Eps)
	m := unbias(s.Slot("m").Average(β1, g), β1, t)
	v, peak := s.Slot("v").Average(β2, g.Square()), s.Slot("v_max")
	if r.Form == "optax" {
		v = peak.Keep(peak.Last().Max(unbias(v, β2, t)))
	} else {
		v = unbias(peak.Keep(peak.Last().Max(v)), β2, t)
	}
	if r.Form == "keras" {
		ε = ε.Div(β2.Pow(t).OneMinus().Sqrt())
	}
	return η.Neg().Mul(m).Div(s.rootPlus(v, ε))
}

func amsGradEntry() Entry {
	return Entry{
		Name: "amsgrad", New: func() Rule { return NewAMSGrad() }, DefaultLR: 0.001,
		Equation:  "m, v as in adam, v⁺ ← max(v⁺, v), Δw = −η (m/(1−β1ᵗ))/(√(v⁺/(1−β2ᵗ)) + ε)",
		Latex:     `v^+ \leftarrow \max(v^+, v), \quad \Delta w = -\eta \frac{m/(1-\beta_1^t)}{\sqrt{v^+/(1-\beta_2^t)} + \varepsilon}`,
		Reference: "Reddi, Kale and Kumar 2018, arXiv:1904.09237",
		Differs:   "PyTorch's Adam(amsgrad=True); Optax's with form optax; the paper corrects no bias",
		Forms: []Form{{
			Name: "optax", Equation: "v⁺ ← max(v⁺, v/(1−β2ᵗ)), Δw = −η (m/(1−β1ᵗ))/(√v⁺ + ε)",
			Latex:   `v^+ \leftarrow \max(v^+, v/(1-\beta_2^t)), \quad \Delta w = -\eta \frac{m/(1-\beta_1^t)}{\sqrt{v^+} + \varepsilon}`,
			Differs: "Optax's; the first, least corrected gradients set its maximum",
		}, {
			Name: "keras", Equation: "Δw = −η√(1−β2ᵗ)/(1−β1ᵗ) m/(√v⁺ + ε)",
			Latex:   `\Delta w = -\eta\frac{\sqrt{1-\beta_2^t}}{1-\beta_1^t} \frac{m}{\sqrt{v^+} + \varepsilon}`,
			Differs: "Keras's; the same with ε = 0", With: "eps=0.1",
		}},
	}
}
