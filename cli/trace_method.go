package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/godescent/descent/curvature"
	"github.com/godescent/descent/minimize"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/objective/functions"
	"github.com/godescent/descent/surface"
	"github.com/godescent/descent/tensor"
)

// traceMethod follows a method that decides on the host. It ends early, and well, where no lower point is found.
func (a *app) traceMethod(fn *functions.Function, start []float64, f traceFlags) error {
	m, err := minimize.Parse(f.optimizer)
	if err != nil {
		return fmt.Errorf("--optimizer: %w", err)
	}
	if f.schedule != "constant" {
		return fmt.Errorf("--schedule: %s finds the length of its steps and has no learning rate to move", m.Name)
	}
	d := tensor.Float64
	if f.float32 {
		d = tensor.Float32
	}
	kernel, err := a.environmentKernel()
	if err != nil {
		return err
	}
	probe, err := curvature.New(curvature.Of(objective.Func{W: fn.Dim(), Type: d, E: fn.E}), curvature.Machine{Threads: 1, Kernel: kernel})
	if err != nil {
		return err
	}
	defer probe.Close()
	var p surface.Path
	report := func(s *minimize.State) {
		p.Points, p.Losses = append(p.Points, slices.Clone(s.W)), append(p.Losses, s.E)
	}
	if f.steps == 0 {
		s, err := minimize.Begin(context.Background(), probe, start)
		if err != nil {
			return fmt.Errorf("--start: %w", err)
		}
		report(s)
		return a.tellPath(fn, p, d, f, nil)
	}
	r, err := m.Run(context.Background(), probe, start, minimize.Limits{Steps: f.steps}, report)
	switch {
	case err != nil && len(p.Points) == 0:
		return fmt.Errorf("--start: %w", err)
	case err != nil:
		return fmt.Errorf("--optimizer: %w", err)
	case r.Step < f.steps && !f.json:
		defer func() { // after the path
			why := fmt.Sprintf("no lower point is found; ‖∇E‖ is %.3g", r.Norm())
			if r.Norm() == 0 {
				why = "∇E is 0"
			}
			_, _ = fmt.Fprintf(a.err, "ended after %d of %d steps: %s\n", r.Step, f.steps, why)
		}()
	}
	return a.tellPath(fn, p, d, f, nil)
}
