package program

import (
	"slices"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// loopKey names the loop an elementwise node belongs to. Nodes of one level,
// size and type depend on each other through registers only, so they can
// always share a loop.
type loopKey struct {
	level, size int
	dtype       tensor.DType
	guarded     bool
	when        int
}

// group makes the instructions: a loop for each loopKey, one for each heavy node.
func (c *compiler) group() {
	loops := map[loopKey]*instr{}
	for id := range c.need {
		n := &c.nodes[id]
		if !c.need[id] {
			continue
		}
		switch n.kind {
		case heavy:
			m := c.maker[id]
			if m == nil {
				m = &instr{out: id}
				c.maker[id] = m
			}
			m.level, m.when = n.level, c.when[id]
			c.instrs = append(c.instrs, m)
		case elem:
			k := c.key(id)
			m := loops[k]
			if m == nil {
				m = &instr{out: -1, level: n.level, when: k.when, loop: &loop{n: k.size, dtype: k.dtype}}
				loops[k] = m
				c.instrs = append(c.instrs, m)
			}
			m.loop.nodes = append(m.loop.nodes, id)
			c.maker[id] = m
		case tail:
			m := c.maker[c.nodes[c.g.At(id).Arg(0).ID()].root]
			m.loop.tails = append(m.loop.tails, id)
			m.loop.row = max(m.loop.row, c.rowsOf(id))
			m.loop.columns = max(m.loop.columns, c.columnsOf(id))
			c.maker[id] = m
		}
	}
	for _, m := range c.instrs {
		if m.loop != nil {
			c.repeat(m)
		}
	}
	// What another loop or a differently shaped node reads must be in memory.
	for _, m := range c.instrs {
		if m.loop == nil {
			continue
		}
		for _, id := range m.loop.nodes {
			for _, a := range c.operands(id) {
				if m.loop.has(c.nodes[a].root) {
					continue
				}
				for _, b := range c.bases(a) {
					c.nodes[b].stored = true
				}
			}
		}
	}
	for _, m := range c.instrs {
		if m.loop != nil {
			c.prune(m)
		}
		m.note(c)
	}
	// Of a loop that others have repeated nothing may be left.
	c.instrs = slices.DeleteFunc(c.instrs, func(m *instr) bool { return m.loop != nil && len(m.loop.nodes) == 0 })
}

// prune drops a loop's nodes that neither it nor anything else reads any more.
func (c *compiler) prune(m *instr) {
	used := map[int]bool{}
	for _, id := range m.loop.tails {
		used[c.nodes[c.g.At(id).Arg(0).ID()].root] = true
	}
	kept := m.loop.nodes[:0:0]
	for _, id := range slices.Backward(m.loop.nodes) {
		if !used[id] && !(c.nodes[id].stored && c.maker[id] == m) {
			continue
		}
		for _, a := range c.operands(id) {
			used[c.nodes[a].root] = true
		}
		kept = append(kept, id)
	}
	slices.Reverse(kept)
	m.loop.nodes = kept
}

// repeat lets a loop compute again what another loop has computed, if that is
// one cheap operation on memory that can be read in both: a sign that masks a
// gradient costs less than storing it.
func (c *compiler) repeat(m *instr) {
	var extra []int
	for _, id := range m.loop.nodes {
		for _, a := range c.operands(id) {
			r := c.nodes[a].root
			n := &c.nodes[r]
			if n.kind != elem || m.loop.has(r) || slices.Contains(extra, r) {
				continue
			}
			v := c.g.At(r)
			same := v.Size() == m.loop.n && v.DType() == m.loop.dtype
			if c.beyondGuard(id, a) || same && !n.stored && c.cheap(r) && c.readable(r) {
				extra = append(extra, r)
			}
		}
	}
	m.loop.nodes = append(m.loop.nodes, extra...)
	slices.Sort(m.loop.nodes)
}

// beyondGuard reports whether elem id, which the guard does not depend on,
// computes its operand a, which it does, once more, so that the two need not
// wait for each other.
func (c *compiler) beyondGuard(id, a int) bool {
	r := c.nodes[a].root
	if c.nodes[id].kind != elem || c.nodes[r].kind != elem || c.guarded[id] || !c.guarded[r] || !c.cheap(r) {
		return false
	}
	if v, w := c.g.At(id), c.g.At(r); v.Size() != w.Size() || v.DType() != w.DType() {
		return false
	}
	for _, x := range c.operands(r) {
		if n := &c.nodes[c.nodes[x].root]; n.kind == elem || n.kind == alias && n.view.index >= 0 {
			return false
		}
	}
	return true
}

// readable reports whether all of an elem's operands are in memory or numbers.
func (c *compiler) readable(id int) bool {
	for _, a := range c.operands(id) {
		n := &c.nodes[c.nodes[a].root]
		if n.kind == elem && !n.stored || n.kind == alias && n.view.index >= 0 {
			return false
		}
	}
	return true
}

// cheap reports whether an elem takes about as long as a load.
func (c *compiler) cheap(id int) bool {
	switch op := c.g.At(id).Op().(type) {
	case graph.Rectify, graph.Select:
		return true
	case graph.Unary:
		return op.Func == kernel.Neg || op.Func == kernel.Abs || op.Func == kernel.Sign
	case graph.Binary:
		return op.Func != kernel.Pow && op.Func != kernel.Div
	}
	return false
}
