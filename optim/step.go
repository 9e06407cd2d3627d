package optim

import (
	"fmt"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

// Config is what one update is built from.
type Config struct {
	Graph *graph.Graph
	W     graph.Value // the weights [W], float32 or float64
	// Loss builds E at a point: the same batch with the same random masks each
	// time. It is called once for every point.
	Loss  func(w graph.Value) graph.Value
	Rate  graph.Value // η of this update, rank-0 float64
	Tau   graph.Value // t, rank-0 float64: 1 for the first update
	Steps int         // K of formulas, the number of updates of the run; 0 if it is not known
	// Seed is what random numbers are made of, with their stream and t: rank-0
	// int64. It may be left out for rules that draw none.
	Seed graph.Value
	// Likelihood is what E is as one; it may be left out for rules that do not ask.
	Likelihood Likelihood
	// Layout is the map of W, for rules that act by layer; nil if W has no parts.
	Layout *weights.Layout
}

// Step is what a rule sees of one update. The first mistake sticks to it; see Err.
type Step struct {
	b         *build
	node      *node // what this Step was made for; nil for NewStep's
	gradients *gradients
	rate      graph.Value
	tau       graph.Value // t, if it is not the update's
	slots     []*Slot
	point     graph.Value // see Point
	part      *subset     // of w that this Step knows, nil for all of it
	w         graph.Value // that part
	outer     *Step       // whose w that is a part of
}

// build is what all the Steps of one update share.
type build struct {
	Config
	err    error
	root   *node
	losses map[int]graph.Value
	keys   map[string]bool
	slots  []*Slot
	hypers []HyperInput
	moved  map[string]func(*Step) graph.Value // hyper-parameters that are no inputs, by key: see Scheduled

	gradients, hvps int // passes that were asked for: see Cost

	presented graph.Value // see Present
	tolerant  bool        // see Tolerant
}

// gradients are ∇E by point, as the rules below a certain Step see them.
type gradients struct {
	at    func(point graph.Value) graph.Value
	cache map[int]graph.Value
}

// NewStep prepares the update of one rule.
func NewStep(c Config) *Step {
	b := &build{Config: c, losses: map[int]graph.Value{}, keys: map[string]bool{}, moved: map[string]func(*Step) graph.Value{}}
	s := &Step{b: b, rate: c.Rate}
	s.gradients = newGradients(s.gradient)
	b.err = c.check()
	return s
}

func (c Config) check() error {
	scalar := graph.Type{DType: tensor.Float64, Shape: tensor.Shape{}}
	switch {
	case c.Graph == nil || c.Loss == nil:
		return fmt.Errorf("optim: Config needs a Graph and a Loss")
	case c.Graph.Err() != nil:
		return c.Graph.Err()
	case c.W.Rank() != 1 || !c.W.DType().IsFloat():
		return fmt.Errorf("optim: W is %v; want a float vector", c.W.Type())
	case c.Rate.Rank() != 0 || c.Rate.DType() != tensor.Float64:
		return fmt.Errorf("optim: Rate is %v; want %v", c.Rate.Type(), scalar)
	case c.Tau.Rank() != 0 || c.Tau.DType() != tensor.Float64:
		return fmt.Errorf("optim: Tau is %v; want %v", c.Tau.Type(), scalar)
	case c.Seed.Valid() && (c.Seed.Rank() != 0 || c.Seed.DType() != tensor.Int64):
		return fmt.Errorf("optim: Seed is %v; want %v", c.Seed.Type(), graph.Type{DType: tensor.Int64, Shape: tensor.Shape{}})
	case c.Layout != nil && c.Layout.Size() != c.W.Dim(0):
		return fmt.Errorf("optim: the Layout covers %d weights, and W is %v", c.Layout.Size(), c.W.Type())
	}
	return nil
}

func newGradients(at func(graph.Value) graph.Value) *gradients {
	return &gradients{at, map[int]graph.Value{}}
}

// fail records the first mistake and returns a failed Value.
func (s *Step) fail(format string, args ...any) graph.Value {
	if s.b.err == nil {
		s.b.err = fmt.Errorf("optim: "+s.label()+format, args...)
	}
	return graph.Value{}
}

func (s *Step) label() string {
	if s.node == nil {
		return ""
	}
	return s.node.name + ": "
}

// ok reports whether everything has gone well so far.
func (s *Step) ok() bool { return s.Err() == nil }

// Err is the first mistake made while building, or nil.
func (s *Step) Err() error {
	if s.b.err == nil && s.b.Graph != nil {
		s.b.err = s.b.Graph.Err()
	}
	return s.b.err
}

// Graph is the graph that is built.
func (s *Step) Graph() *graph.Graph { return s.b.Graph }

// W is w(τ−1), the weights before this update: [W].
func (s *Step) W() graph.Value {
	if s.part != nil {
		return s.w
	}
	return s.b.W
}

// Point is, within a Transform's Apply, where the direction was taken: w, or for a
// gradient the point that the rule asked for it at: [W].
func (s *Step) Point() graph.Value {
	if s.point.Valid() {
		return s.point
	}
	return s.W()
}

// Rate is η, this update's learning rate: rank-0 float64.
func (s *Step) Rate() graph.Value { return s.rate }

// Tau is t, the number of this update, 1 for the first: rank-0 float64.
func (s *Step) Tau() graph.Value {
	if s.tau.Valid() {
		return s.tau
	}
	return s.b.Tau
}

// Random draws a tensor of w's type and shape: a function of the seed, the rule's
// path, the name and t, so that a resumed run draws what one that never stopped does.
func (s *Step) Random(name string, d graph.Distribution) graph.Value {
	return s.random(name, d, s.W().Shape()...)
}

// random is Random for any shape.
func (s *Step) random(name string, d graph.Distribution, dims ...int) graph.Value {
	switch {
	case !s.ok():
		return graph.Value{}
	case s.node == nil:
		return s.fail("random numbers %q belong to a rule; call Step.Update with it", name)
	case !s.b.Seed.Valid():
		return s.fail("it draws random numbers, and the Config of its Step has no Seed")
	}
	return s.Graph().Random(d, "optim/"+join(join(s.node.path, s.node.name), name), s.b.Seed, s.Tau(), s.W().DType(), dims...)
}

// Layout is the map of w: which part belongs to which layer. It may be nil.
func (s *Step) Layout() *weights.Layout {
	if s.part != nil {
		return s.part.layout
	}
	return s.b.Layout
}

// Loss is E(w), rank 0.
func (s *Step) Loss() graph.Value { return s.LossAt(s.W()) }

// LossAt is E at another point, for the same batch, rank 0.
func (s *Step) LossAt(at graph.Value) graph.Value {
	if s.part != nil {
		return s.outer.LossAt(s.whole(at))
	}
	return s.lossAt(at)
}

// whole is a point of outer's from one of the part that this Step knows. W itself stays itself: put together again it would
// be another point, with another pass.
func (s *Step) whole(at graph.Value) graph.Value {
	if at == s.w {
		return s.outer.W()
	}
	return s.part.put(s.outer.W(), at)
}

// Gradient is ∇E(w): [W].
func (s *Step) Gradient() graph.Value { return s.GradientAt(s.W()) }

// GradientAt is ∇E at another point, for the same batch: [W]. Asked twice for
// one point, it is the same Value.
func (s *Step) GradientAt(at graph.Value) graph.Value {
	if !at.Valid() || !s.ok() {
		return graph.Value{}
	}
	if t, w := at.Type(), s.W().Type(); t.DType != w.DType || !t.Shape.Equal(w.Shape) {
		return s.fail("the gradient is asked for at a point of type %v, and w is %v", t, w)
	}
	g, ok := s.gradients.cache[at.ID()]
	if !ok {
		g = s.gradients.at(at)
		s.gradients.cache[at.ID()] = g
	}
	return g
}

// HVP is the product of E's Hessian at w with v: [W]. No transform acts on it.
func (s *Step) HVP(v graph.Value) graph.Value {
	if s.part != nil {
		return s.part.take(s.outer.HVP(s.part.put(s.outer.W().Zeros(), v)))
	}
	loss := s.Loss()
	if !loss.Valid() || !v.Valid() {
		return graph.Value{}
	}
	s.b.hvps++
	h, err := autodiff.HVP(loss, s.W(), v)
	if err != nil {
		return s.fail("%w", err)
	}
	return h
}

// gradient is ∇E at a point, untransformed.
func (s *Step) gradient(at graph.Value) graph.Value {
	loss := s.lossAt(at)
	if !loss.Valid() {
		return loss
	}
	s.b.gradients++
	g, err := autodiff.Gradient(loss, at)
	if err != nil {
		return s.fail("%w", err)
	}
	return g[0]
}

func (s *Step) lossAt(at graph.Value) graph.Value {
	if !at.Valid() || !s.ok() {
		return graph.Value{}
	}
	loss, ok := s.b.losses[at.ID()]
	if !ok {
		loss = s.b.Loss(at)
		s.b.losses[at.ID()] = loss
	}
	if !loss.Valid() {
		return s.fail("Loss gave no value")
	}
	return loss
}

// View replaces what the rules below a wrapper see; a zero field leaves it as it is.
type View struct {
	GradientAt func(at graph.Value) graph.Value
	Rate       graph.Value
	Tau        graph.Value // t, where a rule's updates are not those of w
}

// Update is the Δw of a rule: the whole update's, or, called within a rule's
// Update, that of a rule it holds in a field with a part tag.
func (s *Step) Update(r Rule) graph.Value { return s.UpdateWithin(r, View{}) }

// UpdateWithin is Update with other gradients or another rate.
func (s *Step) UpdateWithin(r Rule, v View) graph.Value { return s.update(r, v, func(*Step) {}) }

// update is UpdateWithin with a Step that is narrowed first.
func (s *Step) update(r Rule, v View, narrow func(*Step)) graph.Value {
	n := s.enter(r)
	if n == nil {
		return graph.Value{}
	}
	if n.step != nil {
		return s.fail("%s is updated twice; a rule has one update in a step", n.name)
	}
	inner := s.child(n, v)
	narrow(inner)
	Δw := r.Update(inner)
	if !inner.ok() {
		return graph.Value{}
	}
	if !inner.isLikeW(Δw, "its Δw") {
		return graph.Value{}
	}
	if s.node == nil {
		s.finish()
	}
	return Δw
}

// Apply is a transform's effect on a direction, within the Update of the rule
// that holds it in a field with a part tag.
func (s *Step) Apply(t Transform, d graph.Value) graph.Value { return s.applyAt(t, d, graph.Value{}) }

func (s *Step) applyAt(t Transform, d, point graph.Value) graph.Value {
	if !d.Valid() {
		return d
	}
	n := s.enter(t)
	if n == nil {
		return graph.Value{}
	}
	if n.step == nil {
		s.child(n, View{})
	}
	n.step.point = point
	out := t.Apply(n.step, d)
	if !s.ok() || !n.step.isLikeW(out, "its result") {
		return graph.Value{}
	}
	return out
}

// enter is the node of a rule or transform: the whole tree's root, or a part of this Step's.
func (s *Step) enter(self any) *node {
	if !s.ok() {
		return nil
	}
	if s.node != nil {
		n := s.node.part(self)
		if n == nil {
			s.fail("it uses a %T that is not in one of its fields with a part tag", self)
		}
		return n
	}
	if s.b.root != nil {
		s.fail("a Step is the update of one rule; make another with NewStep")
		return nil
	}
	root, err := newTree(self, "")
	if err == nil {
		err = root.check()
	}
	if err != nil {
		s.b.err = err
		return nil
	}
	s.b.root = root
	return root
}

func (s *Step) child(n *node, v View) *Step {
	c := &Step{b: s.b, node: n, gradients: s.gradients, rate: s.rate, tau: s.tau, part: s.part, w: s.w, outer: s.outer}
	if v.GradientAt != nil {
		c.gradients = newGradients(v.GradientAt)
	}
	if v.Rate.Valid() {
		c.rate = v.Rate
	}
	if v.Tau.Valid() {
		c.tau = v.Tau
	}
	n.step = c
	return c
}

func (s *Step) isLikeW(v graph.Value, what string) bool {
	switch t, w := v.Type(), s.W().Type(); {
	case !v.Valid():
		s.fail("%s is no value", what)
		return false
	case t.DType != w.DType || !t.Shape.Equal(w.Shape):
		s.fail("%s is %v, and w is %v", what, t, w)
		return false
	}
	return true
}

// finish checks that every slot has its next value.
func (s *Step) finish() {
	for _, slot := range s.b.slots {
		if !slot.kept {
			slot.step.fail("slot %q is never kept: give it a next value by Keep or Average", slot.name)
			return
		}
	}
}
