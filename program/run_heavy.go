package program

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// gemmTask is a batched matrix product; its units are register tiles of the
// result's longer side, in every matrix of the batch.
type gemmTask[T kernel.Float] struct {
	gemm       func(*kernel.GemmArgs[T])
	args       kernel.GemmArgs[T]
	starts     [][3]int // offsets of A, B, C of each matrix
	a, b, c    []T
	byRows     bool
	step, cuts int
	workElems  int
	packed     int // elements of the operand that each call lays out
	size       int
	args1      []kernel.GemmArgs[T] // a worker's own
}

func linkGemm[T kernel.Float](in *Instance, v graph.Value) task {
	p := v.Op().(graph.MatMul)
	x, y, z := in.p.shaped(v.Arg(0)), in.p.shaped(v.Arg(1)), in.p.nodes[v.ID()].view
	r := len(x.dims)
	gemm, work := product[T](in)
	t := &gemmTask[T]{gemm: gemm, size: v.DType().Size()}
	g := &t.args
	g.M, g.K, g.ARow, g.ACol = x.dims[r-2], x.dims[r-1], x.strides[r-2], x.strides[r-1]
	if p.TransA {
		g.M, g.K, g.ARow, g.ACol = g.K, g.M, g.ACol, g.ARow
	}
	g.N, g.BRow, g.BCol = y.dims[r-1], y.strides[r-2], y.strides[r-1]
	if p.TransB {
		g.N, g.BRow, g.BCol = y.dims[r-2], g.BCol, g.BRow
	}
	g.CRow = z.strides[r-2]
	if g.M == 1 {
		g.CRow = g.N
	}
	t.a = tensor.View[T](in.memoryOf(load{x, v.DType()}))
	t.b = tensor.View[T](in.memoryOf(load{y, v.DType()}))
	t.c = tensor.View[T](in.memory(v.ID()))
	batch := tensor.Shape(x.dims[:r-2])
	idx := make([]int, len(batch))
	for range batch.Size() {
		var a, b, c int
		for k := range idx {
			a += idx[k] * x.strides[k]
			b += idx[k] * y.strides[k]
			c += idx[k] * z.strides[k]
		}
		t.starts = append(t.starts, [3]int{a, b, c})
		for k := len(idx) - 1; k >= 0; k-- {
			if idx[k]++; idx[k] < batch[k] {
				break
			}
			idx[k] = 0
		}
	}
	t.byRows = g.M >= g.N
	mr, nr := in.table.GemmMR, in.table.GemmNR
	if in.precision == BFloat16 && t.size == 4 {
		mr, nr = in.table.BF16Tile()
	}
	side, tile := g.N, nr
	if t.byRows {
		side, tile = g.M, mr
	}
	t.step = max(1, tile)
	if len(t.starts) >= 4*in.pool.Threads() {
		t.step = max(1, side) // a matrix is a unit
	}
	t.cuts = max(1, (side+t.step-1)/t.step)
	// A call lays out what it rounds, columns, and rows that displace one another from the cache.
	lays := func(row, col int) bool {
		return in.precision == BFloat16 && sizeOf[T]() == 4 || col != 1 || row%1024 == 0
	}
	if t.byRows && lays(g.BRow, g.BCol) {
		t.packed = g.K * g.N
	} else if !t.byRows && lays(g.ARow, g.ACol) {
		t.packed = g.M * g.K
	}
	t.workElems = work(g.M, g.N, g.K)
	t.args1 = make([]kernel.GemmArgs[T], in.pool.Threads())
	return t
}

// shaped is the view of a node under its own shape.
func (p *Program) shaped(v graph.Value) *view {
	return p.nodes[p.nodes[v.ID()].root].view.reshape(v.Shape())
}

func (t *gemmTask[T]) units() int   { return len(t.starts) * t.cuts }
func (t *gemmTask[T]) scratch() int { return t.workElems * t.size }

// cost takes a modest 50 multiply-adds a nanosecond.
func (t *gemmTask[T]) cost() int { return max(1, t.args.M*t.args.N*t.args.K/t.cuts/50) }

// again takes 4 numbers laid out a nanosecond; chunks of whole matrices repeat nothing.
func (t *gemmTask[T]) again() int {
	if t.cuts == 1 {
		return 0
	}
	return t.packed / 4
}

func (t *gemmTask[T]) run(w *worker, lo, hi int) {
	// Neighbouring cuts of one matrix are one call.
	for lo < hi {
		i := lo / t.cuts
		end := min(hi, (i+1)*t.cuts)
		t.part(w, i, (lo-i*t.cuts)*t.step, (end-i*t.cuts)*t.step)
		lo = end
	}
}

