package graph

import (
	"math"

	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

func (v Value) binary(f kernel.Binary, w Value) Value {
	x, y, ok := meet(binaryRules(f).name, v, w)
	if !ok {
		return Value{}
	}
	return x.g.Apply(Binary{f}, x, y)
}

// fold computes a scalar operation on two float64 constants; the four
// operations are exactly rounded, so the result is the one a run would give.
func fold(v, w Value, f func(a, b float64) float64) (Value, bool) {
	a, ok := v.constant()
	b, ok2 := w.constant()
	if !ok || !ok2 || v.g != w.g || v.DType() != tensor.Float64 || w.DType() != tensor.Float64 {
		return Value{}, false
	}
	return v.g.Const(f(a, b)), true
}

// is reports whether v is filled with the number c and may be dropped beside
// w, whose type and shape the result then has.
func (v Value) is(c float64, w Value) bool {
	if !v.Valid() || !w.Valid() || v.g != w.g || !w.DType().IsFloat() {
		return false
	}
	x, ok := v.spread()
	if !ok || x != c || math.Signbit(x) != math.Signbit(c) {
		return false
	}
	if _, number := w.constant(); v.DType() != w.DType() && (v.Rank() != 0 || number) {
		return false
	}
	s, err := broadcastShapes(v.Shape(), w.Shape())
	return err == nil && s.Equal(w.Shape())
}

// Add is v + w, broadcast. Beside a constant 0 it is the other operand, which
// keeps a −0 that the sum would make +0.
func (v Value) Add(w Value) Value {
	if c, ok := fold(v, w, func(a, b float64) float64 { return a + b }); ok {
		return c
	}
	if v.is(0, w) {
		return w
	}
	if w.is(0, v) {
		return v
	}
	return v.binary(kernel.Add, w)
}

// Sub is v − w, broadcast.
func (v Value) Sub(w Value) Value {
	if c, ok := fold(v, w, func(a, b float64) float64 { return a - b }); ok {
		return c
	}
	if w.is(0, v) {
		return v
	}
	return v.binary(kernel.Sub, w)
}

// Mul is v·w elementwise, broadcast.
func (v Value) Mul(w Value) Value {
	if c, ok := fold(v, w, func(a, b float64) float64 { return a * b }); ok {
		return c
	}
	switch {
	case v.is(1, w):
		return w
	case w.is(1, v):
		return v
	case v.is(-1, w):
		return w.Neg()
	case w.is(-1, v):
		return v.Neg()
	}
	return v.binary(kernel.Mul, w)
}

// Div is v/w elementwise, broadcast.
func (v Value) Div(w Value) Value {
	if c, ok := fold(v, w, func(a, b float64) float64 { return a / b }); ok {
		return c
	}
	if w.is(1, v) {
		return v
	}
	return v.binary(kernel.Div, w)
}

// Max is the larger of v and w; at a tie the derivative is the mean of theirs.
func (v Value) Max(w Value) Value { return v.binary(kernel.Max, w) }

// Min is the smaller of v and w; at a tie the derivative is the mean of theirs.
func (v Value) Min(w Value) Value { return v.binary(kernel.Min, w) }

// Pow is v^w. With a constant exponent of 2 it is the product v·v, which is
// rounded correctly where a power need not be.
func (v Value) Pow(w Value) Value {
	switch {
	case w.is(1, v):
		return v
	case w.is(2, v):
		return v.Square()
	}
	return v.binary(kernel.Pow, w)
}

// Equal is 1 where v = w, else 0.
func (v Value) Equal(w Value) Value { return v.binary(kernel.Eq, w) }

// NotEqual is 1 where v ≠ w, else 0.
func (v Value) NotEqual(w Value) Value { return v.binary(kernel.Ne, w) }

// Less is 1 where v < w, else 0.
func (v Value) Less(w Value) Value { return v.binary(kernel.Lt, w) }

// LessEqual is 1 where v ≤ w, else 0.
func (v Value) LessEqual(w Value) Value { return v.binary(kernel.Le, w) }

// Greater is 1 where v > w, else 0.
func (v Value) Greater(w Value) Value { return w.Less(v) }

// GreaterEqual is 1 where v ≥ w, else 0.
func (v Value) GreaterEqual(w Value) Value { return w.LessEqual(v) }
