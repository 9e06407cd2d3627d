package graph

import (
	"fmt"
	"math"

	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// Segments are the lengths of consecutive pieces of a vector, such as the
// layers of w. It is a value: equal lists are equal.
type Segments struct{ packed string }

// MakeSegments packs a list of lengths.
func MakeSegments(lengths []int) Segments {
	b := make([]byte, 0, 8*len(lengths))
	for _, n := range lengths {
		for s := 56; s >= 0; s -= 8 {
			b = append(b, byte(uint64(n)>>s))
		}
	}
	return Segments{string(b)}
}

// Lengths is the list.
func (s Segments) Lengths() []int {
	out := make([]int, len(s.packed)/8)
	for i := range out {
		var n uint64
		for _, c := range []byte(s.packed[i*8 : i*8+8]) {
			n = n<<8 | uint64(c)
		}
		out[i] = int(n)
	}
	return out
}

// check is the number of pieces and their total length.
func (s Segments) check() (pieces, total int, err error) {
	all := s.Lengths()
	for i, n := range all {
		if n < 0 || n > math.MaxInt/16-total {
			return 0, 0, fmt.Errorf("piece %d has the length %d; want one from 0 up that fits in memory", i, n)
		}
		total += n
	}
	return len(all), total, nil
}

// SegmentSum adds up each piece of a vector: [W] → [pieces], each a row reduction.
type SegmentSum struct{ Segments Segments }

// Name implements Primitive.
func (SegmentSum) Name() string { return "segment sum" }

// Infer implements Primitive.
func (p SegmentSum) Infer(in []Type) (Type, error) {
	if _, err := inferFloat(in); err != nil {
		return Type{}, err
	}
	pieces, n, err := p.Segments.check()
	if err == nil && !in[0].Shape.Equal(tensor.Of(n)) {
		err = fmt.Errorf("x is %v, and the %d pieces add up to [%d]", in[0].Shape, pieces, n)
	}
	return Type{in[0].DType, tensor.Of(pieces)}, err
}

// Eval implements Primitive.
func (p SegmentSum) Eval(in []*tensor.Array, out *tensor.Array) {
	if out.DType() == tensor.Float32 {
		segmentSum(&portable().F32, p.Segments.Lengths(), tensor.Slice[float32](in[0]), tensor.Slice[float32](out))
	} else {
		segmentSum(&portable().F64, p.Segments.Lengths(), tensor.Slice[float64](in[0]), tensor.Slice[float64](out))
	}
}

func segmentSum[T kernel.Float](o *kernel.Ops[T], lengths []int, x, out []T) {
	at := 0
	for i, n := range lengths {
		out[i] = kernel.ReduceRow(o, kernel.ReduceSum, x[at:at+n])
		at += n
	}
}

// JVP implements Differentiable.
func (p SegmentSum) JVP(v Value, t []Value) Value { return v.g.Apply(p, t[0]) }

// Transpose implements Linear.
func (p SegmentSum) Transpose(_, ct Value, _ int) Value { return ct.SegmentSpread(p.Segments) }

// SegmentSum adds up each piece of a vector.
func (v Value) SegmentSum(s Segments) Value {
	if !v.Valid() {
		return v
	}
	return v.g.Apply(SegmentSum{s}, v)
}

// SegmentSpread repeats one number a piece along it: [pieces] → [W].
type SegmentSpread struct{ Segments Segments }

// Name implements Primitive.
func (SegmentSpread) Name() string { return "segment spread" }

// Infer implements Primitive.
func (p SegmentSpread) Infer(in []Type) (Type, error) {
	if err := operands(in, 1); err != nil {
		return Type{}, err
	}
	pieces, n, err := p.Segments.check()
	if err == nil && !in[0].Shape.Equal(tensor.Of(pieces)) {
		err = fmt.Errorf("x is %v, and the %d pieces want one number each: [%d]", in[0].Shape, pieces, pieces)
	}
	return Type{in[0].DType, tensor.Of(n)}, err
}

// Eval implements Primitive.
func (p SegmentSpread) Eval(in []*tensor.Array, out *tensor.Array) {
	at, size := 0, out.DType().Size()
	for i, n := range p.Segments.Lengths() {
		for j := at; j < at+n; j++ {
			copy(out.Raw()[j*size:(j+1)*size], in[0].Raw()[i*size:])
		}
		at += n
	}
}

// JVP implements Differentiable.
func (p SegmentSpread) JVP(v Value, t []Value) Value { return v.g.Apply(p, t[0]) }

// Transpose implements Linear.
func (p SegmentSpread) Transpose(_, ct Value, _ int) Value { return ct.SegmentSum(p.Segments) }

// SegmentSpread repeats v's numbers, one a piece, along their pieces.
func (v Value) SegmentSpread(s Segments) Value {
	if !v.Valid() {
		return v
	}
	return v.g.Apply(SegmentSpread{s}, v)
}
