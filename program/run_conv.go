package program

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// convTask is a convolution as matrix products over blocks of patches; its
// units are blocks.
type convTask[T kernel.Float] struct {
	patches[T]
	gemm   func(*kernel.GemmArgs[T])
	k, y   []T
	out    int // outputs of all groups
	og     int // outputs of a group
	starts []int
	work   int // of the product
	room   int // of the patches
	args   []kernel.GemmArgs[T]
}

func linkConv[T kernel.Float](in *Instance, v graph.Value, p graph.Conv) task {
	if t := linkDepthwise[T](in, v, p); t != nil {
		return t
	}
	x, k := v.Arg(0), v.Arg(1)
	gemm, work := product[T](in)
	t := &convTask[T]{gemm: gemm, k: tensor.Slice[T](in.array(k)), y: tensor.View[T](in.memory(v.ID()))}
	t.patches = newPatches(p, tensor.Slice[T](in.array(x)), x.Shape(), k.Shape(), v.Shape())
	t.out, t.og = v.Dim(3), v.Dim(3)/p.Groups
	for lo := 0; lo < t.lines; lo = t.end(lo, t.lines) {
		t.starts = append(t.starts, lo)
	}
	for _, lo := range t.starts {
		n := t.end(lo, t.lines) - lo
		t.room = max(t.room, padded(t.elems(n)))
		t.work = max(t.work, work(n*t.wo, t.og, t.depth()))
	}
	t.args = make([]kernel.GemmArgs[T], in.pool.Threads())
	return t
}

// padded rounds a part of a worker's memory up, so that the next one is aligned.
func padded(n int) int { return (n + 15) &^ 15 }

// depth is the K of one product.
func (t *convTask[T]) depth() int {
	if t.flat {
		return t.kh * t.width
	}
	return t.width
}

func (t *convTask[T]) units() int   { return len(t.starts) }
func (t *convTask[T]) scratch() int { return (t.room + t.work) * sizeOf[T]() }

func sizeOf[T kernel.Float]() int { return tensor.TypeOf[T]().Size() }

// cost takes 50 multiply-adds a nanosecond, as products do, and 4 numbers laid out.
func (t *convTask[T]) cost() int {
	n := min(t.block, t.lines)
	return max(1, n*t.wo*t.kh*t.width*t.out/50+t.elems(n)/4)
}

func (t *convTask[T]) run(w *worker, lo, hi int) {
	work := tensor.View[T](w.work)
	patch, work := work[:t.room], work[t.room:]
	g := &t.args[w.id]
	for _, first := range t.starts[lo:hi] {
		last := t.end(first, t.lines)
		n := last - first
		for group := range t.Groups {
			t.fill(patch, first, last, group)
			*g = kernel.GemmArgs[T]{M: n * t.wo, N: t.og, K: t.depth(), BRow: t.out, BCol: 1, CRow: t.out, Work: work}
			g.B, g.C = t.k[group*t.og:], t.y[first*t.wo*t.out+group*t.og:]
			if t.flat {
				g.A, g.ARow, g.ACol = patch, 1, g.M
				t.gemm(g)
				continue
			}
			g.ARow, g.ACol = t.width, 1
			for i := range t.kh {
				g.A = patch[t.slab(i, n):]
				g.B = t.k[i*t.width*t.out+group*t.og:]
				g.Accumulate = i > 0
				t.gemm(g)
			}
		}
	}
}

// convKernelTask is a convolution's derivative by its kernel; its units are
// the runs of its definition.
type convKernelTask[T kernel.Float] struct {
	patches[T]
	ops        *kernel.Ops[T]
	gemm       func(*kernel.GemmArgs[T])
	ct, k      []T
	out, og    int
	run1, cut  int // lines of a run, and of a chunk
	parts      [][]T
	work, room int // scratch of the product, and of the patches
	spare      int // and of a chunk, if runs have several
	each       *depthwise[T]
	args       []kernel.GemmArgs[T]
}

func linkConvKernel[T kernel.Float](in *Instance, v graph.Value, p graph.ConvKernel) task {
	x, ct := v.Arg(0), v.Arg(1)
	gemm, work := product[T](in)
	t := &convKernelTask[T]{ops: ops[T](in.table), gemm: gemm, ct: tensor.Slice[T](in.array(ct)), k: tensor.View[T](in.memory(v.ID()))}
	t.patches = newPatches(p.Conv, tensor.Slice[T](in.array(x)), x.Shape(), v.Shape(), ct.Shape())
	t.out, t.og = v.Dim(3), v.Dim(3)/p.Conv.Groups
	t.run1, t.cut = p.Cut(t.lines, t.wo)
	n := ceil(t.lines, t.run1)
	for range n {
		part := t.k
		if n > 1 {
			part = tensor.View[T](tensor.Bytes(len(t.k) * sizeOf[T]()))
		}
		t.parts = append(t.parts, part)
	}
	for r := range n {
		t.blocks(r, func(_, lo, hi int) {
			t.room = max(t.room, padded(t.elems(hi-lo)))
			m := t.width
			if t.flat {
				m *= t.kh
			}
			t.work = max(t.work, work(m, t.og, (hi-lo)*t.wo))
		})
	}
	if t.each = newDepthwise(in, &t.patches, v.Shape(), true); t.each != nil {
		t.room, t.work = padded(ceil(t.each.scratch(), sizeOf[T]())), 0
	}
	if t.cut < t.run1 {
		t.spare = padded(len(t.k))
	}
	t.args = make([]kernel.GemmArgs[T], in.pool.Threads())
	return t
}

