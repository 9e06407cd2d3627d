package optim

import "github.com/godescent/descent/graph"

// RMSProp (Hinton 2012, lecture 6e) divides each weight's rate by the root of
// the moving average of its squared gradient:
//
//	v ← βv + (1−β)g²
//	Δw = −η g/(√v + ε)
//
// v starts at 0 and is not corrected for it, so the first step is η/√(1−β)
// whatever the gradient's size: 3.2η here, 10η with PyTorch's β = 0.99. ε is
// outside the root, as in PyTorch; forms optax and keras, which are one, put it
// inside. A weight whose gradient was always zero stays, even with ε = 0.
type RMSProp struct {
	made
	Beta float64 `hyper:"beta" alias:"alpha,rho" symbol:"β" range:"[0,1) log1m" doc:"memory of the mean squared gradient (PyTorch's alpha, Keras's rho)"`
	Eps  float64 `hyper:"eps" alias:"delta" symbol:"ε" range:"[0,inf) log" doc:"added to the root: gradients far below it move little"`
	Form string  `hyper:"form" values:"lecture,optax,keras" doc:"ε beside the root (lecture, PyTorch), or in it"`
}

// NewRMSProp has β = 0.9 and ε = 1e-8.
func NewRMSProp() *RMSProp { return &RMSProp{made{true}, 0.9, 1e-8, "lecture"} }

// Update implements Rule.
func (r *RMSProp) Update(s *Step) graph.Value {
	η, β, ε, g := s.Rate(), s.Hyper(&r.Beta), s.Hyper(&r.Eps), s.Gradient()
	v := s.Slot("v").Average(β, g.Square())
	return η.Neg().Mul(g).Div(s.rootOf(v, ε, r.Form != "lecture"))
}
