package onnx

import (
	"fmt"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// dim is the length of an axis for every size of batch: a·batch + b.
type dim struct{ a, b int }

var one = dim{0, 1}

func (d dim) open() bool { return d.a != 0 }

// sizes are the two batches that a function is built for. They have no common
// factor with each other, and are larger than a length of 1 that would broadcast.
var sizes = [2]int{5, 8}

// through is the dim that has two lengths at the two sizes.
func through(at0, at1 int) (dim, error) {
	a := (at1 - at0) / (sizes[1] - sizes[0])
	d := dim{a, at0 - a*sizes[0]}
	if d.a*sizes[1]+d.b != at1 || d.a < 0 || d.b < 0 { // a power has an offset below 0
		return dim{}, fmt.Errorf("an axis is %d long for a batch of %d and %d for one of %d, which is no whole multiple of the batch", at0, sizes[0], at1, sizes[1])
	}
	return d, nil
}

// shapeThrough is a shape likewise.
func shapeThrough(s, t tensor.Shape) ([]dim, error) {
	if len(s) != len(t) {
		return nil, fmt.Errorf("its shape is %v for a batch of %d and %v for one of %d", s, sizes[0], t, sizes[1])
	}
	out := make([]dim, len(s))
	for i := range s {
		var err error
		if out[i], err = through(s[i], t[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// opened is how many of the dims depend on the batch.
func opened(s []dim) int {
	n := 0
	for _, d := range s {
		if d.open() {
			n++
		}
	}
	return n
}

// meet is the shape that values of several shapes broadcast to.
func meet(shapes ...[]dim) []dim {
	var out []dim
	for _, s := range shapes {
		if len(s) > len(out) {
			out = append(ones(len(s)-len(out)), out...)
		}
		for i, d := range s {
			if j := len(out) - len(s) + i; out[j] == one {
				out[j] = d
			}
		}
	}
	return out
}

func ones(n int) []dim {
	out := make([]dim, n)
	for i := range out {
		out[i] = one
	}
	return out
}

// live are the nodes that outputs depend on, in order, up to those that are known.
func live(outputs []graph.Value, known func(graph.Value) bool) []graph.Value {
	top := -1
	var g *graph.Graph
	for _, v := range outputs {
		g, top = v.Graph(), max(top, v.ID())
	}
	need := make([]bool, top+1)
	for _, v := range outputs {
		need[v.ID()] = true
	}
	var all []graph.Value
	for id := top; id >= 0; id-- {
		if !need[id] {
			continue
		}
		v := g.At(id)
		all = append(all, v)
		if known(v) {
			continue
		}
		for i := range v.NumArgs() {
			need[v.Arg(i).ID()] = true
		}
	}
	for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
		all[i], all[j] = all[j], all[i]
	}
	return all
}
