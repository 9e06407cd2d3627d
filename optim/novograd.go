package optim

import "github.com/godescent/descent/graph"

// NovoGrad (Ginsburg et al. 2019) is Adam with one v for each layer, which
// divides the gradient before it is averaged:
//
//	v ← β2·v + (1−β2)‖g‖² per layer, ‖g‖² in the first update
//	m ← β1·m + g/(√v + ε) + λw     Δw = −ηm
//
// It is Optax's novograd.
type NovoGrad struct {
	made
	Beta1  float64 `hyper:"beta1" symbol:"β1" range:"[0,1) log1m" doc:"memory of the divided gradient"`
	Beta2  float64 `hyper:"beta2" symbol:"β2" range:"[0,1) log1m" doc:"memory of the layer's squared gradient"`
	Eps    float64 `hyper:"eps" symbol:"ε" range:"[0,inf) log" doc:"added to the root"`
	Lambda float64 `hyper:"weight_decay" symbol:"λ" range:"[0,inf) log" doc:"share of w that is added to the divided gradient"`
}

// NewNovoGrad has the paper's β1 = 0.95, β2 = 0.98, and ε = 1e-8, λ = 0.
func NewNovoGrad() *NovoGrad { return &NovoGrad{made{true}, 0.95, 0.98, 1e-8, 0} }

// Update implements Rule.
func (r *NovoGrad) Update(s *Step) graph.Value {
	η, g, β1, β2 := s.Rate(), s.Gradient(), s.Hyper(&r.Beta1), s.Hyper(&r.Beta2)
	square := s.layerSquare(g)
	v := s.SlotOf("v", square.DType(), square.Shape()...)
	last := v.LastOr(square)
	root := s.rootPlus(v.Keep(β2.Mul(last).Add(β2.OneMinus().Mul(square))), s.Hyper(&r.Eps))
	m := s.Slot("m")
	one := s.Graph().Const(1)
	d := s.perLayer(g, one.Div(root)).Add(s.Hyper(&r.Lambda).Mul(s.W()))
	return η.Neg().Mul(m.Keep(β1.Mul(m.Last()).Add(d)))
}

func novoGradEntry() Entry {
	return Entry{
		Name: "novograd", New: func() Rule { return NewNovoGrad() }, DefaultLR: 0.005,
		Equation:  "v ← β2·v + (1−β2)‖g‖² per layer, m ← β1·m + g/(√v + ε) + λw, Δw = −ηm",
		Latex:     `v \leftarrow \beta_2 v + (1-\beta_2) \|g\|^2 \text{ per layer}, \quad m \leftarrow \beta_1 m + \frac{g}{\sqrt{v} + \varepsilon} + \lambda w, \quad \Delta w = -\eta m`,
		Reference: "Ginsburg et al. 2019, arXiv:1905.11286",
		Differs:   "Optax's is the same; PyTorch has none",
	}
}
