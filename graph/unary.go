package graph

import (
	"fmt"
	"math"

	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// Unary is an elementwise function of one floating-point operand.
type Unary struct{ Func kernel.Unary }

// unaryRule is a function's name and its derivative: dy of y = f(x) along dx,
// nil where it is declared to be zero.
type unaryRule struct {
	name string
	jvp  func(x, y, dx Value) Value
}

// unaryRules lists every function. It is a function, not a variable, since the
// derivatives are made of the functions themselves.
func unaryRules(f kernel.Unary) unaryRule {
	if f >= kernel.UnaryCount {
		return unaryRule{name: fmt.Sprintf("unary %d", f)}
	}
	return [kernel.UnaryCount]unaryRule{
		kernel.Neg:     {"neg", func(_, _, dx Value) Value { return dx.Neg() }},
		kernel.Abs:     {"abs", func(x, _, dx Value) Value { return dx.Mul(x.Sign()) }},
		kernel.Sign:    {"sign", nil},
		kernel.Sqrt:    {"sqrt", func(_, y, dx Value) Value { return dx.Scale(0.5).Div(y) }},
		kernel.Exp:     {"exp", func(_, y, dx Value) Value { return dx.Mul(y) }},
		kernel.Expm1:   {"expm1", func(_, y, dx Value) Value { return dx.Mul(y.Plus(1)) }},
		kernel.Log:     {"log", func(x, _, dx Value) Value { return dx.Div(x) }},
		kernel.Log1p:   {"log1p", func(x, _, dx Value) Value { return dx.Div(x.Plus(1)) }},
		kernel.Tanh:    {"tanh", func(_, y, dx Value) Value { return dx.Mul(y.Square().OneMinus()) }},
		kernel.Sigmoid: {"sigmoid", func(_, y, dx Value) Value { return dx.Mul(y.Mul(y.OneMinus())) }},
		kernel.Erf: {"erf", func(x, _, dx Value) Value {
			return dx.Mul(x.Square().Neg().Exp().Scale(2 / math.Sqrt(math.Pi)))
		}},
		kernel.Sin:   {"sin", func(x, _, dx Value) Value { return dx.Mul(x.Cos()) }},
		kernel.Cos:   {"cos", func(x, _, dx Value) Value { return dx.Mul(x.Sin().Neg()) }},
		kernel.Floor: {"floor", nil},
		kernel.Rsqrt: {"rsqrt", func(x, y, dx Value) Value { return dx.Mul(y.Div(x).Scale(-0.5)) }},
		kernel.Cbrt:  {"cbrt", func(_, y, dx Value) Value { return dx.Div(y.Square().Scale(3)) }},
	}[f]
}

// Name implements Primitive.
func (p Unary) Name() string { return unaryRules(p.Func).name }

// Infer implements Primitive.
func (p Unary) Infer(in []Type) (Type, error) {
	if p.Func >= kernel.UnaryCount {
		return Type{}, fmt.Errorf("there is no function %d", p.Func)
	}
	return inferFloat(in)
}

// inferFloat is the type of an elementwise function of one float operand.
func inferFloat(in []Type) (Type, error) {
	if err := operands(in, 1); err != nil {
		return Type{}, err
	}
	if !in[0].DType.IsFloat() {
		return Type{}, notFloat(in[0])
	}
	return in[0], nil
}

func notFloat(t Type) error { return fmt.Errorf("x is %v; cast it to float32 or float64 first", t) }

// Eval implements Primitive.
func (p Unary) Eval(in []*tensor.Array, out *tensor.Array) {
	t := portable()
	if out.DType() == tensor.Float32 {
		t.F32.Unary[p.Func](tensor.Slice[float32](out), tensor.Slice[float32](in[0]))
	} else {
		t.F64.Unary[p.Func](tensor.Slice[float64](out), tensor.Slice[float64](in[0]))
	}
}

// JVP implements Differentiable.
func (p Unary) JVP(v Value, t []Value) Value { return unaryRules(p.Func).jvp(v.Arg(0), v, t[0]) }

// Flat implements Flat: sign and floor are.
func (p Unary) Flat() string {
	if unaryRules(p.Func).jvp == nil {
		return "it is constant between its jumps"
	}
	return ""
}

// Transpose implements Linear: of these only the negation is linear.
func (p Unary) Transpose(v, ct Value, _ int) Value {
	if p.Func != kernel.Neg {
		return v.g.Fail(p.Name(), "is not linear")
	}
	return ct.Neg()
}

func (v Value) unary(f kernel.Unary) Value {
	if !v.Valid() {
		return v
	}
	return v.g.Apply(Unary{f}, v)
}

// Neg is −v.
func (v Value) Neg() Value {
	if c, ok := v.constant(); ok {
		return v.g.Apply(MakeConst(v.DType(), -c))
	}
	if v.Valid() {
		if u, ok := v.Op().(Unary); ok && u.Func == kernel.Neg {
			return v.Arg(0)
		}
	}
	return v.unary(kernel.Neg)
}

// Abs is |v|; its derivative is sign v, 0 at 0.
func (v Value) Abs() Value { return v.unary(kernel.Abs) }

// Sign is −1, 0 or 1; its derivative is declared zero.
func (v Value) Sign() Value { return v.unary(kernel.Sign) }

// Sqrt is √v.
func (v Value) Sqrt() Value { return v.unary(kernel.Sqrt) }

// Exp is e^v.
func (v Value) Exp() Value { return v.unary(kernel.Exp) }

// Expm1 is e^v − 1, exact near 0.
func (v Value) Expm1() Value { return v.unary(kernel.Expm1) }

// Log is ln v.
func (v Value) Log() Value { return v.unary(kernel.Log) }

// Log1p is ln(1+v), exact near 0.
func (v Value) Log1p() Value { return v.unary(kernel.Log1p) }

// Tanh is the hyperbolic tangent.
func (v Value) Tanh() Value { return v.unary(kernel.Tanh) }

// Sigmoid is 1/(1+e^−v).
func (v Value) Sigmoid() Value { return v.unary(kernel.Sigmoid) }

// Erf is the error function.
func (v Value) Erf() Value { return v.unary(kernel.Erf) }

// Sin is the sine of v radians.
func (v Value) Sin() Value { return v.unary(kernel.Sin) }

// Cos is the cosine of v radians.
func (v Value) Cos() Value { return v.unary(kernel.Cos) }

// Floor is the largest whole number not above v; its derivative is declared zero.
func (v Value) Floor() Value { return v.unary(kernel.Floor) }

// Rsqrt is 1/√v.
func (v Value) Rsqrt() Value { return v.unary(kernel.Rsqrt) }

// Cbrt is ∛v, of either sign.
func (v Value) Cbrt() Value { return v.unary(kernel.Cbrt) }

// Square is v·v.
func (v Value) Square() Value { return v.Mul(v) }

// OneMinus is 1 − v.
func (v Value) OneMinus() Value {
	if !v.Valid() {
		return v
	}
	return v.g.Const(1).Sub(v)
}

// Scale is c·v for a number c.
func (v Value) Scale(c float64) Value {
	if !v.Valid() {
		return v
	}
	return v.Mul(v.g.Const(c))
}

// Plus is v + c for a number c.
func (v Value) Plus(c float64) Value {
	if !v.Valid() {
		return v
	}
	return v.Add(v.g.Const(c))
}
