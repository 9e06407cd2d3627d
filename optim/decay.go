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

// MatrixDecay is Decay of the matrices and kernels of linear maps alone, as is
// the custom: shrinking a bias, or the scale of a normalisation, regularises
// nothing. Without a Layout, which says what a weight is for, it acts on all of w.
//
//	Δw ← Δw − ηλw where the weight's role decays, see weights.Role
type MatrixDecay struct {
	made
	Lambda float64 `hyper:"matrix_decay" symbol:"λ" range:"[0,inf) log" doc:"share of a matrix, times η, that every update takes away"`
}

// NewMatrixDecay has λ = 0.01.
func NewMatrixDecay() *MatrixDecay { return &MatrixDecay{made{true}, 0.01} }

// Apply implements Transform.
func (r *MatrixDecay) Apply(s *Step, Δw graph.Value) graph.Value {
	decay := s.Rate().Mul(s.Hyper(&r.Lambda)).Mul(s.W())
	if s.Layout() == nil {
		return Δw.Sub(decay)
	}
	var decays []graph.Value // 1 or 0 a layer
	for _, v := range s.Layout().Views() {
		on := 0.0
		if v.Role.Decays() {
			on = 1
		}
		decays = append(decays, s.Graph().Full(on, s.W().DType(), 1))
	}
	return Δw.Sub(s.perLayer(decay, graph.Concat(0, decays...)))
}

// L2 is coupled weight decay, placed before a rule: the gradient of ½λ‖w‖²,
// where the rule asks for its gradient.
//
//	g ← g + λw
//
// It is the weight_decay of PyTorch's SGD, RMSprop and Adam. Behind an adaptive
// denominator it shrinks weights with large gradients less; see Decay.
type L2 struct {
	made
	Lambda float64 `hyper:"l2" symbol:"λ" range:"[0,inf) log" doc:"share of w that is added to the gradient"`
}

// NewL2 has λ = 1e-4.
func NewL2() *L2 { return &L2{made{true}, 1e-4} }

// Apply implements Transform.
func (r *L2) Apply(s *Step, g graph.Value) graph.Value {
	return g.Add(s.Hyper(&r.Lambda).Mul(s.Point()))
}
