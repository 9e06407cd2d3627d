package graph

import (
	"fmt"
	"sync"

	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// Evaluate computes values by the primitives' definitions, one node at a time:
// slow, and the judge of every compiled program. Feeds gives each input that
// the values depend on; a feed for any other node replaces it and what only it
// depends on. Watch, if not nil, is called with every node and its array as it
// is computed; returning false ends the evaluation with no result.
func Evaluate(values []Value, feeds map[Value]*tensor.Array, watch func(Value, *tensor.Array) bool) ([]*tensor.Array, error) {
	if len(values) == 0 {
		return nil, nil
	}
	g, err := graphOf(values)
	if err != nil {
		return nil, err
	}
	need := ancestors(values, func(v Value) bool { return feeds[v] != nil })
	arrays := make([]*tensor.Array, len(need))
	for id, needed := range need {
		if !needed {
			continue
		}
		v := g.At(id)
		a := feeds[v]
		if a == nil {
			if in, ok := v.Op().(Input); ok {
				return nil, fmt.Errorf("evaluate: input %q is not fed", in.Key)
			}
			args := make([]*tensor.Array, v.NumArgs())
			for i := range args {
				args[i] = arrays[v.Arg(i).ID()]
			}
			a = tensor.New(v.DType(), v.Shape()...)
			v.Op().Eval(args, a)
		} else if a.DType() != v.DType() || !a.Shape().Equal(v.Shape()) {
			return nil, fmt.Errorf("evaluate: %v: %v is fed %v%v, want %v", v.Place(), v.Op().Name(), a.DType(), a.Shape(), v.Type())
		}
		arrays[id] = a
		if watch != nil && !watch(v, a) {
			return nil, nil
		}
	}
	out := make([]*tensor.Array, len(values))
	for i, v := range values {
		out[i] = arrays[v.ID()]
	}
	return out, nil
}

// graphOf is the graph of values that can be computed.
func graphOf(values []Value) (*Graph, error) {
	var g *Graph
	for _, v := range values {
		if g == nil && v.g != nil {
			g = v.g
		}
	}
	if g != nil && g.err != nil {
		return nil, g.err
	}
	for i, v := range values {
		if !v.Valid() || v.g != g {
			return nil, fmt.Errorf("evaluate: value %d is a failed one or belongs to another graph", i)
		}
	}
	return g, nil
}

// Ancestors marks, by id, the nodes that the values depend on, themselves
// included. The values are of one graph; failed ones depend on nothing.
func Ancestors(values ...Value) []bool {
	return ancestors(values, func(Value) bool { return false })
}

// ancestors stops at the nodes that are known.
func ancestors(values []Value, known func(Value) bool) []bool {
	var g *Graph
	top := -1
	for _, v := range values {
		if v.Valid() {
			g, top = v.g, max(top, v.ID())
		}
	}
	need := make([]bool, top+1)
	for _, v := range values {
		if v.Valid() && v.g == g {
			need[v.ID()] = true
		}
	}
	for id := top; id >= 0; id-- {
		if need[id] && !known(g.At(id)) {
			for _, a := range g.nodes[id].args {
				need[a] = true
			}
		}
	}
	return need
}

// portable is the table of definitions, made once.
var portable = sync.OnceValue(kernel.Portable)
