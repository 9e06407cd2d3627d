package optim

import "github.com/godescent/descent/graph"

// QHM (quasi-hyperbolic momentum, Ma and Yarats 2019) mixes the gradient with
// its mean:
//
//	m ← βm + (1−β)g     Δw = −η ((1−ν)g + νm)
//
// ν = 0 is gradient descent, ν = 1 momentum with the rate η/(1−β) in PyTorch's
// form, and ν = β Nesterov's method with that rate.
type QHM struct {
	made
	Beta float64 `hyper:"beta" alias:"momentum" symbol:"β" range:"[0,1) log1m" doc:"memory of the mean gradient"`
	Nu   float64 `hyper:"nu" symbol:"ν" range:"[0,1]" doc:"share of the mean gradient in the step"`
}

// NewQHM has the paper's β = 0.999, ν = 0.7.
func NewQHM() *QHM { return &QHM{made{true}, 0.999, 0.7} }

// Update implements Rule.
func (r *QHM) Update(s *Step) graph.Value {
	η, β, ν, g := s.Rate(), s.Hyper(&r.Beta), s.Hyper(&r.Nu), s.Gradient()
	m := s.Slot("m").Average(β, g)
	return η.Neg().Mul(ν.OneMinus().Mul(g).Add(ν.Mul(m)))
}

func qhmEntry() Entry {
	return Entry{
		Name: "qhm", New: func() Rule { return NewQHM() }, DefaultLR: 0.1,
		Equation:  "m ← βm + (1−β)g, Δw = −η ((1−ν)g + νm)",
		Latex:     `m \leftarrow \beta m + (1-\beta) g, \quad \Delta w = -\eta\, ((1-\nu) g + \nu m)`,
		Reference: "Ma and Yarats 2019, arXiv:1810.06801",
		Differs:   "neither PyTorch nor Optax has it",
	}
}