// blocks gives yield the blocks of lines of run r, with the chunk each belongs to.
func (t *convKernelTask[T]) blocks(r int, yield func(chunk, lo, hi int)) {
	last := min((r+1)*t.run1, t.lines)
	for c, first := 0, r*t.run1; first < last; c, first = c+1, first+t.cut {
		stop := min(first+t.cut, last)
		for lo := first; lo < stop; {
			hi := t.end(lo, stop)
			yield(c, lo, hi)
			lo = hi
		}
	}
}

func (t *convKernelTask[T]) units() int { return max(1, len(t.parts)) }

func (t *convKernelTask[T]) scratch() int {
	return (t.room + t.work + t.spare) * sizeOf[T]()
}

func (t *convKernelTask[T]) cost() int {
	return max(1, min(t.run1, t.lines)*t.wo*t.kh*t.width*t.out/50)
}

func (t *convKernelTask[T]) run(w *worker, lo, hi int) {
	work := tensor.View[T](w.work)
	patch, work := work[:t.room], work[t.room:]
	fresh, work := work[:min(t.spare, len(t.k))], work[t.spare:]
	for r := lo; r < hi && r < len(t.parts); r++ {
		into, before := t.parts[r], -1
		t.blocks(r, func(chunk, lo, hi int) {
			if chunk != before && chunk > 0 {
				if chunk > 1 {
					t.ops.Binary[kernel.Add](t.parts[r], t.parts[r], fresh)
				}
				into = fresh
			}
			if t.each != nil {
				t.each.add(w, into, t.ct, lo, hi, chunk == before)
			} else {
				t.add(w.id, into, patch, work, lo, hi, chunk == before)
			}
			before = chunk
		})
		if before > 0 {
			t.ops.Binary[kernel.Add](t.parts[r], t.parts[r], fresh)
		}
	}
}

// add multiplies lines lo to hi−1 into a chunk's sum.
func (t *convKernelTask[T]) add(id int, into, patch, work []T, lo, hi int, accumulate bool) {
	g := &t.args[id]
	n := hi - lo
	for group := range t.Groups {
		t.fill(patch, lo, hi, group)
		*g = kernel.GemmArgs[T]{M: t.width, N: t.og, K: n * t.wo, BRow: t.out, BCol: 1, CRow: t.out, Accumulate: accumulate, Work: work}
		g.B = t.ct[lo*t.wo*t.out+group*t.og:]
		if t.flat {
			g.M *= t.kh
			g.A, g.ARow, g.ACol = patch, g.K, 1
			g.C = into[group*t.og:]
			t.gemm(g)
			continue
		}
		g.ARow, g.ACol = 1, t.width
		for i := range t.kh {
			g.A = patch[t.slab(i, n):]
			g.C = into[i*t.width*t.out+group*t.og:]
			t.gemm(g)
		}
	}
}

// finish adds the runs by the tree of kernel.SumBlocks.
func (t *convKernelTask[T]) finish(*worker) {
	switch len(t.parts) {
	case 0:
		clear(t.k)
	case 1: // it was summed in place
	default:
		copy(t.k, t.tree(t.parts))
	}
}

// tree adds parts into the first of them.
func (t *convKernelTask[T]) tree(parts [][]T) []T {
	if len(parts) == 1 {
		return parts[0]
	}
	h := 1
	for 2*h < len(parts) {
		h *= 2
	}
	a, b := t.tree(parts[:h]), t.tree(parts[h:])
	t.ops.Binary[kernel.Add](a, a, b)
	return a
}

// flipTask mirrors a kernel; its units are the taps of each group.
type flipTask[T kernel.Float] struct {
	ops     *kernel.Ops[T]
	x, y    []T
	taps    int
	c, o, g int // channels and outputs of a group, groups
}

func linkFlip[T kernel.Float](in *Instance, v graph.Value, p graph.FlipKernel) task {
	k := v.Arg(0)
	return &flipTask[T]{ops: ops[T](in.table), x: tensor.Slice[T](in.array(k)), y: tensor.View[T](in.memory(v.ID())),
		taps: k.Dim(0) * k.Dim(1), c: k.Dim(2), o: k.Dim(3) / p.Groups, g: p.Groups}
}

func (t *flipTask[T]) units() int { return t.taps * t.g }
func (t *flipTask[T]) cost() int  { return t.c * t.o / 2 }

func (t *flipTask[T]) run(_ *worker, lo, hi int) {
	if len(t.x) == 0 {
		return
	}
	for u := lo; u < hi; u++ {
		tap, g := u/t.g, u%t.g
		src := t.x[tap*t.c*t.o*t.g+g*t.o:]
		dst := t.y[(t.taps-1-tap)*t.c*t.o*t.g+g*t.c:]
		t.ops.Transpose(dst, src, t.c, t.o, t.c*t.g, t.o*t.g)
	}
}
