package graph_test

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// operands are values of many types for the mistakes to be made with.
type operands struct {
	g                    *graph.Graph
	s, v3, v4, m23, m34  graph.Value // float32: rank 0, [3], [4], [2 3], [3 4]
	b523, b734, f64, e03 graph.Value // float32 [5 2 3], [7 3 4], float64 [2 3], float32 [0 3]
	i3, u3, i0, seed     graph.Value // int32 [3], uint8 [3], int32 and int64 rank 0
	other                graph.Value // float32 [3] of another graph
}

func newOperands() *operands {
	g := graph.New()
	in := func(key string, d tensor.DType, dims ...int) graph.Value { return g.Input(key, d, dims...) }
	return &operands{
		g: g, s: in("s", tensor.Float32), v3: in("v3", tensor.Float32, 3), v4: in("v4", tensor.Float32, 4),
		m23: in("m23", tensor.Float32, 2, 3), m34: in("m34", tensor.Float32, 3, 4),
		b523: in("b523", tensor.Float32, 5, 2, 3), b734: in("b734", tensor.Float32, 7, 3, 4),
		f64: in("f64", tensor.Float64, 2, 3), e03: in("e03", tensor.Float32, 0, 3),
		i3: in("i3", tensor.Int32, 3), u3: in("u3", tensor.Uint8, 3), i0: in("i0", tensor.Int32), seed: in("seed", tensor.Int64),
		other: graph.New().Input("other", tensor.Float32, 3),
	}
}

// mistake is an operation that fails, the line it stands on, and the error.
type mistake struct {
	of   func(o *operands) graph.Value
	want string
	line int
}

// wrong notes its caller's line, on which the operation must stand too.
func wrong(of func(o *operands) graph.Value, want string) mistake {
	_, _, line, _ := runtime.Caller(1)
	return mistake{of, want, line}
}

