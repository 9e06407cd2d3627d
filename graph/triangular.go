package graph

import (
	"fmt"

	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// Cholesky is the upper triangular U with A = UᵀU of a symmetric positive definite matrix [N, N], of which
// the upper triangle is read; of another matrix it is NaN somewhere. N³/3 operations. Derivatives take it as constant.
type Cholesky struct{}

// Name implements Primitive.
func (Cholesky) Name() string { return "cholesky" }

// Infer implements Primitive.
func (Cholesky) Infer(in []Type) (Type, error) {
	if err := square(in, 1); err != nil {
		return Type{}, err
	}
	return in[0], nil
}

// Eval implements Primitive.
func (Cholesky) Eval(in []*tensor.Array, out *tensor.Array) {
	copy(out.Raw(), in[0].Raw())
	if out.DType() == tensor.Float32 {
		evalCholesky(&portable().F32, out)
	} else {
		evalCholesky(&portable().F64, out)
	}
}

func evalCholesky[T tensor.Float](o *kernel.Ops[T], out *tensor.Array) {
	n := out.Shape()[0]
	kernel.Cholesky(o, tensor.Slice[T](out), n, make([]T, n*n), make([]T, portable().GemmWork(n, n, n)))
}

// Flat implements Flat.
func (Cholesky) Flat() string { return "what a rule holds on to is taken as constant" }

// Cholesky is the upper triangular U with v = UᵀU of a symmetric positive definite matrix [N, N].
func (v Value) Cholesky() Value {
	if !v.Valid() {
		return v
	}
	return v.g.Apply(Cholesky{}, v)
}

// SolveUpper is XU⁻¹ for an upper triangular U: [M, N]·[N, N]⁻¹ → [M, N]. What is below U's diagonal is not read.
// N² operations a row. Derivatives take it as constant.
type SolveUpper struct{}

// Name implements Primitive.
func (SolveUpper) Name() string { return "solve upper" }

// Infer implements Primitive.
func (SolveUpper) Infer(in []Type) (Type, error) {
	if err := operands(in, 2); err != nil {
		return Type{}, err
	}
	x, u := in[0], in[1]
	if !x.DType.IsFloat() || x.DType != u.DType || len(x.Shape) != 2 || !u.Shape.Equal(tensor.Of(x.Shape[1], x.Shape[1])) {
		return Type{}, fmt.Errorf("x is %v and the triangle %v; want [M, N] and [N, N] of one float type", x, u)
	}
	return x, nil
}

// Eval implements Primitive.
func (SolveUpper) Eval(in []*tensor.Array, out *tensor.Array) {
	copy(out.Raw(), in[0].Raw())
	if out.DType() == tensor.Float32 {
		evalSolveUpper(&portable().F32, in[1], out)
	} else {
		evalSolveUpper(&portable().F64, in[1], out)
	}
}

func evalSolveUpper[T tensor.Float](o *kernel.Ops[T], u, out *tensor.Array) {
	m, n := out.Shape()[0], out.Shape()[1]
	kernel.SolveUpper(o, tensor.Slice[T](out), tensor.Slice[T](u), m, n, make([]T, m*n), make([]T, portable().GemmWork(m, n, n)))
}

// Flat implements Flat.
func (SolveUpper) Flat() string { return "what a rule holds on to is taken as constant" }

// SolveUpper is vU⁻¹ for an upper triangular U: [M, N]·[N, N]⁻¹ → [M, N].
func (v Value) SolveUpper(u Value) Value {
	if !v.Valid() || !u.Valid() {
		return Value{}
	}
	return v.g.Apply(SolveUpper{}, v, u)
}
