package graph_test

import (
	"math"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// corners are numbers on which rewriting goes wrong first.
var corners = []float64{0, math.Copysign(0, -1), 1, -1, 0.1, -3, math.Inf(1), math.Inf(-1), math.NaN(), math.SmallestNonzeroFloat32, math.MaxFloat32}

// floats are the types that the graph simplifies in.
var floats = []tensor.DType{tensor.Float32, tensor.Float64}

// array is numbers in an element type.
func array(d tensor.DType, v []float64, dims ...int) *tensor.Array {
	a := tensor.New(d, dims...)
	for i, x := range v {
		a.SetAt(i, x)
	}
	return a
}

// compute evaluates one value.
func compute(t *testing.T, v graph.Value, feeds map[graph.Value]*tensor.Array) *tensor.Array {
	t.Helper()
	if v.Valid() && v.Graph().Err() != nil {
		t.Fatal(v.Graph().Err())
	}
	out, err := graph.Evaluate([]graph.Value{v}, feeds, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out[0]
}

// sameBits is nil-like true if two arrays agree bit for bit, any NaN being any
// other; skip leaves elements out.
func sameBits(t *testing.T, what string, got, want *tensor.Array, skip func(i int) bool) {
	t.Helper()
	if got.DType() != want.DType() || !got.Shape().Equal(want.Shape()) {
		t.Errorf("%s: it is %v%v, written out %v%v", what, got.DType(), got.Shape(), want.DType(), want.Shape())
		return
	}
	for i := range got.Size() {
		a, b := got.At(i), want.At(i)
		if math.Float64bits(a) != math.Float64bits(b) && !(math.IsNaN(a) && math.IsNaN(b)) && (skip == nil || !skip(i)) {
			t.Errorf("%s: element %d is %v, written out %v", what, i, a, b)
		}
	}
}

// plain is an operation by Apply, which simplifies nothing.
func plain(f kernel.Binary, x, y graph.Value) graph.Value {
	return x.Graph().Apply(graph.Binary{Func: f}, x, y)
}

// TestSimplifications: what is dropped or rewritten gives the bits, the type and
// the shape of what was written; a −0 is kept where the sum with 0 makes it +0.
func TestSimplifications(t *testing.T) {
	n := len(corners)
	negativeZero := func(i int) bool { return corners[i%n] == 0 && math.Signbit(corners[i%n]) }
	for _, d := range floats {
		fill := func(g *graph.Graph, c float64, dims ...int) graph.Value { return g.Full(c, d, dims...) }
		for _, c := range []struct {
			name      string
			simple    func(g *graph.Graph, x graph.Value) graph.Value
			plain     func(g *graph.Graph, x graph.Value) graph.Value
			unchanged bool // the result is x itself
			skip      func(i int) bool
		}{
			{"x·1", func(g *graph.Graph, x graph.Value) graph.Value { return x.Scale(1) },
				func(g *graph.Graph, x graph.Value) graph.Value { return plain(kernel.Mul, x, fill(g, 1, n)) }, true, nil},
			{"1·x", func(g *graph.Graph, x graph.Value) graph.Value { return fill(g, 1, 1).Mul(x) },
				func(g *graph.Graph, x graph.Value) graph.Value { return plain(kernel.Mul, fill(g, 1, n), x) }, true, nil},
			{"x·1 of more axes", func(g *graph.Graph, x graph.Value) graph.Value { return x.Mul(fill(g, 1, 2, n)) },
				func(g *graph.Graph, x graph.Value) graph.Value {
					return plain(kernel.Mul, x.BroadcastTo(2, n), fill(g, 1, 2, n))
				}, false, nil},
			{"x·−1", func(g *graph.Graph, x graph.Value) graph.Value { return x.Scale(-1) },
				func(g *graph.Graph, x graph.Value) graph.Value { return plain(kernel.Mul, x, fill(g, -1, n)) }, false, nil},
			{"−1·x", func(g *graph.Graph, x graph.Value) graph.Value { return fill(g, -1, n).Mul(x) },
				func(g *graph.Graph, x graph.Value) graph.Value { return plain(kernel.Mul, fill(g, -1, n), x) }, false, nil},
			{"x/1", func(g *graph.Graph, x graph.Value) graph.Value { return x.Div(g.Const(1)) },
				func(g *graph.Graph, x graph.Value) graph.Value { return plain(kernel.Div, x, fill(g, 1, n)) }, true, nil},
			{"x+0", func(g *graph.Graph, x graph.Value) graph.Value { return x.Plus(0) },
				func(g *graph.Graph, x graph.Value) graph.Value { return plain(kernel.Add, x, fill(g, 0, n)) }, true, negativeZero},
			{"0+x", func(g *graph.Graph, x graph.Value) graph.Value { return fill(g, 0, n).Add(x) },
				func(g *graph.Graph, x graph.Value) graph.Value { return plain(kernel.Add, fill(g, 0, n), x) }, true, negativeZero},
			{"x+(−0)", func(g *graph.Graph, x graph.Value) graph.Value { return x.Plus(math.Copysign(0, -1)) },
				func(g *graph.Graph, x graph.Value) graph.Value {
					return plain(kernel.Add, x, fill(g, math.Copysign(0, -1), n))
				}, false, nil},
			{"x−0", func(g *graph.Graph, x graph.Value) graph.Value { return x.Sub(g.Const(0)) },
				func(g *graph.Graph, x graph.Value) graph.Value { return plain(kernel.Sub, x, fill(g, 0, n)) }, true, nil},
			{"0−x", func(g *graph.Graph, x graph.Value) graph.Value { return g.Const(0).Sub(x) },
				func(g *graph.Graph, x graph.Value) graph.Value { return plain(kernel.Sub, fill(g, 0, n), x) }, false, nil},
			{"x¹", func(g *graph.Graph, x graph.Value) graph.Value { return x.Pow(g.Const(1)) },
				func(g *graph.Graph, x graph.Value) graph.Value { return plain(kernel.Pow, x, fill(g, 1, n)) }, true, nil},
			{"x²", func(g *graph.Graph, x graph.Value) graph.Value { return x.Pow(g.Const(2)) },
				func(g *graph.Graph, x graph.Value) graph.Value { return plain(kernel.Mul, x, x) }, false, nil},
			{"−(−x)", func(g *graph.Graph, x graph.Value) graph.Value { return x.Neg().Neg() },
				func(g *graph.Graph, x graph.Value) graph.Value {
					u := graph.Unary{Func: kernel.Neg}
					return g.Apply(u, g.Apply(u, x))
				}, true, nil},
			{"sum along 1", func(g *graph.Graph, x graph.Value) graph.Value { return x.Reshape(n, 1).Sum(-1) },
				func(g *graph.Graph, x graph.Value) graph.Value {
					return g.Apply(graph.Reduce{Func: kernel.ReduceSum, Axes: graph.MakeInts([]int{1})}, x.Reshape(n, 1))
				}, true, negativeZero},
			{"mean along 1", func(g *graph.Graph, x graph.Value) graph.Value { return x.Reshape(1, n).Mean(0) },
				func(g *graph.Graph, x graph.Value) graph.Value { return plain(kernel.Mul, x, fill(g, 1, n)) }, true, nil},
			{"max along 1", func(g *graph.Graph, x graph.Value) graph.Value { return x.Reshape(1, n).MaxOver(0) },
				func(g *graph.Graph, x graph.Value) graph.Value {
					return g.Apply(graph.Reduce{Func: kernel.ReduceMax, Axes: graph.MakeInts([]int{0})}, x.Reshape(1, n))
				}, true, nil},
			{"reshape of reshape", func(g *graph.Graph, x graph.Value) graph.Value { return x.Reshape(1, n, 1).Reshape(n) },
				func(g *graph.Graph, x graph.Value) graph.Value {
					return g.Apply(graph.Reshape{Dims: graph.MakeInts([]int{n})}, g.Apply(graph.Reshape{Dims: graph.MakeInts([]int{1, n, 1})}, x))
				}, true, nil},
			{"broadcast of broadcast", func(g *graph.Graph, x graph.Value) graph.Value { return x.BroadcastTo(1, n).BroadcastTo(3, 2, n) },
				func(g *graph.Graph, x graph.Value) graph.Value {
					b := func(dims ...int) graph.Broadcast { return graph.Broadcast{Dims: graph.MakeInts(dims)} }
					return g.Apply(b(3, 2, n), g.Apply(b(1, n), x))
				}, false, nil},
			{"transpose of transpose", func(g *graph.Graph, x graph.Value) graph.Value {
				return x.BroadcastTo(2, 3, n).Transpose(1, 2, 0).Transpose(0, 2, 1)
			},
				func(g *graph.Graph, x graph.Value) graph.Value {
					p := func(perm ...int) graph.Permute { return graph.Permute{Perm: graph.MakeInts(perm)} }
					return g.Apply(p(0, 2, 1), g.Apply(p(1, 2, 0), x.BroadcastTo(2, 3, n)))
				}, false, nil},
			{"transpose and back", func(g *graph.Graph, x graph.Value) graph.Value {
				return x.Reshape(n, 1).Transpose().Transpose().Reshape(n)
			},
				func(g *graph.Graph, x graph.Value) graph.Value { return x }, true, nil},
			{"slice of all", func(g *graph.Graph, x graph.Value) graph.Value { return x.Slice(0, 0, n).Pad(0, 0, 0) },
				func(g *graph.Graph, x graph.Value) graph.Value { return x }, true, nil},
			{"concat of one", func(g *graph.Graph, x graph.Value) graph.Value { return graph.Concat(0, x) },
				func(g *graph.Graph, x graph.Value) graph.Value { return g.Apply(graph.Join{}, x) }, true, nil},
			{"cast to its own type", func(g *graph.Graph, x graph.Value) graph.Value { return x.Cast(d) },
				func(g *graph.Graph, x graph.Value) graph.Value { return g.Apply(graph.Cast{To: d}, x) }, true, nil},
		} {
			g := graph.New()
			x := g.Input("x", d, n)
			feeds := map[graph.Value]*tensor.Array{x: array(d, corners, n)}
			simple, written := c.simple(g, x), c.plain(g, x)
			if err := g.Err(); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			if (simple == x) != c.unchanged {
				t.Errorf("%s in %v is %v; that it is x itself is %v, want %v", c.name, d, simple, simple == x, c.unchanged)
			}
			sameBits(t, c.name+" in "+d.String(), compute(t, simple, feeds), compute(t, written, feeds), c.skip)
		}
	}
}

// TestSpreadSimplifications: a constant that fills a tensor stays one under
// another shape or type, with the numbers it would have had.
func TestSpreadSimplifications(t *testing.T) {
	for _, d := range floats {
		for _, c := range corners {
			g := graph.New()
			x := g.Full(c, d, 2, 3)
			if err := g.Err(); err != nil {
				t.Fatal(err)
			}
			ints := graph.MakeInts
			other := tensor.Float32 + tensor.Float64 - d
			for name, pair := range map[string][2]graph.Value{
				"reshape":   {x.Reshape(3, 2), g.Apply(graph.Reshape{Dims: ints([]int{3, 2})}, x)},
				"transpose": {x.Transpose(), g.Apply(graph.Permute{Perm: ints([]int{1, 0})}, x)},
				"slice":     {x.Slice(1, 1, 3), g.Apply(graph.Slice{Axis: 1, Lo: 1, Hi: 3}, x)},
				"cast":      {x.Cast(other), g.Apply(graph.Cast{To: other}, x)},
				"neg":       {g.Full(c, d).Neg(), g.Apply(graph.Unary{Func: kernel.Neg}, g.Full(c, d))},
			} {
				if op := pair[0].Op(); op.Name() == pair[1].Op().Name() {
					t.Errorf("%s of a constant is not simplified: %v", name, pair[0])
				}
				sameBits(t, name, compute(t, pair[0], nil), compute(t, pair[1], nil), nil)
			}
		}
	}
}

// TestConstantFolding: an operation on two numbers is the number that a run gives.
func TestConstantFolding(t *testing.T) {
	g := graph.New()
	x, y := g.Input("x", tensor.Float64), g.Input("y", tensor.Float64)
	for name, f := range map[string]func(x, y graph.Value) graph.Value{"add": graph.Value.Add, "sub": graph.Value.Sub, "mul": graph.Value.Mul, "div": graph.Value.Div} {
		for _, a := range corners {
			for _, b := range corners {
				folded := f(g.Const(a), g.Const(b))
				if _, ok := folded.Op().(graph.Const); !ok {
					t.Errorf("%s of %v and %v is not folded: %v", name, a, b, folded)
				}
				feeds := map[graph.Value]*tensor.Array{x: tensor.From([]float64{a}), y: tensor.From([]float64{b})}
				sameBits(t, name, compute(t, folded, nil), compute(t, f(x, y), feeds), nil)
			}
		}
	}
	if g.Const(2).Pow(g.Const(2)) != g.Const(4) {
		t.Error("2² is not 4")
	}
}

// TestMeanScale: a mean is its sum times 1/n, rounded to the type.
func TestMeanScale(t *testing.T) {
	for _, d := range floats {
		g := graph.New()
		x := g.Input("x", d, 4, 3)
		v := []float64{0.1, -2, 7, 1e-3, 5, 6, 0.7, 8, 9, 10.3, 11, 12}
		feeds := map[graph.Value]*tensor.Array{x: array(d, v, 4, 3)}
		sameBits(t, "mean over 3", compute(t, x.Mean(1), feeds), compute(t, plain(kernel.Mul, x.Sum(-1), g.Full(1.0/3, d, 4)), feeds), nil)
		sameBits(t, "mean of all", compute(t, x.MeanAll(), feeds), compute(t, plain(kernel.Mul, x.SumAll(), g.Full(1.0/12, d)), feeds), nil)
	}
}
