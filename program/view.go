package program

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// view is how a value is read from memory that another node filled: element
// (i, j, ...) is at offset + i·strides[0] + j·strides[1] + ...
type view struct {
	base    int // id of the node whose buffer is read
	dims    []int
	strides []int
	offset  int
	index   int // id of the row index of a gather, or -1; then dims are the result's, strides unused
	rows    int // of a gather: the rows there are
}

func contiguousView(base int, s tensor.Shape) *view {
	return &view{base: base, dims: s.Clone(), strides: s.Strides(), index: -1}
}

// contiguous reports whether the view's elements follow each other in memory.
func (v *view) contiguous() bool {
	if v.index >= 0 {
		return false
	}
	n := 1
	for i := len(v.dims) - 1; i >= 0; i-- {
		if v.dims[i] != 1 && v.strides[i] != n {
			return false
		}
		n *= v.dims[i]
	}
	return true
}

// uniform reports whether every element is the same one.
func (v *view) uniform() bool {
	if v.index >= 0 {
		return false
	}
	for i, d := range v.dims {
		if d != 1 && v.strides[i] != 0 {
			return false
		}
	}
	return true
}

// through is the view that a layout operation makes of v, or nil if it is none.
func (v *view) through(op graph.Primitive, to tensor.Shape) *view {
	if v.index >= 0 {
		return nil
	}
	out := &view{base: v.base, dims: to.Clone(), offset: v.offset, index: -1}
	switch op := op.(type) {
	case graph.Stop:
		out.strides = v.strides
	case graph.Broadcast:
		out.strides = make([]int, len(to))
		lead := len(to) - len(v.dims)
		for i, d := range v.dims {
			if d != 1 || to[lead+i] == 1 {
				out.strides[lead+i] = v.strides[i]
			}
		}
	case graph.Permute:
		out.strides = make([]int, len(to))
		for i, a := range op.Perm.Slice() {
			out.strides[i] = v.strides[a]
		}
	case graph.Slice:
		out.strides = v.strides
		out.offset += op.Lo * v.strides[op.Axis]
	case graph.Reshape:
		return v.reshape(to)
	default:
		return nil
	}
	return out
}

// reshape is the view under another shape, or nil if strides cannot say it.
func (v *view) reshape(to tensor.Shape) *view {
	if to.Size() == 0 { // strides do not matter
		return contiguousView(v.base, to)
	}
	dims, strides := collapse(v.dims, v.strides)
	out := &view{base: v.base, dims: to.Clone(), strides: make([]int, len(to)), offset: v.offset, index: -1}
	// Each new axis takes a part of one old axis, the innermost first.
	at := len(dims) - 1
	left, step := 1, 0
	if at >= 0 {
		left, step = dims[at], strides[at]
	}
	for i := len(to) - 1; i >= 0; i-- {
		if to[i] == 1 {
			continue
		}
		for left == 1 && at > 0 {
			at--
			left, step = dims[at], strides[at]
		}
		if to[i] == 0 || left%to[i] != 0 {
			return nil
		}
		out.strides[i] = step
		step *= to[i]
		left /= to[i]
	}
	return out
}

// collapse joins axes that one stride walks, and drops those of length 1.
func collapse(dims, strides []int) (d, s []int) {
	for i := range dims {
		if dims[i] == 1 {
			continue
		}
		if n := len(d); n > 0 && s[n-1] == strides[i]*dims[i] {
			d[n-1] *= dims[i]
			s[n-1] = strides[i]
			continue
		}
		d, s = append(d, dims[i]), append(s, strides[i])
	}
	return d, s
}
