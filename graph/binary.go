package graph

import (
	"fmt"
	"math"

	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// Binary is an elementwise function of two operands of one type. Comparisons
// yield 0 or 1 in that type.
type Binary struct{ Func kernel.Binary }

// binaryRule is a function's name and its tangent for the operands' tangents
// dx and dy, an invalid one being zero; nil where it is declared to be zero.
type binaryRule struct {
	name string
	jvp  func(v, x, y, dx, dy Value) Value
}

func binaryRules(f kernel.Binary) binaryRule {
	return [kernel.BinaryCount]binaryRule{
		kernel.Add: {"add", func(_, _, _, dx, dy Value) Value { return sum(dx, dy) }},
		kernel.Sub: {"sub", func(_, _, _, dx, dy Value) Value {
			if !dx.Valid() {
				return dy.Neg()
			}
			if !dy.Valid() {
				return dx
			}
			return dx.Sub(dy)
		}},
		kernel.Mul: {"mul", func(_, x, y, dx, dy Value) Value { return sum(dx.Mul(y), dy.Mul(x)) }},
		kernel.Div: {"div", func(v, _, y, dx, dy Value) Value {
			return sum(dx.Div(y), dy.Mul(v.Div(y).Neg()))
		}},
		kernel.Max: {"max", func(_, x, y, dx, dy Value) Value { return pick(x.Greater(y), x.Equal(y), dx, dy) }},
		kernel.Min: {"min", func(_, x, y, dx, dy Value) Value { return pick(x.Less(y), x.Equal(y), dx, dy) }},
		kernel.Pow: {"pow", powJVP},
		kernel.Eq:  {"equal", nil},
		kernel.Ne:  {"not equal", nil},
		kernel.Lt:  {"less", nil},
		kernel.Le:  {"less or equal", nil},
	}[f]
}

// sum adds two tangents, either of which may be zero.
func sum(a, b Value) Value {
	switch {
	case !a.Valid():
		return b
	case !b.Valid():
		return a
	}
	return a.Add(b)
}

// pick is the tangent of a choice: dx where x wins, dy where y does, and at a
// tie the mean of both, which keeps max(x, x) = x differentiable.
func pick(wins, tie, dx, dy Value) Value {
	share := wins.Add(tie.Scale(0.5))
	return sum(dx.Mul(share), dy.Mul(share.OneMinus()))
}

// powJVP: d(x^y) = y·x^(y−1) dx + x^y ln x dy. The first term is 0 for y = 0
// and the second 0 for x = 0, where the formula would give 0·∞.
func powJVP(v, x, y, dx, dy Value) Value {
	var a, b Value
	if dx.Valid() {
		zero := y.Zeros()
		a = dx.Mul(Where(y.Equal(zero), zero, y.Mul(x.Pow(y.Plus(-1)))))
	}
	if dy.Valid() {
		zero := x.Zeros()
		isZero := x.Equal(zero)
		b = dy.Mul(Where(isZero, zero, v.Mul(Where(isZero, zero.Plus(1), x).Log())))
	}
	return sum(a, b)
}

// Name implements Primitive.
func (p Binary) Name() string { return binaryRules(p.Func).name }

// Infer implements Primitive.
func (p Binary) Infer(in []Type) (Type, error) {
	if in[0].DType != in[1].DType {
		return Type{}, fmt.Errorf("x is %v and y is %v; cast one of them", in[0], in[1])
	}
	if !in[0].Shape.Equal(in[1].Shape) {
		return Type{}, fmt.Errorf("x is %v and y is %v, which do not broadcast", in[0].Shape, in[1].Shape)
	}
	if d := in[0].DType; !d.IsFloat() && (p.Func == kernel.Pow || p.Func == kernel.Div) {
		return Type{}, fmt.Errorf("x is %v; cast it to a float type first", in[0])
	}
	return in[0], nil
}

// Eval implements Primitive.
func (p Binary) Eval(in []*tensor.Array, out *tensor.Array) {
	t := portable()
	switch out.DType() {
	case tensor.Float32:
		t.F32.Binary[p.Func](tensor.Slice[float32](out), tensor.Slice[float32](in[0]), tensor.Slice[float32](in[1]))
	case tensor.Float64:
		t.F64.Binary[p.Func](tensor.Slice[float64](out), tensor.Slice[float64](in[0]), tensor.Slice[float64](in[1]))
	case tensor.Int32:
		IntBinary(p.Func, tensor.Slice[int32](out), tensor.Slice[int32](in[0]), tensor.Slice[int32](in[1]))
	case tensor.Int64:
		IntBinary(p.Func, tensor.Slice[int64](out), tensor.Slice[int64](in[0]), tensor.Slice[int64](in[1]))
	default:
		IntBinary(p.Func, tensor.Slice[uint8](out), tensor.Slice[uint8](in[0]), tensor.Slice[uint8](in[1]))
	}
}

// IntBinary is the definition of a Binary on whole numbers; sums wrap around.
func IntBinary[T uint8 | int32 | int64](f kernel.Binary, dst, x, y []T) {
	b := func(c bool) T {
		if c {
			return 1
		}
		return 0
	}
	for i, x := range x {
		y := y[i]
		switch f {
		case kernel.Add:
			dst[i] = x + y
		case kernel.Sub:
			dst[i] = x - y
		case kernel.Mul:
			dst[i] = x * y
		case kernel.Max:
			dst[i] = max(x, y)
		case kernel.Min:
			dst[i] = min(x, y)
		case kernel.Eq:
			dst[i] = b(x == y)
		case kernel.Ne:
			dst[i] = b(x != y)
		case kernel.Lt:
			dst[i] = b(x < y)
		case kernel.Le:
			dst[i] = b(x <= y)
		default:
			panic("graph: no whole-number " + binaryRules(f).name)
		}
	}
}

// JVP implements Differentiable.
func (p Binary) JVP(v Value, t []Value) Value {
	return binaryRules(p.Func).jvp(v, v.Arg(0), v.Arg(1), t[0], t[1])
}

// Flat implements Flat: comparisons are.
func (p Binary) Flat() string {
	if binaryRules(p.Func).jvp == nil {
		return "it is constant between its jumps"
	}
	return ""
}

// Transpose implements Linear.
func (p Binary) Transpose(v, ct Value, i int) Value {
	switch {
	case p.Func == kernel.Add, p.Func == kernel.Sub && i == 0:
		return ct
	case p.Func == kernel.Sub:
		return ct.Neg()
	case p.Func == kernel.Mul:
		return ct.Mul(v.Arg(1 - i))
	case p.Func == kernel.Div && i == 0:
		return ct.Div(v.Arg(1))
	}
	return v.g.Fail(p.Name(), "is not linear in operand %d", i)
}

func (v Value) binary(f kernel.Binary, w Value) Value {
	x, y, ok := meet(binaryRules(f).name, v, w)
	if !ok {
		return Value{}
	}
	return x.g.Apply(Binary{f}, x, y)
}

// meet gives two operands one type and shape: a rank-0 float is cast to the
// type of the tensor it meets (two scalars meet in float64, a constant takes
// the other's type), shapes broadcast as NumPy's do.
func meet(op string, v, w Value) (x, y Value, ok bool) {
	if !v.Valid() || !w.Valid() {
		return v, w, false
	}
	if v.g != w.g {
		v.g.Fail(op, "the operands belong to different graphs")
		return v, w, false
	}
	if a, b := v.Type(), w.Type(); a.DType != b.DType {
		switch {
		case len(a.Shape) == 0 && len(b.Shape) == 0:
			// A number takes the other's type; computed scalars meet in float64.
			if _, ok := v.constant(); ok && b.DType.IsFloat() {
				v = v.Cast(b.DType)
			} else if _, ok := w.constant(); ok && a.DType.IsFloat() {
				w = w.Cast(a.DType)
			} else {
				v, w = v.Cast(tensor.Float64), w.Cast(tensor.Float64)
			}
		case len(b.Shape) == 0:
			w = w.Cast(a.DType)
		case len(a.Shape) == 0:
			v = v.Cast(b.DType)
		}
	}
	s, err := broadcastShapes(v.Shape(), w.Shape())
	if err != nil {
		v.g.Fail(op, "%v", err)
		return v, w, false
	}
	v, w = v.BroadcastTo(s...), w.BroadcastTo(s...)
	return v, w, v.Valid() && w.Valid()
}

func broadcastShapes(a, b tensor.Shape) (tensor.Shape, error) {
	long, short := a, b
	if len(b) > len(a) {
		long, short = b, a
	}
	s := long.Clone()
	for i := range short {
		j := len(long) - len(short) + i
		switch {
		case s[j] == short[i] || short[i] == 1:
		case s[j] == 1:
			s[j] = short[i]
		default:
			return nil, fmt.Errorf("shapes %v and %v do not broadcast: axis %d from the end is %d and %d; equal lengths or 1 do",
				a, b, len(short)-i, a[len(a)-len(short)+i], b[len(b)-len(short)+i])
		}
	}
	return s, nil
}

// fold computes a scalar operation on two float64 constants; the four
// operations are exactly rounded, so the result is the one a run would give.
func fold(v, w Value, f func(a, b float64) float64) (Value, bool) {
	a, ok := v.constant()
	b, ok2 := w.constant()
	if !ok || !ok2 || v.DType() != tensor.Float64 || w.DType() != tensor.Float64 {
		return Value{}, false
	}
	return v.g.Const(f(a, b)), true
}

// is reports whether v is filled with the number c and may be dropped beside
// w, whose type and shape the result then has.
func (v Value) is(c float64, w Value) bool {
	x, ok := v.spread()
	if !ok || x != c || math.Signbit(x) != math.Signbit(c) || !w.Valid() {
		return false
	}
	s, err := broadcastShapes(v.Shape(), w.Shape())
	return err == nil && s.Equal(w.Shape()) && w.DType().IsFloat() && (v.DType() == w.DType() || v.Rank() == 0)
}

// Add is v + w, broadcast.
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

// Pow is v^w. A constant exponent of 2 is a square.
func (v Value) Pow(w Value) Value {
	if c, ok := w.spread(); ok && v.Valid() {
		switch {
		case c == 1 && w.is(1, v):
			return v
		case c == 2 && w.is(2, v):
			return v.Square()
		}
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
