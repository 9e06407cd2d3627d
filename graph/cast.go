package graph

import (
	"fmt"
	"math"

	"github.com/godescent/descent/tensor"
)

// Cast converts elementwise: to a float by rounding to nearest even, to a whole
// number towards zero. A number outside a whole type's range becomes the
// nearer end of it, and NaN becomes 0.
type Cast struct{ To tensor.DType }

// Name implements Primitive.
func (p Cast) Name() string { return "cast " + p.To.String() }

// Infer implements Primitive.
func (p Cast) Infer(in []Type) (Type, error) {
	if err := operands(in, 1); err != nil {
		return Type{}, err
	}
	if p.To.Size() == 0 {
		return Type{}, fmt.Errorf("x is %v, and %v is no element type; want uint8, int32, int64, float32 or float64", in[0], p.To)
	}
	return Type{p.To, in[0].Shape}, nil
}

// Eval implements Primitive.
func (p Cast) Eval(in []*tensor.Array, out *tensor.Array) {
	switch x := in[0]; x.DType() {
	case out.DType():
		copy(out.Raw(), x.Raw())
	case tensor.Uint8:
		castFrom(out, tensor.Slice[uint8](x))
	case tensor.Int32:
		castFrom(out, tensor.Slice[int32](x))
	case tensor.Int64:
		castFrom(out, tensor.Slice[int64](x))
	case tensor.Float32:
		castFrom(out, tensor.Slice[float32](x))
	default:
		castFrom(out, tensor.Slice[float64](x))
	}
}

func castFrom[S tensor.Number](out *tensor.Array, x []S) {
	switch out.DType() {
	case tensor.Uint8:
		castWhole(tensor.Slice[uint8](out), x, 0, math.MaxUint8)
	case tensor.Int32:
		castWhole(tensor.Slice[int32](out), x, math.MinInt32, math.MaxInt32)
	case tensor.Int64:
		castWhole(tensor.Slice[int64](out), x, math.MinInt64, math.MaxInt64)
	case tensor.Float32:
		castFloat(tensor.Slice[float32](out), x)
	default:
		castFloat(tensor.Slice[float64](out), x)
	}
}

func castFloat[D tensor.Float, S tensor.Number](dst []D, x []S) {
	for i, v := range x {
		dst[i] = D(v)
	}
}

// castWhole converts to whole numbers from lo to hi. Go leaves a conversion that
// does not fit to the machine, so the ends are told apart before it.
func castWhole[D uint8 | int32 | int64, S tensor.Number](dst []D, x []S, lo, hi D) {
	for i, v := range x {
		switch f := float64(v); {
		case math.IsNaN(f):
			dst[i] = 0
		case f <= float64(lo):
			dst[i] = lo
		case f >= float64(hi): // for an int64 hi is 2⁶³ here, one beyond the last
			dst[i] = hi
		default:
			dst[i] = D(v)
		}
	}
}

// JVP implements Differentiable.
func (p Cast) JVP(_ Value, t []Value) Value { return t[0].Cast(p.To) }

// Flat implements Flat: a cast to whole numbers is.
func (p Cast) Flat() string {
	if !p.To.IsFloat() {
		return "whole numbers jump"
	}
	return ""
}

// Transpose implements Linear.
func (p Cast) Transpose(v, ct Value, _ int) Value { return ct.Cast(v.Arg(0).DType()) }

// Cast converts v to another element type, see the type Cast.
func (v Value) Cast(d tensor.DType) Value {
	if !v.Valid() || v.DType() == d {
		return v
	}
	if d.IsFloat() {
		if c, ok := v.constant(); ok {
			return v.g.Apply(MakeConst(d, c))
		}
		if v.isSpread() {
			return v.Arg(0).Cast(d).BroadcastTo(v.Shape()...)
		}
	}
	return v.g.Apply(Cast{d}, v)
}
