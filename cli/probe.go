package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/godescent/descent/cli/spec"
	"github.com/godescent/descent/curvature"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/objective/functions"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/train"
)

// probeFlags say what of E is looked at, and where.
type probeFlags struct {
	at        string
	examples  int
	batchNorm string
	optimizer string
	seed      int64
	threads   int
	double    bool
	json      bool
	quiet     bool
}

func (f *probeFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.at, "at", "", "`point`: x,y of a function (default its usual start); of a run last, best, start (its first weights) or a checkpoint's file")
	c.Flags().IntVar(&f.examples, "examples", 1024, "training examples that E is the mean over; 0 is all")
	c.Flags().StringVar(&f.batchNorm, "batch-norm", "frozen", "`name` of the statistics of batch normalisation: frozen as the run left them, or batch, of the examples looked at")
	c.Flags().Int64Var(&f.seed, "seed", 1, "of examples and random vectors")
	c.Flags().IntVar(&f.threads, "threads", 0, "0 is one for each CPU")
	c.Flags().BoolVar(&f.double, "float64", false, "compute a float32 network's derivatives in float64")
	c.Flags().BoolVar(&f.json, "json", false, "print one JSON object")
	c.Flags().BoolVar(&f.quiet, "quiet", false, "no progress")
}

// probed is E of a function or of a network, at a point.
type probed struct {
	*curvature.Probe
	name, title string
	about       string // what E is over
	fn          *functions.Function
	run         *spec.Run
	saved       *train.Checkpoint // nil of a function and before training
	examples    int               // 0 of a function
	training    int               // examples of which those are a sample, or all
	mixed       bool              // batch statistics make an example's output depend on the others
	rule        optim.Rule        // nil if none is judged
	rate        float64
	ruleName    string
}

// probe is what a command's argument and flags mean.
func (a *app) probe(command, name string, f *probeFlags) (*probed, error) {
	if err := threadsFlag(f.threads); err != nil {
		return nil, err
	}
	switch {
	case f.examples < 0:
		return nil, fmt.Errorf("--examples: %d is not a whole number from 1 up, or 0 for all", f.examples)
	case f.batchNorm != "frozen" && f.batchNorm != "batch":
		return nil, fmt.Errorf("--batch-norm: %q is neither frozen nor batch", f.batchNorm)
	}
	p := &probed{name: name}
	if f.optimizer != "" {
		var err error
		if p.rule, p.rate, err = a.tables.Rules.Parse(f.optimizer); err != nil {
			return nil, fmt.Errorf("--optimizer: %w", err)
		}
		p.ruleName, _, _ = strings.Cut(f.optimizer, ":")
	}
	for _, fn := range a.functions {
		if fn.Name == name {
			p.fn = fn
			return p, a.probeFunction(p, f)
		}
	}
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(name, "./\\") && !slices.Contains(a.tables.SourceNames(), name) {
		var names []string
		for _, fn := range a.functions {
			names = append(names, fn.Name)
		}
		return nil, fmt.Errorf("%s: there is no run, data or function %q; the functions: %s", command, name, strings.Join(names, ", "))
	}
	return p, a.probeRun(command, p, f)
}

func (a *app) probeFunction(p *probed, f *probeFlags) error {
	at, err := pointOf("--at", p.fn, f.at)
	if err != nil {
		return err
	}
	kernel, err := a.environmentKernel()
	if err != nil {
		return err
	}
	e := objective.Func{W: p.fn.Dim(), Type: tensor.Float64, E: p.fn.E}
	if p.Probe, err = curvature.New(curvature.Of(e), curvature.Machine{Threads: 1, Kernel: kernel}); err != nil {
		return err
	}
	p.title, p.about = p.fn.Name+": "+p.fn.Equation, fmt.Sprintf("at %s, float64", pointText(at))
	return p.Move(at)
}

// pointText is a point as --at takes it.
func pointText(w []float64) string {
	var parts []string
	for _, x := range w {
		parts = append(parts, fmt.Sprintf("%.6g", x))
	}
	return strings.Join(parts, ",")
}