// part computes rows or columns lo to hi of matrix i.
func (t *gemmTask[T]) part(w *worker, i, lo, hi int) {
	g := &t.args1[w.id]
	*g = t.args
	s := t.starts[i]
	a, b, c := s[0], s[1], s[2]
	if t.byRows {
		hi = min(hi, g.M)
		a, c = a+lo*g.ARow, c+lo*g.CRow
		g.M = hi - lo
	} else {
		hi = min(hi, g.N)
		b, c = b+lo*g.BCol, c+lo
		g.N = hi - lo
	}
	if g.M == 0 || g.N == 0 {
		return
	}
	g.C = t.c[c:]
	if g.K > 0 {
		g.A, g.B = t.a[a:], t.b[b:]
	}
	g.Work = tensor.View[T](w.work)
	t.gemm(g)
}

// reduceTask is one run of a reduction over rows.
type reduceTask[T kernel.Float] struct {
	ops    *kernel.Ops[T]
	f      kernel.Reduce
	r      graph.Run
	x, y   []T
	blocks []T // of a single long row
}

// sequence is tasks one after another.
type sequence struct{ tasks []task }

func (s *sequence) units() int { return 1 }

func (s *sequence) scratch() int {
	most := 0
	for _, t := range s.tasks {
		if n, ok := t.(interface{ scratch() int }); ok {
			most = max(most, n.scratch())
		}
	}
	return most
}

func (s *sequence) run(w *worker, _, _ int) {
	for _, t := range s.tasks {
		t.run(w, 0, t.units())
		if f, ok := t.(finisher); ok {
			f.finish(w)
		}
	}
}

func linkReduce[T kernel.Float](in *Instance, v graph.Value, o *kernel.Ops[T]) task {
	p := v.Op().(graph.Reduce)
	x := tensor.View[T](in.array(v.Arg(0)).Raw())
	runs := graph.Runs(v.Arg(0).Shape(), p.Axes.Slice())
	var all []task
	for i, r := range runs {
		y := tensor.View[T](in.memory(v.ID()))
		if i < len(runs)-1 {
			y = tensor.View[T](tensor.Bytes(r.Outer * r.Inner * v.DType().Size()))
		}
		if r.Inner != 1 {
			all = append(all, newColumns(in, o, p.Func, r, x, y))
			x = y
			continue
		}
		t := &reduceTask[T]{ops: o, f: p.Func, r: r, x: x, y: y}
		if r.Outer == 1 {
			t.blocks = make([]T, kernel.Blocks(r.N))
		}
		all = append(all, t)
		x = y
	}
	if len(all) == 1 {
		return all[0]
	}
	return &sequence{all}
}

func (t *reduceTask[T]) units() int {
	if t.blocks != nil {
		return len(t.blocks)
	}
	return t.r.Outer
}

func (t *reduceTask[T]) cost() int {
	return max(1, t.r.Outer*t.r.N/max(1, t.units())/10)
}

func (t *reduceTask[T]) run(_ *worker, lo, hi int) {
	for i := lo; i < hi; i++ {
		if t.blocks != nil {
			t.blocks[i] = t.ops.Reduce[t.f](t.x[i*kernel.Block : min((i+1)*kernel.Block, t.r.N)])
		} else {
			t.y[i] = kernel.ReduceRow(t.ops, t.f, t.x[i*t.r.N:(i+1)*t.r.N])
		}
	}
}

func (t *reduceTask[T]) finish(*worker) {
	if t.blocks != nil {
		t.y[0] = graph.Combine(t.f, t.blocks)
	}
}

// joinTask lays down the parts of a concatenation that were not computed in place.
type joinTask struct {
	dst   []byte
	parts []joinPart
}

type joinPart struct {
	src                []byte
	at, run, skip, num int
}

func linkJoin(in *Instance, v graph.Value) task {
	op := v.Op().(graph.Join)
	t := &joinTask{dst: in.memory(v.ID())}
	size := v.DType().Size()
	inner := tensor.Shape(v.Shape()[op.Axis+1:]).Size() * size
	at := 0
	for i := range v.NumArgs() {
		a := v.Arg(i)
		r := in.p.nodes[a.ID()].root
		if s, ok := in.p.sub[r]; !ok || s.join != v.ID() || s.at*size != at*inner {
			if a.Size() > 0 {
				t.parts = append(t.parts, joinPart{
					src: in.array(a).Raw(), at: at * inner, run: a.Dim(op.Axis) * inner,
					skip: v.Dim(op.Axis) * inner, num: tensor.Shape(v.Shape()[:op.Axis]).Size(),
				})
			}
		}
		at += a.Dim(op.Axis)
	}
	if len(t.parts) == 0 {
		return nil
	}
	return t
}

