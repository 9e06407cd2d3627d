package graph

import (
	"fmt"

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
	if f >= kernel.BinaryCount {
		return binaryRule{name: fmt.Sprintf("binary %d", f)}
	}
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
		kernel.Mul: {"mul", func(_, x, y, dx, dy Value) Value { return sum(times(dx, y), times(dy, x)) }},
		kernel.Div: {"div", func(v, _, y, dx, dy Value) Value {
			var a Value
			if dx.Valid() {
				a = dx.Div(y)
			}
			if !dy.Valid() {
				return a
			}
			return sum(a, dy.Mul(v.Div(y).Neg()))
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

// times is a tangent by a coefficient, zero if the tangent is.
func times(t, by Value) Value {
	if !t.Valid() {
		return t
	}
	return t.Mul(by)
}

// pick is the tangent of a choice: dx where x wins, dy where y does, and at a
// tie the mean of both, which keeps max(x, x) = x differentiable.
func pick(wins, tie, dx, dy Value) Value {
	share := wins.Add(tie.Scale(0.5))
	return sum(times(dx, share), times(dy, share.OneMinus()))
}

// powJVP: d(x^y) = y·x^(y−1) dx + x^y ln x dy. The first term is 0 for x = y = 0
// and the second for x = 0 < y, where the formulas would give 0·∞. There, and
// nowhere else, an operand is replaced by 1.
func powJVP(v, x, y, dx, dy Value) Value {
	var a, b Value
	if dx.Valid() {
		a = powBase(x, y, dx)
	}
	if dy.Valid() {
		base := Where(x.Equal(x.Zeros()), x.g.Const(1), x)
		b = dy.Mul(v.Mul(base.Log()))
	}
	return sum(a, b)
}

// powBase is y·x^(y−1) dx.
func powBase(x, y, dx Value) Value {
	if c, ok := y.spread(); ok { // a number is known now
		if c == 0 {
			return dx.Zeros()
		}
		return dx.Mul(x.Pow(x.g.Const(c - 1)).Scale(c))
	}
	zero := y.Zeros()
	less := Where(x.Equal(zero).Mul(y.Equal(zero)), y.g.Const(1), y).Plus(-1)
	return dx.Mul(y.Mul(x.Pow(less)))
}

// Name implements Primitive.
func (p Binary) Name() string { return binaryRules(p.Func).name }

// Infer implements Primitive.
func (p Binary) Infer(in []Type) (Type, error) {
	if p.Func >= kernel.BinaryCount {
		return Type{}, fmt.Errorf("there is no function %d", p.Func)
	}
	if err := operands(in, 2); err != nil {
		return Type{}, err
	}
	if in[0].DType != in[1].DType {
		return Type{}, fmt.Errorf("x is %v and y is %v; cast one of them", in[0], in[1])
	}
	if !in[0].Shape.Equal(in[1].Shape) {
		return Type{}, fmt.Errorf("x is %v and y is %v, which do not broadcast", in[0].Shape, in[1].Shape)
	}
	if d := in[0].DType; !d.IsFloat() && (p.Func == kernel.Pow || p.Func == kernel.Div) {
		return Type{}, notFloat(in[0])
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
