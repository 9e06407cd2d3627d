package autodiff

import (
	"fmt"
	"slices"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// Gradient is ∇ of the scalar y with respect to each x. One backward pass
// costs a small multiple of y itself, however many numbers x has.
func Gradient(y graph.Value, xs ...graph.Value) ([]graph.Value, error) {
	if y.Valid() && (y.Rank() != 0 || !y.DType().IsFloat()) {
		return nil, fmt.Errorf("autodiff: %v: a gradient is of a scalar, and y is %v; sum it or take its mean first", y.Place(), y.Type())
	}
	if !y.Valid() {
		_, err := check([]graph.Value{y}, xs)
		return nil, err
	}
	one := y.Graph().Full(1, y.DType())
	return VJP([]graph.Value{y}, []graph.Value{one}, xs)
}

// VJP pulls cotangents of the ys back to the xs:
//
//	x̄ = Σⱼ (∂yⱼ/∂x)ᵀ ȳⱼ   (vector-Jacobian product)
//
// An x on which no y depends gets zeros.
func VJP(ys, cts, xs []graph.Value) ([]graph.Value, error) {
	g, err := check(ys, xs)
	if err != nil {
		return nil, err
	}
	if len(cts) != len(ys) {
		return nil, fmt.Errorf("autodiff: %d cotangents for %d values", len(cts), len(ys))
	}
	defer g.Inherit(graph.Value{})
	active := dependents(g, ys, xs)
	acc := map[int][]graph.Value{}
	for i, y := range ys {
		if !cts[i].Shape().Equal(y.Shape()) || cts[i].DType() != y.DType() {
			return nil, fmt.Errorf("autodiff: cotangent %d is %v and its value is %v", i, cts[i].Type(), y.Type())
		}
		acc[y.ID()] = append(acc[y.ID()], cts[i])
	}
	given := map[int]bool{}
	for _, x := range xs {
		given[x.ID()] = true
	}
	for id := len(active) - 1; id >= 0; id-- {
		if !active[id] || given[id] || len(acc[id]) == 0 {
			continue
		}
		v := g.At(id)
		g.Inherit(v)
		ct := total(acc[id])
		delete(acc, id)
		if err := pull(v, ct, active, acc); err != nil {
			return nil, err
		}
	}
	out := make([]graph.Value, len(xs))
	for i, x := range xs {
		g.Inherit(x)
		if cts := acc[x.ID()]; len(cts) > 0 {
			out[i] = total(cts)
		} else {
			out[i] = x.Zeros()
		}
	}
	return out, g.Err()
}

// dependents marks the float-valued nodes between the xs and the ys, by id.
func dependents(g *graph.Graph, ys, xs []graph.Value) []bool {
	active := graph.Ancestors(ys...)
	on := make([]bool, len(active))
	for _, x := range xs {
		if x.ID() < len(on) {
			on[x.ID()] = true
		}
	}
	for id := range active {
		if on[id] || !active[id] {
			on[id] = on[id] && active[id]
			continue
		}
		v := g.At(id)
		if v.IsFlat() {
			continue
		}
		for i := range v.NumArgs() {
			on[id] = on[id] || on[v.Arg(i).ID()]
		}
	}
	return on
}

// pull adds to acc the cotangents of v's active operands, given v's.
func pull(v, ct graph.Value, active []bool, acc map[int][]graph.Value) error {
	g := v.Graph()
	slots := map[int]int{} // placeholder's id -> operand's id
	t, err := tangent(v, func(a graph.Value) graph.Value {
		if !active[a.ID()] {
			return graph.Value{}
		}
		p := g.Apply(placeholder{a.ID(), a.DType(), graph.MakeInts(a.Shape())})
		slots[p.ID()] = a.ID()
		return p
	})
	if err != nil || !t.Valid() {
		return err
	}
	return transpose(t, ct, slots, acc)
}

// transpose walks the linear expression t from its result to the placeholders.
// Nodes that no placeholder reaches are its coefficients.
func transpose(t, ct graph.Value, slots map[int]int, acc map[int][]graph.Value) error {
	g := t.Graph()
	linear := map[int]bool{}
	var order []graph.Value
	var visit func(v graph.Value) bool
	visit = func(v graph.Value) bool {
		if on, seen := linear[v.ID()]; seen {
			return on
		}
		_, on := slots[v.ID()]
		if !on && v.ID() > minKey(slots) {
			for i := range v.NumArgs() {
				on = visit(v.Arg(i)) || on
			}
		}
		linear[v.ID()] = on
		if on {
			order = append(order, v)
		}
		return on
	}
	visit(t)
	cts := map[int][]graph.Value{t.ID(): {ct}}
	for _, v := range slices.Backward(order) {
		got := cts[v.ID()]
		if len(got) == 0 {
			continue
		}
		sum := total(got)
		if to, ok := slots[v.ID()]; ok {
			acc[to] = append(acc[to], sum)
			continue
		}
		op, ok := v.Op().(graph.Linear)
		if !ok {
			return fmt.Errorf("autodiff: %v: a tangent runs through %s, which has no transpose", v.Place(), v.Op().Name())
		}
		// Every operand is pulled before any cotangent is stored: mul(p, p) would not be linear.
		for i := range v.NumArgs() {
			a := v.Arg(i)
			if !linear[a.ID()] {
				continue
			}
			c := op.Transpose(v, sum, i)
			if err := g.Err(); err != nil {
				return err
			}
			cts[a.ID()] = append(cts[a.ID()], c)
		}
	}
	return g.Err()
}

func minKey(m map[int]int) int {
	k := int(^uint(0) >> 1)
	for id := range m {
		k = min(k, id)
	}
	return k
}

// total adds cotangents. Padded slices of one vector that do not overlap (the
// gradients of a layer's weights within w) are laid side by side instead, so
// that each can be written straight into its place.
func total(cts []graph.Value) graph.Value {
	if v, ok := sideBySide(cts); ok {
		return v
	}
	sum := cts[0]
	for _, c := range cts[1:] {
		sum = sum.Add(c)
	}
	return sum
}

type piece struct {
	lo, hi int
	v      graph.Value
}

func sideBySide(cts []graph.Value) (graph.Value, bool) {
	if len(cts) < 2 {
		return graph.Value{}, false
	}
	var pieces []piece
	for _, c := range cts {
		p, ok := c.Op().(graph.Pad)
		if !ok || c.Rank() != 1 {
			return graph.Value{}, false
		}
		pieces = append(pieces, piece{p.Lo, p.Lo + c.Arg(0).Dim(0), c.Arg(0)})
	}
	slices.SortStableFunc(pieces, func(a, b piece) int { return a.lo - b.lo })
	g, n := cts[0].Graph(), cts[0].Dim(0)
	var parts []graph.Value
	at := 0
	for i := 0; i < len(pieces); i++ {
		p := pieces[i]
		if p.hi == p.lo {
			continue
		}
		// The same slice used twice (a shared weight) is added up in place.
		for i+1 < len(pieces) && pieces[i+1].lo == p.lo && pieces[i+1].hi == p.hi {
			i++
			p.v = p.v.Add(pieces[i].v)
		}
		if p.lo < at {
			return graph.Value{}, false
		}
		if p.lo > at {
			parts = append(parts, g.Full(0, p.v.DType(), p.lo-at))
		}
		parts = append(parts, p.v)
		at = p.hi
	}
	if at < n {
		parts = append(parts, g.Full(0, cts[0].DType(), n-at))
	}
	return graph.Concat(0, parts...), true
}

// placeholder stands for the tangent of a node while its derivative is
// transposed; it never remains in a result.
type placeholder struct {
	id    int
	dtype tensor.DType
	dims  graph.Ints
}

func (p placeholder) Name() string { return "tangent" }

func (p placeholder) Infer([]graph.Type) (graph.Type, error) {
	return graph.Type{DType: p.dtype, Shape: p.dims.Shape()}, nil
}

func (p placeholder) Eval([]*tensor.Array, *tensor.Array) {
	panic("autodiff: a placeholder tangent was evaluated")
}

func (p placeholder) Flat() string { return "a placeholder depends on nothing" }
