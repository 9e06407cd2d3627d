package program

import (
	"slices"
	"sort"

	"github.com/godescent/descent/graph"
)

// instr is one instruction: a loop, or the node out computed by its primitive.
type instr struct {
	out    int   // the node it fills, or -1 for a loop
	copyOf *view // if not nil, out is a copy of this view
	loop   *loop
	level  int
	when   int   // the choice under which it runs
	reads  []int // nodes whose memory it reads
	writes []int // nodes whose memory it fills
	commit bool  // it runs after the guard: it writes state, or depends on what does
	pos    int
}

// note records what the instruction reads and writes.
func (m *instr) note(c *compiler) {
	if m.loop == nil {
		m.writes = []int{m.out}
		for _, a := range c.operands(m.out) {
			m.reads = append(m.reads, c.bases(a)...)
		}
	} else {
		m.writes = append(m.writes, m.loop.tails...)
		for _, id := range m.loop.nodes {
			if c.nodes[id].stored && c.maker[id] == m {
				m.writes = append(m.writes, id)
			}
			for _, a := range c.operands(id) {
				if m.loop.has(c.nodes[a].root) {
					continue
				}
				m.reads = append(m.reads, c.bases(a)...)
			}
		}
	}
	for _, id := range c.conditions(m.when) {
		m.reads = append(m.reads, c.bases(id)...)
	}
	slices.Sort(m.reads)
	m.reads = slices.Compact(m.reads)
}

// Program is a compiled graph. It is immutable and may be shared.
type Program struct {
	g       *graph.Graph
	spec    Spec
	nodes   []info
	choices []choice
	instrs  []*instr
	guard   int // instructions before it run before the guard is looked at

	inPlace map[int]int      // node -> the input whose memory it is written into
	sub     map[int]subrange // node -> the concatenation it is written into
	offset  map[int]int      // node -> byte offset of its buffer in the arena
	arena   int              // bytes
	copies  []stateCopy      // updates that are not written in place

	snapshots map[graph.Value]graph.Value // outputs that were copied, see Spec.separate
}

// subrange is a place within the buffer of a concatenation, in elements.
type subrange struct{ join, at int }

// stateCopy is an update made by copying after all else.
type stateCopy struct{ slot, next int }

// order fixes the sequence of instructions and decides which state is updated in place.
func (p *Program) order(instrs []*instr, guarded []bool) {
	sort.SliceStable(instrs, func(i, j int) bool { return instrs[i].level < instrs[j].level })
	maker := map[int]*instr{}
	for _, m := range instrs {
		for _, id := range m.writes {
			maker[id] = m
		}
	}
	p.inPlace = map[int]int{}
	for _, u := range p.spec.Updates {
		r := p.nodes[u.Next.ID()].root
		if _, taken := p.inPlace[r]; maker[r] != nil && !taken && !guarded[r] {
			p.inPlace[r] = u.Slot.ID()
		}
	}
	for {
		p.arrange(instrs, maker)
		if !p.dropUnsafe(maker) {
			break
		}
	}
	for _, u := range p.spec.Updates {
		if slot, ok := p.inPlace[p.nodes[u.Next.ID()].root]; !ok || slot != u.Slot.ID() {
			p.copies = append(p.copies, stateCopy{u.Slot.ID(), u.Next.ID()})
		}
	}
}

// arrange puts the instructions that write state, and those that depend on
// them, behind the guard.
func (p *Program) arrange(instrs []*instr, maker map[int]*instr) {
	var before, after []*instr
	for _, m := range instrs {
		m.commit = false
		for _, id := range m.writes {
			if _, ok := p.inPlace[id]; ok {
				m.commit = true
			}
		}
		for _, id := range m.reads {
			if d := maker[id]; d != nil && d != m && d.commit {
				m.commit = true
			}
		}
		if m.commit {
			after = append(after, m)
		} else {
			before = append(before, m)
		}
	}
	p.guard = len(before)
	p.instrs = append(before, after...)
	for i, m := range p.instrs {
		m.pos = i
	}
}

// dropUnsafe gives up updating in place where an old value would be read after
// it was overwritten, and reports whether it did.
func (p *Program) dropUnsafe(maker map[int]*instr) bool {
	dropped := false
	for id, slot := range p.inPlace {
		w := maker[id]
		safe := w.loop != nil
		for _, m := range p.instrs {
			if slices.Contains(m.reads, slot) && (m.pos > w.pos || m == w && m.loop != nil && !p.readsInStep(m.loop, slot)) {
				safe = false
			}
		}
		if !safe {
			delete(p.inPlace, id)
			dropped = true
		}
	}
	return dropped
}

// readsInStep reports whether a loop reads an input only element by element,
// so that writing element i after reading it loses nothing.
func (p *Program) readsInStep(l *loop, slot int) bool {
	for _, id := range l.nodes {
		v := p.g.At(id)
		for i := range v.NumArgs() {
			w := p.nodes[p.nodes[v.Arg(i).ID()].root].view
			if w == nil || w.base != slot && w.index != slot {
				continue
			}
			if w.index >= 0 || !w.contiguous() || w.offset != 0 || p.g.At(slot).Size() != l.n || v.DType() != p.g.At(slot).DType() {
				return false
			}
		}
	}
	return true
}
