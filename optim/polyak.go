package optim

import "github.com/godescent/descent/graph"

// Polyak is gradient descent at Polyak's step (Polyak 1987, section 5.3), which
// reaches E = f* where E is linear, but no longer than η:
//
//	Δw = −min(η, max(E − f*, 0)/(‖g‖² + ε)) g
//
// On batches it is the stochastic Polyak step SPSmax of Loizou et al. 2021 with c = 1,
// and Optax's polyak_sgd(variant="sps+").
type Polyak struct {
	made
	Min float64 `hyper:"f_min" symbol:"f*" range:"(-inf,inf)" doc:"E's least value, or a bound below it"`
	Eps float64 `hyper:"eps" symbol:"ε" range:"[0,inf) log" doc:"added to the squared gradient"`
}

// NewPolyak has f* = 0, as of a loss that a network can bring to 0, and ε = 0.
func NewPolyak() *Polyak { return &Polyak{made{true}, 0, 0} }

// Update implements Rule.
func (r *Polyak) Update(s *Step) graph.Value {
	g := s.Gradient()
	gap := s.loss().Sub(s.Hyper(&r.Min)).Max(s.Graph().Const(0))
	return s.over(gap, s.square(g).Add(s.Hyper(&r.Eps))).Min(s.Rate()).Neg().Mul(g)
}

func polyakEntry() Entry {
	return Entry{
		Name: "polyak", New: func() Rule { return NewPolyak() }, DefaultLR: 1,
		Equation:  "Δw = −min(η, max(E − f*, 0)/(‖g‖² + ε)) g",
		Latex:     `\Delta w = -\min\left(\eta, \frac{\max(E - f^*, 0)}{\|g\|^2 + \varepsilon}\right) g`,
		Reference: "Polyak 1987, Introduction to Optimization, 5.3; Loizou, Vaswani, Laradji and Lacoste-Julien 2021, arXiv:2002.10542",
		Differs:   "Optax's polyak_sgd with variant sps+; PyTorch has none",
	}
}
