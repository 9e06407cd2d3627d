package graph

import (
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// Rectify is max(x, 0), NaN for NaN. Its derivative is told from its result, so
// that a network's backward pass needs what its forward pass kept anyway.
type Rectify struct{}

// Name implements Primitive.
func (Rectify) Name() string { return "relu" }

// Infer implements Primitive.
func (Rectify) Infer(in []Type) (Type, error) { return inferFloat(in) }

// Eval implements Primitive.
func (Rectify) Eval(in []*tensor.Array, out *tensor.Array) {
	t := portable()
	if out.DType() == tensor.Float32 {
		t.F32.BinaryVS[kernel.Max](tensor.Slice[float32](out), tensor.Slice[float32](in[0]), 0)
	} else {
		t.F64.BinaryVS[kernel.Max](tensor.Slice[float64](out), tensor.Slice[float64](in[0]), 0)
	}
}

// JVP implements Differentiable: 0 at 0.
func (Rectify) JVP(v Value, t []Value) Value {
	zero := v.g.Const(0)
	return Where(v.Greater(zero), t[0], zero)
}

// Relu is max(v, 0), with derivative 0 at 0.
func (v Value) Relu() Value {
	if !v.Valid() {
		return v
	}
	return v.g.Apply(Rectify{}, v)
}
