package optim

import "github.com/godescent/descent/graph"

// Decay is decoupled weight decay, placed after a rule:
//
//	Δw ← Δw − ηλw
//
// It acts on w(τ−1), the weights that the rule's gradient belongs to, and on
// all of them. λ adds nothing to the gradient, unlike PyTorch's weight_decay of
// SGD, RMSprop and Adam (its AdamW decays as here).
type Decay struct {
	made
	Lambda float64 `hyper:"weight_decay" symbol:"λ" range:"[0,inf) log" doc:"share of w, times η, that every update takes away"`
}

// NewDecay has λ = 0.01.
func NewDecay() *Decay { return &Decay{made{true}, 0.01} }

// Apply implements Transform.
func (r *Decay) Apply(s *Step, Δw graph.Value) graph.Value {
	η, λ := s.Rate(), s.Hyper(&r.Lambda)
	return Δw.Sub(η.Mul(λ).Mul(s.W()))
}
