package cli

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"time"

	"github.com/godescent/descent/cli/spec"
	"github.com/godescent/descent/curvature"
	"github.com/godescent/descent/report"
	"github.com/godescent/descent/surface"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/train"
)

// field is a trained network's E over its weights, and over its running statistics behind them.
type field struct {
	*surface.Space
	dir     string
	run     *spec.Run
	trained *trained
	part    train.Part
	at      []float64 // the trained weights and statistics
	mode    string    // of the statistics; "" if there are none
	of      string    // what E is the mean over
}

func (v *field) close() {
	v.Probe.Close()
	v.trained.Close()
	_ = v.run.Close() // it was only read
}

// field opens the run in a folder.
func (a *app) field(dir string, f surfaceFlags, usual string) (*field, error) {
	r, err := a.open("surface", dir, f.best, f.threads)
	if err != nil {
		return nil, err
	}
	v := &field{dir: dir, trained: r}
	if err := a.fill(v, f, usual); err != nil {
		r.Close()
		if v.run != nil {
			_ = v.run.Close() // it was only read
		}
		return nil, err
	}
	return v, nil
}

func (a *app) fill(v *field, f surfaceFlags, usual string) (err error) {
	if v.run, err = a.build(v.trained.Spec); err != nil {
		return fmt.Errorf("surface: the run's data: %w", err)
	}
	c := &v.run.Config
	if c.Meta[spec.MetaData] != v.trained.saved.Meta[spec.MetaData] {
		return fmt.Errorf("surface: the data in %s are not those that the run began with", v.run.Name)
	}
	if c.Kernel == "" {
		if c.Kernel, err = a.environmentKernel(); err != nil {
			return err
		}
	}
	c.Threads = f.threads
	all := map[string]train.Part{"train": c.Train, "validation": c.Validation, "test": c.Test}[f.part]
	if all.Len() == 0 {
		return fmt.Errorf("--part: the run in %s has no %s examples", v.dir, f.part)
	}
	n := f.examples
	if n == 0 {
		n = all.Len()
	}
	if v.part, err = all.Sample(n, f.seed); err != nil {
		return fmt.Errorf("--examples: %w", err)
	}
	v.of = fmt.Sprintf("%s of %s %s examples", grouped(int64(v.part.Len())), grouped(int64(all.Len())), f.part)
	if v.part.Len() == all.Len() {
		v.of = fmt.Sprintf("all %s %s examples", grouped(int64(all.Len())), f.part)
	}
	v.at = together(v.trained.Weights(), v.trained.Running())
	running := v.trained.Running()
	switch {
	case running == nil && f.statistics != "":
		return fmt.Errorf("--statistics: the network in %s has no batch normalisation", v.dir)
	case running != nil:
		if v.mode = f.statistics; v.mode == "" {
			v.mode = usual
		}
	}
	on := v.trained.On(v.part)
	m := curvature.Machine{Threads: f.threads, Kernel: c.Kernel}
	v.Space = &surface.Space{}
	if running != nil {
		v.Running = tensor.New(running.DType(), running.Shape()...)
		copy(v.Running.Raw(), running.Raw())
		if on.Running = v.Running; v.mode == "recomputed" {
			on.Running, m.Batch = nil, v.part.Len() // statistics of all examples together
		}
	}
	src, err := on.Source()
	if err != nil {
		return fmt.Errorf("surface: %w", err)
	}
	v.Probe, err = curvature.New(src, m)
	return err
}

// together is weights with running statistics behind them.
func together(w, running *tensor.Array) []float64 {
	out := w.Float64s()
	if running != nil {
		out = append(out, running.Float64s()...)
	}
	return out
}

// note says what batch normalisation does.
func (v *field) note() []string {
	switch v.mode {
	case "frozen":
		return []string{"batch normalisation: the statistics that the run ended with, at every point"}
	case "recomputed":
		return []string{"batch normalisation: statistics of the examples shown, computed anew at every point"}
	case "direction":
		return []string{"batch normalisation: statistics move along the directions as the weights do"}
	}
	return nil
}

// recorded is iterates of a path with their steps.
type recorded struct {
	name   string
	points [][]float64
	steps  []int64
	from   string // where they come from
}

// kept reads the checkpoints that the run kept, if they are three at least.
func (v *field) kept() (*recorded, error) {
	files, err := train.Numbered(v.dir)
	if err != nil || len(files) < 3 {
		return nil, err
	}
	r := &recorded{name: "the run's path", from: fmt.Sprintf("%d checkpoints that the run kept", len(files))}
	for _, path := range files {
		c, err := train.OpenFile(path)
		if err != nil {
			return nil, err
		}
		m, err := c.Model(v.trained.Network, train.Machine{Threads: 1})
		if err != nil {
			return nil, err
		}
		r.points, r.steps = append(r.points, together(m.Weights(), m.Running())), append(r.steps, c.Step)
		m.Close()
	}
	return r, nil
}

