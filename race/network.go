package race

import (
	"context"
	"errors"
	"fmt"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/schedule"
	"github.com/godescent/descent/tensor"
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
	}
	if base.Test.Len() > 0 {
		n.metric.Judge = Test
	}
	return n, nil
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
	if c.problem.metric.Name == r2 {
		return &Mark{s.R2, s.Loss}, nil
	}
	return &Mark{s.Accuracy, s.Loss}, nil
}

// curvatureBatch is the most examples that E is measured on for its curvature.
const curvatureBatch = 512

// Curvature implements Problem, on the first examples of the seed's first epoch.
func (n *Network) Curvature(ctx context.Context, seed int64) (Curvature, error) {
	b, g := &n.base, graph.New()
	plan := b.Network.Plan
	sampler, err := data.SamplerByName("shuffle", b.Train.Len(), min(curvatureBatch, b.Train.Len()), uint64(seed))
	if err != nil {
		return Curvature{}, err
	}
	if b.Train.Rows != nil {
		sampler = data.Over(sampler, b.Train.Rows)
	}
	rows := sampler.Batch(0, nil)
	feeds := map[graph.Value]*tensor.Array{}
	feed := func(key string, a *tensor.Array) graph.Value {
		v := g.Input(key, a.DType(), a.Shape()...)
		feeds[v] = a
		return v
	}
	index := feed("batch", tensor.From(rows, len(rows)))
	x := b.Augment.Examples(feed("data/x", b.Train.Set.X), index, plan.DType)
	if b.Normalizer != nil {
		shift, scale, err := b.Normalizer.Arrays(plan.DType, x.Shape()[1:])
		if err != nil {
			return Curvature{}, err
		}
		x = x.Sub(feed("data/shift", shift)).Mul(feed("data/scale", scale))
	}
	y := feed("data/y", b.Train.Set.Y).Gather(index)
	if b.Train.Set.Y.DType().IsFloat() {
		y = y.Cast(plan.DType)
	}
	pass := objective.Batch{X: x, Y: y, Train: true}
	pass.Seed = feed("seed", tensor.From([]int64{seed}).Reshape())
	pass.Tau = feed("step", tensor.From([]float64{0}).Reshape())
	if plan.State.Size() > 0 {
		state, err := plan.State.Initial(plan.DType, seed)
		if err != nil {
			return Curvature{}, err
		}
		pass.State = feed("running", state)
	}
	w, err := plan.Weights.Initial(plan.DType, seed)
	if err != nil {
		return Curvature{}, err
	}
	return measureCurvature(ctx, g, b.Network.On(pass), w, feeds, seed, b.Kernel, b.Threads)
}
