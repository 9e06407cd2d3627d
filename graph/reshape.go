package graph

import (
	"fmt"

	"github.com/godescent/descent/tensor"
)

// Reshape reads the same elements, in row-major order, under another shape.
type Reshape struct{ Dims Ints }

// Name implements Primitive.
func (p Reshape) Name() string { return "reshape" }

// Infer implements Primitive.
func (p Reshape) Infer(in []Type) (Type, error) {
	s := p.Dims.Shape()
	if err := s.Check(); err != nil {
		return Type{}, err
	}
	if s.Size() != in[0].Shape.Size() {
		return Type{}, fmt.Errorf("x is %v with %d elements, which do not fill %v", in[0].Shape, in[0].Shape.Size(), s)
	}
	return Type{in[0].DType, s}, nil
}

// Eval implements Primitive.
func (p Reshape) Eval(in []*tensor.Array, out *tensor.Array) { copy(out.Raw(), in[0].Raw()) }

// JVP implements Differentiable.
func (p Reshape) JVP(_ Value, t []Value) Value { return t[0].Reshape(p.Dims.Slice()...) }

// Transpose implements Linear.
func (p Reshape) Transpose(v, ct Value, _ int) Value { return ct.Reshape(v.Arg(0).Shape()...) }

// Reshape gives v's elements another shape; one axis may be −1, which is then
// whatever fills it.
func (v Value) Reshape(dims ...int) Value {
	if !v.Valid() {
		return v
	}
	s := tensor.Shape(dims).Clone()
	if len(s) > tensor.MaxRank {
		return v.g.Fail("reshape", "%v has %d axes; at most %d are supported", s, len(s), tensor.MaxRank)
	}
	free, known := -1, 1
	for i, d := range s {
		if d != -1 {
			known *= d
			continue
		}
		if free >= 0 {
			return v.g.Fail("reshape", "%v has two free axes; one at most can be −1", s)
		}
		free = i
	}
	if free >= 0 {
		if known == 0 || v.Size()%known != 0 {
			return v.g.Fail("reshape", "x is %v with %d elements, which no length of the free axis of %v makes up", v.Shape(), v.Size(), s)
		}
		s[free] = v.Size() / known
	}
	if s.Equal(v.Shape()) {
		return v
	}
	if _, ok := v.Op().(Reshape); ok {
		return v.Arg(0).Reshape(s...)
	}
	return v.g.Apply(Reshape{MakeInts(s)}, v)
}

// Flatten keeps the first axis and joins the others: [B ...] → [B, N].
func (v Value) Flatten() Value {
	if !v.Valid() {
		return v
	}
	if v.Rank() == 0 {
		return v.Reshape(1, 1)
	}
	return v.Reshape(v.Dim(0), tensor.Shape(v.Shape()[1:]).Size())
}

// Broadcast repeats v along new leading axes and along axes of length 1.
type Broadcast struct{ Dims Ints }

// Name implements Primitive.
func (p Broadcast) Name() string { return "broadcast" }

// Infer implements Primitive.
func (p Broadcast) Infer(in []Type) (Type, error) {
	s := p.Dims.Shape()
	b, err := broadcastShapes(in[0].Shape, s)
	if err != nil || !b.Equal(s) {
		return Type{}, fmt.Errorf("x is %v, which does not broadcast to %v", in[0].Shape, s)
	}
	return Type{in[0].DType, s}, nil
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
	if len(dims) > tensor.MaxRank {
		return v.g.Fail("broadcast", "%v has %d axes; at most %d are supported", dims, len(dims), tensor.MaxRank)
	}
	if _, ok := v.Op().(Broadcast); ok {
		return v.Arg(0).broadcastVia(v.Shape(), dims)
	}
	return v.g.Apply(Broadcast{MakeInts(dims)}, v)
}

// broadcastVia broadcasts v to dims in one node, if the detour over mid was valid.
func (v Value) broadcastVia(mid tensor.Shape, dims []int) Value {
	if b, err := broadcastShapes(mid, dims); err != nil || !b.Equal(dims) {
		return v.g.Fail("broadcast", "x is %v, which does not broadcast to %v", mid, tensor.Shape(dims))
	}
	return v.BroadcastTo(dims...)
}

// Permute reorders axes: axis i of the result is axis Perm[i] of the operand.
type Permute struct{ Perm Ints }

// Name implements Primitive.
func (p Permute) Name() string { return "transpose" }

// Infer implements Primitive.
func (p Permute) Infer(in []Type) (Type, error) {
	s := in[0].Shape
	perm := p.Perm.Slice()
	if len(perm) != len(s) {
		return Type{}, fmt.Errorf("x is %v with %d axes and the permutation %v names %d", s, len(s), perm, len(perm))
	}
	out, seen := make(tensor.Shape, len(s)), make([]bool, len(s))
	for i, a := range perm {
		if a < 0 || a >= len(s) || seen[a] {
			return Type{}, fmt.Errorf("%v is no permutation of the axes of %v", perm, s)
		}
		out[i], seen[a] = s[a], true
	}
	return Type{in[0].DType, out}, nil
}

// Eval implements Primitive.
func (p Permute) Eval(in []*tensor.Array, out *tensor.Array) {
	own := in[0].Shape().Strides()
	st := make([]int, len(own))
	for i, a := range p.Perm.Slice() {
		st[i] = own[a]
	}
	copyStrided(out, in[0], out.Shape(), st, 0)
}

// JVP implements Differentiable.
func (p Permute) JVP(_ Value, t []Value) Value { return t[0].Transpose(p.Perm.Slice()...) }

// Transpose implements Linear: the inverse permutation.
func (p Permute) Transpose(_, ct Value, _ int) Value {
	inv := make([]int, p.Perm.N)
	for i, a := range p.Perm.Slice() {
		inv[a] = i
	}
	return ct.Transpose(inv...)
}

// Transpose reorders v's axes: axis i of the result is axis perm[i] of v.
// Without arguments it swaps the last two.
func (v Value) Transpose(perm ...int) Value {
	if !v.Valid() {
		return v
	}
	if len(perm) == 0 {
		r := v.Rank()
		if r < 2 {
			return v.g.Fail("transpose", "x is %v; swapping the last two axes wants at least two", v.Shape())
		}
		for i := range r - 2 {
			perm = append(perm, i)
		}
		perm = append(perm, r-1, r-2)
	}
	if inner, ok := v.Op().(Permute); ok && len(perm) == int(inner.Perm.N) {
		joined := make([]int, len(perm))
		for i, a := range perm {
			if a < 0 || a >= len(perm) {
				return v.g.Fail("transpose", "%v is no permutation of the axes of %v", perm, v.Shape())
			}
			joined[i] = inner.Perm.V[a]
		}
		return v.Arg(0).Transpose(joined...)
	}
	identity := len(perm) == v.Rank()
	for i, a := range perm {
		identity = identity && i == a
	}
	if identity {
		return v
	}
	return v.g.Apply(Permute{MakeInts(perm)}, v)
}
