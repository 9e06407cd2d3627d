package program

import (
	"github.com/godescent/descent/graph"
)

// fuses reports whether consumer, an elem, can read arg in a register: the
// node it then reads, which is also an elem of the same size and type.
func (c *compiler) fuses(consumer, arg int) (root int, ok bool) {
	root = c.nodes[arg].root
	if c.nodes[consumer].kind != elem || c.nodes[root].kind != elem {
		return root, false
	}
	a, b := c.g.At(consumer), c.g.At(root)
	return root, a.DType() == b.DType() && a.Size() == b.Size() && c.guarded[consumer] == c.guarded[root] && c.when[consumer] == c.when[root]
}

// bases are the nodes whose memory a load of node id reads.
func (c *compiler) bases(id int) []int {
	r := &c.nodes[c.nodes[id].root]
	switch r.kind {
	case constant:
		return nil
	case alias:
		if r.view.index >= 0 {
			return []int{r.view.base, r.view.index}
		}
		return []int{r.view.base}
	}
	return []int{c.nodes[id].root}
}

// levels orders the work: a node's level is the number of buffers that must be
// filled, one after another, before it. The number that decides whether a node is needed may be
// a later node than that, so all are gone through until nothing changes.
func (c *compiler) levels() {
	for again := true; again; {
		again = c.raise()
	}
}

// raise goes through the levels once and reports whether one has changed.
func (c *compiler) raise() (changed bool) {
	for id := range c.need {
		n := &c.nodes[id]
		if !c.need[id] || n.kind != elem && n.kind != heavy && n.kind != tail {
			continue
		}
		before := n.level
		n.level = 0
		if n.kind == tail {
			n.level = c.nodes[c.nodes[c.g.At(id).Arg(0).ID()].root].level
			changed = changed || n.level != before
			continue
		}
		filled := func(bases []int) {
			for _, b := range bases {
				if k := c.nodes[b].kind; k == elem || k == heavy || k == tail {
					n.level = max(n.level, c.nodes[b].level+1)
				}
			}
		}
		for _, cond := range c.conditions(c.when[id]) {
			filled(c.bases(cond))
		}
		for _, a := range c.operands(id) {
			if r, ok := c.fuses(id, a); ok {
				n.level = max(n.level, c.nodes[r].level)
				continue
			}
			bases := c.bases(a)
			if c.beyondGuard(id, a) {
				bases = nil
				for _, x := range c.operands(c.nodes[a].root) {
					bases = append(bases, c.bases(x)...)
				}
			}
			filled(bases)
		}
		changed = changed || n.level != before
	}
	return changed
}

// operands are the nodes that filling id reads.
func (c *compiler) operands(id int) []int {
	if m := c.maker[id]; m != nil && m.copyOf != nil {
		ids := []int{m.copyOf.base}
		if m.copyOf.index >= 0 {
			ids = append(ids, m.copyOf.index)
		}
		return ids
	}
	v := c.g.At(id)
	if _, ok := v.Op().(graph.Const); ok {
		return nil
	}
	if c.isFill(id) {
		return nil
	}
	ids := make([]int, v.NumArgs())
	for i := range ids {
		ids[i] = v.Arg(i).ID()
	}
	return ids
}

// isFill reports whether an elem is a broadcast constant that had to be stored.
func (c *compiler) isFill(id int) bool {
	switch c.g.At(id).Op().(type) {
	case graph.Const, graph.Broadcast, graph.Reshape, graph.Permute, graph.Slice, graph.Stop:
		return c.nodes[id].kind == elem
	}
	return false
}

// sink moves an elementwise node that only later loops read down to the first
// of them: its operands are then read there instead of its result being stored,
// or, if that is state or an output, stored there without being read again.
func (c *compiler) sink() {
	for id := len(c.need) - 1; id >= 0; id-- {
		n := &c.nodes[id]
		if !c.need[id] || n.kind != elem {
			continue
		}
		first := -1
		for _, u := range c.readers(id) {
			if r, ok := c.fuses(u, id); !ok || r != id {
				first = -1
				break
			}
			if l := c.nodes[u].level; first < 0 || l < first {
				first = l
			}
		}
		n.level = max(n.level, first)
	}
}

