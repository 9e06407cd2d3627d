package optim

import "github.com/godescent/descent/graph"

// Rprop (Riedmiller and Braun 1993; iRprop−, Igel and Hüsken 2000) looks at the
// gradient's sign alone: a weight's step grows while the sign stays and shrinks
// when it turns, and after a turn the weight pauses for one update.
//
//	s = sign(g·g₋)     g = 0 where s < 0
//	Δ ← min(max(Δ·(η⁺ if s > 0, η⁻ if s < 0, else 1), Δmin), Δmax)
//	Δw = −Δ sign g
//
// g₋ is the g of the update before; Δ starts at η, whose later values do
// nothing. It was made for whole batches: a mini-batch's sign turns by chance, and
// with PyTorch's Δmin = 1e-6, Δmax = 50 and η = 0.01 steps fall to nothing or run away.
// This is PyTorch's rule; Optax 0.2.8 applies the step of the update before.
type Rprop struct {
	made
	Minus float64 `hyper:"eta_minus" symbol:"η⁻" range:"(0,1)" doc:"factor of the step after the sign has turned"`
	Plus  float64 `hyper:"eta_plus" symbol:"η⁺" range:"(1,inf)" doc:"factor of the step while the sign stays"`
	Min   float64 `hyper:"step_min" symbol:"Δmin" range:"(0,inf) log" doc:"smallest step"`
	Max   float64 `hyper:"step_max" symbol:"Δmax" range:"(0,inf) log" doc:"largest step"`
}

// NewRprop has the paper's η⁻ = 0.5 and η⁺ = 1.2, and steps for batches, 1e-4 to 1e-3.
func NewRprop() *Rprop { return &Rprop{made{true}, 0.5, 1.2, 1e-4, 1e-3} }

// Update implements Rule.
func (r *Rprop) Update(s *Step) graph.Value {
	η, sign := s.Rate(), s.Gradient().Sign()
	minus, plus := s.Hyper(&r.Minus), s.Hyper(&r.Plus)
	size, last := s.Slot("step_size"), s.Slot("sign") // of signs no product underflows
	zero := s.Graph().Const(0)
	turn := sign.Mul(last.Last())
	stay := sign.Mul(zero).Plus(1) // 1 in w's type
	factor := graph.Where(turn.Greater(zero), plus, graph.Where(turn.Less(zero), minus, stay))
	Δ := size.Keep(size.LastOr(η).Mul(factor).Max(s.Hyper(&r.Min)).Min(s.Hyper(&r.Max)))
	sign = last.Keep(graph.Where(turn.Less(zero), zero, sign))
	return Δ.Neg().Mul(sign)
}

func rpropEntry() Entry {
	return Entry{
		Name: "rprop", New: func() Rule { return NewRprop() }, DefaultLR: 0.0003,
		Equation:  "s = sign(g·g₋), g = 0 where s < 0, Δ ← clip(Δ·(η⁺ if s > 0, η⁻ if s < 0, else 1), Δmin, Δmax), Δw = −Δ sign g",
		Latex:     `s = \operatorname{sign}(g\, g_-), \quad \Delta \leftarrow \operatorname{clip}(\Delta \cdot \{\eta^+ : s>0,\ \eta^- : s<0,\ 1\}, \Delta_{\min}, \Delta_{\max}), \quad \Delta w = -\Delta \operatorname{sign}(g)\,[s \ge 0]`,
		Reference: "Riedmiller and Braun 1993; Igel and Hüsken 2000 (iRprop−)",
		Differs:   "PyTorch's is the same; Optax 0.2.8 applies the step of the update before",
	}
}
