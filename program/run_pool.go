package program

import (
	"slices"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// windows is what the tasks of sliding windows share. A line is all numbers of
// one (b, p) of y [B, Ho, Wo, C], or of one (b, h) of x [B, H, W, C].
type windows[T kernel.Float] struct {
	graph.Window
	ops  *kernel.Ops[T]
	h, w int
	c    int
	ho   int
	wo   int
}

func newWindows[T kernel.Float](in *Instance, p graph.Window, x, y tensor.Shape) windows[T] {
	return windows[T]{Window: p, ops: ops[T](in.table), h: x[1], w: x[2], c: x[3], ho: y[1], wo: y[2]}
}

// span is the windows [first, last) along W in which tap j lies within x.
func (t *windows[T]) span(j int) (first, last int) {
	s, lo := t.Stride[1], t.Lo[1]
	first = max(0, ceil(lo-j, s))
	last = min(t.wo, ceil(t.w+lo-j, s))
	return min(first, t.wo), max(min(first, t.wo), last)
}

// take copies what tap j of the windows [first, last) covers of a line of x together.
func (t *windows[T]) take(dst, line []T, j, first, last int) []T {
	at := (first*t.Stride[1] + j - t.Lo[1]) * t.c
	n := (last - first) * t.c
	if n == 0 {
		return nil
	}
	if t.Stride[1] == 1 {
		return line[at : at+n]
	}
	for i := 0; i < n; i += t.c {
		copy(dst[i:i+t.c], line[at:])
		at += t.Stride[1] * t.c
	}
	return dst[:n]
}

// put is the reverse: it adds src to what tap j covers of a line of x.
func (t *windows[T]) put(line, src []T, j, first int) {
	at, add := (first*t.Stride[1]+j-t.Lo[1])*t.c, t.ops.Binary[kernel.Add]
	if t.Stride[1] == 1 && len(src) > 0 {
		d := line[at:][:len(src)]
		add(d, d, src)
		return
	}
	for ; len(src) > 0; src = src[t.c:] {
		d := line[at:][:t.c]
		add(d, d, src[:t.c])
		at += t.Stride[1] * t.c
	}
}

// maxTask is a pool's index, its numbers, or both at once; its units are lines of y.
type maxTask[T kernel.Float] struct {
	windows[T]
	lines int
	x     []T
	index []T // result, or operand of a take
	best  []T // result; nil for an index alone
	find  bool

	machine *machine // code for all of this, if there is any
	inLine  bool     // it does a line at once
}

func linkPoolIndex[T kernel.Float](in *Instance, v graph.Value, p graph.PoolIndex) task {
	if in.p.taker(v) != nil {
		return nil // that instruction fills the index as well
	}
	t := newMax[T](in, v, p.Window)
	t.index, t.find = tensor.View[T](in.memory(v.ID())), true
	t.compile(in)
	return t
}

func linkPoolTake[T kernel.Float](in *Instance, v graph.Value, p graph.PoolTake) task {
	t := newMax[T](in, v, p.Window)
	t.index, t.best = tensor.Slice[T](in.array(v.Arg(1))), tensor.View[T](in.memory(v.ID()))
	if m := in.p.taker(v.Arg(1)); m != nil && m.out == v.ID() {
		t.find = true
	}
	t.compile(in)
	return t
}

// taker is the instruction that takes a pool's numbers by the index v, if it can find
// the index while it does: nothing reads that before, or behind the guard.
func (p *Program) taker(v graph.Value) *instr {
	op, ok := v.Op().(graph.PoolIndex)
	if !ok {
		return nil
	}
	made := -1
	for i, m := range p.instrs {
		if m.loop == nil && m.copyOf == nil && m.out == v.ID() {
			made = i
		}
		if made < 0 || !slices.Contains(m.reads, v.ID()) {
			continue
		}
		if m.loop != nil || m.copyOf != nil {
			return nil
		}
		u := p.g.At(m.out)
		take, ok := u.Op().(graph.PoolTake)
		if ok && take.Window == op.Window && u.Arg(0) == v.Arg(0) && u.Arg(1) == v && (made < p.guard) == (i < p.guard) {
			return m
		}
		return nil
	}
	return nil
}

func newMax[T kernel.Float](in *Instance, v graph.Value, p graph.Window) *maxTask[T] {
	x := v.Arg(0)
	return &maxTask[T]{windows: newWindows[T](in, p, x.Shape(), v.Shape()), lines: v.Dim(0) * v.Dim(1), x: tensor.Slice[T](in.array(x))}
}

func (t *maxTask[T]) units() int { return t.lines }
func (t *maxTask[T]) scratch() int {
	if t.machine != nil {
		return t.machine.code.Frame()
	}
	return 3 * padded(t.wo*t.c) * sizeOf[T]()
}
func (t *maxTask[T]) cost() int { return max(1, t.wo*t.c*t.Size[0]*t.Size[1]/3) }

func (t *maxTask[T]) run(w *worker, lo, hi int) {
	n := t.wo * t.c
	if n == 0 {
		return
	}
	if t.machine != nil {
		for l := lo; l < hi; l++ {
			t.native(w, l)
		}
		return
	}
	work := tensor.View[T](w.work)
	part := func(i int) []T { return work[i*padded(n):][:n] }
	for l := lo; l < hi; l++ {
		best, index := part(2), t.index[l*n:][:n]
		if t.best != nil {
			best = t.best[l*n:][:n]
		}
		switch {
		case !t.find:
			t.pick(best, index, l, part(0), part(1))
		case t.numbers(l):
			t.search(best, index, l, part(0), part(1))
		default:
			t.searchNaN(best, index, l)
		}
	}
}

// line is the line of x that tap row i of line l of y covers, or nil.
func (t *maxTask[T]) line(l, i int) []T {
	h := t.At(0, l%t.ho, i, t.h)
	if h < 0 {
		return nil
	}
	return t.x[(l/t.ho*t.h+h)*t.w*t.c:][:t.w*t.c]
}

// numbers reports whether no NaN is among what line l of y covers.
func (t *maxTask[T]) numbers(l int) bool {
	for i := range t.Size[0] {
		if line := t.line(l, i); line != nil {
			if m := kernel.ReduceRow(t.ops, kernel.ReduceMax, line); m != m {
				return false
			}
		}
	}
	return true
}

// search finds a line's largest numbers and their taps, a tap of all windows at a time.
func (t *maxTask[T]) search(best, index []T, l int, tmp, less []T) {
	begun := false
	for i := range t.Size[0] {
		line := t.line(l, i)
		if line == nil {
			continue
		}
		for j := range t.Size[1] {
			k := T(i*t.Size[1] + j)
			first, last := t.span(j)
			v := t.take(tmp, line, j, first, last)
			if !begun {
				// A window begins with its first tap within x: this one, or a later
				// one where it begins in the padding. Meeting that again changes nothing.
				begun = true
				copy(best[first*t.c:], v)
				t.ops.Fill(index, k)
				for q := range first {
					j := t.Lo[1] - q*t.Stride[1]
					copy(best[q*t.c:(q+1)*t.c], line)
					t.ops.Fill(index[q*t.c:(q+1)*t.c], k+T(j))
				}
				continue
			}
			b, at, c := best[first*t.c:last*t.c], index[first*t.c:last*t.c], less[:len(v)]
			t.ops.Binary[kernel.Lt](c, b, v)
			t.ops.Where(b, c, v, b)
			t.ops.BinaryVS[kernel.Mul](c, c, k) // taps ascend, so the larger is the later
			t.ops.Binary[kernel.Max](at, at, c)
		}
	}
}

// searchNaN is the definition, for a line of which a NaN is part.
func (t *maxTask[T]) searchNaN(best, index []T, l int) {
	for at := range best {
		q, c := at/t.c, at%t.c
		found := false
		for i := range t.Size[0] {
			line := t.line(l, i)
			for j := range t.Size[1] {
				w := t.At(1, q, j, t.w)
				if line == nil || w < 0 {
					continue
				}
				a, b := best[at], line[w*t.c+c]
				if !found || b > a || b != b && a == a {
					found, best[at], index[at] = true, b, T(i*t.Size[1]+j)
				}
			}
		}
	}
}

// pick takes a line's numbers by the index.
func (t *maxTask[T]) pick(best, index []T, l int, tmp, is []T) {
	clear(best)
	for i := range t.Size[0] {
		line := t.line(l, i)
		if line == nil {
			continue
		}
		for j := range t.Size[1] {
			first, last := t.span(j)
			v := t.take(tmp, line, j, first, last)
			b, c := best[first*t.c:last*t.c], is[:len(v)]
			t.ops.BinaryVS[kernel.Eq](c, index[first*t.c:last*t.c], T(i*t.Size[1]+j))
			t.ops.Where(b, c, v, b)
		}
	}
}

// sumTask adds up windows; its units are lines of y.
type sumTask[T kernel.Float] struct {
	windows[T]
	lines int
	x, y  []T
}

func linkWindowSum[T kernel.Float](in *Instance, v graph.Value, p graph.WindowSum) task {
	x := v.Arg(0)
	return &sumTask[T]{windows: newWindows[T](in, p.Window, x.Shape(), v.Shape()), lines: v.Dim(0) * v.Dim(1),
		x: tensor.Slice[T](in.array(x)), y: tensor.View[T](in.memory(v.ID()))}
}

func (t *sumTask[T]) units() int   { return t.lines }
func (t *sumTask[T]) scratch() int { return t.wo * t.c * sizeOf[T]() }
func (t *sumTask[T]) cost() int    { return max(1, t.wo*t.c*t.Size[0]*t.Size[1]/8) }

func (t *sumTask[T]) run(w *worker, lo, hi int) {
	tmp, n := tensor.View[T](w.work), t.wo*t.c
	for l := lo; l < hi; l++ {
		y := t.y[l*n:][:n]
		clear(y)
		for i := range t.Size[0] {
			h := t.At(0, l%t.ho, i, t.h)
			if h < 0 {
				continue
			}
			line := t.x[(l/t.ho*t.h+h)*t.w*t.c:][:t.w*t.c]
			for j := range t.Size[1] {
				first, last := t.span(j)
				d := y[first*t.c : last*t.c]
				t.ops.Binary[kernel.Add](d, d, t.take(tmp, line, j, first, last))
			}
		}
	}
}

// spreadTask adds each window's number to all that it covers, or to the one
// place that an index names; its units are lines of x.
type spreadTask[T kernel.Float] struct {
	windows[T]
	lines int
	y     []T // a number a window
	index []T // nil for all
	x     []T
}

func linkSpread[T kernel.Float](in *Instance, v graph.Value, p graph.Window) task {
	y := v.Arg(0)
	if v.NumArgs() == 2 {
		if t := linkPut[T](in, v, p); t != nil {
			return t
		}
	}
	t := &spreadTask[T]{windows: newWindows[T](in, p, v.Shape(), y.Shape()), lines: v.Dim(0) * v.Dim(1),
		y: tensor.Slice[T](in.array(y)), x: tensor.View[T](in.memory(v.ID()))}
	if v.NumArgs() == 2 {
		t.index = tensor.Slice[T](in.array(v.Arg(1)))
	}
	return t
}

func (t *spreadTask[T]) units() int   { return t.lines }
func (t *spreadTask[T]) scratch() int { return 2 * padded(t.wo*t.c) * sizeOf[T]() }
func (t *spreadTask[T]) cost() int {
	return max(1, t.w*t.c*ceil(t.Size[0], t.Stride[0])*ceil(t.Size[1], t.Stride[1])/3)
}

func (t *spreadTask[T]) run(w *worker, lo, hi int) {
	n := t.wo * t.c
	work := tensor.View[T](w.work)
	is, zero := work[:n], work[padded(n):][:n]
	clear(zero)
	for l := lo; l < hi; l++ {
		line := t.x[l*t.w*t.c:][:t.w*t.c]
		clear(line)
		// The windows that cover the line, ascending, and so its taps descending.
		at, s := l%t.h+t.Lo[0], t.Stride[0]
		for p := max(0, ceil(at-t.Size[0]+1, s)); p < t.ho && p*s <= at; p++ {
			from := (l/t.h*t.ho + p) * n
			for j := t.Size[1] - 1; j >= 0; j-- {
				first, last := t.span(j)
				src := t.y[from:][first*t.c : last*t.c]
				if t.index != nil {
					c := is[:len(src)]
					t.ops.BinaryVS[kernel.Eq](c, t.index[from:][first*t.c:last*t.c], T((at-p*s)*t.Size[1]+j))
					t.ops.Where(c, c, src, zero[:len(src)])
					src = c
				}
				t.put(line, src, j, first)
			}
		}
	}
}
