package program

import (
	"unsafe"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/native"
	"github.com/godescent/descent/tensor"
)

// loopTask is a linked loop; its units are tiles.
type loopTask[T kernel.Float] struct {
	tiling
	ops   *kernel.Ops[T]
	tiles int         // registers
	once  []linked[T] // fills of whole registers, by a number or a reader, before the first tile
	parts []linkedUnit[T]
	tails []tailOf[T]
	price int

	// Of native units.
	numbers []number64[T] // that the loop uses
	frame   int           // bytes of scratch memory
	stride  int           // elements of one call, if the whole loop is one native unit; else 0
	period  int           // elements of which no call crosses a multiple, 0 for any
	whole   bool          // that unit does all tiles of a chunk of rows, or many, in one call
}

// linkedUnit is native code, or one operation.
type linkedUnit[T kernel.Float] struct {
	native *native.Func
	arrays []unsafe.Pointer // that native reads and writes
	moves  []int            // the periods of those that repeat, see nativeLink
	move   int              // where in the frame native expects how far they move
	row    int              // and the index of the first row; −1 if it has no rows
	op     linked[T]
}

// tailOf is a reduction of the loop's rows.
type tailOf[T kernel.Float] struct {
	f     kernel.Reduce
	y     []T // a number for each row, or each column
	parts []T // of rows longer than a tile: a number for each tile; of columns: a row for each chunk

	columns bool
	native  bool // of columns: done in machine code
}

// linked is a tileOp with its memory.
type linked[T kernel.Float] struct {
	code opcode
	fn   uint8
	dst  operand[T]
	arg  [3]operand[T]
	num  number64[T] // of opVS, opSV, opFill
	read reader[T]   // of opLoad, opIota, opRandom, opSpread
}

// operand is a register, or memory that the tile is cut from.
type operand[T kernel.Float] struct {
	reg    int // −1 for memory
	mem    []T
	period int // memory repeats after that many elements; 0 if it does not
}

func (o *operand[T]) slice(tiles []T, lo, n int) []T {
	if o.reg >= 0 {
		return tiles[o.reg*kernel.Block:][:n]
	}
	if o.period > 0 {
		lo %= o.period
	}
	return o.mem[lo:][:n]
}

// number64 is a constant, or a number in memory of either float type.
type number64[T kernel.Float] struct {
	v   T
	f32 []float32
	f64 []float64
}

func (x *number64[T]) get() T {
	switch {
	case x.f32 != nil:
		return T(x.f32[0])
	case x.f64 != nil:
		return T(x.f64[0])
	}
	return x.v
}

// reader writes elements lo, lo+1, ... of a virtual array.
type reader[T tensor.Number] interface {
	read(dst []T, lo int)
}

func linkLoop[T kernel.Float](in *Instance, l *loop, o *kernel.Ops[T]) task {
	t := &loopTask[T]{tiling: l.plain(), ops: o}
	if in.module != nil {
		t.tiling = l.tiling()
	}
	t.tiles = l.tiles
	if in.module != nil {
		t.linkNative(in, l)
		return t
	}
	for i := range l.code {
		op := &l.code[i]
		t.price += price(op)
		k := t.link(in, l, op)
		if op.code == opFill && op.node < 0 {
			t.once = append(t.once, k)
		} else {
			t.parts = append(t.parts, linkedUnit[T]{op: k})
		}
	}
	return t
}

// link resolves one operation.
func (t *loopTask[T]) link(in *Instance, l *loop, op *tileOp) linked[T] {
	k := linked[T]{code: op.code, fn: op.fn}
	k.dst = linkOperand[T](in, l, op.dst)
	for i, a := range op.arg {
		switch a.kind {
		case number, scalar:
			k.num = linkNumber[T](in, l, a)
		case tile, memory, stored:
			if op.code != opLoad && op.code != opRandom && op.code != opSpread {
				k.arg[i] = linkOperand[T](in, l, a)
			}
		}
	}
	switch op.code {
	case opReduce:
		k.fn = uint8(len(t.tails))
		t.tails = append(t.tails, t.rowTail(in, l, op))
	case opColumns:
		tail := t.columnTail(kernel.Reduce(op.fn), tensor.View[T](in.memory(op.node)))
		k.fn = uint8(len(t.tails))
		t.tails = append(t.tails, tail)
	case opLoad:
		k.read = linkReader(in, l.loads[op.arg[0].i], t.ops)
	case opIota:
		p := op.prim.(graph.Iota)
		k.read = &iotaReader[T]{inner: p.Dims.Shape()[p.Axis+1:].Size(), n: p.Dims.V[p.Axis]}
	case opRandom:
		k.read = &randomReader[T]{prim: op.prim.(graph.Random), ops: t.ops,
			seed: tensor.View[int64](in.memoryOf(l.loads[op.arg[0].i])), step: tensor.View[float64](in.memoryOf(l.loads[op.arg[1].i]))}
	case opSpread:
		k.read = newSpread(op.prim.(graph.SegmentSpread), tensor.View[T](in.memoryOf(l.loads[op.arg[0].i])))
	}
	return k
}

