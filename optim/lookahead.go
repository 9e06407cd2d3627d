package optim

import "github.com/godescent/descent/graph"

// Lookahead (Zhang et al. 2019) lets a rule run k updates ahead and then goes
// part of the way from where it started:
//
//	w ← w + Δw of the rule; if k divides t: s ← s + α(w − s), w ← s
//
// s are the slow weights, at first w. The rule keeps its state.
type Lookahead struct {
	made
	K     int     `hyper:"lookahead" symbol:"k" range:"[1,inf)" doc:"number of updates between two returns"`
	Alpha float64 `hyper:"lookahead_share" symbol:"α" range:"(0,1]" doc:"share of the way that is kept"`
	Rule  Rule    `part:""`
}

// NewLookahead has the paper's k = 5 and α = 0.5.
func NewLookahead(r Rule) *Lookahead { return &Lookahead{made{true}, 5, 0.5, r} }

// Update implements Rule.
func (r *Lookahead) Update(s *Step) graph.Value {
	α, w, t := s.Hyper(&r.Alpha), s.W(), s.Tau()
	Δw := s.Update(r.Rule)
	slow := s.Slot("slow_weights")
	k := s.Graph().Const(float64(r.K))
	back := t.Sub(t.Div(k).Floor().Mul(k)).Equal(s.Graph().Const(0))
	last := slow.LastOr(w)
	next := slow.Keep(graph.Where(back, last.Add(α.Mul(w.Add(Δw).Sub(last))), last))
	return graph.Where(back, next.Sub(w), Δw)
}