// sinkCopies moves what a slot keeps a copy of down to the loop that reads the slot's last
// value, which can then be overwritten there. What is copied must not be state itself,
// which could be overwritten before that.
func (c *compiler) sinkCopies() {
	state := map[int]bool{}
	for _, u := range c.spec.Updates {
		state[u.Slot.ID()] = true
	}
	for _, u := range c.spec.Updates {
		id := u.Next.ID()
		n := &c.nodes[id]
		if _, ok := u.Next.Op().(snapshot); !ok || n.kind != elem || state[behindViews(u.Next.Arg(0)).ID()] {
			continue
		}
		for _, r := range c.readers(u.Slot.ID()) {
			v := c.g.At(r)
			if c.nodes[r].kind == elem && v.Size() == u.Slot.Size() && v.DType() == u.Slot.DType() {
				n.level = max(n.level, c.nodes[r].level)
			}
		}
	}
}

// readers are the nodes that use id, directly or behind reshapes.
func (c *compiler) readers(id int) []int {
	var out []int
	for _, u := range c.nodes[id].users {
		if c.nodes[u].kind == alias && c.nodes[u].root != u {
			out = append(out, c.readers(u)...)
		} else {
			out = append(out, u)
		}
	}
	return out
}

// rowsOf is the length of the rows that a reduction adds up, or 0 if it is no
// reduction of the last axes alone.
func (c *compiler) rowsOf(id int) int {
	v := c.g.At(id)
	r, ok := v.Op().(graph.Reduce)
	if !ok {
		return 0
	}
	runs := graph.Runs(v.Arg(0).Shape(), r.Axes.Slice())
	if len(runs) != 1 || runs[0].Inner != 1 {
		return 0
	}
	return runs[0].N
}

// columnsOf is the number of columns of a reduction over all rows, if they are
// so many that the loop that computes them can share them out, or 0.
func (c *compiler) columnsOf(id int) int {
	v := c.g.At(id)
	r, ok := v.Op().(graph.Reduce)
	if !ok {
		return 0
	}
	runs := graph.Runs(v.Arg(0).Shape(), r.Axes.Slice())
	if len(runs) != 1 || runs[0].Outer != 1 || runs[0].Inner < 2 || runs[0].N < 4*graph.ColumnChunk {
		return 0
	}
	return runs[0].Inner
}

// isTail reports whether a reduction can be done by the loop that computes its operand.
func (c *compiler) isTail(id int) bool {
	return (c.rowsOf(id) > 0 || c.columnsOf(id) > 0) && c.nodes[c.nodes[c.g.At(id).Arg(0).ID()].root].kind == elem
}

// splitTails makes a reduction an instruction of its own where its loop
// already reduces rows of another length, and reports whether it did.
func (c *compiler) splitTails() bool {
	type shape struct{ row, columns int }
	loops := map[loopKey]shape{}
	for id := range c.need {
		if !c.need[id] || c.nodes[id].kind != tail {
			continue
		}
		arg := c.g.At(id).Arg(0).ID()
		k := c.key(c.nodes[arg].root)
		s, row, columns := loops[k], c.rowsOf(id), c.columnsOf(id)
		if row > 0 && (s.row > 0 && s.row != row || s.columns > 0 && s.columns != row) ||
			columns > 0 && (s.columns > 0 && s.columns != columns || s.row > 0 && s.row != columns) {
			c.nodes[id].kind = heavy
			c.dense(arg)
			return true
		}
		loops[k] = shape{max(s.row, row), max(s.columns, columns)}
	}
	return false
}

func (c *compiler) key(id int) loopKey {
	v := c.g.At(id)
	return loopKey{c.nodes[id].level, v.Size(), v.DType(), c.guarded[id], c.when[id]}
}
