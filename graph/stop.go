package graph

import "github.com/godescent/descent/tensor"

// Stop is its operand, with a derivative declared to be zero.
type Stop struct{}

// Name implements Primitive.
func (Stop) Name() string { return "stop gradient" }

// Infer implements Primitive.
func (Stop) Infer(in []Type) (Type, error) {
	if err := operands(in, 1); err != nil {
		return Type{}, err
	}
	return in[0], nil
}

// Eval implements Primitive.
func (Stop) Eval(in []*tensor.Array, out *tensor.Array) { copy(out.Raw(), in[0].Raw()) }

// Flat implements Flat.
func (Stop) Flat() string { return "that is what it is for" }

// StopGradient is v, taken as a constant by derivatives.
func (v Value) StopGradient() Value {
	if !v.Valid() {
		return v
	}
	return v.g.Apply(Stop{}, v)
}
