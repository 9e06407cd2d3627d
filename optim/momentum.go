package optim

import "github.com/godescent/descent/graph"

// Momentum is the heavy ball (Polyak 1964), form lecture:
//
//	Δw(τ−1) = −η(1−δ)∇E(w(τ−1)) + μΔw(τ−2)
//
// and form torch, PyTorch's and Optax's, with η outside the velocity:
//
//	b(τ) = (1−δ)∇E(w(τ−1)) + μb(τ−1)
//	Δw(τ−1) = −ηb(τ)
//
// The dampening δ is 0 but where it is asked for: with δ = μ the velocity is a mean of the gradients, which starts at 0, and the
// steps are 1−μ as long. PyTorch's b(1) = ∇E, without δ, and so is form torch's; Optax has no δ. Without δ
// the two forms are the same while η is constant. When η drops, the lecture's
// velocity keeps its size and decays by μ; PyTorch's shrinks at once.
type Momentum struct {
	made
	Mu        float64 `hyper:"momentum" alias:"mu" symbol:"μ" range:"[0,1) log1m" doc:"share of the last step that is kept"`
	Dampening float64 `hyper:"dampening" symbol:"δ" range:"[0,1]" doc:"share of a new gradient that is left out"`
	Form      string  `hyper:"form" values:"lecture,torch" doc:"whether η is inside the velocity (lecture) or outside (torch)"`
}

// NewMomentum has μ = 0.9.
func NewMomentum() *Momentum { return &Momentum{made{true}, 0.9, 0, "lecture"} }

// Update implements Rule.
func (r *Momentum) Update(s *Step) graph.Value {
	η, μ, g := s.Rate(), s.Hyper(&r.Mu), s.Gradient()
	share := s.Hyper(&r.Dampening).OneMinus()
	if r.Form == "torch" {
		b, one := s.Slot("buffer"), s.Graph().Const(1)
		share = graph.Where(s.Tau().Equal(one), one, share)
		return η.Neg().Mul(b.Keep(μ.Mul(b.Last()).Add(share.Mul(g))))
	}
	Δw := s.Slot("velocity")
	return Δw.Keep(μ.Mul(Δw.Last()).Sub(η.Mul(share).Mul(g)))
}
