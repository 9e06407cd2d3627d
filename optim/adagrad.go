package optim

import "github.com/godescent/descent/graph"

// AdaGrad (Duchi, Hazan and Singer 2011) divides each weight's rate by the root
// of all its squared gradients so far:
//
//	r ← r + g²
//	Δw = −η g/(√r + ε)
//
// r starts at 0, as in the lecture and PyTorch; Optax and Keras start it at 0.1
// and put ε inside the root, which is another method for gradients below 0.1.
// A weight whose gradient was always zero stays, even with ε = 0.
type AdaGrad struct {
	made
	Eps float64 `hyper:"eps" alias:"delta" symbol:"ε" range:"[0,inf) log" doc:"added to the root: gradients far below it move little"`
}

// NewAdaGrad has ε = 1e-8.
func NewAdaGrad() *AdaGrad { return &AdaGrad{made{true}, 1e-8} }

// Update implements Rule.
func (r *AdaGrad) Update(s *Step) graph.Value {
	η, ε, g := s.Rate(), s.Hyper(&r.Eps), s.Gradient()
	sum := s.Slot("sum")
	return η.Neg().Mul(g).Div(s.rootPlus(sum.Keep(sum.Last().Add(g.Square())), ε))
}