// rowTail is the reduction of rows that an operation is.
func (t *loopTask[T]) rowTail(in *Instance, l *loop, op *tileOp) tailOf[T] {
	tail := tailOf[T]{f: kernel.Reduce(op.fn), y: tensor.View[T](in.memory(op.node))}
	if l.row > kernel.Block {
		tail.parts = make([]T, t.count())
	}
	return tail
}

// linkNumber resolves an operand that is one number.
func linkNumber[T kernel.Float](in *Instance, l *loop, a place) (x number64[T]) {
	if a.kind == number {
		x.v = T(a.v)
		return x
	}
	w := l.loads[a.i]
	if mem := in.memoryOf(w); w.dtype == tensor.Float32 {
		x.f32 = tensor.View[float32](mem)
	} else {
		x.f64 = tensor.View[float64](mem)
	}
	return x
}

// memoryOf is a load's memory from its first element on.
func (in *Instance) memoryOf(l load) []byte {
	return in.memory(l.view.base)[l.view.offset*l.dtype.Size():]
}

func linkOperand[T kernel.Float](in *Instance, l *loop, a place) operand[T] {
	switch a.kind {
	case tile:
		return operand[T]{reg: a.i}
	case memory:
		w := l.loads[a.i]
		return operand[T]{reg: -1, mem: tensor.View[T](in.memoryOf(w)), period: w.view.period()}
	case stored:
		return operand[T]{reg: -1, mem: tensor.View[T](in.memory(a.i))}
	}
	return operand[T]{reg: -1}
}

// price is a tileOp's time in nanoseconds, roughly.
func price(op *tileOp) int {
	switch op.code {
	case opUnary:
		switch kernel.Unary(op.fn) {
		case kernel.Neg, kernel.Abs, kernel.Sign, kernel.Floor:
			return 20
		}
		return 100
	case opVV, opVS, opSV:
		if kernel.Binary(op.fn) == kernel.Pow {
			return 400
		}
		return 20
	case opRandom:
		return 300
	}
	return 30
}

func (t *loopTask[T]) units() int { return ceil(t.count(), t.together()) }
func (t *loopTask[T]) cost() int  { return t.price * t.together() }

// tileBytes is the scratch memory of one worker: registers, then the frame.
func (t *loopTask[T]) tileBytes() int {
	return t.tiles*kernel.Block*int(unsafe.Sizeof(T(0))) + t.frame
}

func (t *loopTask[T]) run(w *worker, lo, hi int) {
	tiles := tensor.View[T](w.tiles)
	for i := range t.once {
		if k := &t.once[i]; k.read != nil {
			k.read.read(k.dst.slice(tiles, 0, min(kernel.Block, t.n)), 0)
		} else {
			t.ops.Fill(k.dst.slice(tiles, 0, kernel.Block), k.num.get())
		}
	}
	for i := range t.numbers {
		tiles[t.tiles*kernel.Block+i] = t.numbers[i].get()
	}
	if t.stride > 0 {
		end := min(hi*t.step(), t.n)
		for at := lo * t.step(); at < end; {
			n := min(t.stride, end-at)
			if t.period > 0 {
				n = min(n, t.period-at%t.period)
			}
			t.native(&t.parts[0], tiles, at/t.step(), at, n)
			at += n
		}
		return
	}
	if t.whole {
		each := graph.ColumnChunk * t.row
		for u := lo; u < hi; u++ {
			t.begin(u)
			t.native(&t.parts[0], tiles, u*t.together(), u*each, min(each, t.n-u*each))
		}
		return
	}
	for i := lo * t.together(); i < min(hi*t.together(), t.count()); i++ {
		if t.columns && i%t.together() == 0 {
			t.begin(i / t.together())
		}
		at, n := t.span(i)
		for j := range t.parts {
			if u := &t.parts[j]; u.native != nil {
				t.native(u, tiles, i, at, n)
			} else {
				t.tile(&u.op, tiles, i, at, n)
			}
		}
	}
}