// probeRun opens a run's folder, or a specification at its first weights.
func (a *app) probeRun(command string, p *probed, f *probeFlags) error {
	run, saved, err := a.inspected(command, p.name, nil, f.at == "best")
	if err != nil {
		return err
	}
	defer func() { _ = run.Close() }() // what is looked at is in memory by then
	p.run, p.title = run, run.Title
	c := &run.Config
	if saved, err = a.checkpointAt(command, p, f.at, saved); err != nil {
		return err
	}
	p.saved = saved
	m, err := saved.Model(c.Network, train.Machine{Threads: 1, Kernel: c.Kernel})
	if err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	defer m.Close()
	n := f.examples
	if n == 0 {
		n = c.Train.Len()
	}
	part, err := c.Train.Sample(n, f.seed)
	if err != nil {
		return fmt.Errorf("--examples: %w", err)
	}
	on := m.On(part)
	on.Augment, on.ClassWeights = c.Augment, c.ClassWeights
	stats := ""
	if c.Network.Plan.State.Size() > 0 {
		stats = ", batch statistics frozen"
		if f.batchNorm == "batch" {
			on.Running, stats = nil, ", batch statistics of the examples"
		}
	}
	if f.double {
		on.DType = tensor.Float64
	}
	src, err := on.Source()
	if err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	if p.Probe, err = curvature.New(src, curvature.Machine{Threads: f.threads, Kernel: c.Kernel}); err != nil {
		return err
	}
	p.examples, p.training = part.Len(), c.Train.Len()
	p.mixed = c.Network.Plan.State.Size() > 0 && f.batchNorm == "batch"
	when := "before training"
	if saved.Step > 0 {
		when = "after " + grouped(saved.Step) + " steps"
	}
	p.about = fmt.Sprintf("%s; E over %s of %s training examples (seed %d), nothing dropped%s, %v", when,
		grouped(int64(p.examples)), grouped(int64(c.Train.Len())), f.seed, stats, src.DType)
	if p.rule == nil {
		p.rule, p.rate, p.ruleName = c.Rule, c.Rate, run.Spec.Optimizer.Kind
	}
	return p.Move(m.Weights().Float64s())
}

// checkpointAt is the checkpoint that --at means; saved is the run's last or best, or nil.
func (a *app) checkpointAt(command string, p *probed, at string, saved *train.Checkpoint) (*train.Checkpoint, error) {
	c := &p.run.Config
	switch at {
	case "best":
		if saved == nil {
			return nil, fmt.Errorf("--at best: %s is no run's folder", p.name)
		}
	case "", "last":
		if saved == nil && at != "" {
			return nil, fmt.Errorf("--at last: %s is no run's folder; leave --at out for its first weights", p.name)
		}
	case "start":
		saved = nil
	default:
		path := at
		if _, err := os.Stat(path); err != nil {
			path = filepath.Join(p.name, at)
		}
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("--at: %q is not last, best, start or the file of a checkpoint", at)
		}
		s, err := train.OpenFile(path)
		if err != nil {
			return nil, fmt.Errorf("--at: %w", err)
		}
		return s, nil
	}
	if saved != nil {
		return saved, nil
	}
	s, err := train.Begin(c.Network, c.Normalizer, c.Augment, c.Seed)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", command, err)
	}
	return s, nil
}

// teller shows how far a long measurement has come, on stderr.
type teller struct {
	a     *app
	quiet bool
	start time.Time
	told  time.Time
}

func (a *app) newTeller(quiet bool) *teller {
	now := time.Now()
	return &teller{a: a, quiet: quiet, start: now, told: now}
}

// say writes a line that stands before the work.
func (t *teller) say(format string, args ...any) {
	if !t.quiet {
		_, _ = fmt.Fprintf(t.a.err, format+"\n", args...) // a progress that nobody can see stops nothing
	}
}

// of is a Progress of a part of the work, told every few seconds.
func (t *teller) of(what string) curvature.Progress {
	begin := time.Now()
	return func(done, most int) {
		now := time.Now()
		if t.quiet || now.Sub(t.told) < 2*time.Second {
			return
		}
		t.told = now
		left := time.Duration(float64(now.Sub(begin)) / float64(done) * float64(most-done))
		t.say("%s: %d of %d products, %s to go at most", what, done, most, clock(left))
	}
}

// gradientAt measures E and its gradient, and says where there is none.
func (p *probed) gradientAt(ctx context.Context) (curvature.Along, []float64, error) {
	along, g, err := p.AlongGradient(ctx)
	if err != nil {
		return along, nil, err
	}
	if math.IsNaN(along.E) || math.IsInf(along.E, 0) {
		return along, nil, fmt.Errorf("E is %v here: %s has no derivatives at this point", along.E, p.name)
	}
	if math.IsNaN(along.Norm) || math.IsInf(along.Norm, 0) {
		return along, nil, fmt.Errorf("E is %.6g here and its gradient's length %v: there is no curvature to measure", along.E, along.Norm)
	}
	return along, g, nil
}
