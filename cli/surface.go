package cli

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/godescent/descent/curvature"
	"github.com/godescent/descent/internal/suggest"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/objective/functions"
	"github.com/godescent/descent/report"
	"github.com/godescent/descent/schedule"
	"github.com/godescent/descent/surface"
	"github.com/godescent/descent/tensor"
)

type surfaceFlags struct {
	optimizers, schedule, start string
	steps, points, threads      int
	x, y, levels                string
	directions, statistics      string
	examples, iterates          int
	part                        string
	seed                        int64
	path, best, json, quiet     bool
	out                         string

	given func(name string) bool // that the user gave the flag
}

func (a *app) surfaceCommand() *cobra.Command {
	var f surfaceFlags
	c := &cobra.Command{
		Use:   "surface FUNCTION|RUN [RUN2]",
		Short: "Draw the error surface of a function or of a trained network",
		Long: `Draw the error E over two directions, from above with contours and in perspective, into a
.png, .svg or .html file; the page in HTML turns, tells the heights under the pointer and
follows paths step by step.

Of a function of two variables, with the paths of optimizers over it. Of a trained network, E over some
of its examples, in a plane through its weights: of two filter-normalised random directions (Li et al. 2018),
of the principal components of its path, from the checkpoints that were kept or by training again, or of the
Hessian's two largest eigenvectors. Each iterate of a path has the colour of its own loss, since the plane
shows a part of the way only; how large a part is said. Rows are kept in the run's folder, so that
a slice that was stopped goes on.

Of two runs of one network, E along the straight line between them, plain and with the units of the
second in the order that makes them most like the first's (Ainsworth et al. 2023), and the barriers' heights.`,
		Example: `  descent surface rosenbrock --optimizers sgd:lr=0.001,momentum:lr=0.0005,adam:lr=0.1 --steps 200
  descent surface himmelblau --out himmelblau.html
  descent surface runs/mnist --directions pca --examples 2000
  descent surface runs/flowers --directions hessian --out flowers.svg
  descent surface runs/a runs/b --json`,
		Args: between(1, 2, "a function or a run's folder, and perhaps a second run"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return a.functionNames(), cobra.ShellCompDirectiveDefault
		},
		RunE: func(c *cobra.Command, args []string) error {
			f.given = c.Flags().Changed
			return a.surface(args, f)
		},
	}
	fl := c.Flags()
	fl.StringVar(&f.out, "out", "", "the picture's `file`, .png, .svg or .html (default NAME-surface.png)")
	fl.StringVar(&f.optimizers, "optimizers", "", "paths to draw, as `name:key=value,..,name,..`; of a run: train again with these")
	fl.StringVar(&f.schedule, "schedule", "constant", "of the learning rate over a function, as `name:key=value,..`")
	fl.StringVar(&f.start, "start", "", "first point `x,y` of paths over a function (default its usual one)")
	fl.IntVar(&f.steps, "steps", 100, "updates over a function")
	fl.StringVar(&f.x, "x", "", "`from,to` of the first axis; of a run, as multiples of the direction")
	fl.StringVar(&f.y, "y", "", "`from,to` of the second axis")
	fl.IntVar(&f.points, "points", 0, "points along each axis (default 161 of a function, 31 of a run)")
	fl.StringVar(&f.levels, "levels", "", "heights where the colour changes, as `number,..` (default chosen)")
	fl.StringVar(&f.directions, "directions", "random", "`name` of the two directions through a run's weights: random, pca or hessian")
	fl.StringVar(&f.statistics, "statistics", "", "`name` of batch normalisation's: frozen as the run ended, recomputed at every point, or direction: moved as the weights are (default frozen; between runs direction)")
	fl.IntVar(&f.examples, "examples", 1000, "examples that E is the mean over; 0 is all")
	fl.StringVar(&f.part, "part", "train", "`name` of the part whose examples they are: train, validation or test")
	fl.IntVar(&f.iterates, "iterates", 40, "iterates along a run's path")
	fl.BoolVar(&f.path, "path", false, "show the run's path in any plane; pca always does")
	fl.Int64Var(&f.seed, "seed", 1, "of random directions and of which examples")
	fl.BoolVar(&f.best, "best", false, "the checkpoint with the smallest validation loss instead of the last")
	fl.IntVar(&f.threads, "threads", 0, "0 is one for each CPU; the result does not depend on it")
	fl.BoolVar(&f.json, "json", false, "print one JSON object with the heights")
	fl.BoolVar(&f.quiet, "quiet", false, "no progress")
	return c
}