// again trains as the run did, or with another optimizer, and keeps n iterates.
func (a *app) again(ctx context.Context, v *field, setting string, f surfaceFlags) (*recorded, error) {
	c := v.run.Config
	c.Out, c.Report, c.Stop = "", nil, train.Stop{}
	steps := v.trained.saved.Step
	r := &recorded{name: "the run's path", from: fmt.Sprintf("the run trained again for its %s steps", grouped(steps))}
	if setting != "" {
		rule, rate, err := a.tables.Rules.Parse(setting)
		if err != nil {
			return nil, fmt.Errorf("--optimizers: %w", err)
		}
		c.Rule, c.Rate = rule, rate
		r.name, r.from = settingTitle(setting, rate), fmt.Sprintf("%s trained for %s steps from the same weights", setting, grouped(steps))
	}
	t, err := train.New(c)
	if err != nil {
		return nil, fmt.Errorf("surface: %w", err)
	}
	defer t.Close()
	tick := a.ticker("training again, step", f.quiet)
	n := min(int64(f.iterates), steps)
	for k := range n + 1 {
		for t.Done() < steps*k/n {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if _, err := t.Step(); err != nil {
				return nil, failed(err)
			}
			tick(int(t.Done()), int(steps))
		}
		r.points, r.steps = append(r.points, together(t.Weights(), t.Running())), append(r.steps, t.Done())
	}
	return r, nil
}

// record collects the paths that are asked for.
func (a *app) record(ctx context.Context, v *field, f surfaceFlags) ([]*recorded, error) {
	var all []*recorded
	if f.optimizers == "" && !f.path && f.directions != "pca" {
		return nil, nil
	}
	if v.trained.saved.Step < 3 {
		return nil, fmt.Errorf("surface: the run in %s has made %d steps, which are no path", v.dir, v.trained.saved.Step)
	}
	if f.optimizers == "" || f.path {
		r, err := v.kept()
		if err != nil {
			return nil, failed(err)
		}
		if r == nil {
			if r, err = a.again(ctx, v, "", f); err != nil {
				return nil, err
			}
			end := r.points[len(r.points)-1]
			if !f.best && !slices.Equal(end, v.at) {
				return nil, failed(fmt.Errorf("surface: training again did not end at the run's weights; its folder was written by another version"))
			}
		}
		all = append(all, r)
	}
	if f.optimizers != "" {
		for _, setting := range settingsOf(f.optimizers) {
			r, err := a.again(ctx, v, setting, f)
			if err != nil {
				return nil, err
			}
			all = append(all, r)
		}
	}
	return all, nil
}

func (a *app) runLandscape(ctx context.Context, dir string, f surfaceFlags) (*landscape, error) {
	if err := f.only("a run", "schedule", "start", "steps"); err != nil {
		return nil, err
	}
	v, err := a.field(dir, f, "frozen")
	if err != nil {
		return nil, err
	}
	defer v.close()
	paths, err := a.record(ctx, v, f)
	if err != nil {
		return nil, err
	}
	s := &landscape{name: filepath.Base(filepath.Clean(dir)), kind: "network", directions: f.directions, z: "E"}
	s.title = fmt.Sprintf("%s: %s; E of %s", v.run.Name, v.run.Title, v.of)
	plane, err := a.plane(ctx, v, s, paths, f)
	if err != nil {
		return nil, err
	}
	s.notes = append(s.notes, v.note()...)
	began := time.Now()
	if err := a.follow(ctx, v, s, plane, paths); err != nil {
		return nil, err
	}
	xs, ys, err := s.axes(f)
	if err != nil {
		return nil, err
	}
	if len(s.paths) == 0 || f.directions != "pca" {
		s.points = append(s.points, report.Point{Name: "trained weights", Sign: report.Star})
	}
	slice := &surface.Slice{
		Space: v.Space, Plane: *plane, X: xs, Y: ys, Folder: filepath.Join(dir, "slices"),
		Of:       v.key(f),
		Progress: a.ticker("row", f.quiet),
	}
	s.grid = report.Grid{X: xs, Y: ys}
	s.grid.Z, s.reused, err = slice.Run(ctx)
	s.seconds = time.Since(began).Seconds()
	return s, err
}

// key is everything that a slice's heights depend on beside its plane and weights.
func (v *field) key(f surfaceFlags) string {
	rows := fmt.Sprint(v.part.Rows)
	if v.run.Config.Stream != nil { // they were read into a set of their own
		rows = fmt.Sprintf("%d by seed %d", v.part.Len(), f.seed)
	}
	return fmt.Sprintf("%s statistics %s rows %s data %s", f.part, v.mode, rows, v.trained.saved.Meta[spec.MetaData])
}

