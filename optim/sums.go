package optim

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// dot is ⟨a, b⟩ over all of w, as a number of the kind that hyper-parameters
// are: [W], [W] → rank-0 float64.
func (s *Step) dot(a, b graph.Value) graph.Value { return a.Mul(b).SumAll().Cast(tensor.Float64) }

// square is ‖v‖² over all of w.
func (s *Step) square(v graph.Value) graph.Value { return s.dot(v, v) }

// over is a/b for numbers, and 0 where b is 0.
func (s *Step) over(a, b graph.Value) graph.Value {
	if !a.Valid() || !b.Valid() {
		return graph.Value{}
	}
	zero := s.Graph().Const(0)
	return graph.Where(b.NotEqual(zero), a.Div(graph.Where(b.NotEqual(zero), b, s.Graph().Const(1))), zero)
}

// loss is E(w) as a rank-0 float64.
func (s *Step) loss() graph.Value { return s.Loss().Cast(tensor.Float64) }

// origin keeps the first weights, w0, in a slot: [W].
func (s *Step) origin() graph.Value {
	first := s.Slot("origin")
	return first.Keep(first.LastOr(s.W()))
}
