package program

import (
	"unsafe"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/native"
	"github.com/godescent/descent/tensor"
)

// depthwiseTask is a convolution in which each channel has a group of its own, of
// one output: as matrices its products would be a column wide. A tap is a pass over a line's
// places and channels at once, y ← fma(x, k, y), in the order of the taps. Its units are
// lines of y.
type depthwiseTask[T kernel.Float] struct {
	patches[T]
	k, y   []T
	padded int      // places of a line of x̂
	one    *machine // a tap: arrays k, y, x
	two    *machine // two: arrays k, k, y, x, x
}

// linkDepthwise makes a depthwiseTask, or nil if the convolution is none or there is no code for it.
func linkDepthwise[T kernel.Float](in *Instance, v graph.Value, p graph.Conv) task {
	x, k := v.Arg(0), v.Arg(1)
	if in.module == nil || in.precision == BFloat16 && sizeOf[T]() == 4 || k.Dim(2) != 1 || k.Dim(3) != p.Groups || p.Groups < 8 || v.Size()*k.Size() == 0 {
		return nil
	}
	t := &depthwiseTask[T]{k: tensor.Slice[T](in.array(k)), y: tensor.View[T](in.memory(v.ID()))}
	t.patches = newPatches(p, tensor.Slice[T](in.array(x)), x.Shape(), k.Shape(), v.Shape())
	t.padded = (t.wo-1)*p.Stride[1] + (t.kw-1)*p.Dilation[1] + 1
	t.one, t.two = t.code(in, 1), t.code(in, 2)
	return t
}

// code does n taps, whose numbers come again with every place; those of x lie a stride apart.
func (t *depthwiseTask[T]) code(in *Instance, n int) *machine {
	s := newSteps[T](2*n + 1)
	s.Row = t.c
	acc := nativeArray(n)
	for i := range n {
		s.Skips = append(s.Skips, -t.c)
		acc = s.do(native.Fma, nativeArray(n+1+i), nativeArray(i), acc)
	}
	s.Skips = append(s.Skips, 0)
	for range n {
		s.Skips = append(s.Skips, (t.Stride[1]-1)*t.c)
	}
	s.store(acc, nativeArray(n))
	return newMachine(in, &s.Program)
}

func (t *depthwiseTask[T]) units() int { return t.lines }
func (t *depthwiseTask[T]) cost() int  { return max(1, t.wo*t.c*t.kh*t.kw/20) }

// frame is the bytes before a worker's line of x̂.
func (t *depthwiseTask[T]) frame() int { return align(max(t.one.code.Frame(), t.two.code.Frame())) }

func (t *depthwiseTask[T]) scratch() int { return t.frame() + t.padded*t.c*sizeOf[T]() }

func (t *depthwiseTask[T]) run(w *worker, lo, hi int) {
	line := tensor.View[T](w.work[t.frame():])[:t.padded*t.c]
	n := t.wo * t.c
	for l := lo; l < hi; l++ {
		y := t.y[l*n:][:n]
		clear(y)
		for i := range t.kh {
			t.lay(line, l/t.ho, t.Source(0, l%t.ho, i, t.h))
			for j := 0; j < t.kw; {
				m, taps := t.one, 1
				if j+1 < t.kw {
					m, taps = t.two, 2
				}
				at := m.arrays[w.id]
				at[taps] = unsafe.Pointer(&y[0])
				for k := range taps {
					at[k] = unsafe.Pointer(&t.k[(i*t.kw+j+k)*t.c])
					at[taps+1+k] = unsafe.Pointer(&line[(j+k)*t.Dilation[1]*t.c])
				}
				m.run(w, n)
				j += taps
			}
		}
	}
}

// lay makes line h of image b a line of x̂: with zeros around it and between its places.
func (t *depthwiseTask[T]) lay(dst []T, b, h int) {
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
		from, to := min(max(0, first), t.padded), min(max(0, first+t.w), t.padded)
		clear(dst[:from*t.c])
		clear(dst[to*t.c:])
		if from < to {
			copy(dst[from*t.c:to*t.c], src[(from-first)*t.c:])
		}
		return
	}
	for q := range t.w {
		if at := first + q*t.Spread[1]; at >= 0 && at < t.padded {
			copy(dst[at*t.c:][:t.c], src[q*t.c:])
		}
	}
}
