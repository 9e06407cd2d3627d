package autodiff

import (
	"slices"

	"github.com/godescent/descent/graph"
)

// total adds cotangents. Padded slices of one value along one axis that do not overlap (the
// gradients of a layer's weights within w, of a sequence's places, of a cell's gates) are laid side
// by side instead, so that each can be written straight into its place.
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

// piece is v as the elements from lo to hi of zeros along an axis.
type piece struct {
	lo, hi int
	v      graph.Value
}

func sideBySide(cts []graph.Value) (graph.Value, bool) {
	if len(cts) < 2 {
		return graph.Value{}, false
	}
	var pieces []piece
	axis := -1
	for _, c := range cts {
		p, ok := c.Op().(graph.Pad)
		if !ok || axis >= 0 && p.Axis != axis {
			return graph.Value{}, false
		}
		axis = p.Axis
		if n := c.Arg(0).Dim(axis); n > 0 {
			pieces = append(pieces, piece{p.Lo, p.Lo + n, c.Arg(0)})
		}
	}
	slices.SortStableFunc(pieces, func(a, b piece) int { return a.lo - b.lo })
	n := cts[0].Dim(axis)
	zeros := func(n int) graph.Value {
		s := cts[0].Shape().Clone()
		s[axis] = n
		return cts[0].Graph().Full(0, cts[0].DType(), s...)
	}
	var parts []graph.Value
	at := 0
	for i := 0; i < len(pieces); i++ {
		p := pieces[i]
		// The same slice used twice (a shared weight) is added up in place.
		for i+1 < len(pieces) && pieces[i+1].lo == p.lo && pieces[i+1].hi == p.hi {
			i++
			p.v = p.v.Add(pieces[i].v)
		}
		if p.lo < at {
			return graph.Value{}, false
		}
		if p.lo > at {
			parts = append(parts, zeros(p.lo-at))
		}
		parts = append(parts, p.v)
		at = p.hi
	}
	if at < n {
		parts = append(parts, zeros(n-at))
	}
	return graph.Concat(axis, parts...), true
}
