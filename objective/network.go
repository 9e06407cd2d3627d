package objective

import (
	"fmt"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/tensor"
)

// Network is a model, planned for an input, with its loss.
type Network struct {
	Plan *nn.Plan
	Loss loss.Loss
}

// NewNetwork plans the model for inputs of x's type, whose first axis is the
// batch, with weights of type d.
func NewNetwork(model nn.Layer, x graph.Type, l loss.Loss, d tensor.DType) (*Network, error) {
	if l == nil {
		return nil, fmt.Errorf("network: the loss is nil")
	}
	plan, err := nn.NewPlan(model, x, d)
	if err != nil {
		return nil, err
	}
	return &Network{Plan: plan, Loss: l}, nil
}

// Batch is the data of one pass, as values of the graph that it is built in,
// and what the model's random and running parts need.
type Batch struct {
	X, Y  graph.Value
	Train bool
	// Still keeps random layers from drawing in a training pass.
	Still bool
	// Weight is that of each target's error, as loss.Weighted has it; the zero Value
	// is 1 for all.
	Weight graph.Value
	// Seed (rank-0 int64) and Tau, the step τ (rank-0 float64), feed random
	// layers; the zero Value does where nothing draws, as in evaluation.
	Seed, Tau graph.Value
	State     graph.Value // the running state [S]; the zero Value if S is 0
}

// Built is one pass of a network.
type Built struct {
	Loss   graph.Value // E, rank 0
	Output graph.Value // what the model gives, such as logits
	// NextState is the running state [S] after the pass: Batch.State itself in
	// evaluation, invalid if S is 0. A step that builds the loss at several
	// points keeps that of the first.
	NextState graph.Value
}

// Build is the pass of a batch at w [W]. A mistake sticks to w's graph and
// leaves failed Values.
func (n *Network) Build(b Batch, w graph.Value) Built {
	if !w.Valid() {
		return Built{}
	}
	g := w.Graph()
	if (!b.X.Valid() || !b.Y.Valid()) && g.Err() == nil {
		g.Fail("network", "the batch has no X or no Y")
	}
	c := n.Plan.Bind(g, w, b.State, b.Seed, b.Tau, b.Train)
	if b.Still {
		c.Rest()
	}
	y := n.Plan.Apply(c, b.X)
	scope := g.SetScope("loss")
	e := n.loss(y, b)
	g.SetScope(scope)
	return Built{Loss: e, Output: y, NextState: c.NextState()}
}

// Terms is the number of independent terms that E of a batch is the mean of: the rows of the model's
// output, or 1 if the loss adds them up.
func (n *Network) Terms(batch int) int {
	if loss.Adds(n.Loss) {
		return 1
	}
	out := n.Plan.Out.Shape
	return batch * max(1, out[1:max(1, len(out)-1)].Size())
}

// Sampled is E of a batch at w [W] with targets drawn from the distribution that the model itself gives,
// in place of Batch.Y: its gradient has mean 0 and, times Terms, the Fisher matrix as its covariance.
func (n *Network) Sampled(b Batch, w graph.Value, draw loss.Draw) graph.Value {
	built := n.Build(b, w)
	if !built.Output.Valid() {
		return graph.Value{}
	}
	l, ok := n.Loss.(loss.Sampler)
	if !ok {
		return w.Graph().Fail(n.Loss.Name(), "it is not known as the likelihood of targets, so none can be drawn; cross_entropy, binary_cross_entropy, squared_error and gaussian are")
	}
	g := w.Graph()
	defer g.SetScope(g.SetScope("loss"))
	return l.SampledLoss(built.Output, b.Weight, draw)
}

func (n *Network) loss(y graph.Value, b Batch) graph.Value {
	if !b.Weight.Valid() {
		return n.Loss.Loss(y, b.Y)
	}
	l, ok := n.Loss.(loss.Weighted)
	if !ok {
		return b.Weight.Graph().Fail(n.Loss.Name(), "its targets cannot be weighted; cross_entropy and binary_cross_entropy can")
	}
	return l.WeightedLoss(y, b.Y, b.Weight)
}

// On is the network's error on a batch as an Objective: a function of w alone.
func (n *Network) On(b Batch) Objective { return onBatch{n, b} }

type onBatch struct {
	net   *Network
	batch Batch
}

// Size implements Objective.
func (o onBatch) Size() int { return o.net.Plan.Weights.Size() }

// DType implements Objective.
func (o onBatch) DType() tensor.DType { return o.net.Plan.DType }

// Loss implements Objective.
func (o onBatch) Loss(w graph.Value) graph.Value { return o.net.Build(o.batch, w).Loss }
