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
