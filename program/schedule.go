package program

import (
	"slices"

	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/native"
	"github.com/godescent/descent/tensor"
)

// schedule is a loop's code cut into units: runs of arithmetic that become
// machine code, with the operations between them that stay calls of the kernel
// table. Values pass from unit to unit through tiles.
type schedule struct {
	l      *loop
	units  []unit
	tiles  int
	ahead  []ahead  // by operation
	source [][3]int // by operation and operand: the operation that computes it, or −1
	home   []place  // by operation: where its value is for other units; none if nowhere
	unitOf []int    // by operation; −1 for what is done ahead
	last   []int    // by operation: the last unit that reads its value
	reduce []bool   // by operation: a reduction that is done in machine code
}

// unit is one part of a schedule.
type unit struct {
	native bool
	ops    []int // indices of the loop's code; one if it is not native
}

// ahead says what an operation does before the first tile, once for all.
type ahead uint8

const (
	never  ahead = iota
	fills        // a register with a number
	loads        // a register with memory that all tiles read alike
	direct       // nothing: its memory can be read where it lies
	perRow       // nothing: it is one number for each row of the tiling
)

// arithmetic reports whether operation i can be part of a native unit, and
// its code; fills and stores have none of their own.
func (l *loop) arithmetic(i int) (c native.Code, ok bool) {
	switch op := &l.code[i]; op.code {
	case opUnary:
		return native.Unary(kernel.Unary(op.fn), l.dtype == tensor.Float64)
	case opVV, opVS, opSV:
		return native.Binary(kernel.Binary(op.fn))
	case opWhere:
		return native.Where, true
	case opFill, opStore:
		return native.Store, true
	}
	return 0, false
}

// mostColumns is how many sums of columns machine code keeps.
const mostColumns = 4

// schedule cuts the loop's code; reductions is how many of rows a unit may have.
func (l *loop) schedule(p *Program, t tiling, reductions int) *schedule {
	s := &schedule{l: l, reduce: make([]bool, len(l.code))}
	columns := mostColumns
	for i := range l.code {
		switch {
		case l.code[i].code == opReduce && reductions > 0:
			s.reduce[i] = true
			reductions--
		case l.code[i].code == opColumns && columns > 0:
			s.reduce[i] = true
			columns--
		}
	}
	s.doneAhead(t)
	s.sources()
	s.perRow(t)
	s.order(s.phases(s.before(p)))
	s.place()
	return s
}

// sources finds what every operand that is a tile, or was stored by the loop, is the result of.
func (s *schedule) sources() {
	tiles, buffers := map[int]int{}, map[int]int{}
	s.source = make([][3]int, len(s.l.code))
	for i := range s.l.code {
		op := &s.l.code[i]
		for k, a := range op.arg {
			s.source[i][k] = -1
			switch a.kind {
			case tile:
				s.source[i][k] = tiles[a.i]
			case stored:
				s.source[i][k] = buffers[a.i]
			}
		}
		switch op.dst.kind {
		case tile:
			tiles[op.dst.i] = i
		case stored:
			buffers[op.dst.i] = i
		}
	}
}

// arithmetic reports whether operation i is part of a native unit.
func (s *schedule) arithmetic(i int) bool {
	_, ok := s.l.arithmetic(i)
	return ok || s.reduce[i]
}

// perRow finds the loads that give all elements of a row the same number, if
// machine code alone reads them.
func (s *schedule) perRow(t tiling) {
	written := s.written()
	for i := range s.l.code {
		op := &s.l.code[i]
		if op.code != opLoad || op.dst.kind != tile || s.once(i) || t.row == 0 || t.row > kernel.Block {
			continue
		}
		m := s.l.loads[op.arg[0].i]
		if m.dtype != s.l.dtype || written[m.view.base] || m.view.alike() != t.row {
			continue
		}
		s.ahead[i] = perRow
		for j := range s.l.code {
			if slices.Contains(s.source[j][:], i) && !s.arithmetic(j) {
				s.ahead[i] = never
			}
		}
	}
}

// written are the nodes that the loop stores.
func (s *schedule) written() map[int]bool {
	written := map[int]bool{}
	for i := range s.l.code {
		if dst := s.l.code[i].dst; dst.kind == stored {
			written[dst.i] = true
		}
	}
	return written
}

// once reports whether operation i is done before the first tile, or not at all.
func (s *schedule) once(i int) bool { return s.ahead[i] != never }

// doneAhead finds the operations that need not be done for every tile.
func (s *schedule) doneAhead(t tiling) {
	s.ahead = make([]ahead, len(s.l.code))
	written := s.written()
	for i := range s.l.code {
		op := &s.l.code[i]
		switch {
		case op.code == opFill && op.node < 0:
			s.ahead[i] = fills
		case op.code == opLoad && op.dst.kind == tile:
			m := s.l.loads[op.arg[0].i]
			period := m.view.period()
			switch {
			case period == 0 || written[m.view.base]:
			case t.aligned(period):
				s.ahead[i] = loads
			case m.dtype == s.l.dtype && m.view.rowsInLine() && t.within(period):
				s.ahead[i] = direct
			}
		}
	}
}

// tilesRepeat reports whether every tile that is loaded ahead has the same elements for
// each row, which it has not if its memory repeats after more than that.
func (s *schedule) tilesRepeat(row int) bool {
	for i, a := range s.ahead {
		if a == loads && row%s.l.loads[s.l.code[i].arg[0].i].view.period() != 0 {
			return false
		}
	}
	return true
}

