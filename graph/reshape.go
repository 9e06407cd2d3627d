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
	if err := operands(in, 1); err != nil {
		return Type{}, err
	}
	if err := p.Dims.check(); err != nil {
		return Type{}, err
	}
	s := p.Dims.Shape()
	if err := s.Check(); err != nil {
		return Type{}, err
	}
	if s.Size() != in[0].Shape.Size() {
		return Type{}, notFilled(in[0].Shape, s)
	}
	return Type{in[0].DType, s}, nil
}

func notFilled(x, s tensor.Shape) error {
	return fmt.Errorf("x is %v with %d elements, which do not fill %v; −1 is an axis of whatever length fills it", x, x.Size(), s)
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
	s, err := fillFree(v.Shape(), dims)
	if err == nil {
		err = s.Check()
	}
	if err == nil && s.Size() != v.Size() {
		err = notFilled(v.Shape(), s)
	}
	switch {
	case err != nil:
		return v.g.Fail("reshape", "%v", err)
	case s.Equal(v.Shape()):
		return v
	case v.isSpread():
		return v.Arg(0).BroadcastTo(s...)
	}
	if _, ok := v.Op().(Reshape); ok {
		return v.Arg(0).Reshape(s...)
	}
	return v.g.Apply(Reshape{MakeInts(s)}, v)
}

// fillFree is dims with its free axis, if there is one, as long as the elements
// of x want.
func fillFree(x tensor.Shape, dims []int) (tensor.Shape, error) {
	s := append(tensor.Shape{}, dims...)
	free, known := -1, 1
	for i, d := range s {
		if d != -1 {
			known *= d
			continue
		}
		if free >= 0 {
			return nil, fmt.Errorf("%v has two free axes; one at most can be −1", s)
		}
		free = i
	}
	if free >= 0 {
		if known == 0 || x.Size()%known != 0 {
			return nil, fmt.Errorf("x is %v with %d elements, which no length of the free axis of %v makes up", x, x.Size(), s)
		}
		s[free] = x.Size() / known
	}
	return s, nil
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
