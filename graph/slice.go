package graph

import (
	"fmt"

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

// Slice is elements Lo to Hi−1 of one axis.
type Slice struct{ Axis, Lo, Hi int }

// Name implements Primitive.
func (p Slice) Name() string { return "slice" }

// Infer implements Primitive.
func (p Slice) Infer(in []Type) (Type, error) {
	s := in[0].Shape.Clone()
	if p.Axis < 0 || p.Axis >= len(s) {
		return Type{}, fmt.Errorf("x is %v, which has no axis %d", s, p.Axis)
	}
	if p.Lo < 0 || p.Hi < p.Lo || p.Hi > s[p.Axis] {
		return Type{}, fmt.Errorf("x is %v, and %d to %d is not within the %d of axis %d", s, p.Lo, p.Hi, s[p.Axis], p.Axis)
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
	return v.g.Apply(Slice{a, lo, hi}, v)
}

// Pad puts Lo zeros before and Hi zeros after the elements of one axis.
type Pad struct{ Axis, Lo, Hi int }

// Name implements Primitive.
func (p Pad) Name() string { return "pad" }

// Infer implements Primitive.
func (p Pad) Infer(in []Type) (Type, error) {
	s := in[0].Shape.Clone()
	if p.Axis < 0 || p.Axis >= len(s) {
		return Type{}, fmt.Errorf("x is %v, which has no axis %d", s, p.Axis)
	}
	if p.Lo < 0 || p.Hi < 0 {
		return Type{}, fmt.Errorf("%d before and %d after: padding is not negative; slice instead", p.Lo, p.Hi)
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
	if !v.Valid() || lo == 0 && hi == 0 {
		return v
	}
	a, err := axis(ax, v.Shape())
	if err != nil {
		return v.g.Fail("pad", "%v", err)
	}
	return v.g.Apply(Pad{a, lo, hi}, v)
}

// Join lays its operands one after another along an axis.
type Join struct{ Axis int }

// Name implements Primitive.
func (p Join) Name() string { return "concat" }

// Infer implements Primitive.
func (p Join) Infer(in []Type) (Type, error) {
	s := in[0].Shape.Clone()
	if p.Axis < 0 || p.Axis >= len(s) {
		return Type{}, fmt.Errorf("x is %v, which has no axis %d", s, p.Axis)
	}
	for i, t := range in[1:] {
		if t.DType != in[0].DType {
			return Type{}, fmt.Errorf("operand 0 is %v and operand %d is %v; cast them to one type", in[0], i+1, t)
		}
		rest := t.Shape.Clone()
		if len(rest) == len(s) {
			rest[p.Axis] = s[p.Axis]
		}
		if !rest.Equal(s) {
			return Type{}, fmt.Errorf("operand 0 is %v and operand %d is %v; they may differ on axis %d only", in[0].Shape, i+1, t.Shape, p.Axis)
		}
	}
	for _, t := range in[1:] {
		s[p.Axis] += t.Shape[p.Axis]
	}
	return Type{in[0].DType, s}, nil
}

// Eval implements Primitive.
func (p Join) Eval(in []*tensor.Array, out *tensor.Array) {
	at := 0
	for _, a := range in {
		putAlong(out, a, p.Axis, at)
		at += a.Shape()[p.Axis]
	}
}

// JVP implements Differentiable.
func (p Join) JVP(v Value, t []Value) Value {
	all := make([]Value, len(t))
	for i := range t {
		all[i] = t[i]
		if !t[i].Valid() {
			all[i] = v.Arg(i).Zeros()
		}
	}
	return Concat(p.Axis, all...)
}

// Transpose implements Linear.
func (p Join) Transpose(v, ct Value, i int) Value {
	at := 0
	for j := range i {
		at += v.Arg(j).Dim(p.Axis)
	}
	return ct.Slice(p.Axis, at, at+v.Arg(i).Dim(p.Axis))
}

// Concat lays values one after another along an axis, which counts from the end if negative.
func Concat(ax int, values ...Value) Value {
	if len(values) == 0 {
		return Value{}
	}
	v := values[0]
	if !v.Valid() || len(values) == 1 {
		return v
	}
	a, err := axis(ax, v.Shape())
	if err != nil {
		return v.g.Fail("concat", "%v", err)
	}
	return v.g.Apply(Join{a}, values...)
}
