package program

import (
	"fmt"
	"slices"
	"strings"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// loop is a fused elementwise computation over n elements, run a tile of
// kernel.Block at a time.
type loop struct {
	n     int
	dtype tensor.DType
	nodes []int // in topological order
	tails []int // reductions of rows, or of columns, of the loop
	row   int   // the length of those rows; 0 if there are none
	// columns is the length of rows that are added up, 0 if there are none; if
	// not, and rows are reduced too, it is their length.
	columns int

	code  []tileOp
	loads []load // what operands in memory are
	tiles int    // registers used
}

// has reports whether a node is computed in the loop.
func (l *loop) has(id int) bool {
	_, ok := slices.BinarySearch(l.nodes, id)
	return ok
}

// opcode says what a tileOp does.
type opcode uint8

const (
	opUnary   opcode = iota
	opVV             // binary, two tiles
	opVS             // binary, tile and number
	opSV             // binary, number and tile
	opWhere          //
	opFill           // a number along the tile
	opLoad           // memory that is strided, gathered or of another type
	opIota           //
	opRandom         //
	opSpread         // one number a segment
	opStore          // tile to memory
	opReduce         // the rows of a tile, or their part in it
	opColumns        // the columns of a tile
)

// tileOp is one operation on tiles.
type tileOp struct {
	code opcode
	fn   uint8
	dst  place
	arg  [3]place
	prim graph.Primitive // of opIota, opRandom, opSpread
	node int
}

// placeKind says where a tile is.
type placeKind uint8

const (
	none   placeKind = iota
	tile             // a register
	memory           // load i, contiguous and of the loop's type
	number           // a constant
	scalar           // load i, one number that the whole loop uses
	stored           // the buffer of node i
)

// place is where an operand or a result of a tileOp is.
type place struct {
	kind placeKind
	i    int
	v    float64
}

// load is memory that a loop reads: a view, of its own element type.
type load struct {
	view  *view
	dtype tensor.DType
}

// builder turns a loop's nodes into tile operations.
type builder struct {
	p     *Program
	l     *loop
	at    map[int]place // node -> where its value is
	inner map[int]bool  // nodes of this loop
	mine  map[int]bool  // nodes that this loop writes to memory
	uses  map[int]int   // node -> uses within the loop that are still to come
	free  []int
	byKey map[string]int // load -> index
}

// build writes the loop's code, with its registers and stores.
func (l *loop) build(p *Program, writes []int) {
	b := &builder{p: p, l: l, at: map[int]place{}, inner: map[int]bool{}, mine: map[int]bool{}, uses: map[int]int{}, byKey: map[string]int{}}
	for _, id := range l.nodes {
		b.inner[id] = true
	}
	for _, id := range writes {
		b.mine[id] = true
	}
	for _, id := range l.nodes {
		for _, a := range b.args(id) {
			b.uses[p.nodes[a].root]++
		}
	}
	tails := map[int][]int{}
	for _, id := range l.tails {
		r := p.nodes[p.g.At(id).Arg(0).ID()].root
		tails[r] = append(tails[r], id)
		b.uses[r]++
	}
	for i, id := range l.nodes {
		b.emit(id, i)
		for _, t := range tails[id] {
			fn, code := p.g.At(t).Op().(graph.Reduce).Func, opReduce
			if p.columnsOf(t) {
				code = opColumns
			}
			l.code = append(l.code, tileOp{code: code, fn: uint8(fn), dst: place{kind: stored, i: t}, arg: [3]place{b.at[id]}, node: t})
			b.release(id)
		}
	}
	for _, id := range l.nodes {
		if at := b.at[id]; b.mine[id] && at.kind == tile {
			l.code = append(l.code, tileOp{code: opStore, dst: place{kind: stored, i: id}, arg: [3]place{at}, node: id})
		}
	}
}

// columnsOf reports whether a tail is of columns.
func (p *Program) columnsOf(id int) bool {
	v := p.g.At(id)
	op := v.Op().(graph.Reduce)
	return graph.Runs(v.Arg(0).Shape(), op.Axes.Slice())[0].Inner > 1
}

// args are the operands of node id that are tiles.
func (b *builder) args(id int) []int {
	v := b.p.g.At(id)
	switch v.Op().(type) {
	case graph.Unary, graph.Binary, graph.Select, graph.Rectify, graph.Cast, snapshot:
		out := make([]int, v.NumArgs())
		for i := range out {
			out[i] = v.Arg(i).ID()
		}
		return out
	}
	return nil
}

// emit writes the operation of node id, number i of the loop.
func (b *builder) emit(id, i int) {
	v := b.p.g.At(id)
	op := tileOp{node: id}
	switch prim := v.Op().(type) {
	case graph.Unary:
		op.code, op.fn = opUnary, uint8(prim.Func)
		op.arg[0] = b.tile(v.Arg(0))
	case graph.Rectify:
		op.code, op.fn = opVS, uint8(kernel.Max)
		op.arg[0], op.arg[1] = b.tile(v.Arg(0)), place{kind: number}
	case snapshot:
		op.code, op.fn = opVS, uint8(kernel.Mul)
		op.arg[0], op.arg[1] = b.tile(v.Arg(0)), place{kind: number, v: 1}
	case graph.Binary:
		op.fn = uint8(prim.Func)
		x, y := b.operand(v.Arg(0)), b.operand(v.Arg(1))
		switch {
		case y.kind == number || y.kind == scalar:
			op.code, x = opVS, b.spread(x)
		case x.kind == number || x.kind == scalar:
			op.code = opSV
		default:
			op.code = opVV
		}
		op.arg[0], op.arg[1] = x, y
	case graph.Select:
		op.code = opWhere
		for k := range 3 {
			op.arg[k] = b.tile(v.Arg(k))
		}
	case graph.Cast:
		b.cast(v, i)
		return
	case graph.Iota:
		op.code, op.prim = opIota, prim
	case graph.Random:
		op.code, op.prim = opRandom, prim
		op.arg[0], op.arg[1] = b.raw(v.Arg(0)), b.raw(v.Arg(1))
	case graph.SegmentSpread:
		op.code, op.prim = opSpread, prim
		op.arg[0] = b.raw(v.Arg(0))
	default: // a broadcast constant
		op.code = opFill
		op.arg[0] = place{kind: number, v: b.constant(v)}
	}
	b.finish(op, i)
}

// cast is a load of the operand with conversion.
func (b *builder) cast(v graph.Value, i int) {
	at := b.load(v.Arg(0))
	op := tileOp{code: opLoad, node: v.ID(), arg: [3]place{at}}
	switch at.kind {
	case scalar, number:
		op.code = opFill
	case memory:
		op.code = opLoad
	}
	b.finish(op, i)
}

// finish chooses the result's place, frees operands that are used up and appends the operation.
func (b *builder) finish(op tileOp, i int) {
	id := op.node
	for _, a := range b.args(id) {
		b.release(b.p.nodes[a].root)
	}
	switch {
	case b.mine[id] && b.directly(id, i):
		op.dst = place{kind: stored, i: id}
	default:
		op.dst = b.register()
	}
	b.at[id] = op.dst
	if b.uses[id] == 0 && op.dst.kind == tile && !b.mine[id] {
		b.free = append(b.free, op.dst.i)
	}
	b.l.code = append(b.l.code, op)
}

// release counts a use of a node, and frees its register with the last.
func (b *builder) release(r int) {
	b.uses[r]--
	if at := b.at[r]; b.uses[r] == 0 && at.kind == tile && b.inner[r] && !b.mine[r] {
		b.free = append(b.free, at.i)
	}
}

// directly reports whether node id, number i, may be written to its buffer at
// once: not if that is a state input whose old value a later operation reads.
func (b *builder) directly(id, i int) bool {
	slot, ok := b.p.inPlace[id]
	if !ok {
		return true
	}
	for _, later := range b.l.nodes[i+1:] {
		v := b.p.g.At(later)
		for k := range v.NumArgs() {
			r := b.p.nodes[v.Arg(k).ID()].root
			if w := b.p.nodes[r].view; !b.inner[r] && w != nil && w.base == slot {
				return false
			}
		}
	}
	return true
}

func (b *builder) register() place {
	if n := len(b.free); n > 0 {
		i := b.free[n-1]
		b.free = b.free[:n-1]
		return place{kind: tile, i: i}
	}
	b.l.tiles++
	return place{kind: tile, i: b.l.tiles - 1}
}

// constant is the number a constant value is filled with.
func (b *builder) constant(v graph.Value) float64 {
	for {
		if c, ok := v.Op().(graph.Const); ok {
			return c.V()
		}
		v = v.Arg(0)
	}
}

// operand is where v is, a number perhaps.
func (b *builder) operand(v graph.Value) place {
	r := b.p.nodes[v.ID()].root
	n := &b.p.nodes[r]
	if b.inner[r] {
		return b.at[r]
	}
	if n.kind == constant {
		return place{kind: number, v: b.constant(b.p.g.At(r))}
	}
	at := b.load(v)
	if at.kind != none {
		return at
	}
	// Strided or gathered: it is read into a register, once for all its uses.
	if at, ok := b.at[r]; ok {
		return at
	}
	at = b.register()
	b.l.code = append(b.l.code, tileOp{code: opLoad, node: v.ID(), dst: at, arg: [3]place{b.raw(v)}})
	b.at[r] = at
	return at
}

// tile is where v is, as a tile.
func (b *builder) tile(v graph.Value) place { return b.spread(b.operand(v)) }

// spread fills a register with a number, before the first tile: the register
// is new, since it keeps the number for the loop's whole length.
func (b *builder) spread(at place) place {
	if at.kind != number && at.kind != scalar {
		return at
	}
	dst := place{kind: tile, i: b.l.tiles}
	b.l.tiles++
	b.l.code = append(b.l.code, tileOp{code: opFill, node: -1, dst: dst, arg: [3]place{at}})
	return dst
}

// load is the memory behind v, if it can be used as it lies: contiguous and of
// the loop's type, or one number. Else, or for a cast, see raw and cast.
func (b *builder) load(v graph.Value) place {
	r := b.p.nodes[v.ID()].root
	w := b.p.nodes[r].view
	at := b.raw(v)
	if w.uniform() && (b.l.n > 1 || v.DType() != b.l.dtype) && v.DType().IsFloat() {
		return place{kind: scalar, i: at.i}
	}
	if v.DType() == b.l.dtype && w.contiguous() {
		return at
	}
	if v.DType() != b.l.dtype {
		return at // a cast converts it
	}
	return place{}
}

// raw is the index of the memory behind v.
func (b *builder) raw(v graph.Value) place {
	r := b.p.nodes[v.ID()].root
	w := b.p.nodes[r].view
	d := b.p.g.At(r).DType()
	k := fmt.Sprint(*w, d)
	i, ok := b.byKey[k]
	if !ok {
		i = len(b.l.loads)
		b.l.loads = append(b.l.loads, load{w, d})
		b.byKey[k] = i
	}
	return place{kind: memory, i: i}
}

var opNames = [...]string{opUnary: "unary", opVV: "vv", opVS: "vs", opSV: "sv", opWhere: "where", opFill: "fill",
	opLoad: "load", opIota: "iota", opRandom: "random", opSpread: "spread", opStore: "store", opReduce: "reduce", opColumns: "columns"}

// describe is the loop in a few lines.
func (l *loop) describe(p *Program, unless string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "loop of %d %v, %d registers%s", l.n, l.dtype, l.tiles, unless)
	for _, op := range l.code {
		b.WriteString("\n     ")
		switch op.dst.kind {
		case stored:
			fmt.Fprintf(&b, "[%s]", p.label(op.dst.i))
		default:
			fmt.Fprintf(&b, "t%d", op.dst.i)
		}
		name := opNames[op.code]
		switch op.code {
		case opUnary, opVV, opVS, opSV, opReduce, opColumns:
			name = p.g.At(op.node).Op().Name()
		}
		b.WriteString(" = " + name)
		for _, a := range op.arg {
			switch a.kind {
			case tile:
				fmt.Fprintf(&b, " t%d", a.i)
			case memory, scalar:
				w := l.loads[a.i].view
				fmt.Fprintf(&b, " %%%d", w.base)
				if w.index >= 0 {
					fmt.Fprintf(&b, "[%%%d]", w.index)
				} else if !w.contiguous() {
					fmt.Fprintf(&b, "%v", w.strides)
				}
			case number:
				fmt.Fprintf(&b, " %v", a.v)
			case stored:
				fmt.Fprintf(&b, " [%%%d]", a.i)
			}
		}
	}
	return b.String()
}
