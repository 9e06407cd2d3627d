package graph

import (
	"fmt"
	"math"

	"github.com/godescent/descent/internal/dense"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// ByTable is a primitive whose definition is faster by a kernel table other than the portable
// one, and by more threads, with the same bits.
type ByTable interface {
	EvalBy(t *kernel.Table, threads int, in []*tensor.Array, out *tensor.Array)
}

// Eigenvectors are those of the Rank largest eigenvalues of a symmetric matrix, as columns, each with
// its largest component positive: 9N³ operations, in float64. A rule that wants new ones once in a while
// takes Where(due, a.Eigenvectors(r), last): a program computes a branch only where it is taken.
type Eigenvectors struct{ Rank int }

// Name implements Primitive.
func (Eigenvectors) Name() string { return "eigenvectors" }

// Infer implements Primitive.
func (p Eigenvectors) Infer(in []Type) (Type, error) {
	if err := square(in, 1); err != nil {
		return Type{}, err
	}
	if n := in[0].Shape[0]; p.Rank < 1 || p.Rank > n {
		return Type{}, fmt.Errorf("%d eigenvectors of %v; want 1 to %d", p.Rank, in[0], n)
	}
	return Type{in[0].DType, tensor.Of(in[0].Shape[0], p.Rank)}, nil
}

// square checks n operands, the first of which is a square matrix.
func square(in []Type, n int) error {
	if err := operands(in, n); err != nil {
		return err
	}
	if a := in[0]; !a.DType.IsFloat() || len(a.Shape) != 2 || a.Shape[0] != a.Shape[1] {
		return fmt.Errorf("x is %v; want a square matrix of floats", a)
	}
	return nil
}

// Eval implements Primitive.
func (p Eigenvectors) Eval(in []*tensor.Array, out *tensor.Array) { p.EvalBy(portable(), 1, in, out) }

// EvalBy implements ByTable.
func (p Eigenvectors) EvalBy(t *kernel.Table, threads int, in []*tensor.Array, out *tensor.Array) {
	n := in[0].Shape()[0]
	_, v := dense.Eigen(in[0].Float64s(), n, t, threads)
	for i := range n {
		for k := range p.Rank {
			out.SetAt(i*p.Rank+k, v[i*n+k])
		}
	}
}

// Eigenvectors are those of the rank largest eigenvalues of a symmetric matrix [N, N], as columns
// [N, rank]. Derivatives take them as constants.
func (v Value) Eigenvectors(rank int) Value {
	if !v.Valid() {
		return v
	}
	return v.g.Apply(Eigenvectors{rank}, v)
}

// InverseRoot is A^(−1/2^K) of a symmetric positive definite matrix, by its eigenvectors, with eigenvalues
// raised to a floor. Operands: the matrix [N, N] and the floor, a rank-0 float64.
type InverseRoot struct{ K int }

// Name implements Primitive.
func (InverseRoot) Name() string { return "inverse root" }

// Infer implements Primitive.
func (p InverseRoot) Infer(in []Type) (Type, error) {
	if err := square(in, 2); err != nil {
		return Type{}, err
	}
	if f := in[1]; f.DType != tensor.Float64 || len(f.Shape) != 0 {
		return Type{}, fmt.Errorf("the floor is %v, want a rank-0 float64", f)
	}
	if p.K < 0 || p.K > 8 {
		return Type{}, fmt.Errorf("there is no root %d; want the power −1/2^k with k from 0 to 8", p.K)
	}
	return in[0], nil
}

// Eval implements Primitive.
func (p InverseRoot) Eval(in []*tensor.Array, out *tensor.Array) { p.EvalBy(portable(), 1, in, out) }

// EvalBy implements ByTable.
func (p InverseRoot) EvalBy(t *kernel.Table, threads int, in []*tensor.Array, out *tensor.Array) {
	n, floor := in[0].Shape()[0], in[1].At(0)
	λ, v := dense.Eigen(in[0].Float64s(), n, t, threads)
	half := make([]float64, n*n) // vλ^(−1/2^(k+1)), whose product with its transpose is the root
	for k, x := range λ {
		if x < floor {
			x = floor
		}
		for range p.K + 1 {
			x = math.Sqrt(x)
		}
		for i := range n {
			half[i*n+k] = v[i*n+k] / x
		}
	}
	root := make([]float64, n*n)
	dense.Product(t, kernel.GemmArgs[float64]{M: n, N: n, K: n, A: half, B: half, C: root, ARow: n, ACol: 1, BRow: 1, BCol: n, CRow: n})
	for i, x := range root {
		out.SetAt(i, x)
	}
}

// InverseRoot is A^(−1/2^k) of a symmetric positive definite matrix, with eigenvalues raised to a
// floor, a rank-0 float64. Derivatives take it as constant.
func (v Value) InverseRoot(k int, floor Value) Value {
	if !v.Valid() || !floor.Valid() {
		return Value{}
	}
	return v.g.Apply(InverseRoot{k}, v, floor)
}

// Orthonormal is the Q of A = QR with a positive diagonal of R: an orthonormal basis of the columns of a
// square matrix.
type Orthonormal struct{}

// Name implements Primitive.
func (Orthonormal) Name() string { return "orthonormal" }

// Infer implements Primitive.
func (Orthonormal) Infer(in []Type) (Type, error) {
	if err := square(in, 1); err != nil {
		return Type{}, err
	}
	return in[0], nil
}

// Eval implements Primitive.
func (p Orthonormal) Eval(in []*tensor.Array, out *tensor.Array) { p.EvalBy(portable(), 1, in, out) }

// EvalBy implements ByTable.
func (Orthonormal) EvalBy(t *kernel.Table, _ int, in []*tensor.Array, out *tensor.Array) {
	n := in[0].Shape()[0]
	for i, x := range dense.Basis(in[0].Float64s(), n, n, t) {
		out.SetAt(i, x)
	}
}

// Orthonormal is the Q of the matrix's QR factors with a positive diagonal. Derivatives take it as constant.
func (v Value) Orthonormal() Value {
	if !v.Valid() {
		return v
	}
	return v.g.Apply(Orthonormal{}, v)
}

// Flat implements Flat.
func (Eigenvectors) Flat() string { return "what a rule holds on to is taken as constant" }

// Flat implements Flat.
func (InverseRoot) Flat() string { return "what a rule holds on to is taken as constant" }

// Flat implements Flat.
func (Orthonormal) Flat() string { return "what a rule holds on to is taken as constant" }
