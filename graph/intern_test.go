package graph_test

import (
	"math"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// TestInterning: equal primitives of equal operands are one node, and what
// differs in an attribute or an operand is another.
func TestInterning(t *testing.T) {
	g := graph.New()
	x, y := g.Input("x", tensor.Float32, 2, 3), g.Input("y", tensor.Float32, 2, 3)
	seed, step := g.Input("seed", tensor.Int64), g.Input("step", tensor.Float64)
	draw := func(stream string) graph.Value {
		return g.Random(graph.Uniform, stream, seed, step, tensor.Float32, 2, 3)
	}
	build := func() []graph.Value {
		return []graph.Value{
			g.Input("x", tensor.Float32, 2, 3), g.Const(1), g.Const(0), g.Const(math.Copysign(0, -1)), g.Const(math.NaN()),
			x.Add(y), y.Add(x), x.Sub(y), x.Exp(), x.Sum(0), x.Sum(1), x.SumAll(), x.MaxOver(0),
			x.Reshape(3, 2), x.Reshape(6), x.Transpose(), x.Slice(0, 0, 1), x.Slice(0, 1, 2), x.Slice(1, 0, 1), x.Pad(0, 1, 0), x.Pad(0, 0, 1),
			graph.Concat(0, x, y), graph.Concat(0, y, x), graph.Concat(1, x, y),
			graph.Concat(0, x, y, x, y, x), graph.Concat(0, x, y, x, y, y), graph.Concat(0, x, y, x, y), // more than the key holds itself
			x.MatMul(y.Transpose()), x.Transpose().MatMul(y), x.Cast(tensor.Float64), x.Cast(tensor.Int32),
			draw("dropout 1"), draw("dropout 2"), g.Random(graph.Normal, "dropout 1", seed, step, tensor.Float32, 2, 3),
			g.Random(graph.Uniform, "dropout 1", seed, step.Plus(1), tensor.Float32, 2, 3), g.Random(graph.Uniform, "dropout 1", seed, step, tensor.Float64, 2, 3),
			x.Reshape(6).SegmentSum(graph.MakeSegments([]int{2, 4})), x.Reshape(6).SegmentSum(graph.MakeSegments([]int{4, 2})),
			g.Iota(tensor.Int32, 0, 2, 3), g.Iota(tensor.Int32, 1, 2, 3), g.Iota(tensor.Float32, 1, 2, 3), graph.Where(x, x, y), graph.Where(y, x, y),
		}
	}
	first := build()
	n := g.Len()
	again := build()
	if err := g.Err(); err != nil {
		t.Fatal(err)
	}
	if g.Len() != n {
		t.Errorf("building the same again adds %d nodes", g.Len()-n)
	}
	seen := map[graph.Value]int{}
	for i, v := range first {
		if again[i] != v {
			t.Errorf("number %d is %v and then %v", i, v, again[i])
		}
		if j, ok := seen[v]; ok {
			t.Errorf("numbers %d and %d are both %v", j, i, v)
		}
		seen[v] = i
	}
}

// TestNodes: ids are in topological order, and a node tells its operands.
func TestNodes(t *testing.T) {
	g := graph.New()
	x := g.Input("x", tensor.Float32, 3)
	y := x.Exp().Add(x)
	if got, want := y.String(), "%2 float32[3] = add(%1, %0)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if y.NumArgs() != 2 || y.Arg(1) != x || y.Arg(0).Op() != (graph.Unary{Func: kernel.Exp}) || g.At(0) != x || g.At(-1).Valid() {
		t.Errorf("%v does not know its operands", y)
	}
	if x.Dim(0) != 3 || x.Dim(-1) != 3 || x.Dim(1) != 0 || x.Dim(-2) != 0 || x.Size() != 3 || x.Rank() != 1 {
		t.Errorf("%v does not know its shape", x)
	}
	unused := x.Log()
	need := graph.Ancestors(y)
	if len(need) != 3 || !need[0] || !need[1] || !need[2] || unused.ID() != 3 {
		t.Errorf("the ancestors of %v are %v", y, need)
	}
}

// TestInherit: nodes built while it lasts carry another's place and layer.
func TestInherit(t *testing.T) {
	g := graph.New()
	if before := g.SetScope("body.0"); before != "" {
		t.Errorf("a new graph has the scope %q", before)
	}
	x := g.Input("x", tensor.Float32, 3)
	if before := g.SetScope("head"); before != "body.0" {
		t.Errorf("the scope was %q", before)
	}
	own := x.Neg()
	if before := g.Inherit(x); before.Valid() {
		t.Errorf("a new graph inherits from %v", before)
	}
	inherited := x.Exp()
	if before := g.Inherit(own); before != x {
		t.Errorf("it inherited from %v, not %v", before, x)
	}
	nested := x.Log()
	g.Inherit(graph.Value{})
	after := x.Sin()
	for _, c := range []struct {
		v     graph.Value
		place graph.Place
		scope string
	}{{inherited, x.Place(), "body.0"}, {nested, own.Place(), "head"}, {after, after.Place(), "head"}} {
		if c.v.Place() != c.place || c.v.Scope() != c.scope {
			t.Errorf("%v is of %v in %q, want %v in %q", c.v, c.v.Place(), c.v.Scope(), c.place, c.scope)
		}
	}
	if after.Place().Line <= nested.Place().Line {
		t.Errorf("the node after is of line %d", after.Place().Line)
	}
}
