package optim

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/weights"
)

// eachUnit puts together what f gives for every view of d, seen as a matrix [inputs, outputs], a column a unit. A
// weight that is no matrix is units of one number: [1, n]. Without a Layout all of w is.
func (s *Step) eachUnit(d graph.Value, f func(v weights.View, d, w graph.Value) graph.Value) graph.Value {
	if !d.Valid() {
		return d
	}
	views := []weights.View{{Name: "w", Shape: s.W().Shape()}}
	if s.Layout() != nil {
		views = s.Layout().Views()
	}
	var out []graph.Value
	for _, v := range views {
		m, n := 1, v.Size()
		if isMatrix(v) {
			m, n = matrixShape(v)
		}
		part := func(x graph.Value) graph.Value { return x.Slice(0, v.Offset, v.Offset+v.Size()).Reshape(m, n) }
		x := f(v, part(d), part(s.Point()))
		if !x.Valid() {
			return x
		}
		out = append(out, x.Reshape(m*n))
	}
	return graph.Concat(0, out...)
}

// Centralise takes the mean over a unit's inputs out of the gradient of every matrix (Yong et al. 2020), so that the sum of a
// unit's weights stays what it is:
//
//	g ← g − mean(g) over the inputs of each output
type Centralise struct {
	made
	On bool `hyper:"centralise" doc:"whether the mean is taken out"`
}

// NewCentralise takes it out.
func NewCentralise() *Centralise { return &Centralise{made{true}, true} }

// Apply implements Transform.
func (r *Centralise) Apply(s *Step, g graph.Value) graph.Value {
	if !r.On || s.Layout() == nil {
		return g
	}
	return s.eachUnit(g, func(v weights.View, g, _ graph.Value) graph.Value {
		if !isMatrix(v) {
			return g
		}
		return g.Sub(g.Mean(0).Reshape(1, g.Dim(1)))
	})
}

// ClipAdaptive limits the gradient of every unit by the length of its weights (Brock et al. 2021, equation 3):
//
//	g ← g·min(1, λ·max(‖w‖, ε)/‖g‖) per unit
//
// A unit is a column of a matrix, that is an output's inputs; of what is no matrix it is one number.
type ClipAdaptive struct {
	made
	Limit float64 `hyper:"clip_adaptive" symbol:"λ" range:"(0,inf) log" doc:"largest length of a unit's gradient over that of its weights"`
	Eps   float64 `hyper:"clip_eps" symbol:"ε" range:"[0,inf) log" doc:"least length of weights that counts, so that those at zero can grow"`
}

// NewClipAdaptive has the paper's λ = 0.01 and ε = 1e-3.
func NewClipAdaptive() *ClipAdaptive { return &ClipAdaptive{made{true}, 0.01, 1e-3} }

// Apply implements Transform.
func (r *ClipAdaptive) Apply(s *Step, g graph.Value) graph.Value {
	λ, ε := s.Hyper(&r.Limit), s.Hyper(&r.Eps)
	return s.eachUnit(g, func(_ weights.View, g, w graph.Value) graph.Value {
		limit := λ.Mul(w.Square().Sum(0).Sqrt().Max(ε)) // [n]
		norm := g.Square().Sum(0).Sqrt()
		over := graph.Where(norm.Greater(limit), limit.Div(norm.Max(limit)), limit.Zeros().Plus(1))
		return g.Mul(over.Reshape(1, g.Dim(1)))
	})
}
