package graph

import (
	"fmt"

	"github.com/godescent/descent/tensor"
)

// Broadcast repeats v along new leading axes and along axes of length 1.
type Broadcast struct{ Dims Ints }

// Name implements Primitive.
func (p Broadcast) Name() string { return "broadcast" }

// Infer implements Primitive.
func (p Broadcast) Infer(in []Type) (Type, error) {
	if err := operands(in, 1); err != nil {
		return Type{}, err
	}
	if err := p.Dims.check(); err != nil {
		return Type{}, err
	}
	s := p.Dims.Shape()
	return Type{in[0].DType, s}, broadcasts(in[0].Shape, s)
}

// broadcasts is an error if x does not broadcast to s.
func broadcasts(x, s tensor.Shape) error {
	if b, err := broadcastShapes(x, s); err != nil || !b.Equal(s) {
		return fmt.Errorf("x is %v, which does not broadcast to %v; each of its axes, from the end, must be 1 or equal", x, s)
	}
	return nil
}

// Eval implements Primitive.
func (p Broadcast) Eval(in []*tensor.Array, out *tensor.Array) {
	st := BroadcastStrides(in[0].Shape(), out.Shape())
	copyStrided(out, in[0], out.Shape(), st, 0)
}

// BroadcastStrides are the element strides that read an array of shape from as
// one of shape to: 0 along the axes that are repeated.
func BroadcastStrides(from, to tensor.Shape) []int {
	st := make([]int, len(to))
	own := from.Strides()
	for i, d := range from {
		if d != 1 {
			st[len(to)-len(from)+i] = own[i]
		}
	}
	return st
}

// copyStrided fills out, row-major of shape s, from src read at offset + Σ index·stride.
func copyStrided(out, src *tensor.Array, s tensor.Shape, strides []int, offset int) {
	size := out.DType().Size()
	idx := make([]int, len(s))
	at := offset
	for i := range s.Size() {
		copy(out.Raw()[i*size:(i+1)*size], src.Raw()[at*size:(at+1)*size])
		for a := len(s) - 1; a >= 0; a-- {
			idx[a]++
			at += strides[a]
			if idx[a] < s[a] {
				break
			}
			at -= idx[a] * strides[a]
			idx[a] = 0
		}
	}
}

// JVP implements Differentiable.
func (p Broadcast) JVP(_ Value, t []Value) Value { return t[0].BroadcastTo(p.Dims.Slice()...) }

// Transpose implements Linear: a repetition's transpose is the sum over it.
func (p Broadcast) Transpose(v, ct Value, _ int) Value {
	from, to := v.Arg(0).Shape(), v.Shape()
	var axes []int
	lead := len(to) - len(from)
	for i := range to {
		if i < lead || from[i-lead] == 1 && to[i] != 1 {
			axes = append(axes, i)
		}
	}
	return ct.Sum(axes...).Reshape(from...)
}

// BroadcastTo repeats v to a shape, as NumPy's broadcast_to.
func (v Value) BroadcastTo(dims ...int) Value {
	if !v.Valid() || v.Shape().Equal(dims) {
		return v
	}
	if _, ok := v.Op().(Broadcast); ok {
		if err := broadcasts(v.Shape(), dims); err != nil {
			return v.g.Fail("broadcast", "%v", err)
		}
		return v.Arg(0).BroadcastTo(dims...)
	}
	return v.g.Apply(Broadcast{MakeInts(dims)}, v)
}
