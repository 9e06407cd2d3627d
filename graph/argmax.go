package graph

import (
	"fmt"
	"math"

	"github.com/godescent/descent/tensor"
)

// ArgMax is the index of the first largest element along the last axis, which it removes.
type ArgMax struct{}

// Name implements Primitive.
func (ArgMax) Name() string { return "argmax" }

// Infer implements Primitive.
func (ArgMax) Infer(in []Type) (Type, error) {
	if err := operands(in, 1); err != nil {
		return Type{}, err
	}
	s := in[0].Shape
	if len(s) == 0 || s[len(s)-1] == 0 {
		return Type{}, fmt.Errorf("x is %v; want a last axis of one element at least", s)
	}
	return Type{tensor.Int32, s[:len(s)-1].Clone()}, nil
}

// Eval implements Primitive. A NaN counts as larger than any number.
func (ArgMax) Eval(in []*tensor.Array, out *tensor.Array) {
	y := tensor.Slice[int32](out)
	switch x := in[0]; x.DType() {
	case tensor.Uint8:
		argMax(y, tensor.Slice[uint8](x))
	case tensor.Int32:
		argMax(y, tensor.Slice[int32](x))
	case tensor.Int64:
		argMax(y, tensor.Slice[int64](x))
	case tensor.Float32:
		argMax(y, tensor.Slice[float32](x))
	default:
		argMax(y, tensor.Slice[float64](x))
	}
}

// argMax searches len(x)/len(y) neighbours for each element of y.
func argMax[T tensor.Number](y []int32, x []T) {
	n := len(x) / max(1, len(y))
	for i := range y {
		row, best := x[i*n:(i+1)*n], 0
		for j, b := range row {
			a := row[best]
			aNaN, bNaN := math.IsNaN(float64(a)), math.IsNaN(float64(b))
			if b > a || bNaN && !aNaN {
				best = j
			}
		}
		y[i] = int32(best)
	}
}

// Flat implements Flat.
func (ArgMax) Flat() string { return "an index jumps" }

// ArgMax is the index of the first largest element along the last axis, an int32.
func (v Value) ArgMax() Value {
	if !v.Valid() {
		return v
	}
	return v.g.Apply(ArgMax{}, v)
}
