package graph

import (
	"fmt"
	"math"

	"github.com/godescent/descent/internal/dense"
	"github.com/godescent/descent/tensor"
)

// Eigenvectors are those of the Rank largest eigenvalues of a symmetric matrix, as columns, each with
// its largest component positive. Operands: the matrix [N, N], the result of another time [N, Rank] and
// a rank-0 float64 that says whether to compute: where it is 0, the result of another time is given again, so
// that a rule pays 9N³ operations once in a while. Computed in float64 on one thread.
type Eigenvectors struct{ Rank int }

// Name implements Primitive.
func (Eigenvectors) Name() string { return "eigenvectors" }

// Infer implements Primitive.
func (p Eigenvectors) Infer(in []Type) (Type, error) {
	if err := spectral(in, 3, func(n int) tensor.Shape { return tensor.Of(n, max(0, p.Rank)) }); err != nil {
		return Type{}, err
	}
	if n := in[0].Shape[0]; p.Rank < 1 || p.Rank > n {
		return Type{}, fmt.Errorf("%d eigenvectors of %v; want 1 to %d", p.Rank, in[0], n)
	}
	return in[1], nil
}

// spectral checks a matrix, what is given again and whether to compute.
func spectral(in []Type, n int, shape func(n int) tensor.Shape) error {
	if err := operands(in, n); err != nil {
		return err
	}
	a, last, due := in[0], in[1], in[2]
	switch {
	case !a.DType.IsFloat() || len(a.Shape) != 2 || a.Shape[0] != a.Shape[1]:
		return fmt.Errorf("x is %v; want a square matrix of floats", a)
	case last.DType != a.DType || !last.Shape.Equal(shape(a.Shape[0])):
		return fmt.Errorf("x is %v and its last result %v, want %v of the same type", a, last, shape(a.Shape[0]))
	case due.DType != tensor.Float64 || len(due.Shape) != 0:
		return fmt.Errorf("whether to compute is %v, want a rank-0 float64", due)
	}
	return nil
}

// again copies the result of another time unless a new one is due.
func again(in []*tensor.Array, out *tensor.Array) bool {
	if in[2].At(0) != 0 {
		return false
	}
	copy(out.Raw(), in[1].Raw())
	return true
}

// Eval implements Primitive.
func (p Eigenvectors) Eval(in []*tensor.Array, out *tensor.Array) {
	if again(in, out) {
		return
	}
	n := in[0].Shape()[0]
	_, v := dense.Eigen(in[0].Float64s(), n)
	for i := range n {
		for k := range p.Rank {
			out.SetAt(i*p.Rank+k, v[i*n+k])
		}
	}
}

// Eigenvectors are those of the rank largest eigenvalues of a symmetric matrix [N, N], as columns
// [N, rank], or last again where due, a rank-0 float64, is 0. Derivatives take them as constants.
func (v Value) Eigenvectors(rank int, last, due Value) Value {
	if !v.Valid() || !last.Valid() || !due.Valid() {
		return Value{}
	}
	return v.g.Apply(Eigenvectors{rank}, v, last, due)
}

// InverseRoot is A^(−1/2^K) of a symmetric positive definite matrix, by its eigenvectors, with eigenvalues
// raised to a floor. Operands: those of Eigenvectors, the result being [N, N], and the floor, a rank-0 float64.
type InverseRoot struct{ K int }

// Name implements Primitive.
func (InverseRoot) Name() string { return "inverse root" }

// Infer implements Primitive.
func (p InverseRoot) Infer(in []Type) (Type, error) {
	if err := spectral(in, 4, func(n int) tensor.Shape { return tensor.Of(n, n) }); err != nil {
		return Type{}, err
	}
	if f := in[3]; f.DType != tensor.Float64 || len(f.Shape) != 0 {
		return Type{}, fmt.Errorf("the floor is %v, want a rank-0 float64", f)
	}
	if p.K < 0 || p.K > 8 {
		return Type{}, fmt.Errorf("there is no root %d; want the power −1/2^k with k from 0 to 8", p.K)
	}
	return in[0], nil
}

// Eval implements Primitive.
func (p InverseRoot) Eval(in []*tensor.Array, out *tensor.Array) {
	if again(in, out) {
		return
	}
	n, floor := in[0].Shape()[0], in[3].At(0)
	λ, v := dense.Eigen(in[0].Float64s(), n)
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
	for i := range n {
		for j := range i + 1 {
			x := dense.Dot(half[i*n:(i+1)*n], half[j*n:(j+1)*n])
			out.SetAt(i*n+j, x)
			out.SetAt(j*n+i, x)
		}
	}
}

// InverseRoot is A^(−1/2^k) of a symmetric positive definite matrix, with eigenvalues raised to a floor, or
// last again where due is 0. Derivatives take it as constant.
func (v Value) InverseRoot(k int, last, due, floor Value) Value {
	if !v.Valid() || !last.Valid() || !due.Valid() || !floor.Valid() {
		return Value{}
	}
	return v.g.Apply(InverseRoot{k}, v, last, due, floor)
}

// Orthonormal is the Q of A = QR with a positive diagonal of R: an orthonormal basis of the columns of a
// square matrix. Operands as those of Eigenvectors.
type Orthonormal struct{}

// Name implements Primitive.
func (Orthonormal) Name() string { return "orthonormal" }

// Infer implements Primitive.
func (Orthonormal) Infer(in []Type) (Type, error) {
	if err := spectral(in, 3, func(n int) tensor.Shape { return tensor.Of(n, n) }); err != nil {
		return Type{}, err
	}
	return in[0], nil
}

// Eval implements Primitive.
func (Orthonormal) Eval(in []*tensor.Array, out *tensor.Array) {
	if again(in, out) {
		return
	}
	n := in[0].Shape()[0]
	for i, x := range dense.Basis(in[0].Float64s(), n, n) {
		out.SetAt(i, x)
	}
}

// Orthonormal is the Q of the matrix's QR factors with a positive diagonal, or last again where due is 0. Derivatives
// take it as constant.
func (v Value) Orthonormal(last, due Value) Value {
	if !v.Valid() || !last.Valid() || !due.Valid() {
		return Value{}
	}
	return v.g.Apply(Orthonormal{}, v, last, due)
}

// Flat implements Flat.
func (Eigenvectors) Flat() string { return "what a rule holds on to is taken as constant" }

// Flat implements Flat.
func (InverseRoot) Flat() string { return "what a rule holds on to is taken as constant" }

// Flat implements Flat.
func (Orthonormal) Flat() string { return "what a rule holds on to is taken as constant" }
