package graph_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/tensor"
)

func line() int {
	_, _, n, _ := runtime.Caller(1)
	return n
}

// TestPlace: a node is of the line that asked for it, however many of the
// graph's own functions lie between.
func TestPlace(t *testing.T) {
	g := graph.New()
	x := g.Input("x", tensor.Float32, 4, 3)
	for name, at := range map[string]struct {
		v    graph.Value
		line int
	}{
		"direct":    {x.Exp(), line()},
		"by apply":  {g.Apply(graph.Stop{}, x), line()},
		"by two":    {x.Mean(0), line()},
		"by many":   {graph.Where(x.Greater(g.Const(0)), x, x.Scale(0.25)), line()},
		"in a func": {func() graph.Value { return x.Log() }(), line()},
	} {
		p := at.v.Place()
		if p.Line != at.line || !strings.HasSuffix(p.File, "/place_test.go") {
			t.Errorf("%s: the place is %v, want line %d", name, p, at.line)
		}
		if got := p.String(); !strings.HasPrefix(got, "place_test.go:") {
			t.Errorf("%s: the place reads %q", name, got)
		}
	}
}

// TestPlaceInLibrary: a node that a layer makes is of the layer's line, while a
// mistake within one is the user's who applied it.
func TestPlaceInLibrary(t *testing.T) {
	in := graph.Type{DType: tensor.Float32, Shape: tensor.Of(2, 3)}
	plan, err := nn.NewPlan(nn.NewLinear(4), in, tensor.Float32)
	if err != nil {
		t.Fatal(err)
	}
	g := graph.New()
	w := g.Input("w", tensor.Float32, plan.Weights.Size())
	y := plan.Apply(plan.Bind(g, w, graph.Value{}, graph.Value{}, graph.Value{}, true), g.Input("x", tensor.Float32, 2, 3))
	if p := y.Place(); !strings.HasSuffix(p.File, "/nn/linear.go") {
		t.Errorf("a layer's node is of %v", p)
	}
	if got := y.Place().String(); !strings.HasPrefix(got, "nn/linear.go:") {
		t.Errorf("its place reads %q", got)
	}
	bad := g.Input("bad", tensor.Float32, 2, 5)
	plan.Apply(plan.Bind(g, w, graph.Value{}, graph.Value{}, graph.Value{}, true), bad)
	want := line() - 1
	e, ok := g.Err().(*graph.Error)
	if !ok || !strings.HasSuffix(e.Place.File, "/place_test.go") || e.Place.Line != want {
		t.Errorf("the mistake is %v, want line %d", g.Err(), want)
	}
}

// TestPlaceFarAway: the caller is found however deep in the library the mistake
// is made.
func TestPlaceFarAway(t *testing.T) {
	wrong := nn.NewLinear(4)
	wrong.In = 7
	for _, depth := range []int{0, 1, 2, 5, 10} {
		var model nn.Layer = wrong
		for range depth {
			model = nn.NewSequential(model)
		}
		_, err := nn.NewPlan(model, graph.Type{DType: tensor.Float32, Shape: tensor.Of(2, 3)}, tensor.Float32)
		want := line() - 1
		e, ok := err.(*graph.Error)
		if !ok || !strings.HasSuffix(e.Place.File, "/place_test.go") || e.Place.Line != want {
			t.Errorf("%d deep: the mistake is %v, want line %d", depth, err, want)
		}
	}
}
