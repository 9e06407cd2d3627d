package program

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/godescent/descent/graph"
)

// life is a buffer's bytes and the instructions it must survive.
type life struct {
	id       int
	bytes    int
	from, to int
}

// plan gives every stored node a place: within a state input, within a
// concatenation, or in the arena, where buffers whose lives do not overlap
// share memory.
func (p *Program) plan() error {
	lives := map[int]*life{}
	p.sub = map[int]subrange{}
	p.offset = map[int]int{}
	for _, m := range p.instrs {
		for _, id := range m.writes {
			v := p.g.At(id)
			lives[id] = &life{id: id, bytes: v.Size() * v.DType().Size(), from: m.pos, to: m.pos}
		}
	}
	for _, m := range p.instrs {
		for _, id := range m.reads {
			if l := lives[id]; l != nil {
				l.to = max(l.to, m.pos)
			}
		}
	}
	end := len(p.instrs)
	for _, v := range p.spec.all() {
		r := p.nodes[v.ID()].root
		if w := p.nodes[r].view; w != nil && lives[w.base] != nil {
			lives[w.base].to = end
		}
	}
	p.joinInPlace(lives)
	var list []*life
	for id, l := range lives {
		_, placed := p.inPlace[id]
		_, within := p.sub[id]
		if !placed && !within {
			list = append(list, l)
		}
	}
	p.pack(list)
	return nil
}

// joinInPlace lets the parts of a concatenation along the first axis be
// computed where the concatenation wants them.
func (p *Program) joinInPlace(lives map[int]*life) {
	for _, m := range p.instrs {
		if m.loop != nil || m.copyOf != nil {
			continue
		}
		v := p.g.At(m.out)
		op, ok := v.Op().(graph.Join)
		if !ok || op.Axis != 0 {
			continue
		}
		row := v.Size() / max(1, v.Dim(0))
		at := 0
		for i := range v.NumArgs() {
			r := p.nodes[v.Arg(i).ID()].root
			l := lives[r]
			_, state := p.inPlace[r]
			_, taken := p.sub[r]
			n := &p.nodes[r]
			if l != nil && !state && !taken && (n.kind == elem || n.kind == heavy) && !p.isJoin(r) {
				p.sub[r] = subrange{m.out, at}
				lives[m.out].from = min(lives[m.out].from, l.from)
				lives[m.out].to = max(lives[m.out].to, l.to)
			}
			at += v.Arg(i).Dim(0) * row
		}
	}
}

func (p *Program) isJoin(id int) bool {
	_, ok := p.g.At(id).Op().(graph.Join)
	return ok
}

// pack assigns offsets, the largest buffers first, each at the lowest place
// that is free for all its life.
func (p *Program) pack(list []*life) {
	sort.Slice(list, func(i, j int) bool {
		if list[i].bytes != list[j].bytes {
			return list[i].bytes > list[j].bytes
		}
		return list[i].id < list[j].id
	})
	var placed []*life
	for _, l := range list {
		var busy [][2]int
		for _, q := range placed {
			if q.from <= l.to && l.from <= q.to {
				busy = append(busy, [2]int{p.offset[q.id], p.offset[q.id] + align(q.bytes)})
			}
		}
		slices.SortFunc(busy, func(a, b [2]int) int { return a[0] - b[0] })
		at := 0
		for _, b := range busy {
			if at+align(l.bytes) <= b[0] {
				break
			}
			at = max(at, b[1])
		}
		p.offset[l.id] = at
		p.arena = max(p.arena, at+align(l.bytes))
		placed = append(placed, l)
	}
}

func align(n int) int { return (n + 63) &^ 63 }

// ArenaBytes is the memory that an instance plans for intermediate values.
func (p *Program) ArenaBytes() int { return p.arena }

// where is a node's place in memory: the buffer that holds it (an input's or
// the arena's) and the byte offset in it.
func (p *Program) where(id int) (inputID, offset int) {
	size := p.g.At(id).DType().Size()
	if p.nodes[id].kind == input {
		return id, 0
	}
	if slot, ok := p.inPlace[id]; ok {
		return slot, 0
	}
	if s, ok := p.sub[id]; ok {
		in, off := p.where(s.join)
		return in, off + s.at*size
	}
	return -1, p.offset[id]
}

// String lists the instructions, a line each.
func (p *Program) String() string {
	var b strings.Builder
	for i, m := range p.instrs {
		if i == p.guard {
			b.WriteString("guard\n")
		}
		fmt.Fprintf(&b, "%d: ", i)
		if m.loop != nil {
			b.WriteString(m.loop.describe(p, p.unless(m)))
		} else if m.copyOf != nil {
			fmt.Fprintf(&b, "%s = copy of %%%d%s", p.label(m.out), m.copyOf.base, p.unless(m))
		} else {
			v := p.g.At(m.out)
			fmt.Fprintf(&b, "%s = %s", p.label(m.out), v.Op().Name())
			for j := range v.NumArgs() {
				fmt.Fprintf(&b, " %%%d%v", p.nodes[v.Arg(j).ID()].root, v.Arg(j).Shape())
			}
			b.WriteString(p.unless(m))
		}
		b.WriteByte('\n')
	}
	for _, c := range p.copies {
		fmt.Fprintf(&b, "%s <- %%%d\n", p.label(c.slot), c.next)
	}
	return b.String()
}

func (p *Program) label(id int) string {
	v := p.g.At(id)
	s := fmt.Sprintf("%%%d %v", id, v.Type())
	if in, ok := v.Op().(graph.Input); ok {
		return s + " " + in.Key
	}
	if slot, ok := p.inPlace[id]; ok {
		return s + " in " + p.g.At(slot).Op().Name()
	}
	if j, ok := p.sub[id]; ok {
		return s + fmt.Sprintf(" in %%%d at %d", j.join, j.at)
	}
	return s
}