// plane is the directions that are asked for, through the trained weights.
func (a *app) plane(ctx context.Context, v *field, s *landscape, paths []*recorded, f surfaceFlags) (*surface.Plane, error) {
	p := &surface.Plane{Origin: v.at}
	w := v.Probe.Size()
	layout := v.trained.Network.Plan.Weights
	switch f.directions {
	case "pca":
		var all [][]float64
		for _, r := range paths {
			for _, at := range r.points {
				if v.mode != "direction" {
					at = append(at[:w:w], v.at[w:]...)
				}
				all = append(all, at)
			}
		}
		pc, err := surface.NewPrincipal(append(all, v.at))
		if err != nil {
			return nil, fmt.Errorf("--directions: %w", err)
		}
		p.A, p.B, s.explained = pc.A, pc.B, pc.Explained[:]
		s.x = fmt.Sprintf("distance along component 1 (%s of the path)", percent1(pc.Explained[0]))
		s.y = fmt.Sprintf("distance along component 2 (%s)", percent1(pc.Explained[1]))
		s.notes = append(s.notes, fmt.Sprintf("principal components of %s: they explain %s of its squared distances from the end", paths[0].from, percent1(pc.Explained[0]+pc.Explained[1])))
	case "hessian":
		if err := a.hessianPlane(ctx, v, p, s, f); err != nil {
			return nil, err
		}
	default:
		p.A, p.B = surface.Random(layout, v.at, len(v.at), f.seed, 0), surface.Random(layout, v.at, len(v.at), f.seed, 1)
		s.x, s.y = "random direction 1 (× the filters' own length)", "random direction 2 (× the filters' own length)"
		s.notes = append(s.notes, fmt.Sprintf("filter-normalised random directions (Li et al. 2018), seed %d", f.seed))
	}
	return p, nil
}

func percent1(x float64) string { return fmt.Sprintf("%.1f%%", 100*x) }

// follow projects the paths, and gives each iterate its own loss.
func (a *app) follow(ctx context.Context, v *field, s *landscape, plane *surface.Plane, paths []*recorded) error {
	w := v.Probe.Size()
	for _, r := range paths {
		t := trail{name: r.name, projected: true, step: r.steps}
		for _, at := range r.points {
			seen := at
			if v.mode != "direction" {
				seen = append(at[:w:w], v.at[w:]...)
			}
			shadow, err := plane.Project(seen)
			if err != nil {
				return failed(err)
			}
			e, err := v.Loss(ctx, at)
			if err != nil {
				return err
			}
			t.x, t.y, t.e, t.residual = append(t.x, shadow.A), append(t.y, shadow.B), append(t.e, e), append(t.residual, shadow.Residual)
		}
		s.paths = append(s.paths, t)
		sorted := slices.Sorted(slices.Values(t.residual))
		s.notes = append(s.notes, fmt.Sprintf("%s: colours are its own losses; the plane leaves out %s of an iterate's distance in the median, at most %s",
			t.name, percent1(sorted[len(sorted)/2]), percent1(sorted[len(sorted)-1])))
	}
	return nil
}

// axes are the points of the grid: around the paths of a plane that was made for them,
// else a direction's length to both sides.
func (s *landscape) axes(f surfaceFlags) (xs, ys []float64, err error) {
	n := f.points
	if n == 0 {
		n = 31
	}
	ends := [4]float64{-1, 1, -1, 1}
	if s.spans != ([4]float64{}) {
		ends = s.spans
	}
	if s.directions == "pca" {
		ends = s.around()
	}
	if ends[0], ends[1], err = span("x", f.x, ends[0], ends[1]); err != nil {
		return nil, nil, err
	}
	if ends[2], ends[3], err = span("y", f.y, ends[2], ends[3]); err != nil {
		return nil, nil, err
	}
	return surface.Even(ends[0], ends[1], n), surface.Even(ends[2], ends[3], n), nil
}

// around is a rectangle with room around the paths.
func (s *landscape) around() [4]float64 {
	lo, hi := [2]float64{}, [2]float64{} // the end of the run is at 0, 0
	for _, t := range s.paths {
		for k, c := range [][]float64{t.x, t.y} {
			lo[k], hi[k] = math.Min(lo[k], slices.Min(c)), math.Max(hi[k], slices.Max(c))
		}
	}
	long := math.Max(hi[0]-lo[0], hi[1]-lo[1])
	var out [4]float64
	for k := range 2 {
		room := math.Max(0.2*(hi[k]-lo[k]), 0.1*long)
		out[2*k], out[2*k+1] = lo[k]-room, hi[k]+room
	}
	return out
}
