package graph

import (
	"fmt"

	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// MatMul is the matrix product over the last two axes, batched over the ones
// before: [..., M, K]·[..., K, N] → [..., M, N], each operand transposed first
// if its flag says so. Every element is one chain acc = fma(a, b, acc), k
// ascending from 0.
type MatMul struct{ TransA, TransB bool }

// Name implements Primitive.
func (MatMul) Name() string { return "matmul" }

// Infer implements Primitive.
func (p MatMul) Infer(in []Type) (Type, error) {
	if err := operands(in, 2); err != nil {
		return Type{}, err
	}
	if err := matrices(in[0], in[1]); err != nil {
		return Type{}, err
	}
	a, b := in[0].Shape, in[1].Shape
	if !a[:len(a)-2].Equal(b[:len(b)-2]) {
		return Type{}, fmt.Errorf("x is %v and y is %v; the axes before the last two must be the same", a, b)
	}
	m, k := a[len(a)-2], a[len(a)-1]
	if p.TransA {
		m, k = k, m
	}
	k2, n := b[len(b)-2], b[len(b)-1]
	if p.TransB {
		k2, n = n, k2
	}
	if k != k2 {
		return Type{}, innerDiffers(a, b, k, k2)
	}
	return Type{in[0].DType, append(a[:len(a)-2].Clone(), m, n)}, nil
}

// matrices is an error if two types are not those of matrices or batches of them.
func matrices(x, y Type) error {
	if !x.DType.IsFloat() || x.DType != y.DType {
		return fmt.Errorf("x is %v and y is %v; cast them to one float type", x, y)
	}
	if len(x.Shape) < 2 || len(y.Shape) < 2 {
		return fmt.Errorf("x is %v and y is %v; a matrix wants two axes at least, so reshape a vector of n to [n 1] or [1 n]", x.Shape, y.Shape)
	}
	return nil
}

func innerDiffers(a, b tensor.Shape, k, k2 int) error {
	return fmt.Errorf("x is %v and y is %v: the inner axes %d and %d differ; a product is [M K]·[K N], so transpose or reshape one", a, b, k, k2)
}

// Eval implements Primitive.
func (p MatMul) Eval(in []*tensor.Array, out *tensor.Array) {
	if out.DType() == tensor.Float32 {
		evalMatMul(&portable().F32, p, in, out)
	} else {
		evalMatMul(&portable().F64, p, in, out)
	}
}

func evalMatMul[T tensor.Float](o *kernel.Ops[T], p MatMul, in []*tensor.Array, out *tensor.Array) {
	var g kernel.GemmArgs[T]
	s := in[0].Shape()
	batch := s[:len(s)-2].Size()
	p.Layout(in[0].Shape(), in[1].Shape(), func(m, n, k, ar, ac, br, bc int) {
		g = kernel.GemmArgs[T]{M: m, N: n, K: k, ARow: ar, ACol: ac, BRow: br, BCol: bc, CRow: n}
	})
	g.Work = make([]T, portable().GemmWork(g.M, g.N, g.K))
	a, b, c := tensor.Slice[T](in[0]), tensor.Slice[T](in[1]), tensor.Slice[T](out)
	for i := range batch {
		g.A, g.B, g.C = a[i*g.M*g.K:], b[i*g.K*g.N:], c[i*g.M*g.N:]
		o.Gemm(&g)
	}
}

// Layout gives yield the product's sizes and the operands' row and column strides.
func (p MatMul) Layout(a, b tensor.Shape, yield func(m, n, k, ar, ac, br, bc int)) {
	m, k := a[len(a)-2], a[len(a)-1]
	ar, ac := k, 1
	if p.TransA {
		ar, ac = 1, k
		m, k = k, m
	}
	n := b[len(b)-1]
	br, bc := n, 1
	if p.TransB {
		br, bc = 1, n
		n = b[len(b)-2]
	}
	yield(m, n, k, ar, ac, br, bc)
}

// JVP implements Differentiable.
func (p MatMul) JVP(v Value, t []Value) Value {
	x, y := v.Arg(0), v.Arg(1)
	var a, b Value
	if t[0].Valid() {
		a = v.g.Apply(p, t[0], y)
	}
	if t[1].Valid() {
		b = v.g.Apply(p, x, t[1])
	}
	return sum(a, b)
}

// Transpose implements Linear: for z = x·y it is ct·yᵀ and xᵀ·ct, with the
// flags arranged so that nothing is transposed in memory.
func (p MatMul) Transpose(v, ct Value, i int) Value {
	x, y := v.Arg(0), v.Arg(1)
	if i == 0 {
		if p.TransA {
			return v.g.Apply(MatMul{p.TransB, true}, y, ct)
		}
		return v.g.Apply(MatMul{false, !p.TransB}, ct, y)
	}
	if p.TransB {
		return v.g.Apply(MatMul{true, p.TransA}, ct, x)
	}
	return v.g.Apply(MatMul{!p.TransA, false}, x, ct)
}

// MatMul is the matrix product over the last two axes; axes before them are a
// batch and broadcast: [..., M, K]·[..., K, N] → [..., M, N]. Transposed operands
// are read in place.
func (v Value) MatMul(w Value) Value {
	g, ok := together("matmul", v, w)
	if !ok {
		return Value{}
	}
	batch, err := matMulBatch(v, w)
	if err != nil {
		return g.Fail("matmul", "%v", err)
	}
	n := w.Dim(-1)
	var p MatMul
	v, p.TransA = untranspose(v)
	w, p.TransB = untranspose(w)
	if len(batch) > 0 && w.Rank() == 2 && !p.TransA {
		// One matrix for the whole batch is one tall product.
		m, k := v.Dim(-2), v.Dim(-1)
		tall := v.Reshape(batch.Size()*m, k)
		return g.Apply(p, tall, w).Reshape(append(batch.Clone(), m, n)...)
	}
	v = v.BroadcastTo(append(batch.Clone(), v.Dim(-2), v.Dim(-1))...)
	w = w.BroadcastTo(append(batch.Clone(), w.Dim(-2), w.Dim(-1))...)
	return g.Apply(p, v, w)
}

// matMulBatch is the batch axes of a product, or what is wrong with its
// operands, told by the shapes that the caller knows.
func matMulBatch(v, w Value) (tensor.Shape, error) {
	if err := matrices(v.Type(), w.Type()); err != nil {
		return nil, err
	}
	a, b := v.Shape(), w.Shape()
	if k, k2 := v.Dim(-1), w.Dim(-2); k != k2 {
		return nil, innerDiffers(a, b, k, k2)
	}
	batch, err := broadcastShapes(a[:len(a)-2], b[:len(b)-2])
	if err != nil {
		return nil, fmt.Errorf("x is %v and y is %v, and of the axes before the last two: %v", a, b, err)
	}
	return batch, nil
}

// untranspose is the operand behind a swap of the last two axes, and whether there was one.
func untranspose(v Value) (Value, bool) {
	p, ok := v.Op().(Permute)
	if !ok {
		return v, false
	}
	r := int(p.Perm.N)
	for i := range r - 2 {
		if p.Perm.V[i] != i {
			return v, false
		}
	}
	if p.Perm.V[r-1] != r-2 {
		return v, false
	}
	return v.Arg(0), true
}