func (f *surfaceFlags) check() error {
	for _, n := range []struct {
		name      string
		v, lo, hi int
	}{{"steps", f.steps, 0, 1_000_000}, {"points", f.points, 3, 2001}, {"examples", f.examples, 0, 1 << 30}, {"iterates", f.iterates, 3, 1000}} {
		if (n.v < n.lo || n.v > n.hi) && !(n.name == "points" && !f.given("points")) {
			return fmt.Errorf("--%s: %d is not a whole number in [%d,%d]", n.name, n.v, n.lo, n.hi)
		}
	}
	for _, w := range []struct {
		name, v string
		all     []string
	}{{"directions", f.directions, []string{"random", "pca", "hessian"}}, {"statistics", f.statistics, []string{"frozen", "recomputed", "direction"}}, {"part", f.part, []string{"train", "validation", "test"}}} {
		if !slices.Contains(w.all, w.v) && w.v != "" {
			return fmt.Errorf("--%s: there is no %q; %s", w.name, w.v, suggest.Hint(w.v, w.all))
		}
	}
	if f.out != "" {
		if err := report.Check(f.out, ".png", ".svg", ".html"); err != nil {
			return fmt.Errorf("--out: %w", err)
		}
	}
	return threadsFlag(f.threads)
}

// only refuses flags that mean nothing here.
func (f *surfaceFlags) only(what string, names ...string) error {
	for _, n := range names {
		if f.given(n) {
			return fmt.Errorf("--%s: it means nothing for %s", n, what)
		}
	}
	return nil
}

// span reads "from,to".
func span(flag, text string, lo, hi float64) (float64, float64, error) {
	if text == "" {
		return lo, hi, nil
	}
	n, err := numbers(flag, text)
	if err != nil {
		return 0, 0, err
	}
	if len(n) != 2 || !(n[0] < n[1]) {
		return 0, 0, fmt.Errorf("--%s: %s is no range; write it as -2,2 with the smaller number first", flag, text)
	}
	return n[0], n[1], nil
}

func numbers(flag, text string) ([]float64, error) {
	var out []float64
	for part := range strings.SplitSeq(text, ",") {
		x, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, fmt.Errorf("--%s: %q is not a finite number", flag, part)
		}
		out = append(out, x)
	}
	return out, nil
}

// scale is what --levels says, or nothing.
func (f *surfaceFlags) scale() (report.Scale, error) {
	if f.levels == "" {
		return report.Scale{}, nil
	}
	n, err := numbers("levels", f.levels)
	if err != nil {
		return report.Scale{}, err
	}
	for i := range n {
		if i > 0 && !(n[i] > n[i-1]) || len(n) < 2 {
			return report.Scale{}, fmt.Errorf("--levels: %s are no levels; want at least two, each larger than the one before", f.levels)
		}
	}
	return report.Scale{Levels: n, Log: n[0] > 0 && n[len(n)-1] > 20*n[0]}, nil
}