// TestMistakes: each mistake fails, and the graph's error is the one line that
// names the caller's place, the operation, what was given and the cure.
func TestMistakes(t *testing.T) {
	huge := math.MaxInt / 2
	nine := []int{1, 1, 1, 1, 1, 1, 1, 1, 1}
	for _, c := range []mistake{
		wrong(func(o *operands) graph.Value { return o.v3.Add(o.v4) }, "add: shapes [3] and [4] do not broadcast: axis 1 from the end is 3 and 4; equal lengths or 1 do"),
		wrong(func(o *operands) graph.Value { return o.m23.Mul(o.m34) }, "mul: shapes [2 3] and [3 4] do not broadcast: axis 2 from the end is 2 and 3; equal lengths or 1 do"),
		wrong(func(o *operands) graph.Value { return o.m23.Sub(o.f64) }, "sub: x is float32[2 3] and y is float64[2 3]; cast one of them"),
		wrong(func(o *operands) graph.Value { return o.i3.Mul(o.v3) }, "mul: x is int32[3] and y is float32[3]; cast one of them"),
		wrong(func(o *operands) graph.Value { return o.i3.Add(o.s) }, "add: x is int32[3] and y is float32[]; cast one of them"),
		wrong(func(o *operands) graph.Value { return o.u3.Max(o.i0) }, "max: x is uint8[3] and y is int32[]; cast one of them"),
		wrong(func(o *operands) graph.Value { return o.i3.Scale(0.5) }, "mul: an operand is int32[3], which cannot hold 0.5; cast it to float32 or float64 first"),
		wrong(func(o *operands) graph.Value { return o.u3.Plus(-1) }, "add: an operand is uint8[3], which cannot hold -1; cast it to float32 or float64 first"),
		wrong(func(o *operands) graph.Value { return o.i3.Div(o.i3) }, "div: x is int32[3]; cast it to float32 or float64 first"),
		wrong(func(o *operands) graph.Value { return o.i3.Exp() }, "exp: x is int32[3]; cast it to float32 or float64 first"),
		wrong(func(o *operands) graph.Value { return o.u3.Relu() }, "relu: x is uint8[3]; cast it to float32 or float64 first"),
		wrong(func(o *operands) graph.Value { return o.v3.Less(o.other) }, "less: the operands belong to different graphs"),
		wrong(func(o *operands) graph.Value { return o.v3.Add(o.other.Zeros()) }, "add: the operands belong to different graphs"),
		wrong(func(o *operands) graph.Value { return o.v3.Add(graph.Value{}) }, "add: operand 1 is a zero Value; it was never set, or failed in another graph"),
		wrong(func(o *operands) graph.Value { return graph.Value{}.Pow(o.v3) }, "pow: operand 0 is a zero Value; it was never set, or failed in another graph"),
		wrong(func(o *operands) graph.Value { return graph.Where(o.v3, graph.Value{}, o.v3) }, "where: operand 1 is a zero Value; it was never set, or failed in another graph"),
		wrong(func(o *operands) graph.Value { return graph.Where(o.v3, o.m23, o.v4) }, "where: the condition is [3] and the branches are [2 3] and [4]: shapes [2 3] and [4] do not broadcast: axis 1 from the end is 3 and 4; equal lengths or 1 do"),
		wrong(func(o *operands) graph.Value { return graph.Where(o.v4, o.m23, o.v3) }, "where: the condition is [4] and the branches are [2 3] and [3]: shapes [4] and [2 3] do not broadcast: axis 1 from the end is 4 and 3; equal lengths or 1 do"),
		wrong(func(o *operands) graph.Value { return graph.Where(o.v3, o.m23, o.f64) }, "where: x is float32[2 3] and y is float64[2 3]; cast one of them"),
		wrong(func(o *operands) graph.Value { return o.m23.MatMul(o.m23) }, "matmul: x is [2 3] and y is [2 3]: the inner axes 3 and 2 differ; a product is [M K]·[K N], so transpose or reshape one"),
		wrong(func(o *operands) graph.Value { return o.m23.Transpose().MatMul(o.m34) }, "matmul: x is [3 2] and y is [3 4]: the inner axes 2 and 3 differ; a product is [M K]·[K N], so transpose or reshape one"),
		wrong(func(o *operands) graph.Value { return o.b523.MatMul(o.m23) }, "matmul: x is [5 2 3] and y is [2 3]: the inner axes 3 and 2 differ; a product is [M K]·[K N], so transpose or reshape one"),
		wrong(func(o *operands) graph.Value { return o.b523.MatMul(o.b734) }, "matmul: x is [5 2 3] and y is [7 3 4], and of the axes before the last two: shapes [5] and [7] do not broadcast: axis 1 from the end is 5 and 7; equal lengths or 1 do"),
		wrong(func(o *operands) graph.Value { return o.v3.MatMul(o.m34) }, "matmul: x is [3] and y is [3 4]; a matrix wants two axes at least, so reshape a vector of n to [n 1] or [1 n]"),
		wrong(func(o *operands) graph.Value { return o.m23.MatMul(o.v3) }, "matmul: x is [2 3] and y is [3]; a matrix wants two axes at least, so reshape a vector of n to [n 1] or [1 n]"),
		wrong(func(o *operands) graph.Value { return o.f64.MatMul(o.m34) }, "matmul: x is float64[2 3] and y is float32[3 4]; cast them to one float type"),
		wrong(func(o *operands) graph.Value { return o.m23.Sum(2) }, "sum: x is [2 3], which has no axis 2"),
		wrong(func(o *operands) graph.Value { return o.m23.Sum(-3) }, "sum: x is [2 3], which has no axis -3"),
		wrong(func(o *operands) graph.Value { return o.m23.Sum(1, -1) }, "sum: x is [2 3], and its axis -1 is named twice"),
		wrong(func(o *operands) graph.Value { return o.i3.SumAll() }, "sum: x is int32[3]; cast it to float32 or float64 first"),
		wrong(func(o *operands) graph.Value { return o.m23.Mean(0, 5) }, "mean: x is [2 3], which has no axis 5"),
		wrong(func(o *operands) graph.Value { return o.m23.Mean(0, 0) }, "mean: x is [2 3], and its axis 0 is named twice"),
		wrong(func(o *operands) graph.Value { return o.e03.Mean(0) }, "mean: x is [0 3], and an empty axis has no mean"),
		wrong(func(o *operands) graph.Value { return o.i3.MeanAll() }, "mean: x is int32[3]; cast it to float32 or float64 first"),
		wrong(func(o *operands) graph.Value { return o.e03.MaxOver(0) }, "max over: x is [0 3], and an empty axis has no largest or smallest element"),
		wrong(func(o *operands) graph.Value { return o.s.MinOver(0) }, "min over: x is [], which has no axis 0"),
		wrong(func(o *operands) graph.Value { return o.s.ArgMax() }, "argmax: x is []; want a last axis of one element at least"),
		wrong(func(o *operands) graph.Value { return o.e03.Transpose().ArgMax() }, "argmax: x is [3 0]; want a last axis of one element at least"),
		wrong(func(o *operands) graph.Value { return o.m23.Reshape(4) }, "reshape: x is [2 3] with 6 elements, which do not fill [4]; −1 is an axis of whatever length fills it"),
		wrong(func(o *operands) graph.Value { return o.m23.Reshape(3, 2).Reshape(5) }, "reshape: x is [3 2] with 6 elements, which do not fill [5]; −1 is an axis of whatever length fills it"),
		wrong(func(o *operands) graph.Value { return o.m23.Reshape(4, -1) }, "reshape: x is [2 3] with 6 elements, which no length of the free axis of [4 -1] makes up"),
		wrong(func(o *operands) graph.Value { return o.e03.Reshape(0, -1) }, "reshape: x is [0 3] with 0 elements, which no length of the free axis of [0 -1] makes up"),
		wrong(func(o *operands) graph.Value { return o.m23.Reshape(-1, -1) }, "reshape: [-1 -1] has two free axes; one at most can be −1"),
		wrong(func(o *operands) graph.Value { return o.m23.Reshape(-2, -3) }, "reshape: shape [-2 -3] has a negative axis"),
		wrong(func(o *operands) graph.Value { return o.s.Reshape(nine...) }, "reshape: shape [1 1 1 1 1 1 1 1 1] has 9 axes; at most 8 are supported"),
		wrong(func(o *operands) graph.Value { return o.m23.BroadcastTo(2, 2, 4) }, "broadcast: x is [2 3], which does not broadcast to [2 2 4]; each of its axes, from the end, must be 1 or equal"),
		wrong(func(o *operands) graph.Value { return o.m23.BroadcastTo(5, 2, 3).BroadcastTo(2, 3) }, "broadcast: x is [5 2 3], which does not broadcast to [2 3]; each of its axes, from the end, must be 1 or equal"),
		wrong(func(o *operands) graph.Value { return o.s.BroadcastTo(nine...) }, "broadcast: names 9 axes; at most 8 are supported"),
		wrong(func(o *operands) graph.Value { return o.s.BroadcastTo(-1) }, "broadcast: shape [-1] has a negative axis"),
		wrong(func(o *operands) graph.Value { return o.s.BroadcastTo(huge, huge) }, fmt.Sprintf("broadcast: shape [%d %[1]d] has more elements than memory can hold", huge)),
		wrong(func(o *operands) graph.Value { return o.v3.Transpose() }, "transpose: x is [3]; swapping the last two axes wants at least two"),
		wrong(func(o *operands) graph.Value { return o.m23.Transpose(0) }, "transpose: x is [2 3] with 2 axes and the permutation [0] names 1"),
		wrong(func(o *operands) graph.Value { return o.m23.Transpose(1, 1) }, "transpose: [1 1] is no permutation of the axes of [2 3]"),
		wrong(func(o *operands) graph.Value { return o.m23.Transpose().Transpose(0, 2) }, "transpose: [0 2] is no permutation of the axes of [3 2]"),
		wrong(func(o *operands) graph.Value { return o.m23.Slice(2, 0, 1) }, "slice: x is [2 3], which has no axis 2"),
		wrong(func(o *operands) graph.Value { return o.m23.Slice(-1, 1, 4) }, "slice: x is [2 3], and axis 1 has no elements from 1 up to below 4; want 0 ≤ lo ≤ hi ≤ 3"),
		wrong(func(o *operands) graph.Value { return o.m23.Slice(0, 2, 1) }, "slice: x is [2 3], and axis 0 has no elements from 2 up to below 1; want 0 ≤ lo ≤ hi ≤ 2"),
		wrong(func(o *operands) graph.Value { return o.v3.Zeros().Slice(0, 0, 4) }, "slice: x is [3], and axis 0 has no elements from 0 up to below 4; want 0 ≤ lo ≤ hi ≤ 3"),
		wrong(func(o *operands) graph.Value { return o.m23.Pad(2, 0, 0) }, "pad: x is [2 3], which has no axis 2"),
		wrong(func(o *operands) graph.Value { return o.m23.Pad(0, -1, 1) }, "pad: x is [2 3], and -1 before and 1 after: padding is not negative; slice instead"),
		wrong(func(o *operands) graph.Value { return o.m23.Pad(0, huge, 0) }, fmt.Sprintf("pad: x is [2 3], and %d before and 0 after is more than memory can hold", huge)),
		wrong(func(o *operands) graph.Value { return graph.Concat(0, o.m23, o.m34) }, "concat: operand 0 is [2 3] and operand 1 is [3 4]; they may differ on axis 0 only"),
		wrong(func(o *operands) graph.Value { return graph.Concat(1, o.m23, o.f64) }, "concat: operand 0 is float32[2 3] and operand 1 is float64[2 3]; cast them to one type"),
		wrong(func(o *operands) graph.Value { return graph.Concat(0, o.m23, o.v3) }, "concat: operand 0 is [2 3] and operand 1 is [3]; they may differ on axis 0 only"),
		wrong(func(o *operands) graph.Value { return graph.Concat(2, o.m23) }, "concat: x is [2 3], which has no axis 2"),
		wrong(func(o *operands) graph.Value { return graph.Concat(0, o.v3, graph.Value{}) }, "concat: operand 1 is a zero Value; it was never set, or failed in another graph"),
		wrong(func(o *operands) graph.Value { return o.m23.Gather(o.v3) }, "gather: x is float32[2 3] and the index float32[3]; cast the index to int32"),
		wrong(func(o *operands) graph.Value { return o.s.Gather(o.i3) }, "gather: x is float32[] and the index [3]; want a first axis of one row at least to take from"),
		wrong(func(o *operands) graph.Value { return o.e03.Gather(o.i3) }, "gather: x is float32[0 3] and the index [3]; want a first axis of one row at least to take from"),
		wrong(func(o *operands) graph.Value { return o.m23.ScatterAdd(o.i3, 4) }, "scatter add: x is [2 3] and the index [3]; x must begin with the index's axes"),
		wrong(func(o *operands) graph.Value { return o.m34.ScatterAdd(o.i3, 0) }, "scatter add: x is float32[3 4], to be added into 0 rows; want one at least"),
		wrong(func(o *operands) graph.Value { return o.i3.ScatterAdd(o.i3, 4) }, "scatter add: x is int32[3] and the index int32[3]; want a float x and an int32 index"),
		wrong(func(o *operands) graph.Value { return o.v3.OneHot(4, tensor.Float32) }, "one-hot: x is float32[3]; classes are whole numbers, so cast it to int32 first"),
		wrong(func(o *operands) graph.Value { return o.i3.OneHot(-1, tensor.Float32) }, "one-hot: -1 classes of x, which is [3]; want a number from 0 up"),
		wrong(func(o *operands) graph.Value { return o.i3.OneHot(300, tensor.Uint8) }, "iota: axis 1 of [3 300] is too long for uint8, which tells 256 numbers apart"),
		wrong(func(o *operands) graph.Value { return o.v3.SegmentSum(graph.MakeSegments([]int{1, 3})) }, "segment sum: x is [3], and the 2 pieces add up to [4]"),
		wrong(func(o *operands) graph.Value { return o.v3.SegmentSum(graph.MakeSegments([]int{-1, 4})) }, "segment sum: piece 0 has the length -1; want one from 0 up that fits in memory"),
		wrong(func(o *operands) graph.Value { return o.v3.SegmentSpread(graph.MakeSegments([]int{1, 2})) }, "segment spread: x is [3], and the 2 pieces want one number each: [2]"),
		wrong(func(o *operands) graph.Value { return o.v3.Cast(tensor.Invalid) }, "cast invalid: x is float32[3], and invalid is no element type; want uint8, int32, int64, float32 or float64"),
		wrong(func(o *operands) graph.Value { return o.g.Input("v3", tensor.Float32, 4) }, "input v3: is float32[4] here but was float32[3] at V3"),
		wrong(func(o *operands) graph.Value { return o.g.Input("v3", tensor.Float64, 3) }, "input v3: is float64[3] here but was float32[3] at V3"),
		wrong(func(o *operands) graph.Value { return o.g.Input("new", tensor.Float32, nine...) }, "input new: names 9 axes; at most 8 are supported"),
		wrong(func(o *operands) graph.Value { return o.g.Input("new", tensor.Invalid, 2) }, "input new: the result would be of the element type invalid; want uint8, int32, int64, float32 or float64"),
		wrong(func(o *operands) graph.Value { return o.g.Input("new", tensor.Float32, 2, -2) }, "input new: shape [2 -2] has a negative axis"),
		wrong(func(o *operands) graph.Value { return o.g.Full(1, tensor.DType(99), 2) }, "cast dtype99: x is float64[], and dtype99 is no element type; want uint8, int32, int64, float32 or float64"),
		wrong(func(o *operands) graph.Value { return o.g.Iota(tensor.Float32, 2, 3, 4) }, "iota: shape [3 4] has no axis 2 to count along"),
		wrong(func(o *operands) graph.Value { return o.g.Random(graph.Normal, "a", o.i0, o.s, tensor.Float32, 2) }, "random a: the seed is int32[], want a rank-0 int64"),
		wrong(func(o *operands) graph.Value { return o.g.Random(graph.Normal, "a", o.seed, o.s, tensor.Float32, 2) }, "random a: the step is float32[], want a rank-0 float64"),
		wrong(func(o *operands) graph.Value { return o.g.Random(7, "a", o.seed, o.s, tensor.Float32) }, "random a: there is no distribution 7; want Uniform, Normal or Signs"),
		wrong(func(o *operands) graph.Value { return o.g.Bernoulli(o.g.Const(1.5), "a", o.i0, o.s, tensor.Float32) }, "bernoulli a: the probability is 1.5; want a number from 0 to 1"),
		wrong(func(o *operands) graph.Value { return o.g.Apply(nil) }, "apply: the primitive is a <nil>; want a comparable type, with lists packed as graph.Ints"),
		wrong(func(o *operands) graph.Value { return o.g.Apply(listed{}, o.v3) }, "apply: the primitive is a graph_test.listed; want a comparable type, with lists packed as graph.Ints"),
		wrong(func(o *operands) graph.Value { return o.g.Apply(graph.MatMul{}, o.m23) }, "matmul: has 1 operands and wants 2"),
		wrong(func(o *operands) graph.Value { return o.g.Apply(graph.Unary{Func: 99}, o.v3) }, "unary 99: there is no function 99"),
		wrong(func(o *operands) graph.Value { return o.g.Apply(graph.Reduce{Func: kernel.ReduceCount}, o.v3) }, "reduction 3: there is no reduction 3"),
		wrong(func(o *operands) graph.Value { return o.g.Apply(graph.Join{}, o.v3, o.other) }, "concat: operand 1 belongs to another graph"),
	} {
		o := newOperands()
		got := c.of(o)
		want := fmt.Sprintf("mistakes_test.go:%d: %s", c.line, strings.ReplaceAll(c.want, "V3", o.v3.Place().String()))
		switch {
		case got.Valid():
			t.Errorf("line %d gives %v, want the error %q", c.line, got, want)
		case o.g.Err() == nil:
			t.Errorf("line %d fails without a word, want the error %q", c.line, want)
		case o.g.Err().Error() != want:
			t.Errorf("line %d:\n got %q\nwant %q", c.line, o.g.Err(), want)
		}
	}
}

