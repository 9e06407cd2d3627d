package figures

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/godescent/descent/curvature"
	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/shipped"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/objective/functions"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/report"
	"github.com/godescent/descent/schedule"
	"github.com/godescent/descent/surface"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/train"
)

// session is what all runs of a figure share.
type session struct {
	seed   int64
	kernel string
}

// walk follows an optimizer over a function; a walk that leaves the finite numbers ends there.
func (s *session) walk(f *functions.Function, setting string, start []float64, steps int) (surface.Path, error) {
	rule, rate, err := optim.Parse(setting)
	if err != nil {
		return surface.Path{}, err
	}
	w, err := surface.NewWalk(f, rule, schedule.NewConstant(), 0, tensor.Float64, s.kernel)
	if err != nil {
		return surface.Path{}, err
	}
	defer w.Close()
	p, _ := w.Follow(start, rate, steps)
	if len(p.Points) == 0 {
		return p, fmt.Errorf("%s has no finite value at %v", f.Name, start)
	}
	return p, nil
}

// grid is a function's heights over a rectangle.
func (s *session) grid(ctx context.Context, f *functions.Function, x, y [2]float64, n int) (report.Grid, error) {
	p, err := s.probe(f)
	if err != nil {
		return report.Grid{}, err
	}
	defer p.Close()
	slice := &surface.Slice{Space: &surface.Space{Probe: p}, X: surface.Even(x[0], x[1], n), Y: surface.Even(y[0], y[1], n),
		Plane: surface.Plane{Origin: []float64{0, 0}, A: []float64{1, 0}, B: []float64{0, 1}}}
	g := report.Grid{X: slice.X, Y: slice.Y}
	g.Z, _, err = slice.Run(ctx)
	return g, err
}

func (s *session) probe(f *functions.Function) (*curvature.Probe, error) {
	return curvature.New(curvature.Of(objective.Func{W: f.Dim(), Type: tensor.Float64, E: f.E}), curvature.Machine{Threads: 1, Kernel: s.kernel})
}

// hessian is the matrix of a probe where it stands.
func hessian(ctx context.Context, p *curvature.Probe) ([][]float64, error) {
	n := p.Size()
	h := make([][]float64, n)
	units := make([][]float64, n)
	for i := range h {
		h[i], units[i] = make([]float64, n), make([]float64, n)
		units[i][i] = 1
	}
	return h, p.HVPs(ctx, h, units)
}

// path is a walk as a picture has it.
func path(name string, p surface.Path, style int) report.Path {
	out := report.Path{Name: name, Style: style}
	for _, at := range p.Points {
		out.X, out.Y = append(out.X, at[0]), append(out.Y, at[1])
	}
	return out
}

// line is a walk's losses by step.
func line(name string, e []float64, style int) report.Line {
	l := report.Line{Name: name, Y: e, Style: style}
	for i := range e {
		l.X = append(l.X, float64(i))
	}
	return l
}

// below is the step from which on all losses are under a bound, or −1.
func below(e []float64, bound float64) int {
	i := len(e)
	for i > 0 && e[i-1] < bound {
		i--
	}
	if i == len(e) {
		return -1
	}
	return i
}

// steps is a step number in words.
func steps(n int) string {
	if n < 0 {
		return "not reached"
	}
	return fmt.Sprint(n)
}

// problem is a network on a table that comes with the program.
type problem struct {
	net  *objective.Network
	set  *data.Set
	norm *data.Normalizer
}

// network plans layers for a collection, its features normalised by a method.
func network(name string, layer func(features, classes int) (nn.Layer, error), method data.Method) (*problem, error) {
	c, err := shipped.Lookup(name)
	if err != nil {
		return nil, err
	}
	set, _, err := c.Load(tensor.Float32)
	if err != nil {
		return nil, err
	}
	p := &problem{set: set}
	scope := data.PerFeature
	if set.X.DType() == tensor.Uint8 {
		scope = data.Overall
	}
	if method != data.None {
		if p.norm, err = data.Fit(set.X, nil, method, scope); err != nil {
			return nil, err
		}
	}
	features := set.X.Size() / set.Len()
	l, err := layer(features, len(set.Classes))
	if err != nil {
		return nil, err
	}
	x := graph.Type{DType: tensor.Float32, Shape: append(tensor.Of(2), set.X.Shape()[1:]...)}
	p.net, err = objective.NewNetwork(l, x, loss.NewCrossEntropy(), tensor.Float32)
	return p, err
}

// run is a training run's losses.
type run struct {
	loss []float64 // of each step's batch, before the step
	lost bool      // it diverged
	end  float64   // E of all examples at the end; NaN if it diverged
}

// train runs an optimizer for so many steps.
func (s *session) train(ctx context.Context, p *problem, setting, sched string, batch, steps int) (*run, error) {
	rule, rate, err := optim.Parse(setting)
	if err != nil {
		return nil, err
	}
	c := train.Config{Network: p.net, Train: train.Part{Set: p.set}, Normalizer: p.norm, Rule: rule, Rate: rate, Batch: min(batch, p.set.Len()), Seed: s.seed, Steps: int64(steps), Threads: 1, Kernel: s.kernel}
	if c.Schedule, err = schedule.Parse(sched, steps); err != nil {
		return nil, err
	}
	t, err := train.New(c)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	r := &run{end: math.NaN()}
	for range steps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		e, err := t.Step()
		if d := (*train.Diverged)(nil); errors.As(err, &d) {
			r.lost = true
			return r, nil
		}
		if err != nil {
			return nil, err
		}
		r.loss = append(r.loss, e)
	}
	score, err := t.Score(ctx, c.Train)
	if err != nil {
		return nil, err
	}
	r.end = score.Loss
	return r, nil
}

// smooth is a running mean over so many steps, which noisy losses are read by.
func smooth(e []float64, over int) []float64 {
	out, sum := make([]float64, len(e)), 0.0
	for i, x := range e {
		sum += x
		if i >= over {
			sum -= e[i-over]
		}
		out[i] = sum / float64(min(i+1, over))
	}
	return out
}

// slope is that of log y over log x, by least squares.
func slope(x, y []float64) float64 {
	var mx, my, xx, xy float64
	n := float64(len(x))
	for i := range x {
		mx += math.Log(x[i]) / n
		my += math.Log(y[i]) / n
	}
	for i := range x {
		dx := math.Log(x[i]) - mx
		xx += dx * dx
		xy += dx * (math.Log(y[i]) - my)
	}
	return xy / xx
}
