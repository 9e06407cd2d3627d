package figures

import (
	"context"
	"fmt"
	"strings"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel/dispatch"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/report"
	"github.com/godescent/descent/schedule"
	"github.com/godescent/descent/tensor"
)

// rates is a schedule's η for every step.
func (s *session) rates(setting string, η0 float64, n int) ([]float64, error) {
	sched, err := schedule.Parse(setting, n)
	if err != nil {
		return nil, err
	}
	table, err := dispatch.Pick(s.kernel)
	if err != nil {
		return nil, err
	}
	g := graph.New()
	lr, τ := g.Input("lr", tensor.Float64), g.Input("step", tensor.Float64)
	η := sched.Rate(g, lr, τ)
	p, err := program.Compile(g, program.Spec{Outputs: []graph.Value{η}, Updates: []program.Update{{Slot: τ, Next: τ.Plus(1)}}})
	if err != nil {
		return nil, err
	}
	pool := program.NewPool(1)
	defer pool.Close()
	in := p.NewInstance(pool, table)
	in.Input(lr).SetAt(0, η0)
	out := make([]float64, n)
	for i := range out {
		if err := in.Step(); err != nil {
			return nil, err
		}
		out[i] = in.Scalar(η)
	}
	return out, nil
}

// schedules is rates over the steps, and what they do to a network trained on small batches.
func schedules(ctx context.Context, s *session) (*Picture, error) {
	p, err := network("digits", func(in, out int) (nn.Layer, error) { return nn.MLP([]int{in, 32, out}, "relu", "none", 0) }, data.Standardise)
	if err != nil {
		return nil, err
	}
	const n, η0 = 1200, 0.3
	left := &report.Curves{X: "step", Y: "learning rate η"}
	right := &report.Curves{X: "step", Y: "training loss (mean of 60 steps)", LogY: true}
	var told []string
	for i, sched := range []string{"constant", "linear", "step", "exponential", "cosine:warmup=100"} {
		η, err := s.rates(sched, η0, n)
		if err != nil {
			return nil, err
		}
		name := strings.ReplaceAll(sched, ":warmup=100", " after a warm-up")
		left.Lines = append(left.Lines, line(name, η, i))
		r, err := s.train(ctx, p, fmt.Sprintf("sgd:lr=%v", η0), sched, 8, n)
		if err != nil {
			return nil, err
		}
		right.Lines = append(right.Lines, line(name, smooth(r.loss, 60), i))
		told = append(told, fmt.Sprintf("%s %.4f", name, r.end))
	}
	return &Picture{
		Figure: &report.Figure{Title: "Schedules, and stochastic gradient descent on the digits under each", Panels: []report.Panel{left, right}},
		Text: "On small batches the gradient is noisy, and a constant rate ends in a cloud around the minimum whose size grows with η; a rate that falls lets the weights settle. " +
			"The loss over all examples at the end: " + strings.Join(told, ", ") + ".",
		Caption: fmt.Sprintf("a 64-32-10 perceptron on 1,797 digits; sgd, η0 = 0.3, batches of 8, 1,200 steps, seed %d.", s.seed),
	}, nil
}
