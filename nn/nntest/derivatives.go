// Package nntest holds the suite that every layer passes: one table of cases
// drives it, and a new layer is one line there.
package nntest

import (
	"fmt"
	"math"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// Tolerance is the largest relative error of a derivative against float64
// central differences.
const Tolerance = 1e-6

// step is h of the central differences: with float64 and numbers about 1 the error
// h²·f‴/6 and the rounding 1e-16/h are both about 1e-11.
const step = 1e-5

// Derivatives checks a scalar expression of float64 inputs at a point: its
// gradient in every coordinate against central differences of the value, and
// its Hessian along direction against central differences of the gradient.
// Fixed gives the inputs that are not varied.
func Derivatives(y graph.Value, xs []graph.Value, at, direction []*tensor.Array, fixed map[graph.Value]*tensor.Array) error {
	grads, err := autodiff.Gradient(y, xs...)
	if err != nil {
		return err
	}
	var dirs []graph.Value
	feeds := map[graph.Value]*tensor.Array{}
	for v, a := range fixed {
		feeds[v] = a
	}
	for i, x := range xs {
		d := x.Graph().Input(fmt.Sprint("direction ", i), x.DType(), x.Shape()...)
		dirs = append(dirs, d)
		feeds[d], feeds[x] = direction[i], at[i]
	}
	hv, err := autodiff.JVP(grads, xs, dirs)
	if err != nil {
		return err
	}
	got, err := graph.Evaluate(append(grads, hv...), feeds, nil)
	if err != nil {
		return err
	}
	want := make([]*tensor.Array, len(xs))
	for i, x := range xs {
		want[i] = tensor.New(tensor.Float64, x.Shape()...)
		for j := range x.Size() {
			up, down := at[i].Clone(), at[i].Clone()
			up.SetAt(j, at[i].At(j)+step)
			down.SetAt(j, at[i].At(j)-step)
			d, err := slope([]graph.Value{y}, feeds, []graph.Value{x}, []*tensor.Array{up}, []*tensor.Array{down})
			if err != nil {
				return err
			}
			want[i].SetAt(j, d[0].At(0))
		}
	}
	if err := near("gradient", got[:len(xs)], want); err != nil {
		return err
	}
	up, down := make([]*tensor.Array, len(xs)), make([]*tensor.Array, len(xs))
	for i := range xs {
		up[i], down[i] = at[i].Clone(), at[i].Clone()
		for j := range at[i].Size() {
			up[i].SetAt(j, at[i].At(j)+step*direction[i].At(j))
			down[i].SetAt(j, at[i].At(j)-step*direction[i].At(j))
		}
	}
	want, err = slope(grads, feeds, xs, up, down)
	if err != nil {
		return err
	}
	return near("Hessian-vector product", got[len(xs):], want)
}

// slope is (f(up) − f(down))/2h of each of fs.
func slope(fs []graph.Value, feeds map[graph.Value]*tensor.Array, xs []graph.Value, up, down []*tensor.Array) ([]*tensor.Array, error) {
	at := func(p []*tensor.Array) ([]*tensor.Array, error) {
		moved := map[graph.Value]*tensor.Array{}
		for v, a := range feeds {
			moved[v] = a
		}
		for i, x := range xs {
			moved[x] = p[i]
		}
		return graph.Evaluate(fs, moved, nil)
	}
	a, err := at(up)
	if err != nil {
		return nil, err
	}
	b, err := at(down)
	if err != nil {
		return nil, err
	}
	out := make([]*tensor.Array, len(fs))
	for i := range fs {
		out[i] = tensor.New(tensor.Float64, fs[i].Shape()...)
		for j := range out[i].Size() {
			out[i].SetAt(j, (a[i].At(j)-b[i].At(j))/(2*step))
		}
	}
	return out, nil
}

// near compares all numbers of got and want, the largest difference against
// the largest number, or 1 if that is less.
func near(what string, got, want []*tensor.Array) error {
	scale := 1.0
	for _, w := range want {
		for j := range w.Size() {
			scale = max(scale, math.Abs(w.At(j)))
		}
	}
	for i, w := range want {
		for j := range w.Size() {
			if d := math.Abs(got[i].At(j) - w.At(j)); !(d <= Tolerance*scale) {
				return fmt.Errorf("%s of operand %d, element %d: %v, and %v by differences", what, i, j, got[i].At(j), w.At(j))
			}
		}
	}
	return nil
}