func (a *app) surface(args []string, f surfaceFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	scale, err := f.scale()
	if err != nil {
		return err
	}
	ctx, stop := a.untilSignal()
	defer stop()
	var s *landscape
	i := slices.IndexFunc(a.functions, func(fn *functions.Function) bool { return fn.Name == args[0] })
	_, missing := os.Stat(args[0])
	switch {
	case i >= 0 && len(args) == 2:
		return fmt.Errorf("surface: %s is a function and has no second run; leave %q out", args[0], args[1])
	case i >= 0:
		s, err = a.functionLandscape(ctx, a.functions[i], f)
	case missing != nil:
		return fmt.Errorf("surface: there is neither a function nor a folder %q; %s, or the folder that descent train --out wrote", args[0], suggest.Hint(args[0], a.functionNames()))
	case len(args) == 2:
		return a.betweenRuns(ctx, args, f)
	default:
		s, err = a.runLandscape(ctx, args[0], f)
	}
	if ctx.Err() != nil && err != nil {
		return a.stopped(f.quiet || i >= 0)
	}
	if err != nil {
		return err
	}
	if s.scale = scale; len(scale.Levels) == 0 {
		heights := s.grid.Z
		for _, t := range s.paths {
			if t.projected { // its own losses may lie above all that the plane shows
				heights = append(heights[:len(heights):len(heights)], t.e...)
			}
		}
		if s.scale, err = report.NewScale(heights); err != nil {
			return failed(fmt.Errorf("surface: %w; take another range by --x and --y", err))
		}
	}
	if s.out = f.out; s.out == "" {
		s.out = strings.ReplaceAll(filepath.Base(filepath.Clean(args[0])), " ", "_") + "-surface.png"
	}
	if err := s.draw(); err != nil {
		return failed(fmt.Errorf("--out: %w", pathless(err)))
	}
	if f.json {
		return failed(a.printJSON(s.json()))
	}
	return failed(a.printLandscape(s))
}

// stopped says how an interrupted slice goes on.
func (a *app) stopped(silent bool) error {
	if !silent {
		_, _ = fmt.Fprintln(a.err, "interrupted; the rows that are done are kept in the run's folder, and the same command goes on")
	}
	return &exit{code: ExitInterrupted}
}

// landscape is a surface with its paths, ready to be drawn and told.
type landscape struct {
	name, kind, title string
	directions        string // of a network's plane
	x, y, z           string // the axes
	grid              report.Grid
	scale             report.Scale
	paths             []trail
	points            []report.Point
	notes             []string
	explained         []float64
	reused            int
	spans             [4]float64 // of the axes, if the directions have a length of their own
	out               string
	seconds           float64
}

// trail is a path over a landscape.
type trail struct {
	name      string
	x, y      []float64
	e         []float64 // its own loss
	projected bool
	residual  []float64
	step      []int64
	lost      string // why it ended early
}

func (a *app) functionLandscape(ctx context.Context, fn *functions.Function, f surfaceFlags) (*landscape, error) {
	if err := f.only("a function", "directions", "statistics", "examples", "part", "iterates", "path", "best"); err != nil {
		return nil, err
	}
	start, err := pointOf("--start", fn, f.start)
	if err != nil {
		return nil, err
	}
	x0, x1, err := span("x", f.x, fn.Domain[0][0], fn.Domain[0][1])
	if err != nil {
		return nil, err
	}
	y0, y1, err := span("y", f.y, fn.Domain[1][0], fn.Domain[1][1])
	if err != nil {
		return nil, err
	}
	kernel, err := a.environmentKernel()
	if err != nil {
		return nil, err
	}
	s := &landscape{name: fn.Name, kind: "function", title: fn.Name + ": " + fn.Equation, x: "x", y: "y", z: "E"}
	if f.optimizers != "" {
		for _, setting := range settingsOf(f.optimizers) {
			t, err := a.functionTrail(fn, setting, start, f, kernel)
			if err != nil {
				return nil, err
			}
			s.paths = append(s.paths, *t)
		}
		s.points = append(s.points, report.Point{Name: "start", X: start[0], Y: start[1], Sign: report.Circle})
	}
	signs := map[functions.Kind]report.Sign{functions.Minimum: report.Star, functions.Saddle: report.Cross, functions.Maximum: report.Peak}
	for _, p := range fn.Stationary {
		if p.At[0] >= x0 && p.At[0] <= x1 && p.At[1] >= y0 && p.At[1] <= y1 {
			s.points = append(s.points, report.Point{Name: string(p.Kind), X: p.At[0], Y: p.At[1], Sign: signs[p.Kind]})
		}
	}
	n := f.points
	if n == 0 {
		n = 161
	}
	p, err := curvature.New(curvature.Of(objective.Func{W: 2, Type: tensor.Float64, E: fn.E}), curvature.Machine{Threads: 1, Kernel: kernel})
	if err != nil {
		return nil, err
	}
	defer p.Close()
	slice := &surface.Slice{Space: &surface.Space{Probe: p}, X: surface.Even(x0, x1, n), Y: surface.Even(y0, y1, n),
		Plane: surface.Plane{Origin: []float64{0, 0}, A: []float64{1, 0}, B: []float64{0, 1}}, Progress: a.ticker("row", f.quiet)}
	s.grid = report.Grid{X: slice.X, Y: slice.Y}
	began := time.Now()
	s.grid.Z, _, err = slice.Run(ctx)
	s.seconds = time.Since(began).Seconds()
	return s, err
}

