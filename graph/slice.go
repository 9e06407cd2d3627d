package graph

import (
	"fmt"
	"math"

	"github.com/godescent/descent/tensor"
)

// axis is a valid axis counted from the end if negative.
func axis(i int, s tensor.Shape) (int, error) {
	a := i
	if a < 0 {
		a += len(s)
	}
	if a < 0 || a >= len(s) {
		return 0, fmt.Errorf("x is %v, which has no axis %d", s, i)
	}
	return a, nil
}

// along is a copy of the shape of the only operand, of which ax must be an axis.
func along(in []Type, ax int) (tensor.Shape, error) {
	if err := operands(in, 1); err != nil {
		return nil, err
	}
	s := in[0].Shape.Clone()
	if ax < 0 || ax >= len(s) {
		return nil, fmt.Errorf("x is %v, which has no axis %d", s, ax)
	}
	return s, nil
}

// Slice is elements Lo to Hi−1 of one axis.
type Slice struct{ Axis, Lo, Hi int }

// Name implements Primitive.
func (p Slice) Name() string { return "slice" }

// Infer implements Primitive.
func (p Slice) Infer(in []Type) (Type, error) {
	s, err := along(in, p.Axis)
	if err != nil {
		return Type{}, err
	}
	if p.Lo < 0 || p.Hi < p.Lo || p.Hi > s[p.Axis] {
		return Type{}, fmt.Errorf("x is %v, and axis %d has no elements from %d up to below %d; want 0 ≤ lo ≤ hi ≤ %d", s, p.Axis, p.Lo, p.Hi, s[p.Axis])
	}
	s[p.Axis] = p.Hi - p.Lo
	return Type{in[0].DType, s}, nil
}

// Eval implements Primitive.
func (p Slice) Eval(in []*tensor.Array, out *tensor.Array) {
	st := in[0].Shape().Strides()
	copyStrided(out, in[0], out.Shape(), st, p.Lo*st[p.Axis])
}

// JVP implements Differentiable.
func (p Slice) JVP(_ Value, t []Value) Value { return t[0].Slice(p.Axis, p.Lo, p.Hi) }

// Transpose implements Linear: zeros around the slice.
func (p Slice) Transpose(v, ct Value, _ int) Value {
	return ct.Pad(p.Axis, p.Lo, v.Arg(0).Dim(p.Axis)-p.Hi)
}

// Slice is elements lo to hi−1 of an axis, which counts from the end if negative.
func (v Value) Slice(ax, lo, hi int) Value {
	if !v.Valid() {
		return v
	}
	a, err := axis(ax, v.Shape())
	if err != nil {
		return v.g.Fail("slice", "%v", err)
	}
	if lo == 0 && hi == v.Dim(a) {
		return v
	}
	if v.isSpread() && 0 <= lo && lo <= hi && hi <= v.Dim(a) {
		s := v.Shape().Clone()
		s[a] = hi - lo
		return v.Arg(0).BroadcastTo(s...)
	}
	return v.g.Apply(Slice{a, lo, hi}, v)
}

// Pad puts Lo zeros before and Hi zeros after the elements of one axis.
type Pad struct{ Axis, Lo, Hi int }

// Name implements Primitive.
func (p Pad) Name() string { return "pad" }

// Infer implements Primitive.
func (p Pad) Infer(in []Type) (Type, error) {
	s, err := along(in, p.Axis)
	if err != nil {
		return Type{}, err
	}
	if p.Lo < 0 || p.Hi < 0 {
		return Type{}, fmt.Errorf("x is %v, and %d before and %d after: padding is not negative; slice instead", s, p.Lo, p.Hi)
	}
	if p.Lo > math.MaxInt32 || p.Hi > math.MaxInt32 {
		return Type{}, fmt.Errorf("x is %v, and %d before and %d after is more than memory can hold", s, p.Lo, p.Hi)
	}
	s[p.Axis] += p.Lo + p.Hi
	return Type{in[0].DType, s}, nil
}

// Eval implements Primitive.
func (p Pad) Eval(in []*tensor.Array, out *tensor.Array) {
	putAlong(out, in[0], p.Axis, p.Lo)
}

// putAlong copies src into out with its elements of an axis starting at index at.
func putAlong(out, src *tensor.Array, ax, at int) {
	size := out.DType().Size()
	run := tensor.Shape(src.Shape()[ax:]).Size() * size
	stride := tensor.Shape(out.Shape()[ax:]).Size() * size
	start := at * tensor.Shape(out.Shape()[ax+1:]).Size() * size
	for i := range tensor.Shape(src.Shape()[:ax]).Size() {
		copy(out.Raw()[i*stride+start:i*stride+start+run], src.Raw()[i*run:(i+1)*run])
	}
}

// JVP implements Differentiable.
func (p Pad) JVP(_ Value, t []Value) Value { return t[0].Pad(p.Axis, p.Lo, p.Hi) }

// Transpose implements Linear.
func (p Pad) Transpose(v, ct Value, _ int) Value {
	return ct.Slice(p.Axis, p.Lo, p.Lo+v.Arg(0).Dim(p.Axis))
}

// Pad puts lo zeros before and hi after the elements of an axis.
func (v Value) Pad(ax, lo, hi int) Value {
	if !v.Valid() {
		return v
	}
	a, err := axis(ax, v.Shape())
	if err != nil {
		return v.g.Fail("pad", "%v", err)
	}
	if lo == 0 && hi == 0 {
		return v
	}
	return v.g.Apply(Pad{a, lo, hi}, v)
}