// listed is a primitive that no map can hold.
type listed struct{ _ []int }

func (listed) Name() string                              { return "listed" }
func (listed) Infer(in []graph.Type) (graph.Type, error) { return in[0], nil }
func (listed) Eval([]*tensor.Array, *tensor.Array)       {}

// TestFirstMistakeSticks: what follows a mistake is silent, whatever it is.
func TestFirstMistakeSticks(t *testing.T) {
	o := newOperands()
	bad := o.v3.Add(o.v4)
	first := o.g.Err()
	after := []graph.Value{bad.Exp(), bad.Add(o.v3), o.v3.Mul(bad), graph.Where(o.v3, bad, o.v3), graph.Concat(0, bad), o.m23.MatMul(bad), o.m23.Reshape(5), o.g.Apply(graph.Stop{}, bad)}
	for i, v := range after {
		if v.Valid() {
			t.Errorf("value %d after the mistake is %v", i, v)
		}
	}
	if o.g.Err() != first {
		t.Errorf("the error is now %q, it was %q", o.g.Err(), first)
	}
	if ok := o.m23.MatMul(o.m34); !ok.Valid() { // nothing wrong with this one
		t.Error("a good operation fails after another's mistake")
	}
}

// TestFailedValues: a Value that failed or was never set can be asked anything.
func TestFailedValues(t *testing.T) {
	var v graph.Value
	if v.Valid() || v.ID() != -1 || v.Graph() != nil || v.Op() != nil || v.NumArgs() != 0 || v.Rank() != 0 || v.Dim(0) != 0 ||
		v.DType() != tensor.Invalid || v.Scope() != "" || v.Place() != (graph.Place{}) || v.String() != "failed" || !v.IsFlat() {
		t.Error("a zero Value is not told apart")
	}
	if got := v.Place().String(); got != "unknown place" {
		t.Errorf("its place is %q", got)
	}
	for name, v := range map[string]graph.Value{
		"concat of nothing": graph.Concat(0), "concat": graph.Concat(3, v, v), "where": graph.Where(v, v, v), "add": v.Add(v),
		"neg": v.Neg(), "flatten": v.Flatten(), "mean": v.Mean(7), "zeros": v.Zeros(), "gather": v.Gather(v), "matmul": v.MatMul(v),
		"one-hot": v.OneHot(3, tensor.Float32), "sum": v.SumAll(), "reshape": v.Reshape(2, 3), "scale": v.Scale(3),
	} {
		if v.Valid() {
			t.Errorf("%s of failed values is %v", name, v)
		}
	}
	if n := len(graph.Ancestors(v, v)); n != 0 {
		t.Errorf("failed values have %d ancestors", n)
	}
	x := graph.New().Input("x", tensor.Float32)
	if need := graph.Ancestors(v, x); len(need) != 1 || !need[0] {
		t.Errorf("the ancestors of a failed value and an input are %v", need)
	}
	for _, values := range [][]graph.Value{{v}, {v, x}, {x, v}, {x, graph.New().Input("x", tensor.Float32)}} {
		if _, err := graph.Evaluate(values, map[graph.Value]*tensor.Array{x: tensor.New(tensor.Float32)}, nil); err == nil {
			t.Errorf("%v is evaluated", values)
		}
	}
}

// TestMistakeNamesTheLayer: within a scope the error names it too.
func TestMistakeNamesTheLayer(t *testing.T) {
	o := newOperands()
	o.g.SetScope("body.1")
	o.m23.Add(o.m34)
	if got, want := o.g.Err().Error(), `add "body.1": shapes [2 3] and [3 4]`; !strings.Contains(got, want) {
		t.Errorf("got %q, want %q in it", got, want)
	}
}
