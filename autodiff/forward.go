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
	if err := match(g, "tangent", ts, "x", xs); err != nil {
		return nil, err
	}
	defer g.Inherit(g.Inherit(graph.Value{}))
	need, first := graph.Ancestors(ys...), g.Len()
	for _, x := range xs {
		first = min(first, x.ID())
	}
	tangents := make([]graph.Value, g.Len()-first)
	given := make([]bool, len(tangents))
	for i, x := range xs {
		at := x.ID() - first
		tangents[at], given[at] = sum(tangents[at], ts[i]), true
	}
	of := func(v graph.Value) graph.Value {
		if v.ID() < first {
			return graph.Value{}
		}
		return tangents[v.ID()-first]
	}
	for id := first; id < len(need); id++ {
		if !need[id] || given[id-first] {
			continue
		}
		if tangents[id-first], err = tangent(g.At(id), of); err != nil {
			return nil, err
		}
	}
	out := make([]graph.Value, len(ys))
	for i, y := range ys {
		if out[i] = of(y); !out[i].Valid() {
			out[i] = y.Zeros()
		}
	}
	return out, g.Err()
}

// sum adds two values, the first of which may be missing.
func sum(a, b graph.Value) graph.Value {
	if !a.Valid() {
		return b
	}
	return a.Add(b)
}

// tangent applies v's rule to its operands' tangents; an invalid result is
// zero. The nodes it makes inherit from v.
func tangent(v graph.Value, of func(graph.Value) graph.Value) (graph.Value, error) {
	if v.IsFlat() {
		return graph.Value{}, nil
	}
	g := v.Graph()
	g.Inherit(v)
	var ts []graph.Value
	for i := range v.NumArgs() {
		if t := of(v.Arg(i)); t.Valid() {
			if ts == nil {
				ts = make([]graph.Value, v.NumArgs())
			}
			ts[i] = t
		}
	}
	if ts == nil {
		return graph.Value{}, nil
	}
	op, ok := v.Op().(graph.Differentiable)
	if !ok {
		return graph.Value{}, fmt.Errorf("autodiff: %v: %s has no derivative: give it a JVP, declare it flat, or stop the gradient before it", v.Place(), v.Op().Name())
	}
	t := op.JVP(v, ts)
	if err := g.Err(); err != nil {
		return graph.Value{}, err
	}
	if !t.Valid() || t.Graph() != g {
		return graph.Value{}, fmt.Errorf("autodiff: %v: the JVP of %s gave no tangent; one that is zero is v.Zeros()", v.Place(), op.Name())
	}
	if !t.Shape().Equal(v.Shape()) || t.DType() != v.DType() {
		return graph.Value{}, fmt.Errorf("autodiff: %v: the tangent of %s is %v; it must be %v like the value", v.Place(), op.Name(), t.Type(), v.Type())
	}
	return t, nil
}

// check is the graph of ys and xs, or what is wrong with them.
func check(ys, xs []graph.Value) (*graph.Graph, error) {
	var g *graph.Graph
	for _, v := range append(append([]graph.Value(nil), ys...), xs...) {
		if v.Graph() != nil {
			g = v.Graph()
		}
	}
	if g == nil {
		return nil, fmt.Errorf("autodiff: no value belongs to a graph")
	}
	if err := g.Err(); err != nil {
		return nil, err
	}
	for i, y := range ys {
		if !y.Valid() || y.Graph() != g {
			return nil, fmt.Errorf("autodiff: y %d is a failed value or belongs to another graph", i)
		}
	}
	for i, x := range xs {
		if !x.Valid() || x.Graph() != g {
			return nil, fmt.Errorf("autodiff: x %d is a failed value or belongs to another graph", i)
		}
		if !x.DType().IsFloat() {
			return nil, fmt.Errorf("autodiff: %v: x %d is %v; a derivative is with respect to float32 or float64", x.Place(), i, x.Type())
		}
	}
	return g, nil
}

// match is an error unless each of a set of directions is like its value.
func match(g *graph.Graph, what string, directions []graph.Value, of string, values []graph.Value) error {
	if len(directions) != len(values) {
		return fmt.Errorf("autodiff: there are %d %ss and %d %ss; want one for each", len(directions), what, len(values), of)
	}
	for i, d := range directions {
		v := values[i]
		if !d.Valid() || d.Graph() != g {
			return fmt.Errorf("autodiff: %s %d is a failed value or belongs to another graph", what, i)
		}
		if !d.Shape().Equal(v.Shape()) || d.DType() != v.DType() {
			return fmt.Errorf("autodiff: %s %d is %v; it must be %v like its %s", what, i, d.Type(), v.Type(), of)
		}
	}
	return nil
}
