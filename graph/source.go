package graph

import (
	"fmt"
	"math"

	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// Input is a value that is given from outside: a batch, a weight vector, a
// hyper-parameter, optimizer state.
type Input struct {
	Key   string
	DType tensor.DType
	Dims  Ints
}

// Name implements Primitive.
func (p Input) Name() string { return "input " + p.Key }

// Infer implements Primitive.
func (p Input) Infer(in []Type) (Type, error) {
	if err := operands(in, 0); err != nil {
		return Type{}, err
	}
	return Type{p.DType, p.Dims.Shape()}, p.Dims.check()
}

// Eval implements Primitive. Inputs are fed, not evaluated.
func (p Input) Eval([]*tensor.Array, *tensor.Array) { panic("graph: input " + p.Key + " evaluated") }

// Flat implements Flat.
func (p Input) Flat() string { return "an input depends on nothing" }

// Input declares an input. The same key, type and shape is the same input; a
// key asked for again with another type or shape is a mistake.
func (g *Graph) Input(key string, d tensor.DType, dims ...int) Value {
	return g.Apply(Input{key, d, MakeInts(dims)})
}

// Const is a number: a rank-0 float known while the graph is built. It is kept
// as the bits of a float64, so that −0 and 0 are two constants and NaN is one.
type Const struct {
	DType tensor.DType
	Bits  uint64
}

// MakeConst is the constant v, rounded to the type.
func MakeConst(d tensor.DType, v float64) Const {
	if d == tensor.Float32 {
		v = float64(float32(v))
	}
	return Const{d, math.Float64bits(v)}
}

// V is the number.
func (p Const) V() float64 { return math.Float64frombits(p.Bits) }

// Name implements Primitive.
func (p Const) Name() string { return fmt.Sprintf("const %v", p.V()) }

// Infer implements Primitive.
func (p Const) Infer(in []Type) (Type, error) {
	if err := operands(in, 0); err != nil {
		return Type{}, err
	}
	if !p.DType.IsFloat() || p != MakeConst(p.DType, p.V()) {
		return Type{}, fmt.Errorf("%v is no %v; make it by MakeConst for float32 or float64", p.V(), p.DType)
	}
	return Type{p.DType, tensor.Shape{}}, nil
}

// Eval implements Primitive.
func (p Const) Eval(_ []*tensor.Array, out *tensor.Array) { out.SetAt(0, p.V()) }

// Flat implements Flat.
func (p Const) Flat() string { return "a constant does not change" }

// Const is the float64 number v. It takes the type of the tensor it meets.
func (g *Graph) Const(v float64) Value { return g.Apply(MakeConst(tensor.Float64, v)) }

// Full is a tensor filled with v.
func (g *Graph) Full(v float64, d tensor.DType, dims ...int) Value {
	return g.Const(v).Cast(d).BroadcastTo(dims...)
}

// Zeros is a tensor of zeros of v's type and shape.
func (v Value) Zeros() Value {
	if !v.Valid() {
		return v
	}
	return v.g.Full(0, v.DType(), v.Shape()...)
}

// constant is v's number if it is a Const.
func (v Value) constant() (float64, bool) {
	if !v.Valid() {
		return 0, false
	}
	c, ok := v.Op().(Const)
	return c.V(), ok
}

// spread is the number a value is filled with, if it is a constant or one that
// is broadcast.
func (v Value) spread() (float64, bool) {
	if v.isSpread() {
		v = v.Arg(0)
	}
	return v.constant()
}

// isSpread reports whether v is a broadcast constant; it stays one under
// another shape.
func (v Value) isSpread() bool {
	if _, ok := v.Op().(Broadcast); !ok {
		return false
	}
	_, ok := v.Arg(0).Op().(Const)
	return ok
}

// Iota counts along one axis: out[..., i, ...] = i.
type Iota struct {
	DType tensor.DType
	Dims  Ints
	Axis  int
}

// Name implements Primitive.
func (p Iota) Name() string { return "iota" }

// Infer implements Primitive.
func (p Iota) Infer(in []Type) (Type, error) {
	if err := operands(in, 0); err != nil {
		return Type{}, err
	}
	if err := p.Dims.check(); err != nil {
		return Type{}, err
	}
	s := p.Dims.Shape()
	if p.Axis < 0 || p.Axis >= len(s) {
		return Type{}, fmt.Errorf("shape %v has no axis %d to count along", s, p.Axis)
	}
	if top := exactCount(p.DType); s[p.Axis] > top {
		return Type{}, fmt.Errorf("axis %d of %v is too long for %v, which tells %d numbers apart", p.Axis, s, p.DType, top)
	}
	return Type{p.DType, s}, nil
}

// exactCount is how many whole numbers from 0 up a type holds exactly, as far as an int counts.
func exactCount(d tensor.DType) int {
	switch d {
	case tensor.Uint8:
		return 1 << 8
	case tensor.Float32:
		return 1<<24 + 1
	case tensor.Int32:
		return math.MaxInt32
	}
	return int(min(uint64(1<<53), math.MaxInt))
}

// Eval implements Primitive.
func (p Iota) Eval(_ []*tensor.Array, out *tensor.Array) {
	inner := out.Shape()[p.Axis+1:].Size()
	n := out.Shape()[p.Axis]
	for i := range out.Size() {
		out.SetAt(i, float64(i/inner%n))
	}
}

// Flat implements Flat.
func (p Iota) Flat() string { return "a count does not change" }

// Iota is a tensor that counts 0, 1, ... along an axis, which counts from the
// end if negative.
func (g *Graph) Iota(d tensor.DType, ax int, dims ...int) Value {
	if ax < 0 {
		ax += len(dims)
	}
	return g.Apply(Iota{d, MakeInts(dims), ax})
}

// Distribution names what a Random draws.
type Distribution uint8

// The distributions.
const (
	Uniform Distribution = iota // on [0, 1)
	Normal                      // mean 0, variance 1
	Signs                       // −1 or 1, each with probability ½ (Rademacher's)
)

// Random draws numbers that are a function of (seed, stream, τ, index): element
// i of the stream with key = seed mixed with the stream's name, at step τ, by
// Philox4x32-10 (Salmon et al. 2011); Signs take a bit each. Operands: the seed (rank-0 int64) and τ
// (rank-0 float64 holding an integer).
type Random struct {
	Dist   Distribution
	Stream string
	DType  tensor.DType
	Dims   Ints
}

// Name implements Primitive.
func (p Random) Name() string { return "random " + p.Stream }

// Infer implements Primitive.
func (p Random) Infer(in []Type) (Type, error) {
	if err := operands(in, 2); err != nil {
		return Type{}, err
	}
	if p.Dist > Signs {
		return Type{}, fmt.Errorf("there is no distribution %d; want Uniform, Normal or Signs", p.Dist)
	}
	if in[0].DType != tensor.Int64 || len(in[0].Shape) != 0 {
		return Type{}, fmt.Errorf("the seed is %v, want a rank-0 int64", in[0])
	}
	if in[1].DType != tensor.Float64 || len(in[1].Shape) != 0 {
		return Type{}, fmt.Errorf("the step is %v, want a rank-0 float64", in[1])
	}
	if !p.DType.IsFloat() {
		return Type{}, fmt.Errorf("draws float32 or float64, not %v", p.DType)
	}
	return Type{p.DType, p.Dims.Shape()}, p.Dims.check()
}

// Key is the generator's key for a seed: the stream's name (FNV-1a) and the
// seed mixed by SplitMix64's finaliser, so near seeds give unrelated streams.
func (p Random) Key(seed int64) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := range len(p.Stream) {
		h = (h ^ uint64(p.Stream[i])) * 0x100000001b3
	}
	return mix(mix(uint64(seed)+0x9e3779b97f4a7c15) ^ h)
}

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Eval implements Primitive.
func (p Random) Eval(in []*tensor.Array, out *tensor.Array) {
	key, step := p.Key(tensor.Slice[int64](in[0])[0]), uint64(int64(in[1].At(0)))
	t := portable()
	if p.DType == tensor.Float32 {
		fill(&t.F32, p.Dist, tensor.Slice[float32](out), key, step)
	} else {
		fill(&t.F64, p.Dist, tensor.Slice[float64](out), key, step)
	}
}

