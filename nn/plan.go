package nn

import (
	"fmt"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

// Plan is what one application of a model has shown: the map of its weights w,
// that of its running state, and its result. It is immutable.
type Plan struct {
	Model   Layer
	DType   tensor.DType // of w, the state and random draws
	In, Out graph.Type   // with the batch axis of the planning
	Weights *weights.Layout
	State   *weights.Layout
}

// NewPlan applies the model to an input of x's type, in training and in
// evaluation, and records what it asks for. The batch axis of x may have any
// length from 2; the plan serves every batch. The error is the first mistake that a
// layer reported, with its path and the caller's file:line.
func NewPlan(model Layer, x graph.Type, d tensor.DType) (*Plan, error) {
	if model == nil {
		return nil, fmt.Errorf("plan: the model is nil")
	}
	if !d.IsFloat() {
		return nil, fmt.Errorf("plan: weights are float32 or float64, not %v", d)
	}
	if len(x.Shape) < 1 || x.Shape.Size() == 0 {
		return nil, fmt.Errorf("plan: the input is %v; it wants a batch axis first, such as [128 784]", x.Shape)
	}
	p := &Plan{Model: model, DType: d, In: graph.Type{DType: x.DType, Shape: x.Shape.Clone()}, Weights: &weights.Layout{}, State: &weights.Layout{}}
	for _, train := range []bool{true, false} {
		g := graph.New()
		c := p.context(g, train)
		c.planning = true
		c.weights.places, c.state.places = map[string]graph.Place{}, map[string]graph.Place{}
		c.seed, c.tau = g.Input("seed", tensor.Int64), g.Input("tau", tensor.Float64)
		y := c.run("", model, g.Input("x", x.DType, x.Shape...))
		if err := g.Err(); err != nil {
			return nil, err
		}
		p.Out = y.Type()
	}
	return p, nil
}

func (p *Plan) context(g *graph.Graph, train bool) *Context {
	return &Context{
		g: g, dtype: p.DType, train: train, kind: kind(p.Model), kept: map[string]graph.Value{},
		weights: arena{word: "weight", layout: p.Weights},
		state:   arena{word: "state", layout: p.State},
	}
}

// Bind is a Context in which the model's weights are views of w [W] and its
// state views of state [S]. The seed (rank-0 int64) and the step τ (rank-0
// float64) feed random layers; either may be the zero Value if none draws, as
// in evaluation, and state if S is 0. A mistake sticks to g.
func (p *Plan) Bind(g *graph.Graph, w, state, seed, tau graph.Value, train bool) *Context {
	c := p.context(g, train)
	c.weights.flat, c.state.flat, c.seed, c.tau = w, state, seed, tau
	for _, a := range []*arena{&c.weights, &c.state} {
		want := graph.Type{DType: p.DType, Shape: tensor.Of(a.layout.Size())}
		switch {
		case a.layout.Size() == 0:
			a.flat = graph.Value{}
		case !a.flat.Valid():
			g.Fail("bind", "the model has %s of %d numbers (%s), and none was given", a.word, a.layout.Size(), describe(a.layout))
		case a.flat.Graph() != g:
			g.Fail("bind", "the %s vector belongs to another graph", a.word)
		case a.flat.DType() != want.DType || !a.flat.Shape().Equal(want.Shape):
			g.Fail("bind", "the %s vector is %v, and the model wants %v", a.word, a.flat.Type(), want)
		}
	}
	return c
}

// Apply applies the planned model to a batch in a bound Context. X must be as
// planned but for the batch axis.
func (p *Plan) Apply(c *Context, x graph.Value) graph.Value {
	if !x.Valid() || c.g.Err() != nil {
		return graph.Value{}
	}
	if x.DType() != p.In.DType || x.Rank() != len(p.In.Shape) || !x.Shape()[1:].Equal(p.In.Shape[1:]) {
		return c.g.Fail("model", "x is %v, and the model was planned for %v with any first axis", x.Type(), p.In)
	}
	return c.run("", p.Model, x)
}
