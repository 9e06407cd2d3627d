package program

import (
	"iter"
	"slices"
	"sort"

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
	c.share()
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

// share decides how a loop comes by what another loop computes: from memory, where it is
// then stored, or by computing it once more.
func (c *compiler) share() {
	var loops []*instr
	for _, m := range c.instrs {
		if m.loop != nil {
			loops = append(loops, m)
		}
	}
	sort.SliceStable(loops, func(i, j int) bool { return loops[i].level < loops[j].level })
	read := map[int]int{} // node -> other loops that read it
	for _, m := range loops {
		for r := range c.outside(m) {
			read[r]++
			if n := &c.nodes[r]; n.kind == elem && (!c.alike(r, m.loop) || !c.cheap(r)) {
				n.stored = true
			}
		}
	}
	for _, m := range loops {
		c.repeat(m, read)
		for r := range c.outside(m) {
			for _, b := range c.bases(r) {
				c.nodes[b].stored = true
			}
		}
	}
}

// outside are the roots of a loop's operands that it does not compute.
func (c *compiler) outside(m *instr) iter.Seq[int] {
	return func(yield func(int) bool) {
		seen := map[int]bool{}
		for _, id := range m.loop.nodes {
			for _, a := range c.operands(id) {
				if r := c.nodes[a].root; !m.loop.has(r) && !seen[r] {
					seen[r] = true
					if !yield(r) {
						return
					}
				}
			}
		}
	}
}

// alike reports whether a node has a loop's size and type.
func (c *compiler) alike(id int, l *loop) bool {
	v := c.g.At(id)
	return v.Size() == l.n && v.DType() == l.dtype
}

// repeat lets a loop compute again what another loop has computed, if that is a
// few cheap operations on memory, little more of it than the result would be: a sign that
// masks a gradient, or x less its mean, costs less than storing it.
func (c *compiler) repeat(m *instr, read map[int]int) {
	have := map[int]bool{}
	for r := range c.outside(m) {
		have[r] = c.nodes[r].kind != elem || c.nodes[r].stored
	}
	extra := map[int]bool{}
	for _, id := range slices.Clone(m.loop.nodes) {
		for _, a := range c.operands(id) {
			r := c.nodes[a].root
			if c.nodes[r].kind != elem || m.loop.has(r) || extra[r] {
				continue
			}
			if c.beyondGuard(id, a) {
				extra[r] = true
				continue
			}
			if c.nodes[r].stored {
				continue
			}
			t := again{c: c, m: m, extra: extra, have: have, nodes: map[int]bool{}, streams: map[int]bool{}}
			most := 1
			if read[r] == 1 {
				most = 2 // reading twice as much makes up for writing, which costs twice
			}
			if t.visit(r) && len(t.nodes) <= mostAgain && len(t.streams) <= most && (len(t.nodes) == 1 || !t.state) {
				for id := range t.nodes {
					extra[id] = true
				}
				for id := range t.streams {
					have[id] = true
				}
			}
		}
	}
	for id := range extra {
		m.loop.nodes = append(m.loop.nodes, id)
	}
	slices.Sort(m.loop.nodes)
}

// mostAgain is how many operations a loop repeats for one operand: they take about as
// long as the operand would from a second level cache.
const mostAgain = 5

// again is what a loop would compute once more for an operand.
type again struct {
	c       *compiler
	m       *instr
	extra   map[int]bool // that it does already
	have    map[int]bool // and reads already
	nodes   map[int]bool
	streams map[int]bool // memory of the loop's size that it would read besides
	state   bool         // it would read state that may be overwritten by then
}

// visit adds node r with what it needs, and reports whether that can be.
func (t *again) visit(r int) bool {
	c := t.c
	n := &c.nodes[r]
	switch {
	case t.m.loop.has(r) || t.extra[r] || t.nodes[r] || n.kind == constant:
		return true
	case n.kind == elem && !n.stored:
		if !c.alike(r, t.m.loop) || !c.cheap(r) || len(t.nodes) > mostAgain {
			return false
		}
		t.nodes[r] = true
		for _, a := range c.operands(r) {
			if !t.visit(c.nodes[a].root) {
				return false
			}
		}
		return true
	case n.kind == alias && n.view.index >= 0:
		return false
	}
	t.state = t.state || t.overwritten(r)
	if c.g.At(c.bases(r)[0]).Size() >= t.m.loop.n && !t.have[r] {
		t.streams[r] = true
	}
	return true
}

// overwritten reports whether memory is state that may be updated before the loop
// runs: nothing is before the guard.
func (t *again) overwritten(r int) bool {
	c := t.c
	if len(c.spec.Guard) > 0 && c.guarded[t.m.loop.nodes[0]] {
		return false
	}
	for _, u := range c.spec.Updates {
		if u.Slot.ID() == c.bases(r)[0] {
			return true
		}
	}
	return false
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
