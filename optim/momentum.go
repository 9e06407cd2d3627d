package optim

import "github.com/godescent/descent/graph"

// Momentum is the heavy ball (Polyak 1964), form lecture:
//
//	Δw(τ−1) = −η∇E(w(τ−1)) + μΔw(τ−2)
//
// and form torch, PyTorch's and Optax's, with η outside the velocity:
//
//	b(τ) = ∇E(w(τ−1)) + μb(τ−1)
//	Δw(τ−1) = −ηb(τ)
//
// The two are the same while η is constant. When η drops, the lecture's
// velocity keeps its size and decays by μ; PyTorch's shrinks at once.
type Momentum struct {
	made
	Mu   float64 `hyper:"momentum" alias:"mu" symbol:"μ" range:"[0,1) log1m" doc:"share of the last step that is kept"`
	Form string  `hyper:"form" values:"lecture,torch" doc:"whether η is inside the velocity (lecture) or outside (torch)"`
}

// NewMomentum has μ = 0.9.
func NewMomentum() *Momentum { return &Momentum{made{true}, 0.9, "lecture"} }

// Update implements Rule.
func (r *Momentum) Update(s *Step) graph.Value {
	η, μ, g := s.Rate(), s.Hyper(&r.Mu), s.Gradient()
	if r.Form == "torch" {
		b := s.Slot("buffer")
		return η.Neg().Mul(b.Keep(μ.Mul(b.Last()).Add(g)))
	}
	Δw := s.Slot("velocity")
	return Δw.Keep(μ.Mul(Δw.Last()).Sub(η.Mul(g)))
}
