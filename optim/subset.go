package optim

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/weights"
)

// subset is some of w's views as a vector of their own, in w's order.
type subset struct {
	views  []weights.View // as they lie in w
	layout *weights.Layout
	runs   [][2]int // in w, without two that touch
}

func newSubset(views []weights.View) (*subset, error) {
	p := &subset{views: views, layout: &weights.Layout{}}
	for _, v := range views {
		if n := len(p.runs); n > 0 && p.runs[n-1][1] == v.Offset {
			p.runs[n-1][1] += v.Size()
		} else {
			p.runs = append(p.runs, [2]int{v.Offset, v.Offset + v.Size()})
		}
		if _, err := p.layout.Add(v); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// take is the subset of a vector like w: [W] → [subset].
func (p *subset) take(v graph.Value) graph.Value {
	if !v.Valid() {
		return v
	}
	var out []graph.Value
	for _, r := range p.runs {
		out = append(out, v.Slice(0, r[0], r[1]))
	}
	return graph.Concat(0, out...)
}

// put replaces the subset of a vector like w by v: [W], [subset] → [W].
func (p *subset) put(w, v graph.Value) graph.Value {
	if !w.Valid() || !v.Valid() {
		return graph.Value{}
	}
	var out []graph.Value
	at, from := 0, 0
	keep := func(hi int) {
		if at < hi {
			out = append(out, w.Slice(0, at, hi))
		}
	}
	for _, r := range p.runs {
		keep(r[0])
		n := r[1] - r[0]
		out = append(out, v.Slice(0, from, from+n))
		at, from = r[1], from+n
	}
	keep(w.Dim(0))
	return graph.Concat(0, out...)
}

// UpdateOn is the Δw [W] of a rule that knows only some of w's views, which are in the Layout's order: its w, its gradient, its
// Layout and its state are theirs alone, so that a rule for the rest keeps no state for
// matrices. Other weights do not move. A rule on a part cannot present weights in place of w.
func (s *Step) UpdateOn(r Rule, views []weights.View, v View) graph.Value {
	if !s.ok() {
		return graph.Value{}
	}
	p, err := newSubset(views)
	if err != nil {
		return s.fail("%w", err)
	}
	whole := s.GradientAt
	if v.GradientAt != nil {
		whole = v.GradientAt
	}
	var inner *Step
	Δw := s.update(r, View{Rate: v.Rate, GradientAt: func(at graph.Value) graph.Value {
		return p.take(whole(inner.whole(at)))
	}}, func(c *Step) { inner, c.part, c.w, c.outer = c, p, p.take(s.W()), s })
	if !Δw.Valid() {
		return Δw
	}
	return p.put(s.W().Zeros(), Δw)
}

// ByRole gives the matrices of linear maps and the kernels of convolutions to one rule and the rest, that is biases, the
// scales of normalisations and what has no two axes, to another:
//
//	Δw = Δw of Matrices where w is a matrix, Δw of Rest with the rate c·η elsewhere
//
// Both see only their own part of w. Without a Layout everything is rest.
type ByRole struct {
	made
	Factor   float64 `hyper:"rest_factor" symbol:"c" range:"(0,inf) log" doc:"rate of the weights that are no matrices, over that of the matrices"`
	Matrices Rule    `part:""`
	Rest     Rule    `part:"rest"`
}

// NewByRole has c = 1.
func NewByRole(matrices, rest Rule) *ByRole { return &ByRole{made{true}, 1, matrices, rest} }

// Update implements Rule.
func (r *ByRole) Update(s *Step) graph.Value {
	return s.split(r.Matrices, r.Rest, s.Hyper(&r.Factor), isMatrix)
}

// split is the Δw of one rule on the views that it takes and of another, with c·η, on the rest.
func (s *Step) split(rule, others Rule, c graph.Value, takes func(weights.View) bool) graph.Value {
	var mine, rest []weights.View
	if s.Layout() != nil {
		for _, v := range s.Layout().Views() {
			if takes(v) {
				mine = append(mine, v)
			} else {
				rest = append(rest, v)
			}
		}
	}
	within := View{Rate: s.Rate().Mul(c)}
	switch {
	case len(mine) == 0:
		return s.UpdateWithin(others, within)
	case len(rest) == 0:
		return s.Update(rule)
	}
	return s.UpdateOn(rule, mine, View{}).Add(s.UpdateOn(others, rest, within))
}

// isMatrix reports whether a view is a linear map from more than one input to more than one output.
func isMatrix(v weights.View) bool {
	m, n := matrixShape(v)
	return v.Role == weights.Weight && len(v.Shape) >= 2 && m > 1 && n > 1
}

// matrixShape is a view as a matrix [inputs, outputs]: the last axis is the output, and a
// convolution's kernel [h, w, in, out] is [h·w·in, out].
func matrixShape(v weights.View) (m, n int) {
	if len(v.Shape) == 0 {
		return 1, 1
	}
	n = v.Shape[len(v.Shape)-1]
	return v.Size() / max(1, n), n
}

// eachMatrix puts together what a rule gives for every matrix [m, n] of w, which must all be matrices: → [W]. at
// gives the matrix of a vector laid out as w is.
func (s *Step) eachMatrix(f func(v weights.View, m, n int, at func(graph.Value) graph.Value) graph.Value) graph.Value {
	if s.Layout() == nil {
		return s.fail("it acts on matrices, and w has no Layout; use optim.NewByRole with a rule for what is no matrix")
	}
	var out []graph.Value
	for _, v := range s.Layout().Views() {
		if !isMatrix(v) {
			return s.fail("it acts on matrices, and %s %v is none; use optim.NewByRole with a rule for the rest", v.Name, v.Shape)
		}
		m, n := matrixShape(v)
		x := f(v, m, n, func(w graph.Value) graph.Value {
			if !w.Valid() {
				return w
			}
			return w.Slice(0, v.Offset, v.Offset+v.Size()).Reshape(m, n)
		})
		if !x.Valid() {
			return s.fail("it gave nothing for %s", v.Name)
		}
		out = append(out, x.Reshape(m*n))
	}
	if len(out) == 0 {
		return s.fail("it acts on matrices, and w has none")
	}
	return graph.Concat(0, out...)
}
