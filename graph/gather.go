package graph

import (
	"fmt"

	"github.com/godescent/descent/tensor"
)

// Gather takes rows: out[i, ...] = x[index[i], ...], for index of any shape.
// An index outside x is clamped to its first or last row.
type Gather struct{}

// Name implements Primitive.
func (Gather) Name() string { return "gather" }

// Infer implements Primitive.
func (Gather) Infer(in []Type) (Type, error) {
	if err := operands(in, 2); err != nil {
		return Type{}, err
	}
	x, idx := in[0], in[1]
	if idx.DType != tensor.Int32 {
		return Type{}, fmt.Errorf("x is %v and the index %v; cast the index to int32", x, idx)
	}
	if len(x.Shape) == 0 || x.Shape[0] == 0 {
		return Type{}, fmt.Errorf("x is %v and the index %v; want a first axis of one row at least to take from", x, idx.Shape)
	}
	return Type{x.DType, append(idx.Shape.Clone(), x.Shape[1:]...)}, nil
}

// Eval implements Primitive.
func (Gather) Eval(in []*tensor.Array, out *tensor.Array) {
	n := in[0].Shape()[0]
	row := in[0].Shape()[1:].Size() * out.DType().Size()
	for i, at := range tensor.Slice[int32](in[1]) {
		r := Clamp(at, n)
		copy(out.Raw()[i*row:(i+1)*row], in[0].Raw()[r*row:(r+1)*row])
	}
}

// Clamp is the row that an index means.
func Clamp(i int32, n int) int { return max(0, min(int(i), n-1)) }

// JVP implements Differentiable.
func (Gather) JVP(v Value, t []Value) Value {
	if !t[0].Valid() {
		return v.Zeros()
	}
	return t[0].Gather(v.Arg(1))
}

// Transpose implements Linear.
func (Gather) Transpose(v, ct Value, _ int) Value {
	return ct.ScatterAdd(v.Arg(1), v.Arg(0).Dim(0))
}

// Gather takes rows of v: result[i, ...] = v[index[i], ...].
func (v Value) Gather(index Value) Value {
	g, ok := together("gather", v, index)
	if !ok {
		return Value{}
	}
	return g.Apply(Gather{}, v, index)
}

// ScatterAdd adds rows into N rows of zeros: out[index[i], ...] += x[i, ...], i
// ascending. An index outside is clamped.
type ScatterAdd struct{ N int }

// Name implements Primitive.
func (ScatterAdd) Name() string { return "scatter add" }

// Infer implements Primitive.
func (p ScatterAdd) Infer(in []Type) (Type, error) {
	if err := operands(in, 2); err != nil {
		return Type{}, err
	}
	x, idx := in[0], in[1]
	if idx.DType != tensor.Int32 || !x.DType.IsFloat() {
		return Type{}, fmt.Errorf("x is %v and the index %v; want a float x and an int32 index", x, idx)
	}
	r := len(idx.Shape)
	if len(x.Shape) < r || !x.Shape[:r].Equal(idx.Shape) {
		return Type{}, fmt.Errorf("x is %v and the index %v; x must begin with the index's axes", x.Shape, idx.Shape)
	}
	if p.N < 1 {
		return Type{}, fmt.Errorf("x is %v, to be added into %d rows; want one at least", x, p.N)
	}
	return Type{x.DType, append(tensor.Shape{p.N}, x.Shape[r:]...)}, nil
}

// Eval implements Primitive.
func (p ScatterAdd) Eval(in []*tensor.Array, out *tensor.Array) {
	if out.DType() == tensor.Float32 {
		ScatterRows(tensor.Slice[float32](out), tensor.Slice[float32](in[0]), tensor.Slice[int32](in[1]), p.N)
	} else {
		ScatterRows(tensor.Slice[float64](out), tensor.Slice[float64](in[0]), tensor.Slice[int32](in[1]), p.N)
	}
}

// ScatterRows adds each row of x into the row of out, n rows, that its index names.
func ScatterRows[T tensor.Float](out, x []T, index []int32, n int) {
	row := len(out) / n
	for i, at := range index {
		dst := out[Clamp(at, n)*row:][:row]
		for j, v := range x[i*row : (i+1)*row] {
			dst[j] += v
		}
	}
}

// JVP implements Differentiable.
func (p ScatterAdd) JVP(v Value, t []Value) Value {
	if !t[0].Valid() {
		return v.Zeros()
	}
	return t[0].ScatterAdd(v.Arg(1), p.N)
}

// Transpose implements Linear.
func (p ScatterAdd) Transpose(v, ct Value, _ int) Value { return ct.Gather(v.Arg(1)) }

// ScatterAdd adds v's rows into n rows of zeros at the places that index names.
func (v Value) ScatterAdd(index Value, n int) Value {
	g, ok := together("scatter add", v, index)
	if !ok {
		return Value{}
	}
	return g.Apply(ScatterAdd{n}, v, index)
}
