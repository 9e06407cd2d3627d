package optim

import "github.com/godescent/descent/graph"

// Lion (Chen et al. 2023) steps by the sign of a mean gradient that leans to
// the newest one:
//
//	Δw = −η sign(β1·m + (1−β1)g)
//	m ← β2·m + (1−β2)g
//
// Every weight moves by η, so η is a third to a tenth of Adam's, and a weight
// decay three to ten times. Optax's lion decays by 1e-3 unless told; here add
// weight_decay.
type Lion struct {
	made
	Beta1 float64 `hyper:"beta1" symbol:"β1" range:"[0,1) log1m" doc:"share of the mean gradient in the step"`
	Beta2 float64 `hyper:"beta2" symbol:"β2" range:"[0,1) log1m" doc:"memory of the mean gradient"`
}

// NewLion has the paper's β1 = 0.9, β2 = 0.99.
func NewLion() *Lion { return &Lion{made{true}, 0.9, 0.99} }

// Update implements Rule.
func (r *Lion) Update(s *Step) graph.Value {
	η, β1, β2, g := s.Rate(), s.Hyper(&r.Beta1), s.Hyper(&r.Beta2), s.Gradient()
	m := s.Slot("m")
	m.Average(β2, g)
	return η.Neg().Mul(β1.Mul(m.Last()).Add(β1.OneMinus().Mul(g)).Sign())
}

func lionEntry() Entry {
	return Entry{
		Name: "lion", New: func() Rule { return NewLion() }, DefaultLR: 0.0003,
		Equation:  "Δw = −η sign(β1·m + (1−β1)g), m ← β2·m + (1−β2)g",
		Latex:     `\Delta w = -\eta \operatorname{sign}(\beta_1 m + (1-\beta_1) g), \quad m \leftarrow \beta_2 m + (1-\beta_2) g`,
		Reference: "Chen et al. 2023, arXiv:2302.06675",
		Differs:   "Optax's without its weight_decay=1e-3; PyTorch has none",
	}
}
