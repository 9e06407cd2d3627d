package optim

import "github.com/godescent/descent/graph"

// AdaGrad (Duchi, Hazan and Singer 2011) divides each weight's rate by the root
// of all its squared gradients so far:
//
//	r ← r + g²
//	Δw = −η g/(√r + ε)
//
// r starts at 0, as in the lecture and PyTorch. Forms optax and keras, which are
// one, start it at 0.1 and put ε inside the root, another method for gradients
// below 0.1:
//
//	r = 0.1 at first     Δw = −η g/√(r + ε)
//
// A weight whose gradient was always zero stays, even with ε = 0.
type AdaGrad struct {
	made
	Eps  float64 `hyper:"eps" alias:"delta" symbol:"ε" range:"[0,inf) log" doc:"added to the root: gradients far below it move little"`
	Form string  `hyper:"form" values:"lecture,optax,keras" doc:"whether r starts at 0 or 0.1, and ε is beside the root or in it"`
}

// NewAdaGrad has ε = 1e-8.
func NewAdaGrad() *AdaGrad { return &AdaGrad{made{true}, 1e-8, "lecture"} }

// Update implements Rule.
func (r *AdaGrad) Update(s *Step) graph.Value {
	η, ε, g := s.Rate(), s.Hyper(&r.Eps), s.Gradient()
	sum, other := s.Slot("sum"), r.Form != "lecture"
	last := sum.Last()
	if other {
		last = sum.LastOr(s.Graph().Const(0.1))
	}
	return η.Neg().Mul(g).Div(s.rootOf(sum.Keep(last.Add(g.Square())), ε, other))
}
