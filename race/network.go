package race

import (
	"context"
	"errors"
	"fmt"

	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/schedule"
	"github.com/godescent/descent/train"
)

// Network is a training run as a Problem: its rule, rate, seed, limits, convergence
// tests and folder are those of the race.
type Network struct {
	name   string
	base   train.Config
	steps  int64
	metric Metric
}

// aloneBelow is the work of a step, weights times examples, that one thread does
// faster than a team.
const aloneBelow = 1 << 21

// NewNetwork takes a run of so many steps; the name tells it from other problems.
// One without validation examples chooses rates by the loss it trained to, never by
// the test examples.
func NewNetwork(name string, base train.Config, steps int64) (*Network, error) {
	if base.Network == nil || base.Train.Len() == 0 {
		return nil, errors.New("race: a network without examples")
	}
	if steps < 2 {
		return nil, fmt.Errorf("race: runs of %d steps; want at least 2", steps)
	}
	base.Out, base.Resume, base.Stop, base.Epochs, base.Steps = "", false, train.Stop{}, 0, steps
	base.Report = nil
	if base.Threads == 0 && base.Network.Plan.Weights.Size()*base.Batch < aloneBelow {
		base.Threads = 1
	}
	n := &Network{name: name, base: base, steps: steps, metric: Metric{Name: r2, Higher: true, Slack: 0.02, Judge: Validation}}
	switch base.Network.Loss.(type) {
	case *loss.CrossEntropy, *loss.BinaryCrossEntropy:
		n.metric.Name, n.metric.Slack = accuracy, 0.01
	case *loss.Poisson:
		n.metric.Name = d2
	}
	if base.Test.Len() > 0 {
		n.metric.Judge = Test
	}
	judge := base.Validation
	if n.metric.Judge == Test {
		judge = base.Test
	}
	if n.metric.Name != accuracy || judge.Len() == 0 {
		return n, nil
	}
	like, err := judge.Like()
	if err == nil && like.Y.Size() == like.Len() { // one answer for each
		n.metric.Examples = judge.Len()
	}
	return n, err
}

// Name implements Problem.
func (n *Network) Name() string { return n.name }

// Metric implements Problem.
func (n *Network) Metric() Metric { return n.metric }

// Steps implements Problem.
func (n *Network) Steps() int64 { return n.steps }

// Compile implements Problem.
func (n *Network) Compile(rule optim.Rule, s schedule.Schedule) (Course, error) {
	cfg := n.base
	cfg.Rule, cfg.Rate = rule, 1 // every Restart sets the rate
	if s != nil {
		cfg.Schedule = s
	}
	t, err := train.New(cfg)
	if err != nil {
		return nil, err
	}
	return &networkCourse{t, n}, nil
}

type networkCourse struct {
	*train.Trainer
	problem *Network
}

// Score implements Course.
func (c *networkCourse) Score(ctx context.Context, on Part) (*Mark, error) {
	part := c.problem.base.Validation
	if on == Test {
		part = c.problem.base.Test
	}
	if part.Len() == 0 {
		return nil, nil
	}
	s, err := c.Trainer.Score(ctx, part)
	if err != nil {
		return nil, err
	}
	switch c.problem.metric.Name {
	case r2:
		return &Mark{s.R2, s.Loss}, nil
	case d2:
		return &Mark{s.D2, s.Loss}, nil
	}
	return &Mark{s.Accuracy, s.Loss}, nil
}

// E is measured on four batches of a run for its curvature, and at most curvatureBatch examples: a product
// with the Hessian costs some four steps' gradients an example, and a measurement takes tens of products.
const (
	curvatureBatches = 4
	curvatureBatch   = 512
)

// Curvature implements Problem, on some examples that the seed draws, batch statistics
// being those of the batch, and with no unit dropped.
func (n *Network) Curvature(ctx context.Context, seed int64) (Curvature, error) {
	b := &n.base
	part, err := b.Train.Sample(min(curvatureBatch, curvatureBatches*b.Batch), seed)
	if err != nil {
		return Curvature{}, err
	}
	s, err := train.On{Network: b.Network, Part: part, Normalizer: b.Normalizer, Augment: b.Augment, ClassWeights: b.ClassWeights}.Source()
	if err != nil {
		return Curvature{}, err
	}
	w, err := b.Network.Plan.Weights.Initial(b.Network.Plan.DType, seed)
	if err != nil {
		return Curvature{}, err
	}
	c, err := measureCurvature(ctx, s, w.Float64s(), seed, b.Kernel, b.Threads)
	c.Examples = part.Len()
	return c, err
}
