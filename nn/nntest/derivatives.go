// Package nntest holds the suite that every layer passes: one table of cases
// drives it, and a new layer is one line there.
package nntest

import (
	"fmt"
	"maps"
	"math"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// Tolerance is the largest relative error of a derivative against float64
// differences.
const Tolerance = 1e-6

// step is h of the differences of fourth order. Where numbers are about 1 their error
// h⁴·f⁽⁵⁾/30 is nothing and the rounding 1e-16/h is 1e-11; a normalisation of few numbers that are
// nearly equal changes within 1e-3, where those of second order were 5e-6 off.
const step = 1e-5

// Derivatives checks a scalar expression of float64 inputs at a point: its
// gradient in every coordinate against differences of the value, and
// its Hessian along direction against differences of the gradient.
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
			d, err := slope([]graph.Value{y}, feeds, []graph.Value{x}, func(h float64) []*tensor.Array {
				p := at[i].Clone()
				p.SetAt(j, at[i].At(j)+h)
				return []*tensor.Array{p}
			})
			if err != nil {
				return err
			}
			want[i].SetAt(j, d[0].At(0))
		}
	}
	if err := near("gradient", got[:len(xs)], want); err != nil {
		return err
	}
	want, err = slope(grads, feeds, xs, func(h float64) []*tensor.Array {
		p := make([]*tensor.Array, len(xs))
		for i := range xs {
			p[i] = at[i].Clone()
			for j := range at[i].Size() {
				p[i].SetAt(j, at[i].At(j)+h*direction[i].At(j))
			}
		}
		return p
	})
	if err != nil {
		return err
	}
	return near("Hessian-vector product", got[len(xs):], want)
}

// slope is (8(f(h) − f(−h)) − (f(2h) − f(−2h)))/12h of each of fs, where at gives xs at h.
func slope(fs []graph.Value, feeds map[graph.Value]*tensor.Array, xs []graph.Value, at func(h float64) []*tensor.Array) ([]*tensor.Array, error) {
	out := make([]*tensor.Array, len(fs))
	for i := range fs {
		out[i] = tensor.New(tensor.Float64, fs[i].Shape()...)
	}
	for _, term := range []struct{ h, weight float64 }{{1, 8}, {-1, -8}, {2, -1}, {-2, 1}} {
		moved := maps.Clone(feeds)
		for i, p := range at(term.h * step) {
			moved[xs[i]] = p
		}
		values, err := graph.Evaluate(fs, moved, nil)
		if err != nil {
			return nil, err
		}
		for i, f := range values {
			for j := range f.Size() {
				out[i].SetAt(j, out[i].At(j)+term.weight*f.At(j)/(12*step))
			}
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
