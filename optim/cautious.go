package optim

import "github.com/godescent/descent/graph"

// Cautious keeps of a rule's step the numbers that go down the present gradient (Liang et al. 2024, Algorithm 1), and
// makes them larger by how many are left of a layer:
//
//	mask = [Δw·g < 0]     Δw ← Δw·mask/max(mean(mask) of the layer, ξ)
//
// It is placed after a rule. The gradient is the one at w, which costs a rule that takes its own elsewhere a second pass.
type Cautious struct {
	made
	Floor float64 `hyper:"cautious" symbol:"ξ" range:"(0,1] log" doc:"smallest share of a layer's numbers that the step is divided by"`
}

// NewCautious has the authors' ξ = 1e-3.
func NewCautious() *Cautious { return &Cautious{made{true}, 1e-3} }

// Apply implements Transform.
func (r *Cautious) Apply(s *Step, Δw graph.Value) graph.Value {
	mask := Δw.Mul(s.Gradient()).Less(s.Graph().Const(0))
	kept := mask.SegmentSum(s.layers())
	if !kept.Valid() {
		return kept
	}
	sizes := mask.Zeros().Plus(1).SegmentSum(s.layers())
	return s.perLayer(Δw.Mul(mask), s.Graph().Const(1).Div(kept.Div(sizes).Max(s.Hyper(&r.Floor))))
}

// CautiousDecay is decoupled decay where the step takes the weight towards zero as well (Chen et al. 2025):
//
//	Δw ← Δw − ηλw where Δw·w ≤ 0
type CautiousDecay struct {
	made
	Lambda float64 `hyper:"cautious_decay" symbol:"λ" range:"[0,inf) log" doc:"share of w, times η, that an update takes away where its step shrinks w too"`
}

// NewCautiousDecay has λ = 0.01.
func NewCautiousDecay() *CautiousDecay { return &CautiousDecay{made{true}, 0.01} }

// Apply implements Transform.
func (r *CautiousDecay) Apply(s *Step, Δw graph.Value) graph.Value {
	where := Δw.Mul(s.W()).LessEqual(s.Graph().Const(0))
	return Δw.Sub(s.Rate().Mul(s.Hyper(&r.Lambda)).Mul(s.W()).Mul(where))
}
