package optim

import (
	"fmt"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// Slot is a piece of a rule's state: zero before the first update.
type Slot struct {
	step *Step
	name string
	key  string
	last graph.Value
	next graph.Value
	kept bool
}

// SlotInfo is a piece of state: the input Last holds its value before the
// update, and Next is its value after it. The key, with Last's type and shape,
// names it in a checkpoint.
type SlotInfo struct {
	Key        string
	Last, Next graph.Value
}

// Slot is state of w's type and shape. Its name is part of a file format: a-z,
// 0-9 and _. Asked for twice, it is the same Slot.
func (s *Step) Slot(name string) *Slot {
	return s.SlotOf(name, s.W().DType(), s.W().Shape()...)
}

// ScalarSlot is one float64 of state.
func (s *Step) ScalarSlot(name string) *Slot { return s.SlotOf(name, tensor.Float64) }

// SlotOf is state of any type and shape.
func (s *Step) SlotOf(name string, d tensor.DType, dims ...int) *Slot {
	slot := &Slot{step: s, name: name}
	if !s.ok() {
		return slot
	}
	if s.node == nil {
		s.fail("slot %q: state belongs to a rule; call Step.Update with it", name)
		return slot
	}
	if !isKey(name) {
		s.fail("slot %q: a slot's name is of a-z, 0-9 and _, since it is part of a file format", name)
		return slot
	}
	for _, old := range s.slots {
		if old.name != name {
			continue
		}
		if t := old.last.Type(); t.DType != d || !t.Shape.Equal(dims) {
			s.fail("slot %q is %v and asked for again as %v", name, t, graph.Type{DType: d, Shape: dims})
		}
		return old
	}
	slot.key = join(s.node.path, name)
	if s.b.keys[slot.key] {
		s.fail("slot %q: another rule has the state %q; give the field that holds one of them a part name", name, slot.key)
		return slot
	}
	s.b.keys[slot.key] = true
	slot.last = s.b.Graph.Input("state/"+slot.key, d, dims...)
	s.slots = append(s.slots, slot)
	s.b.slots = append(s.b.slots, slot)
	return slot
}

func isKey(name string) bool {
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return name != ""
}

// Last is the value before this update, whatever is kept.
func (s *Slot) Last() graph.Value { return s.last }

// LastOr is Last, and in the first update what is given: a state that does not
// start at zero. The result has the slot's type.
func (s *Slot) LastOr(first graph.Value) graph.Value {
	if !s.last.Valid() || !first.Valid() {
		return graph.Value{}
	}
	t := s.step.Tau()
	return graph.Where(t.Equal(t.Graph().Const(1)), first, s.last)
}

// Keep makes next the value after this update, and returns it. Every slot is
// kept exactly once.
func (s *Slot) Keep(next graph.Value) graph.Value {
	if !next.Valid() || !s.last.Valid() || !s.step.ok() {
		return graph.Value{}
	}
	if s.kept {
		return s.step.fail("slot %q is kept twice", s.name)
	}
	if t, l := next.Type(), s.last.Type(); t.DType != l.DType || !t.Shape.Equal(l.Shape) {
		return s.step.fail("slot %q is %v, and its next value is %v", s.name, l, t)
	}
	s.kept, s.next = true, next
	return next
}

// Average keeps the moving average v ← βv + (1−β)x, for a rank-0 β.
func (s *Slot) Average(β, x graph.Value) graph.Value {
	return s.Keep(β.Mul(s.last).Add(β.OneMinus().Mul(x)))
}

// Slots lists the state in the order in which the rule asked for it.
func (s *Step) Slots() []SlotInfo {
	var out []SlotInfo
	for _, slot := range s.b.slots {
		out = append(out, SlotInfo{slot.key, slot.last, slot.next})
	}
	return out
}

// HyperInput is a hyper-parameter as a run-time input of the step.
type HyperInput struct {
	Key     string      // its path in the rule: beta1, after/decay/weight_decay
	Value   graph.Value // a rank-0 float64 input
	Default float64     // the rule's value when the step was built
}

// Hyper is the hyper-parameter in one of the rule's own tagged fields: a rank-0
// float64 that is given at run time, so that a sweep over it compiles once.
func (s *Step) Hyper(field *float64) graph.Value {
	if !s.ok() {
		return graph.Value{}
	}
	if s.node == nil {
		return s.fail("a hyper-parameter belongs to a rule; call s.Update(rule), not rule.Update(s)")
	}
	for _, f := range s.node.fields {
		if f.Addr() != field || field == nil {
			continue
		}
		key := join(s.node.path, f.Name)
		if at := s.b.moved[key]; at != nil {
			return at(s)
		}
		for _, h := range s.b.hypers {
			if h.Key == key {
				return h.Value
			}
		}
		v := s.b.Graph.Input("hyper/"+key, tensor.Float64)
		s.b.hypers = append(s.b.hypers, HyperInput{key, v, *field})
		return v
	}
	return s.fail("%s", s.stray(field))
}

// stray says whose the field is that is not this rule's.
func (s *Step) stray(field *float64) string {
	msg := "Hyper is given the address of no tagged float64 field of it"
	s.b.root.all(func(n *node) bool {
		for _, f := range n.fields {
			if field != nil && f.Addr() == field {
				msg = fmt.Sprintf("%s of %s is asked for by another rule; update a rule that is held by s.Update(r), not r.Update(s)", f.Name, n.name)
			}
		}
		return true
	})
	return msg
}

// Hypers lists the hyper-parameters that the rule asked for, in order.
func (s *Step) Hypers() []HyperInput { return s.b.hypers }
