package optim

import (
	"fmt"

	"github.com/godescent/descent/graph"
)

// Accumulate makes one update of a rule with the mean gradient of k batches: the update of a batch k times as large, if
// E is a mean and the batches are of one size. Between, w and the rule's state stay, and the rule's t counts its
// own updates; the schedule counts batches. The rule's arithmetic is done, and thrown away, for every batch.
//
//	a ← a + g; if k divides t: Δw = Δw of the rule at g = a/k, a ← 0; else Δw = 0
type Accumulate struct {
	made
	K    int  `hyper:"accumulate" symbol:"k" range:"[1,inf)" doc:"number of batches for an update"`
	Rule Rule `part:""`
}

// NewAccumulate has k = 4.
func NewAccumulate(r Rule) *Accumulate { return &Accumulate{made{true}, 4, r} }

// Update implements Rule.
func (r *Accumulate) Update(s *Step) graph.Value {
	k, zero, one := s.Graph().Const(float64(r.K)), s.Graph().Const(0), s.Graph().Const(1)
	updates := s.Tau().Div(k).Floor() // whole ones, this batch counted
	due := s.Tau().Sub(updates.Mul(k)).Equal(zero)
	points := 0
	Δw := s.within(r.Rule, View{
		Tau: updates.Max(one),
		GradientAt: func(at graph.Value) graph.Value {
			points++ // the rule's points stay while its state does, so their gradients add up each in a place of its own
			sum := s.Slot(fmt.Sprintf("sum%d", points))
			a := sum.Last().Add(s.GradientAt(at))
			sum.Keep(graph.Where(due, a.Zeros(), a))
			return a.Mul(one.Div(k))
		},
	}, due)
	if !Δw.Valid() {
		return Δw
	}
	return graph.Where(due, Δw, Δw.Zeros())
}

// within updates a rule whose state stays as it is where due is 0.
func (s *Step) within(r Rule, v View, due graph.Value) graph.Value {
	before := len(s.b.slots)
	Δw := s.UpdateWithin(r, v)
	if !Δw.Valid() {
		return Δw
	}
	for _, slot := range s.b.slots[before:] {
		if slot.step != s && slot.kept {
			slot.next = graph.Where(due, slot.next, slot.last)
		}
	}
	return Δw
}

// Tolerant reports whether the rule copes with a gradient that is not finite: a loop need not end there.
func (s *Step) Tolerant() bool { return s.b.tolerant }

// Skip leaves out updates that would do harm: where ‖Δw‖ is not finite or more than c·max(‖w‖, 1), w and the rule's state stay. It
// counts them in its state "skipped".
type Skip struct {
	made
	Limit float64 `hyper:"skip" symbol:"c" range:"(0,inf) log" doc:"longest step, over the length of w, that is made"`
	Rule  Rule    `part:""`
}

// NewSkip makes steps of up to the length of w.
func NewSkip(r Rule) *Skip { return &Skip{made{true}, 1, r} }

// Update implements Rule.
func (r *Skip) Update(s *Step) graph.Value {
	c, one, before := s.Hyper(&r.Limit), s.Graph().Const(1), len(s.b.slots)
	Δw := s.Update(r.Rule)
	if !Δw.Valid() {
		return Δw
	}
	length := func(v graph.Value) graph.Value { return v.Square().SumAll().Sqrt().Cast(c.DType()) }
	good := length(Δw).LessEqual(c.Mul(length(s.W()).Max(one))) // NaN and infinity are not
	for _, slot := range s.b.slots[before:] {
		if slot.kept {
			slot.next = graph.Where(good, slot.next, slot.last)
		}
	}
	s.b.tolerant = true
	skipped := s.ScalarSlot("skipped")
	skipped.Keep(skipped.Last().Add(good.OneMinus()))
	return graph.Where(good, Δw, Δw.Zeros())
}
