package optim

import "github.com/godescent/descent/graph"

// EMA keeps a moving average of the weights, to be evaluated in their place:
//
//	a ← βa + (1−β)w     a = w after the first update, as in PyTorch's AveragedModel
//
// The updates are the rule's own.
type EMA struct {
	made
	Beta float64 `hyper:"ema" symbol:"β" range:"[0,1) log1m" doc:"memory of the averaged weights"`
	Rule Rule    `part:""`
}

// NewEMA has β = 0.999.
func NewEMA(r Rule) *EMA { return &EMA{made{true}, 0.999, r} }

// Update implements Rule.
func (r *EMA) Update(s *Step) graph.Value {
	β, Δw, a := s.Hyper(&r.Beta), s.Update(r.Rule), s.Slot("ema_weights")
	w := s.W().Add(Δw)
	s.Present(a.Keep(β.Mul(a.LastOr(w)).Add(β.OneMinus().Mul(w))))
	return Δw
}

// SWA keeps the mean of the weights from an update on, to be evaluated in their
// place (Polyak and Juditsky 1992; Izmailov et al. 2018):
//
//	n = max(t − t0, 1)     a ← a + (w − a)/n
//
// so that a is w up to update t0 + 1 and then the mean of all w since. The
// updates are the rule's own.
type SWA struct {
	made
	Start float64 `hyper:"swa" symbol:"t0" range:"[0,inf)" doc:"number of updates before the mean begins"`
	Rule  Rule    `part:""`
}

// NewSWA averages all weights.
func NewSWA(r Rule) *SWA { return &SWA{made{true}, 0, r} }

// Update implements Rule.
func (r *SWA) Update(s *Step) graph.Value {
	Δw, a, one := s.Update(r.Rule), s.Slot("mean_weights"), s.Graph().Const(1)
	n := s.Tau().Sub(s.Hyper(&r.Start)).Max(one)
	s.Present(a.Keep(a.Last().Add(s.W().Add(Δw).Sub(a.Last()).Mul(one.Div(n)))))
	return Δw
}

// Present says that weights of w's type and shape, after this update, are to be
// evaluated in place of w. The outermost rule that says so is heard.
func (s *Step) Present(w graph.Value) {
	if s.part != nil {
		s.fail("it presents weights in place of w and knows only a part of them; put it around the rule that divides w")
		return
	}
	if s.ok() && s.isLikeW(w, "what it presents in place of w") {
		s.b.presented = w
	}
}

// Presented is what a rule presents in place of the next w; invalid if none does.
func (s *Step) Presented() graph.Value { return s.b.presented }
