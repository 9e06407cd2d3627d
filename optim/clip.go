package optim

import "github.com/godescent/descent/graph"

// ClipValue limits every number of a direction: d ← min(max(d, −c), c). NaN stays.
type ClipValue struct {
	made
	Limit float64 `hyper:"clip_value" symbol:"c" range:"(0,inf) log" doc:"largest size of one number of the gradient"`
}

// NewClipValue limits each number to 1.
func NewClipValue() *ClipValue { return &ClipValue{made{true}, 1} }

// Apply implements Transform.
func (r *ClipValue) Apply(s *Step, d graph.Value) graph.Value {
	c := s.Hyper(&r.Limit)
	return d.Max(c.Neg()).Min(c)
}

// ClipNorm limits the norm over all weights: d ← d·c/‖d‖ if ‖d‖ > c, else d
// unchanged. The factor is exact, as in Optax; PyTorch's is c/(‖d‖ + 1e-6). NaN
// stays. In float32 the squares of a norm above 1.8e19 overflow, and d becomes 0.
type ClipNorm struct {
	made
	Limit float64 `hyper:"clip_norm" symbol:"c" range:"(0,inf) log" doc:"largest norm of the whole gradient"`
}

// NewClipNorm limits the norm to 1.
func NewClipNorm() *ClipNorm { return &ClipNorm{made{true}, 1} }

// Apply implements Transform.
func (r *ClipNorm) Apply(s *Step, d graph.Value) graph.Value {
	c, norm := s.Hyper(&r.Limit), d.Square().SumAll().Sqrt()
	return d.Mul(graph.Where(norm.Greater(c), c.Div(norm), s.Graph().Const(1)))
}
