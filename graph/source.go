package graph

import (
	"fmt"

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
func (p Input) Infer([]Type) (Type, error) {
	if p.DType.Size() == 0 {
		return Type{}, fmt.Errorf("%q has no element type", p.Key)
	}
	if int(p.Dims.N) > tensor.MaxRank {
		return Type{}, fmt.Errorf("%q has %d axes; at most %d are supported", p.Key, p.Dims.N, tensor.MaxRank)
	}
	return Type{p.DType, p.Dims.Shape()}, nil
}

// Eval implements Primitive. Inputs are fed, not evaluated.
func (p Input) Eval([]*tensor.Array, *tensor.Array) { panic("graph: input " + p.Key + " evaluated") }

// Flat implements Flat.
func (p Input) Flat() string { return "an input depends on nothing" }

// Input declares an input. The same key, type and shape is the same input; a
// key asked for again with another type or shape is a mistake.
func (g *Graph) Input(key string, d tensor.DType, dims ...int) Value {
	op := Input{key, d, MakeInts(dims)}
	for i := range g.nodes {
		if in, ok := g.nodes[i].op.(Input); ok && in.Key == key && in != op {
			return g.Fail("input "+key, "is %v here but was %v at %v", Type{d, dims}, g.nodes[i].typ, g.nodes[i].place)
		}
	}
	return g.Apply(op)
}

// Const is a number: a rank-0 value known while the graph is built.
type Const struct {
	DType tensor.DType
	V     float64
}

// Name implements Primitive.
func (p Const) Name() string { return fmt.Sprintf("const %v", p.V) }

// Infer implements Primitive.
func (p Const) Infer([]Type) (Type, error) { return Type{p.DType, tensor.Shape{}}, nil }

// Eval implements Primitive.
func (p Const) Eval(_ []*tensor.Array, out *tensor.Array) { out.SetAt(0, p.V) }

// Flat implements Flat.
func (p Const) Flat() string { return "a constant does not change" }

// Const is the float64 number v. It takes the type of the tensor it meets.
func (g *Graph) Const(v float64) Value { return g.Apply(Const{tensor.Float64, v}) }

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
	return c.V, ok
}

// spread is the number a value is filled with, if it is a broadcast constant.
func (v Value) spread() (float64, bool) {
	if !v.Valid() {
		return 0, false
	}
	if _, ok := v.Op().(Broadcast); ok {
		return v.Arg(0).spread()
	}
	if _, ok := v.Op().(Reshape); ok {
		return v.Arg(0).spread()
	}
	return v.constant()
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
func (p Iota) Infer([]Type) (Type, error) {
	if p.Axis < 0 || p.Axis >= int(p.Dims.N) {
		return Type{}, fmt.Errorf("axis %d is not one of shape %v", p.Axis, p.Dims.Shape())
	}
	return Type{p.DType, p.Dims.Shape()}, nil
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

// Iota is a tensor that counts 0, 1, ... along an axis.
func (g *Graph) Iota(d tensor.DType, axis int, dims ...int) Value {
	return g.Apply(Iota{d, MakeInts(dims), axis})
}

// Distribution names what a Random draws.
type Distribution uint8

// The distributions.
const (
	Uniform Distribution = iota // on [0, 1)
	Normal                      // mean 0, variance 1
)

// Random draws numbers that are a function of (seed, stream, τ, index): element
// i of the stream with key = seed mixed with the stream's name, at step τ, by
// Philox4x32-10 (Salmon et al. 2011). Operands: the seed (rank-0 int64) and τ
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
	if in[0].DType != tensor.Int64 || len(in[0].Shape) != 0 {
		return Type{}, fmt.Errorf("the seed is %v, want a rank-0 int64", in[0])
	}
	if in[1].DType != tensor.Float64 || len(in[1].Shape) != 0 {
		return Type{}, fmt.Errorf("the step is %v, want a rank-0 float64", in[1])
	}
	if !p.DType.IsFloat() {
		return Type{}, fmt.Errorf("draws float32 or float64, not %v", p.DType)
	}
	return Type{p.DType, p.Dims.Shape()}, nil
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
	if d == Normal {
		o.Normal(dst, key, step, 0)
	} else {
		o.Uniform(dst, key, step, 0)
	}
}

// Flat implements Flat.
func (p Random) Flat() string { return "a draw depends on the seed and the step alone" }

// Random draws a tensor, see the type Random.
func (g *Graph) Random(d Distribution, stream string, seed, step Value, dtype tensor.DType, dims ...int) Value {
	return g.Apply(Random{d, stream, dtype, MakeInts(dims)}, seed, step)
}

// Bernoulli is 1 with probability p, a number or a rank-0 value, else 0.
func (g *Graph) Bernoulli(p Value, stream string, seed, step Value, dtype tensor.DType, dims ...int) Value {
	return g.Random(Uniform, stream, seed, step, dtype, dims...).Less(p)
}
