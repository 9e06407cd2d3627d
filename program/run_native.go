package program

import (
	"slices"
	"unsafe"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/native"
	"github.com/godescent/descent/tensor"
)

// nativeLink makes one native unit of a loop.
type nativeLink[T kernel.Float] struct {
	in      *Instance
	t       *loopTask[T]
	s       *schedule
	program native.Program
	arrays  []unsafe.Pointer
	periods []int              // of the arrays; −n: each chunk of rows has a row of n of its own
	values  map[int]native.Arg // by operation of the loop
}

// linkNative makes the loop's units, those of arithmetic in machine code.
func (t *loopTask[T]) linkNative(in *Instance, l *loop) {
	s := l.schedule(in.p, t.tiling, in.module.Reductions(unsafe.Sizeof(T(0)) == 8))
	t.tiles = s.tiles
	scalars := map[int]int{} // load -> index in t.numbers
	for i := range l.code {
		for _, a := range l.code[i].arg {
			if _, ok := scalars[a.i]; a.kind == scalar && !ok {
				scalars[a.i] = len(t.numbers)
				t.numbers = append(t.numbers, linkNumber[T](in, l, a))
			}
		}
		if s.once(i) && s.home[i].kind == tile {
			op := s.placed(i)
			t.once = append(t.once, t.link(in, l, &op))
		}
	}
	work := 1
	for _, m := range s.units {
		if !m.native {
			op := s.placed(m.ops[0])
			t.price += price(&op)
			t.parts = append(t.parts, linkedUnit[T]{op: t.link(in, l, &op)})
			continue
		}
		n := &nativeLink[T]{in: in, t: t, s: s, values: map[int]native.Arg{}}
		n.program = native.Program{Float64: unsafe.Sizeof(T(0)) == 8, Numbers: len(t.numbers)}
		for _, i := range m.ops {
			n.add(i, scalars)
		}
		n.endToEnd(len(s.units))
		n.program.Arrays = len(n.arrays)
		u := linkedUnit[T]{arrays: n.arrays, move: n.program.MovesAt(), row: -1}
		for i, period := range n.periods {
			if period != 0 {
				n.program.Moves = append(n.program.Moves, i)
				u.moves = append(u.moves, period)
			}
		}
		if n.program.Row > 0 {
			u.row = n.program.RowAt()
		}
		u.native = in.module.Compile(&n.program)
		t.frame = max(t.frame, u.native.Frame())
		t.parts = append(t.parts, u)
		nanoseconds := n.price()
		work += nanoseconds
		t.price += nanoseconds
	}
	t.frame = max(t.frame, len(t.numbers)*int(unsafe.Sizeof(T(0))))
	if t.whole && !t.columns {
		t.stride = max(1, min(64, 40000/work)) * t.step()
	}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// inLine reports whether each tile begins where the last one ends.
func (t tiling) inLine() bool {
	return t.row <= kernel.Block || t.row == t.n || t.row%kernel.Block == 0
}

// longestChunk is the elements of a chunk of rows up to which one call does it.
const longestChunk = 1 << 16

// endToEnd gives a native unit rows, if it has need of them: for their numbers, for
// sums of their columns, or so that one call can do many tiles where operands
// begin again with each.
func (n *nativeLink[T]) endToEnd(units int) {
	t, p := n.t, &n.program
	named := slices.ContainsFunc(p.Ops, func(o native.Op) bool {
		return o.To.Kind == native.Row || slices.ContainsFunc(o.Args[:], func(a native.Arg) bool { return a.Kind == native.Row })
	})
	row, long := t.row, t.row > kernel.Block
	if !t.columns {
		row = min(t.rowOrBlock(), kernel.Block)
	}
	again, sums, fits := 0, 0, n.s.tilesRepeat(row)
	for _, k := range n.periods {
		if k < 0 {
			sums++
		}
		switch {
		case k == 0:
		case k == row || k == -row:
			again++
		default: // a call must end with a period
			fits = fits && !t.columns && k%row == 0 && k%t.step() == 0
			t.period = gcd(t.period, k)
		}
	}
	t.whole = units == 1 && fits && again <= native.MostSkips && (t.columns || t.inLine())
	if t.columns && (long && (named || len(t.once) > 0) || graph.ColumnChunk*row > longestChunk) {
		t.whole = false
	}
	p.TilesRepeat = t.whole && len(t.once) > 0
	switch {
	case t.whole && (named || again > 0 || p.TilesRepeat):
		p.Row = row
		n.skip(row, func(period int) bool { return period == row || period == -row })
	case sums > 0 && !long:
		p.Row = row
		n.skip(row, func(period int) bool { return period < 0 })
	case named:
		p.Row = min(t.row, kernel.Block)
	}
}

// skip lets the arrays of some periods begin again with every row. They become the first.
func (n *nativeLink[T]) skip(row int, again func(period int) bool) {
	var order []int
	for _, first := range []bool{true, false} {
		for i, period := range n.periods {
			if again(period) == first {
				order = append(order, i)
				if first {
					n.program.Skips = append(n.program.Skips, -row)
				}
			}
		}
	}
	arrays, periods, place := n.arrays, n.periods, make([]int, len(order))
	n.arrays, n.periods = nil, nil
	for to, i := range order {
		place[i] = to
		n.arrays, n.periods = append(n.arrays, arrays[i]), append(n.periods, periods[i])
	}
	move := func(a *native.Arg) {
		if a.Kind == native.Array || a.Kind == native.Row {
			a.I = place[a.I]
		}
	}
	for i := range n.program.Ops {
		o := &n.program.Ops[i]
		for k := range o.Args {
			move(&o.Args[k])
		}
		move(&o.To)
	}
}

// rowOrBlock is the length of a row, of tiles without rows that of a block.
func (t tiling) rowOrBlock() int {
	if t.row == 0 {
		return kernel.Block
	}
	return t.row
}

// add translates operation i of the loop.
func (n *nativeLink[T]) add(i int, scalars map[int]int) {
	op := &n.s.l.code[i]
	code, _ := n.s.l.arithmetic(i)
	if n.s.reduce[i] {
		n.reduce(op, n.arg(i, 0, scalars))
		return
	}
	o := native.Op{Code: code}
	for k := range op.arg {
		if op.arg[k].kind != none {
			o.Args[k] = n.arg(i, k, scalars)
		}
	}
	if op.code == opFill || op.code == opStore {
		n.values[i] = o.Args[0]
	} else {
		n.values[i] = native.Arg{Kind: native.Value, I: len(n.program.Ops)}
		n.program.Ops = append(n.program.Ops, o)
	}
	if to := n.s.home[i]; to.kind != none {
		n.program.Ops = append(n.program.Ops, native.Op{Code: native.Store, Args: [3]native.Arg{n.values[i]}, To: n.at(to)})
	}
}

// reduce makes x part of a reduction: of rows, or of columns, where it is added to
// the chunk's row of parts.
func (n *nativeLink[T]) reduce(op *tileOp, x native.Arg) {
	ops := &n.program.Ops
	if op.code == opReduce {
		tail := n.t.rowTail(n.in, n.s.l, op)
		y := tail.y
		if tail.parts != nil {
			y = tail.parts
		}
		n.t.tails = append(n.t.tails, tail)
		*ops = append(*ops, native.Op{Code: native.Reduction(tail.f), Args: [3]native.Arg{x}, To: native.Arg{Kind: native.Row, I: n.array(y, 0)}})
		return
	}
	tail := n.t.columnTail(kernel.Reduce(op.fn), tensor.View[T](n.in.memory(op.node)))
	tail.native = true
	n.t.tails = append(n.t.tails, tail)
	acc := native.Arg{Kind: native.Array, I: n.array(tail.parts, -n.t.row)}
	add, _ := native.Binary(graph.Pairwise(tail.f))
	sum := native.Arg{Kind: native.Value, I: len(*ops)}
	*ops = append(*ops, native.Op{Code: add, Args: [3]native.Arg{acc, x}}, native.Op{Code: native.Store, Args: [3]native.Arg{sum}, To: acc})
}

// arg is operand k of operation i.
func (n *nativeLink[T]) arg(i, k int, scalars map[int]int) native.Arg {
	a := n.s.l.code[i].arg[k]
	if j := n.s.source[i][k]; j >= 0 {
		if v, ok := n.values[j]; ok {
			return v
		}
		if n.s.ahead[j] != fills {
			at := n.at(n.s.home[j])
			if n.s.ahead[j] == perRow {
				at.Kind = native.Row
			}
			return at
		}
		a = n.s.l.code[j].arg[0]
	}
	switch a.kind {
	case number:
		return native.Arg{Kind: native.Const, V: a.v}
	case scalar:
		return native.Arg{Kind: native.Number, I: scalars[a.i]}
	}
	return n.at(a)
}

// at is memory, or a tile, as the native code sees it.
func (n *nativeLink[T]) at(a place) native.Arg {
	if a.kind == tile {
		return native.Arg{Kind: native.Tile, I: a.i}
	}
	o := linkOperand[T](n.in, n.s.l, a)
	return native.Arg{Kind: native.Array, I: n.array(o.mem, o.period)}
}

// array is the index of memory among the unit's arrays.
func (n *nativeLink[T]) array(mem []T, period int) int {
	p := unsafe.Pointer(unsafe.SliceData(mem))
	for i, q := range n.arrays {
		if p == q && period == n.periods[i] {
			return i
		}
	}
	n.arrays, n.periods = append(n.arrays, p), append(n.periods, period)
	return len(n.arrays) - 1
}

// price is the unit's time for a tile in nanoseconds, roughly: bytes from the
// second cache, and arithmetic.
func (n *nativeLink[T]) price() int {
	size := int(unsafe.Sizeof(T(0)))
	cost := 5 + 2*size*len(n.arrays)
	for _, op := range n.program.Ops {
		switch op.Code {
		case native.Sqrt, native.Div, native.Rsqrt:
			cost += 10 * size
		case native.Cbrt:
			cost += 20 * size
		case native.Exp, native.Sigmoid:
			cost += 25 * size
		case native.Erf, native.Tanh:
			cost += 45 * size
		default:
			cost += size
		}
	}
	return cost
}
