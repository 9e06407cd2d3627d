package weights_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

// counting fills a view with from, from+1, ...
type counting struct{ from float64 }

func (c counting) Fill(_ weights.View, _ int64, out []float64) error {
	for i := range out {
		out[i] = c.from + float64(i)
	}
	return nil
}

type failing struct{}

func (failing) Fill(weights.View, int64, []float64) error { return errors.New("no fan") }

// Views lie one after another in the order in which they were added, whatever their shapes.
func TestViewsFillTheVector(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l weights.Layout
		var want []float64
		var sizes []int
		n := rapid.IntRange(1, 6).Draw(t, "views")
		for i := range n {
			shape := tensor.Shape(rapid.SliceOfN(rapid.IntRange(1, 4), 0, 3).Draw(t, "shape"))
			v, err := l.Add(weights.View{Name: fmt.Sprint("w", i), Shape: shape, Init: counting{float64(100 * i)}})
			if err != nil {
				t.Fatal(err)
			}
			if v.Offset != len(want) || v.Size() != shape.Size() {
				t.Fatalf("view %v, want offset %d", v, len(want))
			}
			sizes = append(sizes, v.Size())
			for j := range v.Size() {
				want = append(want, float64(100*i+j))
			}
		}
		if l.Size() != len(want) {
			t.Fatalf("size %d, want %d", l.Size(), len(want))
		}
		w, err := l.Initial(tensor.Float32, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.Float64s(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("at first %v, want %v", got, want)
		}
		if got := l.Segments().Lengths(); fmt.Sprint(got) != fmt.Sprint(sizes) {
			t.Fatalf("segments %v, want %v", got, sizes)
		}
		// In a graph, the views are those parts of w, and Σ i·Σ viewᵢ has the gradient i there.
		g := graph.New()
		in := g.Input("w", tensor.Float32, l.Size())
		var parts []graph.Value
		e := g.Const(0)
		for i, v := range l.Views() {
			p := l.Of(in, v.Name)
			parts = append(parts, p)
			e = e.Add(p.SumAll().Scale(float64(i)))
		}
		grad, err := autodiff.Gradient(e, in)
		if err != nil {
			t.Fatal(err)
		}
		out, err := graph.Evaluate(append(parts, grad[0]), map[graph.Value]*tensor.Array{in: w}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range l.Views() {
			if !out[i].Shape().Equal(v.Shape) || fmt.Sprint(out[i].Float64s()) != fmt.Sprint(want[v.Offset:v.Offset+v.Size()]) {
				t.Fatalf("view %v is %v %v", v, out[i].Shape(), out[i].Float64s())
			}
			for j := v.Offset; j < v.Offset+v.Size(); j++ {
				if out[n].At(j) != float64(i) {
					t.Fatalf("the gradient at %d is %v, want %d", j, out[n].At(j), i)
				}
			}
		}
	})
}

func TestOneNameIsOneWeight(t *testing.T) {
	var l weights.Layout
	for range 2 {
		v, err := l.Add(weights.View{Name: "a", Shape: tensor.Of(2, 3), Role: weights.Weight})
		if err != nil || v.Offset != 0 || l.Size() != 6 {
			t.Fatalf("%v, size %d, %v", v, l.Size(), err)
		}
	}
	_, err := l.Add(weights.View{Name: "a", Shape: tensor.Of(3, 2)})
	if err == nil || !strings.Contains(err.Error(), `weight "a" is [3 2] here but was [2 3] before`) {
		t.Errorf("another shape: %v", err)
	}
	if v, ok := l.Lookup("a"); !ok || v.Role != weights.Weight {
		t.Errorf("lookup gives %v, %v", v, ok)
	}
	if _, ok := l.Lookup("b"); ok {
		t.Error("there is no b")
	}
}

func TestMistakesAreNamed(t *testing.T) {
	var l weights.Layout
	for _, c := range []struct {
		v    weights.View
		want string
	}{
		{weights.View{Shape: tensor.Of(1)}, "has no name"},
		{weights.View{Name: "a\nb", Shape: tensor.Of(1)}, "printable"},
		{weights.View{Name: "a", Shape: tensor.Of(2, 0)}, "shape [2 0] has no elements"},
		{weights.View{Name: "a", Shape: tensor.Of(2, -1)}, "negative axis"},
		{weights.View{Name: "a", Shape: tensor.Of(math.MaxInt, math.MaxInt)}, "more elements than memory"},
	} {
		if _, err := l.Add(c.v); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	if l.Size() != 0 || len(l.Views()) != 0 {
		t.Errorf("a refused view is added: %v", l.Views())
	}
	if _, err := l.Add(weights.View{Name: "linear.weight", Shape: tensor.Of(2), Init: failing{}}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Initial(tensor.Float32, 1); err == nil || err.Error() != `weight "linear.weight" [2]: no fan` {
		t.Errorf("%v", err)
	}
	if _, err := l.Initial(tensor.Int32, 1); err == nil {
		t.Error("whole-number weights are accepted")
	}
	for _, c := range []struct {
		name string
		n    int
		want string
	}{
		{"liner.weight", 2, `no weight "liner.weight"; did you mean "linear.weight"?`},
		{"linear.weight", 3, "the vector is [3] and the layout's is [2]"},
	} {
		g := graph.New()
		if v := l.Of(g.Input("w", tensor.Float32, c.n), c.name); v.Valid() || !strings.Contains(g.Err().Error(), c.want) {
			t.Errorf("%v, want %q", g.Err(), c.want)
		}
	}
}

func TestRoles(t *testing.T) {
	for r, want := range map[weights.Role]string{weights.Other: "other", weights.Weight: "weight", weights.Bias: "bias", weights.Scale: "scale", weights.Shift: "shift", weights.Embedding: "embedding"} {
		if r.String() != want || r.Decays() != (r == weights.Weight) {
			t.Errorf("%v decays: %v", r, r.Decays())
		}
	}
}