// before lists, for every operation, those that must come before it: what
// computes its operands, in registers or in memory, and what reads the state
// that it overwrites.
func (s *schedule) before(p *Program) [][]int {
	before := make([][]int, len(s.l.code))
	stores := map[int]int{} // node -> the operation that has stored it
	for i := range s.l.code {
		for _, a := range s.l.code[i].arg {
			if a.kind == memory || a.kind == scalar {
				if j, ok := stores[s.l.loads[a.i].view.base]; ok { // the step of a random draw
					before[i] = append(before[i], j)
				}
			}
		}
		if dst := s.l.code[i].dst; dst.kind == stored {
			stores[dst.i] = i
		}
		for _, j := range s.source[i] {
			if j >= 0 && !s.once(j) {
				before[i] = append(before[i], j)
			}
		}
		dst := s.l.code[i].dst
		slot, overwrites := p.inPlace[dst.i]
		if dst.kind != stored || !overwrites {
			continue
		}
		for j := range i {
			if s.reads(j, slot) {
				before[i] = append(before[i], j)
			}
		}
	}
	return before
}

// reads reports whether operation j reads an input's memory.
func (s *schedule) reads(j, slot int) bool {
	for _, a := range s.l.code[j].arg {
		if a.kind == memory || a.kind == scalar {
			if w := s.l.loads[a.i].view; w.base == slot || w.index == slot {
				return true
			}
		}
	}
	return false
}

// phases numbers the operations: phase f is the table's operations that need
// native ones of phases below f, then the native ones. Native operations are
// put off until they are needed, so that few values pass between units.
func (s *schedule) phases(before [][]int) []int {
	n := len(s.l.code)
	isNative, phase := make([]bool, n), make([]int, n)
	for i := range n {
		isNative[i] = s.arithmetic(i)
		for _, j := range before[i] {
			f := phase[j]
			if isNative[j] && !isNative[i] {
				f++
			}
			phase[i] = max(phase[i], f)
		}
	}
	limit := make([]int, n)
	for i := range limit {
		limit[i] = -1
	}
	for i := n - 1; i >= 0; i-- {
		if isNative[i] && limit[i] >= 0 {
			phase[i] = limit[i]
		}
		for _, j := range before[i] {
			f := phase[i]
			if !isNative[i] {
				f--
			}
			if limit[j] < 0 || f < limit[j] {
				limit[j] = f
			}
		}
	}
	return phase
}

// order makes the units of the phases.
func (s *schedule) order(phase []int) {
	s.unitOf = make([]int, len(phase))
	for f := 0; len(phase) > 0 && f <= slices.Max(phase); f++ {
		var arith []int
		for i, g := range phase {
			s.unitOf[i] = max(s.unitOf[i], -1)
			switch ok := s.arithmetic(i); {
			case s.once(i):
				s.unitOf[i] = -1
			case g != f:
			case ok:
				arith = append(arith, i)
			default:
				s.unitOf[i] = len(s.units)
				s.units = append(s.units, unit{ops: []int{i}})
			}
		}
		if len(arith) > 0 {
			for _, i := range arith {
				s.unitOf[i] = len(s.units)
			}
			s.units = append(s.units, unit{native: true, ops: arith})
		}
	}
}

// place gives tiles to the values that pass from unit to unit.
func (s *schedule) place() {
	s.home = make([]place, len(s.l.code))
	s.last = make([]int, len(s.l.code))
	for i := range s.l.code {
		s.last[i] = s.unitOf[i]
		for _, j := range s.source[i] {
			if j >= 0 {
				s.last[j] = max(s.last[j], s.unitOf[i])
			}
		}
	}
	for i := range s.l.code {
		switch a := s.ahead[i]; {
		case a == direct, a == perRow:
			s.home[i] = s.l.code[i].arg[0]
		case a == loads, a == fills && s.readByTable(i): // a tile of its own
			s.home[i] = place{kind: tile, i: s.tiles}
			s.tiles++
		}
	}
	var free []int
	for u := range s.units {
		m := &s.units[u]
		release := func() {
			for _, i := range m.ops {
				for k, j := range s.source[i] {
					if j >= 0 && s.unitOf[j] >= 0 && s.last[j] == u && s.unitOf[j] != u && s.home[j].kind == tile && !slices.Contains(s.source[i][:k], j) && !slices.Contains(free, s.home[j].i) {
						free = append(free, s.home[j].i)
					}
				}
			}
		}
		if !m.native { // its result may take its operand's tile
			release()
		}
		for _, i := range m.ops {
			switch op := &s.l.code[i]; {
			case op.dst.kind == stored:
				s.home[i] = op.dst
			case m.native && s.last[i] == u:
			case len(free) > 0:
				s.home[i] = place{kind: tile, i: free[len(free)-1]}
				free = free[:len(free)-1]
			default:
				s.home[i] = place{kind: tile, i: s.tiles}
				s.tiles++
			}
		}
		if m.native {
			release()
		} else if i := m.ops[0]; s.last[i] == u && s.home[i].kind == tile {
			free = append(free, s.home[i].i)
		}
	}
}

// readByTable reports whether an operation that is not native reads the value of operation i.
func (s *schedule) readByTable(i int) bool {
	for _, m := range s.units {
		if !m.native && slices.Contains(s.source[m.ops[0]][:], i) {
			return true
		}
	}
	return false
}

// placed is operation i with its places between units.
func (s *schedule) placed(i int) tileOp {
	op := s.l.code[i]
	op.dst = s.home[i]
	for k, j := range s.source[i] {
		if j >= 0 {
			op.arg[k] = s.home[j]
		}
	}
	return op
}
