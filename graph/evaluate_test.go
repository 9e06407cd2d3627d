package graph_test

import (
	"math"
	"strings"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

func TestEvaluateFeeds(t *testing.T) {
	g := graph.New()
	x := g.Input("x", tensor.Float64, 2)
	y := x.Scale(3)
	z := y.Plus(1)
	for _, c := range []struct {
		feeds map[graph.Value]*tensor.Array
		want  string
	}{
		{nil, `evaluate: input "x" is not fed`},
		{map[graph.Value]*tensor.Array{x: tensor.New(tensor.Float64, 3)}, "input x is fed float64[3], want float64[2]"},
		{map[graph.Value]*tensor.Array{x: tensor.New(tensor.Float32, 2)}, "input x is fed float32[2], want float64[2]"},
		{map[graph.Value]*tensor.Array{y: tensor.New(tensor.Float64)}, "evaluate_test.go:15: mul is fed float64[], want float64[2]"},
	} {
		if _, err := graph.Evaluate([]graph.Value{z}, c.feeds, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
	// A feed in the middle makes what is before it unnecessary.
	out, err := graph.Evaluate([]graph.Value{z, y}, map[graph.Value]*tensor.Array{y: tensor.From([]float64{5, 6}, 2), x: tensor.New(tensor.Float64, 2)}, nil)
	if err != nil || out[0].At(0) != 6 || out[0].At(1) != 7 || out[1].At(0) != 5 {
		t.Errorf("with y fed, z is %v and y %v, %v", out[0].Float64s(), out[1].Float64s(), err)
	}
	if out, err := graph.Evaluate(nil, nil, nil); out != nil || err != nil {
		t.Errorf("no values are %v, %v", out, err)
	}
}

// TestEvaluateWatch: every node is seen in order, and watching ends the evaluation.
func TestEvaluateWatch(t *testing.T) {
	g := graph.New()
	x := g.Input("x", tensor.Float64)
	bad := x.Log()
	y := bad.Add(x).Exp()
	feeds := map[graph.Value]*tensor.Array{x: tensor.From([]float64{-1})}
	var first graph.Value
	out, err := graph.Evaluate([]graph.Value{y}, feeds, func(v graph.Value, a *tensor.Array) bool {
		if math.IsNaN(a.At(0)) {
			first = v
			return false
		}
		return true
	})
	if out != nil || err != nil || first != bad {
		t.Errorf("the first NaN is of %v, want %v; the result is %v, %v", first, bad, out, err)
	}
}

// TestCasts: conversions that the machine would leave open, and −0, NaN and
// halfway cases. To uint8, int32 and int64 they saturate.
func TestCasts(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	in := []float64{0, 1.9, -1.9, 255, 256, -1, 3e9, -3e9, 1 << 63, -1 << 63, inf, -inf, nan}
	for d, want := range map[tensor.DType][]float64{
		tensor.Uint8:   {0, 1, 0, 255, 255, 0, 255, 0, 255, 0, 255, 0, 0},
		tensor.Int32:   {0, 1, -1, 255, 256, -1, math.MaxInt32, math.MinInt32, math.MaxInt32, math.MinInt32, math.MaxInt32, math.MinInt32, 0},
		tensor.Int64:   {0, 1, -1, 255, 256, -1, 3e9, -3e9, math.MaxInt64, math.MinInt64, math.MaxInt64, math.MinInt64, 0},
		tensor.Float64: in,
	} {
		for _, from := range floats {
			g := graph.New()
			x := g.Input("x", from, len(in))
			a := array(from, in, len(in))
			got := compute(t, g.Apply(graph.Cast{To: d}, x), map[graph.Value]*tensor.Array{x: a})
			for i, w := range want {
				if from == tensor.Float32 && d == tensor.Float64 {
					w = float64(float32(w))
				}
				if g := got.At(i); g != w && !(math.IsNaN(g) && math.IsNaN(w)) {
					t.Errorf("%v %v as %v is %v, want %v", from, in[i], d, g, w)
				}
			}
		}
	}
}

// TestWideWholeNumbers: an int64 beyond 2⁵³ is no float64, and comes through what
// only moves or compares numbers.
func TestWideWholeNumbers(t *testing.T) {
	const big int64 = 1<<62 + 1
	g := graph.New()
	x := g.Input("x", tensor.Int64, 2)
	feeds := map[graph.Value]*tensor.Array{x: tensor.From([]int64{big, big + 1}, 2)}
	for name, v := range map[string]graph.Value{
		"where": graph.Where(g.Const(1), x, x), "spread": x.SegmentSpread(graph.MakeSegments([]int{1, 1})),
		"cast": g.Apply(graph.Cast{To: tensor.Int64}, x), "reshape": x.Reshape(1, 2), "concat": graph.Concat(0, x, x),
	} {
		got := tensor.Slice[int64](compute(t, v, feeds))
		if got[0] != big || got[1] != big+1 {
			t.Errorf("%s of %d and %d gives %v", name, big, big+1, got)
		}
	}
	if at := compute(t, x.ArgMax(), feeds).At(0); at != 1 {
		t.Errorf("the largest of %d and %d is number %v", big, big+1, at)
	}
	// From 2⁶² on the float32s are 2³⁹ apart, so this is just over half way to the
	// next; rounded to a float64 first it would be half way, and then 2⁶².
	y := g.Input("y", tensor.Int64)
	got := compute(t, y.Cast(tensor.Float32), map[graph.Value]*tensor.Array{y: tensor.From([]int64{1<<62 + 1<<38 + 1})}).At(0)
	if want := float64(1<<62 + 1<<39); got != want {
		t.Errorf("2⁶²+2³⁸+1 as a float32 is %v, want %v", got, want)
	}
}

// TestTypesThatMeet: the type of a result by the types of its operands.
func TestTypesThatMeet(t *testing.T) {
	g := graph.New()
	f32, f64, i32 := g.Input("f32", tensor.Float32, 3), g.Input("f64", tensor.Float64, 3), g.Input("i32", tensor.Int32, 3)
	s32, s64, n32, u8 := g.Input("s32", tensor.Float32), g.Input("s64", tensor.Float64), g.Input("n32", tensor.Int32), g.Input("u8", tensor.Uint8)
	one := g.Const(1)
	one32 := one.Cast(tensor.Float32)
	for _, c := range []struct {
		name string
		v    graph.Value
		want tensor.DType
	}{
		{"a number and a float32 tensor", one.Add(f32), tensor.Float32},
		{"a number and a whole tensor", i32.Add(one), tensor.Int32},
		{"a number and a float32 scalar", s32.Mul(g.Const(0.5)), tensor.Float32},
		{"a number and a whole scalar", n32.Plus(2), tensor.Int32},
		{"a float64 scalar and a float32 tensor", s64.Mul(f32), tensor.Float32},
		{"a float32 scalar and a float64 tensor", f64.Sub(s32), tensor.Float64},
		{"a whole scalar and a float32 tensor", f32.Mul(n32), tensor.Float32},
		{"two float scalars", s32.Add(s64), tensor.Float64},
		{"a whole and a float scalar", n32.Mul(s32), tensor.Float64},
		{"a float64 number and a float32 one", one.Add(one32), tensor.Float32},
		{"a float32 number and a float64 one", one32.Add(one), tensor.Float32},
		{"a float32 zero and a float64 number", g.Full(0, tensor.Float32).Add(g.Const(5)), tensor.Float32},
		{"a float32 one and a float64 scalar", one32.Mul(s64), tensor.Float64},
		{"a comparison with a number", i32.Equal(g.Const(2)), tensor.Int32},
		{"where, of a float64 scalar condition", graph.Where(s64, s32, s32.Exp()), tensor.Float32},
		{"where, of a whole condition", graph.Where(u8, f32, one), tensor.Float32},
	} {
		if c.v.DType() != c.want {
			t.Errorf("%s: %v, want %v", c.name, c.v, c.want)
		}
	}
	if err := g.Err(); err != nil {
		t.Error(err)
	}
}

// TestWhereCondition: nothing but 0 is false, however small or of which type.
func TestWhereCondition(t *testing.T) {
	for _, c := range []struct {
		d    tensor.DType
		v    float64
		want float64
	}{
		{tensor.Float64, 1e-300, 1}, {tensor.Float64, 0.3, 1}, {tensor.Float32, 0.3, 1}, {tensor.Float64, math.NaN(), 1},
		{tensor.Float64, 0, 2}, {tensor.Float32, math.Copysign(0, -1), 2}, {tensor.Uint8, 3, 1}, {tensor.Int32, -1 << 31, 1}, {tensor.Int64, 1 << 40, 1}, {tensor.Int64, 0, 2},
	} {
		for _, d := range []tensor.DType{tensor.Float32, tensor.Float64, tensor.Int32, tensor.Uint8} {
			g := graph.New()
			x := g.Input("x", c.d)
			v := graph.Where(x, g.Const(1).Cast(d), g.Const(2).Cast(d))
			if got := compute(t, v, map[graph.Value]*tensor.Array{x: array(c.d, []float64{c.v})}); got.At(0) != c.want || got.DType() != d {
				t.Errorf("where(%v %v, 1, 2) in %v is %v %v, want %v", c.d, c.v, d, got.DType(), got.At(0), c.want)
			}
		}
	}
}

// TestOneHot: a class is a row with one 1, and what is no class a row of zeros.
func TestOneHot(t *testing.T) {
	g := graph.New()
	x := g.Input("x", tensor.Int32, 2, 2)
	got := compute(t, x.OneHot(3, tensor.Float32), map[graph.Value]*tensor.Array{x: tensor.From([]int32{0, 2, -1, 3}, 2, 2)})
	want := []float64{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}
	if !got.Shape().Equal(tensor.Of(2, 2, 3)) {
		t.Fatalf("its shape is %v", got.Shape())
	}
	for i, w := range want {
		if got.At(i) != w {
			t.Errorf("element %d is %v, want %v", i, got.At(i), w)
		}
	}
}

// TestComposites: the operations that are made of others, on one small tensor.
func TestComposites(t *testing.T) {
	g := graph.New()
	x := g.Input("x", tensor.Float64, 2, 3)
	s, none := g.Input("s", tensor.Float64), g.Input("none", tensor.Float64, 0, 2, 2)
	feeds := map[graph.Value]*tensor.Array{
		x: tensor.From([]float64{1, -2, 3, 4, 0, 6}, 2, 3), s: tensor.From([]float64{5}), none: tensor.New(tensor.Float64, 0, 2, 2),
	}
	two, third := g.Const(2), 1/float64(x.Dim(-1))
	for name, c := range map[string]struct {
		v     graph.Value
		shape tensor.Shape
		want  []float64
	}{
		"flatten":             {x.Reshape(1, 2, 3).Flatten(), tensor.Of(1, 6), []float64{1, -2, 3, 4, 0, 6}},
		"flatten of a number": {s.Flatten(), tensor.Of(1, 1), []float64{5}},
		"flatten of nothing":  {none.Flatten(), tensor.Of(0, 4), nil},
		"one minus":           {x.OneMinus(), tensor.Of(2, 3), []float64{0, 3, -2, -3, 1, -5}},
		"square":              {x.Square(), tensor.Of(2, 3), []float64{1, 4, 9, 16, 0, 36}},
		"scale":               {x.Scale(-0.5), tensor.Of(2, 3), []float64{-0.5, 1, -1.5, -2, 0, -3}},
		"plus":                {x.Plus(0.5), tensor.Of(2, 3), []float64{1.5, -1.5, 3.5, 4.5, 0.5, 6.5}},
		"greater":             {x.Greater(two), tensor.Of(2, 3), []float64{0, 0, 1, 1, 0, 1}},
		"greater or equal":    {x.GreaterEqual(g.Const(3)), tensor.Of(2, 3), []float64{0, 0, 1, 1, 0, 1}},
		"mean":                {x.Mean(-1), tensor.Of(2), []float64{2 * third, 10 * third}},
		"mean of all":         {x.MeanAll(), tensor.Of(), []float64{2}},
		"sum of all":          {x.SumAll(), tensor.Of(), []float64{12}},
		"zeros":               {x.Zeros(), tensor.Of(2, 3), []float64{0, 0, 0, 0, 0, 0}},
		"full":                {g.Full(7, tensor.Int32, 2), tensor.Of(2), []float64{7, 7}},
	} {
		got := compute(t, c.v, feeds)
		if !got.Shape().Equal(c.shape) {
			t.Errorf("%s has the shape %v, want %v", name, got.Shape(), c.shape)
			continue
		}
		for i, w := range c.want {
			if got.At(i) != w {
				t.Errorf("%s: element %d is %v, want %v", name, i, got.At(i), w)
			}
		}
	}
}