func (t *joinTask) units() int { return 1 }

func (t *joinTask) run(*worker, int, int) {
	for _, p := range t.parts {
		for i := range p.num {
			copy(t.dst[p.at+i*p.skip:][:p.run], p.src[i*p.run:])
		}
	}
}

// copyTask copies a view together.
type copyTask[T tensor.Number] struct {
	read reader[T]
	dst  []T
}

func (t *copyTask[T]) units() int { return (len(t.dst) + copyUnit - 1) / copyUnit }
func (t *copyTask[T]) cost() int  { return copyUnit / 2 }

const copyUnit = 4096

func (t *copyTask[T]) run(_ *worker, lo, hi int) {
	t.read.read(t.dst[lo*copyUnit:min(hi*copyUnit, len(t.dst))], lo*copyUnit)
}

func linkCopy(in *Instance, m *instr) task {
	v := in.p.g.At(m.out)
	switch v.DType() {
	case tensor.Float32:
		return newCopy[float32](in, m)
	case tensor.Float64:
		return newCopy[float64](in, m)
	case tensor.Int32:
		return newCopy[int32](in, m)
	case tensor.Int64:
		return newCopy[int64](in, m)
	}
	return newCopy[uint8](in, m)
}

func newCopy[T tensor.Number](in *Instance, m *instr) task {
	dst := tensor.View[T](in.memory(m.out))
	if len(dst) == 0 {
		return nil
	}
	fill := func(dst []T, v T) {
		for i := range dst {
			dst[i] = v
		}
	}
	cast := func(dst, x []T) { copy(dst, x) }
	return &copyTask[T]{newReader(in, load{m.copyOf, tensor.TypeOf[T]()}, fill, cast), dst}
}

// argMaxTask is the index of the largest element of each row.
type argMaxTask[T kernel.Float] struct {
	x []T
	y []int32
	n int
}

func (t *argMaxTask[T]) units() int { return len(t.y) }
func (t *argMaxTask[T]) cost() int  { return t.n }

func (t *argMaxTask[T]) run(_ *worker, lo, hi int) {
	for i := lo; i < hi; i++ {
		x := t.x[i*t.n:][:t.n]
		best := 0
		for j, v := range x {
			if b := x[best]; v > b || v != v && b == b {
				best = j
			}
		}
		t.y[i] = int32(best)
	}
}

// segmentTask adds up each piece of a vector.
type segmentTask[T kernel.Float] struct {
	ops  *kernel.Ops[T]
	x, y []T
	ends []int
}

func newSegment[T kernel.Float](in *Instance, v graph.Value, p graph.SegmentSum) task {
	t := &segmentTask[T]{ops: ops[T](in.table), x: tensor.View[T](in.array(v.Arg(0)).Raw()), y: tensor.View[T](in.memory(v.ID()))}
	end := 0
	for _, n := range p.Segments.Lengths() {
		end += n
		t.ends = append(t.ends, end)
	}
	return t
}

func (t *segmentTask[T]) units() int { return len(t.y) }
func (t *segmentTask[T]) cost() int  { return len(t.x) / 10 / max(1, len(t.y)) }

func (t *segmentTask[T]) run(_ *worker, lo, hi int) {
	for i := lo; i < hi; i++ {
		start := 0
		if i > 0 {
			start = t.ends[i-1]
		}
		t.y[i] = kernel.ReduceRow(t.ops, kernel.ReduceSum, t.x[start:t.ends[i]])
	}
}

// evalTask computes a node by its primitive's definition: for those that no
// instruction is faster for, and those defined by users.
type evalTask struct {
	op      graph.Primitive
	in      []*tensor.Array
	out     *tensor.Array
	table   *kernel.Table
	threads int
}

func linkEval(in *Instance, v graph.Value) task {
	t := &evalTask{op: v.Op(), out: tensor.Wrap(v.DType(), v.Shape(), in.memory(v.ID())), table: in.table, threads: in.pool.Threads()}
	for i := range v.NumArgs() {
		t.in = append(t.in, in.array(v.Arg(i)))
	}
	return t
}

func (t *evalTask) units() int { return 1 }

func (t *evalTask) run(*worker, int, int) {
	clear(t.out.Raw())
	if op, ok := t.op.(graph.ByTable); ok {
		op.EvalBy(t.table, t.threads, t.in, t.out)
		return
	}
	t.op.Eval(t.in, t.out)
}
