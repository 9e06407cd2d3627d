package optim

import (
	"math"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// Mechanic (Cutkosky, Defazio and Mehta 2023, Algorithm 1) learns how far to go
// along the sum of a rule's updates:
//
//	ĝ = g + λσ‖g‖/‖w‖ w     h = −⟨ĝ, Δ⟩     Δ ← Δ + u, the rule's Δw
//	for each β = 1 − 10⁻ⁱ, i = 1 ... n:
//	  m' = m     m ← max(βm, |h| + ε)     v ← β²v + h²     r ← βr + s·clip(h, ±m')
//	  s ← (s0/n·m + max(r, 0))/(√v + ε)
//	σ = Σs     w = w0 + σΔ
//
// The clip is that of the authors' code, as is that r may be negative. The rule
// keeps its state and works at its own rate, whose scale does not matter in the
// end. s starts at s0 each.
type Mechanic struct {
	made
	Initial float64 `hyper:"mechanic" symbol:"s0" range:"(0,inf) log" doc:"first scale"`
	Lambda  float64 `hyper:"mechanic_decay" symbol:"λ" range:"[0,inf) log" doc:"weight decay of the scale's gradient"`
	Eps     float64 `hyper:"mechanic_eps" symbol:"ε" range:"(0,inf) log" doc:"added to the root and to |h|"`
	Count   int     `hyper:"mechanic_count" symbol:"n" range:"[1,12]" doc:"number of memories"`
	Rule    Rule    `part:""`
}

// NewMechanic has the paper's s0 = 1e-6, λ = 0.01, ε = 1e-8 and n = 6.
func NewMechanic(r Rule) *Mechanic { return &Mechanic{made{true}, 1e-6, 0.01, 1e-8, 6, r} }

// Update implements Rule.
func (r *Mechanic) Update(s *Step) graph.Value {
	w, g, gr, zero := s.W(), s.Gradient(), s.Graph(), s.Graph().Const(0)
	s0, λ, ε := s.Hyper(&r.Initial), s.Hyper(&r.Lambda), s.Hyper(&r.Eps)
	u, w0 := s.Update(r.Rule), s.origin()
	if !u.Valid() || !w0.Valid() {
		return graph.Value{}
	}
	vector := func(name string) *Slot { return s.SlotOf("mechanic_"+name, tensor.Float64, r.Count) }
	scale, most, square, reward, sum := vector("s"), vector("m"), vector("v"), vector("r"), s.Slot("mechanic_sum")
	last := scale.LastOr(s0.BroadcastTo(r.Count))
	if !last.Valid() {
		return last
	}
	decay := s.over(λ.Mul(last.SumAll()).Mul(s.square(g).Sqrt()), s.square(w).Sqrt().Add(ε))
	h := s.dot(g.Add(decay.Mul(w)), sum.Last()).Neg()
	Δ := sum.Keep(sum.Last().Add(u))

	β := make([]graph.Value, r.Count)
	for i := range β {
		β[i] = gr.Full(1-math.Pow(0.1, float64(i+1)), tensor.Float64, 1)
	}
	B := graph.Concat(0, β...)
	clipped := h.Max(most.Last().Neg()).Min(most.Last())
	m := most.Keep(B.Mul(most.Last()).Max(h.Abs().Add(ε)))
	v := square.Keep(B.Square().Mul(square.Last()).Add(h.Square()))
	won := reward.Keep(B.Mul(reward.Last()).Add(clipped.Mul(last))).Max(zero)
	σ := scale.Keep(s0.Scale(1 / float64(r.Count)).Mul(m).Add(won).Div(v.Sqrt().Add(ε))).SumAll()
	return w0.Add(σ.Mul(Δ)).Sub(w)
}
