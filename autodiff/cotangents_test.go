package autodiff_test

import (
	"testing"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// TestCotangents: the derivatives by values that are computed from one another are, each, the gradient by it alone: the
// same node, so that a pass for many costs no more than the gradient.
func TestCotangents(t *testing.T) {
	g := graph.New()
	x := g.Input("x", tensor.Float64, 3)
	u := x.Scale(2)
	v := u.Tanh()
	w := v.Mul(u)
	y := w.Sin().Add(v).SumAll()
	unused := x.Exp()
	points := []graph.Value{w, x, u, v, unused}
	all, err := autodiff.Cotangents(y, points...)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range points {
		alone, err := autodiff.Gradient(y, p)
		if err != nil {
			t.Fatal(err)
		}
		if all[i] != alone[0] {
			t.Errorf("by %v it is %v, alone %v", p, all[i], alone[0])
		}
	}
	both, err := autodiff.Gradient(y, u, v)
	if err != nil {
		t.Fatal(err)
	}
	if both[0] == all[2] {
		t.Error("a gradient by u and v follows the way from u through v")
	}
	if _, err := autodiff.Cotangents(x, x); err == nil {
		t.Error("a vector has cotangents")
	}
}
