package graph

import (
	"fmt"

	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// Reduce combines the elements along some axes, which it removes.
//
// The order is part of the definition. The reduced axes are grouped into runs
// of neighbours, and the runs are reduced from the last to the first. A run
// that ends the shape is a row reduction: each row of n elements is cut into
// blocks of kernel.Block, a block is combined over kernel.Lanes lanes, and the
// blocks by the pairwise tree of kernel.SumBlocks. Any other run is a column
// reduction: the rows are cut into chunks of ColumnChunk, each chunk is one
// chain in ascending order, and the chunks are combined by the same tree.
type Reduce struct {
	Func kernel.Reduce
	Axes Ints // ascending
}

// ColumnChunk is the number of rows that one chain of a column reduction covers.
const ColumnChunk = 64

// Name implements Primitive.
func (p Reduce) Name() string {
	if p.Func >= kernel.ReduceCount {
		return fmt.Sprintf("reduction %d", p.Func)
	}
	return [kernel.ReduceCount]string{kernel.ReduceSum: "sum", kernel.ReduceMax: "max over", kernel.ReduceMin: "min over"}[p.Func]
}

// Infer implements Primitive.
func (p Reduce) Infer(in []Type) (Type, error) {
	if p.Func >= kernel.ReduceCount {
		return Type{}, fmt.Errorf("there is no reduction %d", p.Func)
	}
	if _, err := inferFloat(in); err != nil {
		return Type{}, err
	}
	if err := p.Axes.check(); err != nil {
		return Type{}, err
	}
	s := tensor.Shape{}
	last := -1
	for _, a := range p.Axes.Slice() {
		if a <= last || a >= len(in[0].Shape) {
			return Type{}, fmt.Errorf("x is %v, of which %v are no ascending axes", in[0].Shape, p.Axes.Slice())
		}
		last = a
		if p.Func != kernel.ReduceSum && in[0].Shape[a] == 0 {
			return Type{}, fmt.Errorf("x is %v, and an empty axis has no largest or smallest element", in[0].Shape)
		}
	}
	for i, d := range in[0].Shape {
		if !p.Axes.Has(i) {
			s = append(s, d)
		}
	}
	return Type{in[0].DType, s}, nil
}

// Run is one step of a reduction: an array seen as [Outer, N, Inner] loses its
// middle axis.
type Run struct{ Outer, N, Inner int }

// Runs are the steps that reduce the axes of a shape, in order.
func Runs(s tensor.Shape, axes []int) []Run {
	reduced := make([]bool, len(s))
	for _, a := range axes {
		reduced[a] = true
	}
	var runs []Run
	inner := 1 // size of what is kept behind the axis
	for i := len(s) - 1; i >= 0; {
		if !reduced[i] {
			inner *= s[i]
			i--
			continue
		}
		n := 1
		for ; i >= 0 && reduced[i]; i-- {
			n *= s[i]
		}
		runs = append(runs, Run{Outer: tensor.Shape(s[:i+1]).Size(), N: n, Inner: inner})
	}
	return runs
}

// Eval implements Primitive.
func (p Reduce) Eval(in []*tensor.Array, out *tensor.Array) {
	t := portable()
	if out.DType() == tensor.Float32 {
		evalReduce(&t.F32, p, in[0].Shape(), tensor.Slice[float32](in[0]), tensor.Slice[float32](out))
	} else {
		evalReduce(&t.F64, p, in[0].Shape(), tensor.Slice[float64](in[0]), tensor.Slice[float64](out))
	}
}

func evalReduce[T kernel.Float](o *kernel.Ops[T], p Reduce, s tensor.Shape, x, out []T) {
	for _, r := range Runs(s, p.Axes.Slice()) {
		y := make([]T, r.Outer*r.Inner)
		if r.Inner == 1 {
			for i := range y {
				y[i] = kernel.ReduceRow(o, p.Func, x[i*r.N:(i+1)*r.N])
			}
		} else {
			for i := range r.Outer {
				ReduceColumns(o, p.Func, y[i*r.Inner:(i+1)*r.Inner], x[i*r.N*r.Inner:], r.N, r.Inner)
			}
		}
		x = y
	}
	copy(out, x)
}

// Combine joins the results of a reduction's blocks or chunks by the fixed tree.
func Combine[T kernel.Float](f kernel.Reduce, parts []T) T {
	switch f {
	case kernel.ReduceMax:
		return kernel.MaxBlocks(parts)
	case kernel.ReduceMin:
		return kernel.MinBlocks(parts)
	}
	return kernel.SumBlocks(parts)
}

// Pairwise is the two-operand form of a reduction.
func Pairwise(f kernel.Reduce) kernel.Binary {
	return [...]kernel.Binary{kernel.ReduceSum: kernel.Add, kernel.ReduceMax: kernel.Max, kernel.ReduceMin: kernel.Min}[f]
}

// ReduceColumns is the definition of a column reduction of n rows of x, each
// len(y) long and stride apart.
func ReduceColumns[T kernel.Float](o *kernel.Ops[T], f kernel.Reduce, y, x []T, n, stride int) {
	chunks := (n + ColumnChunk - 1) / ColumnChunk
	parts := make([][]T, chunks)
	for c := range parts {
		acc := make([]T, len(y))
		o.Fill(acc, o.Reduce[f](nil))
		for i := c * ColumnChunk; i < min(n, (c+1)*ColumnChunk); i++ {
			o.Binary[Pairwise(f)](acc, acc, x[i*stride:i*stride+len(y)])
		}
		parts[c] = acc
	}
	col := make([]T, chunks)
	for j := range y {
		for c := range parts {
			col[c] = parts[c][j]
		}
		y[j] = Combine(f, col)
	}
}

// JVP implements Differentiable. A maximum's tangent is the mean of those of
// the elements that attain it.
func (p Reduce) JVP(v Value, t []Value) Value {
	axes := p.Axes.Slice()
	if p.Func == kernel.ReduceSum {
		return t[0].Sum(axes...)
	}
	x := v.Arg(0)
	kept := x.Shape().Clone()
	for _, a := range axes {
		kept[a] = 1
	}
	attains := x.Equal(v.Reshape(kept...))
	return t[0].Mul(attains).Sum(axes...).Div(attains.Sum(axes...))
}

// Transpose implements Linear: a sum's transpose is the repetition along its axes.
func (p Reduce) Transpose(v, ct Value, _ int) Value {
	if p.Func != kernel.ReduceSum {
		return v.g.Fail(p.Name(), "is not linear")
	}
	kept := v.Arg(0).Shape().Clone()
	for _, a := range p.Axes.Slice() {
		kept[a] = 1
	}
	return ct.Reshape(kept...).BroadcastTo(v.Arg(0).Shape()...)
}

// mark is the axes, each from the end if negative, as a flag for every axis of v.
func (v Value) mark(name string, axes []int) (marked []bool, ok bool) {
	marked = make([]bool, v.Rank())
	if !v.DType().IsFloat() {
		v.g.Fail(name, "%v", notFloat(v.Type()))
		return nil, false
	}
	for _, i := range axes {
		a, err := axis(i, v.Shape())
		if err == nil && marked[a] {
			err = fmt.Errorf("x is %v, and its axis %d is named twice", v.Shape(), i)
		}
		if err != nil {
			v.g.Fail(name, "%v", err)
			return nil, false
		}
		marked[a] = true
	}
	return marked, true
}

func (v Value) reduce(f kernel.Reduce, axes []int) Value {
	if !v.Valid() {
		return v
	}
	marked, ok := v.mark(Reduce{Func: f}.Name(), axes)
	if !ok {
		return Value{}
	}
	var sorted []int
	trivial := true
	kept := tensor.Shape{}
	for a, m := range marked {
		if !m {
			kept = append(kept, v.Dim(a))
			continue
		}
		sorted = append(sorted, a)
		trivial = trivial && v.Dim(a) == 1
	}
	if trivial {
		return v.Reshape(kept...)
	}
	return v.g.Apply(Reduce{f, MakeInts(sorted)}, v)
}

// every is all of v's axes.
func (v Value) every() []int {
	axes := make([]int, v.Rank())
	for i := range axes {
		axes[i] = i
	}
	return axes
}

// Sum adds along the axes, which it removes; an axis counts from the end if
// negative. Without axes, or along axes of length 1, it is v under the result's
// shape, which keeps a −0 that the sum would make +0.
func (v Value) Sum(axes ...int) Value { return v.reduce(kernel.ReduceSum, axes) }

// SumAll adds all elements.
func (v Value) SumAll() Value { return v.Sum(v.every()...) }

// Mean is the sum along the n elements of the axes, times 1/n.
func (v Value) Mean(axes ...int) Value {
	if !v.Valid() {
		return v
	}
	marked, ok := v.mark("mean", axes)
	if !ok {
		return Value{}
	}
	n := 1
	for a, m := range marked {
		if m {
			n *= v.Dim(a)
		}
	}
	if n == 0 {
		return v.g.Fail("mean", "x is %v, and an empty axis has no mean", v.Shape())
	}
	return v.Sum(axes...).Scale(1 / float64(n))
}

// MeanAll is the mean of all elements.
func (v Value) MeanAll() Value { return v.Mean(v.every()...) }

// MaxOver is the largest element along the axes, which it removes. Where
// several attain it, the derivative is the mean of theirs.
func (v Value) MaxOver(axes ...int) Value { return v.reduce(kernel.ReduceMax, axes) }

// MinOver is the smallest element along the axes, which it removes.
func (v Value) MinOver(axes ...int) Value { return v.reduce(kernel.ReduceMin, axes) }