func fill[T kernel.Float](o *kernel.Ops[T], d Distribution, dst []T, key, step uint64) {
	switch d {
	case Normal:
		o.Normal(dst, key, step, 0)
	case Signs:
		o.Signs(dst, key, step, 0)
	default:
		o.Uniform(dst, key, step, 0)
	}
}

// Flat implements Flat.
func (p Random) Flat() string { return "a draw depends on the seed and the step alone" }

// Random draws a tensor, see the type Random.
func (g *Graph) Random(d Distribution, stream string, seed, step Value, dtype tensor.DType, dims ...int) Value {
	return g.Apply(Random{d, stream, dtype, MakeInts(dims)}, seed, step)
}

// Bernoulli is 1 with probability p, else 0. P is a number, a rank-0 value or a
// tensor of dtype that broadcasts to dims; the derivative with respect to it is
// declared zero, as a comparison's.
func (g *Graph) Bernoulli(p Value, stream string, seed, step Value, dtype tensor.DType, dims ...int) Value {
	if c, ok := p.spread(); ok && !(c >= 0 && c <= 1) {
		return g.Fail("bernoulli "+stream, "the probability is %v; want a number from 0 to 1", c)
	}
	return g.Random(Uniform, stream, seed, step, dtype, dims...).Less(p)
}
