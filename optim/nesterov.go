package optim

import "github.com/godescent/descent/graph"

// Nesterov takes the gradient where the momentum is about to carry w (Nesterov
// 1983; Sutskever et al. 2013), form lecture:
//
//	Δw(τ−1) = −η∇E(w(τ−1) + μΔw(τ−2)) + μΔw(τ−2)
//
// The look-ahead point is evaluated literally, with one gradient a step, so w
// is the lecture's w for any schedule. Form torch is PyTorch's and Optax's:
//
//	b(τ) = ∇E(φ(τ−1)) + μb(τ−1)
//	Δφ(τ−1) = −η(∇E(φ(τ−1)) + μb(τ))
//
// Its weights are the look-ahead points φ = w + μΔw of form lecture while η and
// μ are constant; with a moving η it is another method. Form keras stores φ too,
//
//	Δw ← μΔw − η∇E(φ)     Δφ = μΔw − η∇E(φ)
//
// and is form lecture's look-ahead point for any η.
type Nesterov struct {
	made
	Mu   float64 `hyper:"momentum" alias:"mu" symbol:"μ" range:"[0,1) log1m" doc:"share of the last step that is kept"`
	Form string  `hyper:"form" values:"lecture,torch,keras" doc:"gradient at w + μΔw (lecture), or that point in place of w, with η outside of the velocity (torch) or inside (keras)"`
}

// NewNesterov has μ = 0.9.
func NewNesterov() *Nesterov { return &Nesterov{made{true}, 0.9, "lecture"} }

// Update implements Rule.
func (r *Nesterov) Update(s *Step) graph.Value {
	η, μ := s.Rate(), s.Hyper(&r.Mu)
	if r.Form == "torch" {
		g, b := s.Gradient(), s.Slot("buffer")
		return η.Neg().Mul(g.Add(μ.Mul(b.Keep(μ.Mul(b.Last()).Add(g)))))
	}
	Δw := s.Slot("velocity")
	if r.Form == "keras" {
		step := η.Mul(s.Gradient())
		return μ.Mul(Δw.Keep(μ.Mul(Δw.Last()).Sub(step))).Sub(step)
	}
	ahead := μ.Mul(Δw.Last())
	return Δw.Keep(ahead.Sub(η.Mul(s.GradientAt(s.W().Add(ahead)))))
}
