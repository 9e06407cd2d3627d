package optim

import "github.com/godescent/descent/graph"

// layers are the parts of w that a rule by layer takes one at a time: the
// Layout's, or all of w where there is none.
func (s *Step) layers() graph.Segments {
	if l := s.Layout(); l != nil {
		return l.Segments()
	}
	return graph.MakeSegments([]int{s.W().Dim(0)})
}

// layerSquare is ‖v‖² of each layer: [W] → [layers].
func (s *Step) layerSquare(v graph.Value) graph.Value { return v.Square().SegmentSum(s.layers()) }

// perLayer multiplies each layer of v by its number of x: [W]·[layers] → [W].
func (s *Step) perLayer(v, x graph.Value) graph.Value { return v.Mul(x.SegmentSpread(s.layers())) }

// ratio is a/b, and 1 where either is 0.
func ratio(a, b graph.Value) graph.Value {
	if !a.Valid() || !b.Valid() {
		return graph.Value{}
	}
	zero := a.Graph().Const(0)
	both := a.NotEqual(zero).Mul(b.NotEqual(zero))
	one := b.Mul(zero).Plus(1) // of b's type and shape
	return graph.Where(both, a.Div(graph.Where(both, b, one)), one)
}
