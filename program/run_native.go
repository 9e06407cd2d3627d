package program

import (
	"unsafe"

	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/native"
)

// nativeLink makes one native unit of a loop.
type nativeLink[T kernel.Float] struct {
	in      *Instance
	t       *loopTask[T]
	s       *schedule
	program native.Program
	arrays  []unsafe.Pointer
	periods []int              // of the arrays
	values  map[int]native.Arg // by operation of the loop
}

// linkNative makes the loop's units, those of arithmetic in machine code.
func (t *loopTask[T]) linkNative(in *Instance, l *loop) {
	s := l.schedule(in.p, t.tiling)
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
		n.program.Arrays = len(n.arrays)
		u := linkedUnit[T]{arrays: n.arrays, move: n.program.MovesAt()}
		for i, period := range n.periods {
			if period > 0 {
				n.program.Moves = append(n.program.Moves, i)
				u.moves = append(u.moves, period)
			}
		}
		u.native = in.module.Compile(&n.program)
		t.frame = max(t.frame, u.native.Frame())
		t.parts = append(t.parts, u)
		nanoseconds := n.price()
		work += nanoseconds
		t.price += nanoseconds
	}
	t.frame = max(t.frame, len(t.numbers)*int(unsafe.Sizeof(T(0))))
	if len(t.parts) == 1 && t.parts[0].native != nil && t.row == 0 && len(t.once) == 0 && len(t.parts[0].moves) == 0 {
		t.stride = max(1, min(64, 40000/work)) * kernel.Block
	}
}

// add translates operation i of the loop.
func (n *nativeLink[T]) add(i int, scalars map[int]int) {
	op := &n.s.l.code[i]
	code, _ := arithmetic(op)
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

// arg is operand k of operation i.
func (n *nativeLink[T]) arg(i, k int, scalars map[int]int) native.Arg {
	a := n.s.l.code[i].arg[k]
	if j := n.s.source[i][k]; j >= 0 {
		if v, ok := n.values[j]; ok {
			return v
		}
		if n.s.ahead[j] != fills {
			return n.at(n.s.home[j])
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
	p := unsafe.Pointer(unsafe.SliceData(o.mem))
	for i, q := range n.arrays {
		if p == q && o.period == n.periods[i] {
			return native.Arg{Kind: native.Array, I: i}
		}
	}
	n.arrays, n.periods = append(n.arrays, p), append(n.periods, o.period)
	return native.Arg{Kind: native.Array, I: len(n.arrays) - 1}
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
		default:
			cost += size
		}
	}
	return cost
}
