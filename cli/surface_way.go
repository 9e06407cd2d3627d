package cli

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"github.com/godescent/descent/report"
	"github.com/godescent/descent/surface"
	"github.com/godescent/descent/weights"
)

// wayJSON is the object that surface --json prints of two runs.
type wayJSON struct {
	Kind       string    `json:"kind"`
	Runs       []string  `json:"runs"`
	Title      string    `json:"title"`
	Statistics string    `json:"statistics,omitempty"`
	T          []float64 `json:"t"`
	Plain      wayEnd    `json:"plain"`
	Aligned    *wayEnd   `json:"aligned"`
	Moved      int       `json:"units_moved"`
	Units      int       `json:"units"`
	Distance   []float64 `json:"distance"` // before and after the alignment
	Notes      []string  `json:"notes"`
	Out        string    `json:"out"`
}

type wayEnd struct {
	E       []*float64 `json:"e"`
	Barrier *float64   `json:"barrier"`
	At      float64    `json:"barrier_at"`
}

func newWayEnd(w *surface.Way) wayEnd { return wayEnd{nullable(w.E), finite(w.Barrier), w.Top} }

// betweenRuns is E along the line from one run's weights to another's.
func (a *app) betweenRuns(ctx context.Context, args []string, f surfaceFlags) error {
	if err := f.only("the line between two runs", "optimizers", "schedule", "start", "steps", "x", "y", "levels", "directions", "iterates", "path"); err != nil {
		return err
	}
	if f.statistics == "frozen" {
		return fmt.Errorf("--statistics: frozen are those of one run, and the line has two ends; take direction or recomputed")
	}
	if strings.EqualFold(filepath.Ext(f.out), ".html") {
		return fmt.Errorf("--out: a line is drawn as .png or .svg, not as %s", f.out)
	}
	from, err := a.field(args[0], f, "direction")
	if err != nil {
		return err
	}
	defer from.close()
	to, err := a.field(args[1], f, "direction")
	if err != nil {
		return err
	}
	defer to.close()
	if err := alike(from, to, args); err != nil {
		return err
	}
	n := f.points
	if n == 0 {
		n = 41
	}
	plain, err := surface.NewWay(ctx, from.Space, from.at, to.at, n, a.ticker("point", f.quiet))
	if err != nil {
		return a.unfinished(ctx, err)
	}
	j := wayJSON{Kind: "line", Runs: args, Statistics: from.mode, T: plain.T, Plain: newWayEnd(plain), Notes: from.note(),
		Title: fmt.Sprintf("%s: %s; E of %s", from.run.Name, from.run.Title, from.of)}
	var aligned *surface.Way
	m, why := a.match(ctx, from, to)
	if why != nil {
		j.Notes = append(j.Notes, "not aligned: "+why.Error())
	} else {
		if aligned, err = surface.NewWay(ctx, from.Space, from.at, m.Point, n, a.ticker("aligned, point", f.quiet)); err != nil {
			return a.unfinished(ctx, err)
		}
		end := newWayEnd(aligned)
		j.Aligned, j.Moved, j.Units, j.Distance = &end, m.Moved, m.Units, []float64{m.Before, m.After}
		j.Notes = append(j.Notes, fmt.Sprintf("aligned: %d of %d hidden units have another place; the weights are %.4g apart instead of %.4g", m.Moved, m.Units, m.After, m.Before))
	}
	if j.Out = f.out; j.Out == "" {
		j.Out = filepath.Base(filepath.Clean(args[0])) + "-" + filepath.Base(filepath.Clean(args[1])) + "-line.png"
	}
	if err := wayFigure(j, args, plain, aligned).Save(j.Out); err != nil {
		return failed(fmt.Errorf("--out: %w", pathless(err)))
	}
	if f.json {
		return failed(a.printJSON(j))
	}
	return failed(a.printWay(j, args, plain, aligned))
}

// alike is nil if the weights of two runs have the same places.
func alike(a, b *field, names []string) error {
	va, vb := a.trained.Network.Plan.Weights.Views(), b.trained.Network.Plan.Weights.Views()
	same := len(va) == len(vb)
	for i := 0; same && i < len(va); i++ {
		same = va[i].Name == vb[i].Name && va[i].Shape.Equal(vb[i].Shape)
	}
	if !same {
		return fmt.Errorf("surface: %s is %s and %s is %s; a line leads between two runs of one network", names[0], a.run.Title, names[1], b.run.Title)
	}
	return nil
}

// match puts the second network's units in the first's order, and makes sure that it
// computes the same as before.
func (a *app) match(ctx context.Context, from, to *field) (*surface.Matching, error) {
	plan := from.trained.Network.Plan
	var running *weights.Layout
	if plan.State.Size() > 0 {
		running = plan.State
	}
	u, err := surface.NewUnits(plan.Weights, running)
	if err != nil {
		return nil, err
	}
	m, err := u.Match(from.at, to.at)
	if err != nil {
		return nil, err
	}
	before, err := from.Loss(ctx, to.at)
	if err != nil {
		return nil, err
	}
	after, err := from.Loss(ctx, m.Point)
	if err != nil {
		return nil, err
	}
	if math.Abs(after-before) > 1e-4*(1+math.Abs(before)) {
		return nil, fmt.Errorf("with its units in another order E is %.6g and was %.6g; the network is no plain chain of layers", after, before)
	}
	return m, nil
}

func wayFigure(j wayJSON, args []string, plain, aligned *surface.Way) *report.Figure {
	p := &report.Curves{X: fmt.Sprintf("from %s (0) to %s (1)", filepath.Base(filepath.Clean(args[0])), filepath.Base(filepath.Clean(args[1]))), Y: "E"}
	add := func(name string, w *surface.Way, style int) {
		p.Lines = append(p.Lines, report.Line{Name: fmt.Sprintf("%s, barrier %.3g", name, w.Barrier), X: w.T, Y: w.E, Style: style, Both: true})
	}
	add("as trained", plain, 1)
	if aligned != nil {
		add("units aligned", aligned, 0)
	}
	return &report.Figure{Title: j.Title, Panels: []report.Panel{p}, Notes: j.Notes}
}

func (a *app) printWay(j wayJSON, args []string, plain, aligned *surface.Way) error {
	if _, err := fmt.Fprintln(a.out, a.out.paint(bold, j.Title)); err != nil {
		return err
	}
	n := len(plain.E) - 1
	head := []string{"line", "E at " + args[0], "E at " + args[1], "barrier", "at"}
	rows := [][]string{head}
	add := func(name string, w *surface.Way) {
		rows = append(rows, []string{name, fmt.Sprintf("%.4g", w.E[0]), fmt.Sprintf("%.4g", w.E[n]), fmt.Sprintf("%.4g", w.Barrier), fmt.Sprintf("%.2f", w.Top)})
	}
	add("as trained", plain)
	if aligned != nil {
		add("units aligned", aligned)
	}
	if err := a.out.table(rows); err != nil {
		return err
	}
	for _, note := range j.Notes {
		if _, err := fmt.Fprintln(a.out, note); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(a.out, a.out.paint(dim, "picture"), j.Out)
	return err
}
