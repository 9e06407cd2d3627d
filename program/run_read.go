package program

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// linkReader makes the reader of a load that is strided, gathered or of
// another type than the loop.
func linkReader[T kernel.Float](in *Instance, l load, o *kernel.Ops[T]) reader[T] {
	switch l.dtype {
	case tensor.Float32:
		return newReader(in, l, o.Fill, castRun[T, float32](in.table))
	case tensor.Float64:
		return newReader(in, l, o.Fill, castRun[T, float64](in.table))
	case tensor.Uint8:
		return newReader(in, l, o.Fill, castRun[T, uint8](in.table))
	case tensor.Int32:
		return newReader(in, l, o.Fill, castRun[T, int32](in.table))
	default:
		return newReader(in, l, o.Fill, castRun[T, int64](in.table))
	}
}

// castRun is the routine that converts a run of S to T.
func castRun[T kernel.Float, S tensor.Number](t *kernel.Table) func(dst []T, x []S) {
	var f any
	var d T
	var s S
	switch any(d).(type) {
	case float32:
		switch any(s).(type) {
		case float32:
			f = func(dst, x []float32) { copy(dst, x) }
		case float64:
			f = t.CastF64F32
		case uint8:
			f = t.CastU8F32
		case int32:
			f = t.CastI32F32
		}
	case float64:
		switch any(s).(type) {
		case float64:
			f = func(dst, x []float64) { copy(dst, x) }
		case float32:
			f = t.CastF32F64
		}
	}
	if c, ok := f.(func(dst []T, x []S)); ok && c != nil {
		return c
	}
	return func(dst []T, x []S) {
		for i, v := range x {
			dst[i] = T(v)
		}
	}
}

func newReader[T, S tensor.Number](in *Instance, l load, fill func(dst []T, v T), cast func(dst []T, x []S)) reader[T] {
	src := tensor.View[S](in.memoryOf(l))
	if l.view.index >= 0 {
		idx := tensor.View[int32](in.memory(l.view.index))
		return &gatherReader[T, S]{src: src, index: idx, cast: cast,
			row: tensor.Shape(l.view.dims).Size() / max(1, len(idx)), rows: l.view.rows}
	}
	d, s := collapse(l.view.dims, l.view.strides)
	if len(d) == 0 {
		d, s = []int{1}, []int{0}
	}
	return &stridedReader[T, S]{src: src, dims: d, strides: s, cast: cast, fill: fill}
}

// gatherReader reads rows that an index names, end to end.
type gatherReader[T, S tensor.Number] struct {
	src       []S
	index     []int32
	row, rows int
	cast      func(dst []T, x []S)
}

func (r *gatherReader[T, S]) read(dst []T, lo int) {
	i, at := lo/r.row, lo%r.row
	for len(dst) > 0 {
		n := min(len(dst), r.row-at)
		start := graph.Clamp(r.index[i], r.rows)*r.row + at
		r.cast(dst[:n], r.src[start:start+n])
		dst = dst[n:]
		at = 0
		i++
	}
}

// stridedReader reads a view in row-major order, an innermost run at a time.
type stridedReader[T, S tensor.Number] struct {
	src           []S
	dims, strides []int
	cast          func(dst []T, x []S)
	fill          func(dst []T, v T)
}

func (r *stridedReader[T, S]) read(dst []T, lo int) {
	var idx [tensor.MaxRank]int
	last := len(r.dims) - 1
	at := 0
	for a := last; a >= 0; a-- {
		idx[a] = lo % r.dims[a]
		lo /= r.dims[a]
		at += idx[a] * r.strides[a]
	}
	d, s := r.dims[last], r.strides[last]
	for {
		n := min(len(dst), d-idx[last])
		switch s {
		case 0:
			r.fill(dst[:n], T(r.src[at]))
		case 1:
			r.cast(dst[:n], r.src[at:at+n])
		default:
			for k, j := 0, at; k < n; k, j = k+1, j+s {
				dst[k] = T(r.src[j])
			}
		}
		if dst = dst[n:]; len(dst) == 0 {
			return
		}
		// The next run: carry through the outer axes.
		at -= idx[last] * s
		idx[last] = 0
		for a := last - 1; a >= 0; a-- {
			idx[a]++
			at += r.strides[a]
			if idx[a] < r.dims[a] {
				break
			}
			at -= idx[a] * r.strides[a]
			idx[a] = 0
		}
	}
}
