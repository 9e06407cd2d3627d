package autodiff

import (
	"fmt"

	"github.com/godescent/descent/graph"
)

// JVP is the tangent of each y along the tangents ts of the xs:
//
//	ẏ = Σᵢ (∂y/∂xᵢ) ẋᵢ   (Jacobian-vector product)
//
// A y that does not depend on any x has a tangent of zeros.
func JVP(ys, xs, ts []graph.Value) ([]graph.Value, error) {
	g, err := check(ys, xs)
	if err != nil {
		return nil, err
	}
	if len(ts) != len(xs) {
		return nil, fmt.Errorf("autodiff: %d tangents for %d values", len(ts), len(xs))
	}
	for i, t := range ts {
		if !t.Type().Shape.Equal(xs[i].Shape()) || t.DType() != xs[i].DType() {
			return nil, fmt.Errorf("autodiff: tangent %d is %v and its value is %v", i, t.Type(), xs[i].Type())
		}
	}
	defer g.Inherit(graph.Value{})
	tangents := map[int]graph.Value{}
	for i, x := range xs {
		tangents[x.ID()] = ts[i]
	}
	need, first := graph.Ancestors(ys...), minID(xs)
	for id := first; id < len(need); id++ {
		if _, given := tangents[id]; given || !need[id] {
			continue
		}
		t, err := tangent(g.At(id), func(a graph.Value) graph.Value { return tangents[a.ID()] })
		if err != nil {
			return nil, err
		}
		if t.Valid() {
			tangents[id] = t
		}
	}
	out := make([]graph.Value, len(ys))
	for i, y := range ys {
		if out[i] = tangents[y.ID()]; !out[i].Valid() {
			out[i] = y.Zeros()
		}
	}
	return out, g.Err()
}

// tangent applies v's rule to its operands' tangents; an invalid result is zero.
func tangent(v graph.Value, of func(graph.Value) graph.Value) (graph.Value, error) {
	var ts []graph.Value
	for i := range v.NumArgs() {
		if t := of(v.Arg(i)); t.Valid() {
			if ts == nil {
				ts = make([]graph.Value, v.NumArgs())
			}
			ts[i] = t
		}
	}
	if ts == nil || v.IsFlat() {
		return graph.Value{}, nil
	}
	op, ok := v.Op().(graph.Differentiable)
	if !ok {
		return graph.Value{}, fmt.Errorf("autodiff: %v: %s has no derivative: give it a JVP, or declare it flat", v.Place(), v.Op().Name())
	}
	v.Graph().Inherit(v)
	t := op.JVP(v, ts)
	if err := v.Graph().Err(); err != nil {
		return graph.Value{}, err
	}
	if !t.Valid() {
		return graph.Value{}, fmt.Errorf("autodiff: %v: %s gave no tangent", v.Place(), op.Name())
	}
	if !t.Shape().Equal(v.Shape()) || t.DType() != v.DType() {
		return graph.Value{}, fmt.Errorf("autodiff: %v: the tangent of %s is %v, want %v", v.Place(), op.Name(), t.Type(), v.Type())
	}
	return t, nil
}

func check(ys, xs []graph.Value) (*graph.Graph, error) {
	var g *graph.Graph
	for _, v := range append(append([]graph.Value(nil), ys...), xs...) {
		if v.Graph() != nil {
			g = v.Graph()
		}
	}
	if g == nil {
		return nil, fmt.Errorf("autodiff: no values")
	}
	if err := g.Err(); err != nil {
		return nil, err
	}
	for _, v := range append(append([]graph.Value(nil), ys...), xs...) {
		if !v.Valid() || v.Graph() != g {
			return nil, fmt.Errorf("autodiff: a value is not part of the graph")
		}
	}
	return g, nil
}

func minID(xs []graph.Value) int {
	id := int(^uint(0) >> 1)
	for _, x := range xs {
		id = min(id, x.ID())
	}
	return id
}
