package program

import (
	"unsafe"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/native"
	"github.com/godescent/descent/tensor"
)

// depthwise is a convolution in which each channel has a group of its own, of one
// output: as matrices its products would be a column wide. A tap is a pass over all places
// and channels of a line instead.
type depthwise[T kernel.Float] struct {
	*patches[T]
	places int      // of a line of x̂
	one    *machine // a tap
	two    *machine // two taps
}

// depthwiseTask is the convolution: y ← fma(x, k, y), in the order of the taps. Its
// units are lines of y.
type depthwiseTask[T kernel.Float] struct {
	depthwise[T]
	k, y []T
}

// newDepthwise is nil if the convolution is none or there is no code for it. turned
// is for the derivative by the kernel.
func newDepthwise[T kernel.Float](in *Instance, t *patches[T], k tensor.Shape, turned bool) *depthwise[T] {
	if in.module == nil || in.precision == BFloat16 && sizeOf[T]() == 4 || k[2] != 1 || k[3] != t.Groups || t.Groups < 8 || t.lines*t.wo*t.h*t.w*k.Size() == 0 {
		return nil
	}
	d := &depthwise[T]{patches: t, places: (t.wo-1)*t.Stride[1] + (t.kw-1)*t.Dilation[1] + 1}
	d.one, d.two = d.code(in, 1, turned), d.code(in, 2, turned)
	return d
}

// code does n taps. Its arrays are the taps' numbers, which come again with every
// place, those of y, and the taps' views of x, whose places lie a stride apart.
func (t *depthwise[T]) code(in *Instance, n int, turned bool) *machine {
	s := newSteps[T](2*n + 1)
	s.Row = t.c
	y := nativeArray(n)
	for i := range n {
		k, x := nativeArray(i), nativeArray(n+1+i)
		s.Skips = append(s.Skips, -t.c)
		if turned {
			s.store(s.do(native.Fma, x, nativeArray(n), k), k)
		} else {
			y = s.do(native.Fma, x, k, y)
		}
	}
	s.Skips = append(s.Skips, 0)
	for range n {
		s.Skips = append(s.Skips, (t.Stride[1]-1)*t.c)
	}
	if !turned {
		s.store(y, nativeArray(n))
	}
	return newMachine(in, &s.Program)
}

// linkDepthwise makes a depthwiseTask, or nil.
func linkDepthwise[T kernel.Float](in *Instance, v graph.Value, p graph.Conv) task {
	x, k := v.Arg(0), v.Arg(1)
	if v.Size() == 0 {
		return nil
	}
	all := newPatches(p, tensor.Slice[T](in.array(x)), x.Shape(), k.Shape(), v.Shape())
	d := newDepthwise(in, &all, k.Shape(), false)
	if d == nil {
		return nil
	}
	return &depthwiseTask[T]{depthwise: *d, k: tensor.Slice[T](in.array(k)), y: tensor.View[T](in.memory(v.ID()))}
}

func (t *depthwiseTask[T]) units() int { return t.lines }
func (t *depthwiseTask[T]) cost() int  { return max(1, t.wo*t.c*t.kh*t.kw/20) }

// frame is the bytes before a worker's line of x̂.
func (t *depthwise[T]) frame() int { return align(max(t.one.code.Frame(), t.two.code.Frame())) }

func (t *depthwise[T]) scratch() int { return t.frame() + t.places*t.c*sizeOf[T]() }

func (t *depthwiseTask[T]) run(w *worker, lo, hi int) {
	n := t.wo * t.c
	for l := lo; l < hi; l++ {
		y := t.y[l*n:][:n]
		clear(y)
		t.line(w, t.k, y, l)
	}
}

// line does all taps of line l of y.
func (t *depthwise[T]) line(w *worker, k, y []T, l int) {
	line := tensor.View[T](w.work[t.frame():])[:t.places*t.c]
	for i := range t.kh {
		t.lay(line, l/t.ho, t.Source(0, l%t.ho, i, t.h))
		for j := 0; j < t.kw; {
			m, taps := t.one, 1
			if j+1 < t.kw {
				m, taps = t.two, 2
			}
			at := m.arrays[w.id]
			at[taps] = unsafe.Pointer(&y[0])
			for o := range taps {
				at[o] = unsafe.Pointer(&k[(i*t.kw+j+o)*t.c])
				at[taps+1+o] = unsafe.Pointer(&line[(j+o)*t.Dilation[1]*t.c])
			}
			m.run(w, t.wo*t.c)
			j += taps
		}
	}
}

// add is convKernelTask.add: k ← fma(x, y, k) for each place of the lines, ascending.
func (t *depthwise[T]) add(w *worker, k, y []T, lo, hi int, accumulate bool) {
	if !accumulate {
		clear(k)
	}
	n := t.wo * t.c
	for l := lo; l < hi; l++ {
		t.line(w, k, y[l*n:][:n], l)
	}
}

// lay makes line h of image b a line of x̂: with zeros around it and between its places.
func (t *depthwise[T]) lay(dst []T, b, h int) {
	if h < 0 {
		clear(dst)
		return
	}
	src := t.x[(b*t.h+h)*t.w*t.c:][:t.w*t.c]
	if t.Spread[1] > 1 {
		clear(dst)
	}
	first := t.Lo[1] // of x among x̂'s places
	if t.Spread[1] == 1 {
		from, to := min(max(0, first), t.places), min(max(0, first+t.w), t.places)
		clear(dst[:from*t.c])
		clear(dst[to*t.c:])
		if from < to {
			copy(dst[from*t.c:to*t.c], src[(from-first)*t.c:])
		}
		return
	}
	for q := range t.w {
		if at := first + q*t.Spread[1]; at >= 0 && at < t.places {
			copy(dst[at*t.c:][:t.c], src[q*t.c:])
		}
	}
}