// native runs machine code on elements at to at+n−1, from tile i on.
func (t *loopTask[T]) native(u *linkedUnit[T], tiles []T, i, at, n int) {
	size := int(unsafe.Sizeof(T(0)))
	base := unsafe.Pointer(unsafe.SliceData(tiles))
	frame := unsafe.Add(base, t.tiles*kernel.Block*size)
	for i, period := range u.moves {
		to := 0
		if period > 0 {
			to = at % period
		} else {
			to = at/(graph.ColumnChunk*t.row)*t.row + at%t.row
		}
		*(*int64)(unsafe.Add(frame, u.move+8*i)) = int64((to - at) * size)
	}
	if u.row >= 0 {
		row := i // of a longer row, a tile is a part; without rows, it is one
		if t.row > 0 && t.row <= kernel.Block {
			row = at / t.row
		}
		*(*int64)(unsafe.Add(frame, u.row)) = int64(row)
	}
	u.native.Run(u.arrays, base, frame, at, n)
}

// tile runs one operation on tile i, elements at to at+n−1.
func (t *loopTask[T]) tile(k *linked[T], tiles []T, i, at, n int) {
	switch k.code {
	case opReduce:
		t.reduce(&t.tails[k.fn], k.arg[0].slice(tiles, at, n), i, at)
		return
	case opColumns:
		t.addRows(&t.tails[k.fn], k.arg[0].slice(tiles, at, n), i, at)
		return
	}
	dst := k.dst.slice(tiles, at, n)
	switch k.code {
	case opUnary:
		t.ops.Unary[k.fn](dst, k.arg[0].slice(tiles, at, n))
	case opVV:
		t.ops.Binary[k.fn](dst, k.arg[0].slice(tiles, at, n), k.arg[1].slice(tiles, at, n))
	case opVS:
		t.ops.BinaryVS[k.fn](dst, k.arg[0].slice(tiles, at, n), k.num.get())
	case opSV:
		t.ops.BinarySV[k.fn](dst, k.num.get(), k.arg[1].slice(tiles, at, n))
	case opWhere:
		t.ops.Where(dst, k.arg[0].slice(tiles, at, n), k.arg[1].slice(tiles, at, n), k.arg[2].slice(tiles, at, n))
	case opFill:
		t.ops.Fill(dst, k.num.get())
	case opStore:
		copy(dst, k.arg[0].slice(tiles, at, n))
	default:
		k.read.read(dst, at)
	}
}

// reduce takes a tile's rows, or the tile as a part of its row.
func (t *loopTask[T]) reduce(tail *tailOf[T], x []T, i, at int) {
	if tail.parts != nil {
		tail.parts[i] = t.ops.Reduce[tail.f](x)
		return
	}
	f := t.ops.Reduce[tail.f]
	for row := at / t.row; len(x) > 0; row++ {
		tail.y[row] = f(x[:t.row])
		x = x[t.row:]
	}
}

// finish joins the parts of long rows.
func (t *loopTask[T]) finish(*worker) {
	for i := range t.tails {
		tail := &t.tails[i]
		switch {
		case tail.columns:
			t.finishColumns(tail)
			continue
		case tail.parts == nil:
			continue
		}
		each := kernel.Blocks(t.row)
		for row := range tail.y {
			tail.y[row] = graph.Combine(tail.f, tail.parts[row*each:(row+1)*each])
		}
	}
}

// iotaReader counts along an axis.
type iotaReader[T kernel.Float] struct{ inner, n int }

func (r *iotaReader[T]) read(dst []T, lo int) {
	rem, i := lo%r.inner, lo/r.inner%r.n
	for k := range dst {
		dst[k] = T(i)
		if rem++; rem == r.inner {
			rem = 0
			if i++; i == r.n {
				i = 0
			}
		}
	}
}

// randomReader draws.
type randomReader[T kernel.Float] struct {
	prim graph.Random
	ops  *kernel.Ops[T]
	seed []int64
	step []float64
}

func (r *randomReader[T]) read(dst []T, lo int) {
	key, step := r.prim.Key(r.seed[0]), uint64(int64(r.step[0]))
	switch r.prim.Dist {
	case graph.Normal:
		r.ops.Normal(dst, key, step, lo)
	case graph.Signs:
		r.ops.Signs(dst, key, step, lo)
	default:
		r.ops.Uniform(dst, key, step, lo)
	}
}

// spreadReader repeats a number along its segment.
type spreadReader[T kernel.Float] struct {
	ends []int
	v    []T
}

func newSpread[T kernel.Float](p graph.SegmentSpread, v []T) *spreadReader[T] {
	r := &spreadReader[T]{v: v}
	end := 0
	for _, n := range p.Segments.Lengths() {
		end += n
		r.ends = append(r.ends, end)
	}
	return r
}

func (r *spreadReader[T]) read(dst []T, lo int) {
	s := 0
	for a, b := 0, len(r.ends)-1; a < b; {
		if m := (a + b) / 2; r.ends[m] <= lo {
			a = m + 1
			s = a
		} else {
			b = m
			s = a
		}
	}
	for k := range dst {
		for lo+k >= r.ends[s] {
			s++
		}
		dst[k] = r.v[s]
	}
}