func (a *app) functionTrail(fn *functions.Function, setting string, start []float64, f surfaceFlags, kernel string) (*trail, error) {
	rule, rate, err := a.tables.Rules.Parse(setting)
	if err != nil {
		return nil, fmt.Errorf("--optimizers: %w", err)
	}
	sched, err := schedule.Parse(f.schedule, f.steps)
	if err != nil {
		return nil, fmt.Errorf("--schedule: %w", err)
	}
	w, err := surface.NewWalk(fn, rule, sched, f.steps, tensor.Float64, kernel)
	if err != nil {
		return nil, fmt.Errorf("--optimizers: %w", err)
	}
	defer w.Close()
	p, lost := w.Follow(start, rate, f.steps)
	if len(p.Points) == 0 {
		return nil, fmt.Errorf("--start: %s has no finite value at %v", fn.Name, start)
	}
	t := &trail{name: settingTitle(setting, rate), e: p.Losses}
	for i, at := range p.Points {
		t.x, t.y, t.step = append(t.x, at[0]), append(t.y, at[1]), append(t.step, int64(i))
	}
	if lost != nil {
		t.lost = lost.Error()
	}
	return t, nil
}

// settingTitle is an optimizer as a legend has it: "momentum lr 0.05, momentum 0.9".
func settingTitle(setting string, rate float64) string {
	name, rest, _ := strings.Cut(setting, ":")
	text := fmt.Sprintf("%s lr %g", name, rate)
	for pair := range strings.SplitSeq(rest, ",") {
		if k, v, ok := strings.Cut(strings.TrimSpace(pair), "="); ok && k != "lr" {
			text += ", " + strings.ReplaceAll(k, "_", " ") + " " + v
		}
	}
	return text
}

// ticker tells now and then how much is done: on a terminal in place, elsewhere by lines.
func (a *app) ticker(what string, quiet bool) func(done, all int) {
	began, told := time.Now(), time.Now()
	return func(done, all int) {
		now := time.Now()
		switch {
		case quiet:
		case a.err.terminal && now.Sub(began) > time.Second && (done == all || now.Sub(told) > lineAfter):
			told = now
			end := "\r"
			if done == all {
				end = "\n"
			}
			_, _ = fmt.Fprintf(a.err, "%s %d of %d  %s %s", what, done, all, clock(now.Sub(began)), end)
		case !a.err.terminal && done < all && now.Sub(told) > lineEvery:
			told = now
			_, _ = fmt.Fprintf(a.err, "%s %d of %d  %s\n", what, done, all, clock(now.Sub(began)))
		}
	}
}
