package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/godescent/descent/curvature"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

type stationaryFlags struct {
	probeFlags
	starts int
	twins  int
}

// mostStationary is the most weights of a search: each of its steps is O(W³).
const mostStationary = 300

func (a *app) stationaryCommand() *cobra.Command {
	var f stationaryFlags
	c := &cobra.Command{
		Use:   "stationary RUN|SPEC|FUNCTION",
		Short: "Find and classify stationary points: minima, maxima, saddles",
		Long: fmt.Sprintf(`Look for points with ∇E = 0 from many starts by damped Newton steps on ∇E, which find minima,
maxima and saddles alike, and classify each by the signs of its Hessian's eigenvalues, with how
far these may be off. Around each point, δE is compared with δwᵀ∇E and with the quadratic.
Where E has a kink it has no gradient, and a minimum there is not found.

A network's starts are its run's weights and first weights of other seeds; it may have up to
%d weights, and is computed in float64. Numbering its hidden units otherwise, and with an
odd activation changing their signs, gives M!·2ᴹ twins of each point with the same E: they
are counted, made and checked.`, mostStationary),
		Example: `  descent stationary himmelblau
  descent stationary rastrigin --starts 1000 --json
  descent stationary runs/tiny --starts 20`,
		Args: between(1, 1, "a run's folder, a specification or a function"),
		RunE: func(_ *cobra.Command, args []string) error { return a.stationary(args[0], &f) },
	}
	f.add(c)
	c.Flags().IntVar(&f.starts, "starts", 200, "searches")
	c.Flags().IntVar(&f.twins, "twins", 10000, "most twins of a network's point that are made and checked")
	return c
}

// stationaryDoc is the object that stationary --json prints.
type stationaryDoc struct {
	Of        string     `json:"of"`
	Title     string     `json:"title"`
	About     string     `json:"about"`
	Weights   int        `json:"weights"`
	Starts    int        `json:"starts"`
	Lost      int        `json:"lost"`
	NotFinite int        `json:"not_finite"`
	Points    []pointDoc `json:"points"`
	Twins     *twinsDoc  `json:"twins,omitempty"`
	Seconds   float64    `json:"seconds"`
}

type pointDoc struct {
	At        []float64 `json:"at"`
	E         float64   `json:"e"`
	Gradient  float64   `json:"gradient_norm"`
	Kind      string    `json:"kind"`
	Negative  int       `json:"negative"`
	Zero      int       `json:"zero"`
	Positive  int       `json:"positive"`
	Values    []float64 `json:"eigenvalues"`
	Error     float64   `json:"eigenvalue_error"`
	Starts    int       `json:"starts"`
	Radius    float64   `json:"check_radius"`
	Change    float64   `json:"largest_change"`
	Linear    float64   `json:"linear_error"`
	Quadratic float64   `json:"quadratic_error"`
}

type twinsDoc struct {
	Count     string  `json:"count"`
	Formula   string  `json:"formula"`
	Made      int     `json:"made"`
	Largest   float64 `json:"largest_difference"` // of E
	E         float64 `json:"e"`
	Different int     `json:"different_points"`
}

func (a *app) stationary(name string, f *stationaryFlags) error {
	switch {
	case f.starts < 1 || f.starts > 1_000_000:
		return fmt.Errorf("--starts: %d is not a whole number in [1,1000000]", f.starts)
	case f.twins < 0 || f.twins > 10_000_000:
		return fmt.Errorf("--twins: %d is not a whole number in [0,10000000]", f.twins)
	}
	f.double = true
	p, err := a.probe("stationary", name, &f.probeFlags)
	if err != nil {
		return err
	}
	defer p.Close()
	if p.Size() > mostStationary {
		return fmt.Errorf("stationary: %s has %s weights and each of a search's steps takes W³ operations; it wants at most %d, such as --set model.hidden=[3] of a small table", name, grouped(int64(p.Size())), mostStationary)
	}
	s, err := p.search(f)
	if err != nil {
		return err
	}
	t := a.newTeller(f.quiet)
	t.say("%s, %d weights; %s", p.title, p.Size(), p.about)
	t.say("cost: %d starts of up to %d steps, each of %d Hessian products and O(W³)", s.Starts, s.Iterations, p.Size())
	s.Progress = func(done, most int) {
		if now := time.Now(); !f.quiet && now.Sub(t.told) > 2*time.Second {
			t.told = now
			t.say("%d of %d starts", done, most)
		}
	}
	ctx, stop := a.untilSignal()
	defer stop()
	origin := p.Point()
	r, err := p.Stationary(ctx, *s)
	if err != nil {
		return a.unfinished(ctx, err)
	}
	d := newStationaryDoc(p, r, time.Since(t.start))
	if d.Twins, err = p.twins(ctx, origin, f.twins); err != nil {
		return a.unfinished(ctx, err)
	}
	if f.json {
		return failed(a.printJSON(d))
	}
	return failed(a.printStationary(d))
}

// search is where a probe's stationary points are looked for.
func (p *probed) search(f *stationaryFlags) (*curvature.Search, error) {
	if p.fn != nil {
		s := curvature.NewSearch(f.starts, curvature.Box(p.fn.Domain[:], f.seed))
		for _, d := range p.fn.Domain {
			s.Radius = math.Max(s.Radius, d[1]-d[0])
		}
		return &s, nil
	}
	layout, origin := p.Source().Layout, p.Point()
	if _, err := layout.Initial(tensor.Float64, 0); err != nil {
		return nil, err
	}
	s := curvature.NewSearch(f.starts, func(i int) []float64 {
		if i == 0 {
			return origin
		}
		w, err := layout.Initial(tensor.Float64, f.seed+int64(i))
		if err != nil { // it was made once above
			return origin
		}
		return w.Float64s()
	})
	return &s, nil
}

func newStationaryDoc(p *probed, r *curvature.Found, took time.Duration) *stationaryDoc {
	d := &stationaryDoc{Of: p.name, Title: p.title, About: p.about, Weights: p.Size(), Starts: r.Starts, Lost: r.Lost, NotFinite: r.NotFinite, Seconds: took.Seconds(), Points: []pointDoc{}}
	for _, s := range r.Points {
		c := s.Check
		d.Points = append(d.Points, pointDoc{s.W, s.E, s.Gradient, string(s.Kind), s.Negative, s.Zero, s.Positive, s.Values, s.Error, s.Found, c.Radius, c.Change, c.Linear, c.Quadratic})
	}
	return d
}

// twins makes the twins of a network's weights and compares their E.
func (p *probed) twins(ctx context.Context, w []float64, limit int) (*twinsDoc, error) {
	if p.run == nil || limit == 0 {
		return nil, nil
	}
	var layers []curvature.Hidden
	var formula []string
	for _, h := range p.run.Config.Network.Plan.Hidden() {
		layers = append(layers, curvature.Hidden{Units: h.Units, In: h.In, Bias: h.Bias, Out: []weights.View{h.Out}, Odd: h.Odd})
		text := fmt.Sprintf("%d!", h.Units)
		if h.Odd {
			text += fmt.Sprintf("·2^%d", h.Units)
		}
		formula = append(formula, text)
	}
	if len(layers) == 0 {
		return nil, nil
	}
	count := curvature.CountTwins(layers)
	t := &twinsDoc{Count: count.String(), Formula: strings.Join(formula, "·")}
	if len(t.Count) > 12 {
		t.Count = fmt.Sprintf("%.3e", bigFloat(count))
	}
	seen := map[string]bool{}
	var failure error
	curvature.Twins(w, layers, limit, func(twin []float64) bool {
		if failure = p.Move(twin); failure != nil {
			return false
		}
		var e float64
		if e, failure = p.Loss(ctx); failure != nil {
			return false
		}
		if t.Made == 0 {
			t.E = e
		}
		t.Made++
		t.Largest = math.Max(t.Largest, math.Abs(e-t.E))
		seen[fmt.Sprint(twin)] = true
		return true
	})
	t.Different = len(seen)
	return t, errors.Join(failure, p.Move(w))
}

// mostPoints are shown in the table, the lowest.
const mostPoints = 40

func (a *app) printStationary(d *stationaryDoc) error {
	rows := [][]string{{"point", "E", "kind", "eigenvalues", "±", "|∇E|", "starts", "δE − δwᵀ∇E", "δE − quadratic"}}
	counts := map[string]int{}
	for i, p := range d.Points {
		if counts[p.Kind]++; i >= mostPoints {
			continue
		}
		at := "-"
		if len(p.At) <= 3 {
			at = pointText(rounded(p.At))
		}
		kind := p.Kind
		if kind == string(curvature.Saddle) {
			kind = fmt.Sprintf("saddle, index %d", p.Negative)
		}
		if p.Zero > 0 {
			kind += fmt.Sprintf(" (%d of %d are 0)", p.Zero, len(p.Values))
		}
		values := pointText(p.Values)
		if n := len(p.Values); n > 3 {
			values = fmt.Sprintf("%.4g to %.4g", p.Values[0], p.Values[n-1])
		}
		rows = append(rows, []string{at, fmt.Sprintf("%.8g", p.E), kind, values, fmt.Sprintf("%.0e", p.Error), fmt.Sprintf("%.0e", p.Gradient),
			fmt.Sprint(p.Starts), fmt.Sprintf("%.2g", p.Linear), fmt.Sprintf("%.2g", p.Quadratic)})
	}
	if err := a.out.table(rows); err != nil {
		return err
	}
	var b bytes.Buffer
	if more := len(d.Points) - mostPoints; more > 0 {
		fmt.Fprintf(&b, "... and %d more, higher up; --json has all\n", more)
	}
	var kinds []string
	for _, k := range []struct{ kind, one, many string }{
		{string(curvature.Minimum), "minimum", "minima"}, {string(curvature.Saddle), "saddle", "saddles"},
		{string(curvature.Maximum), "maximum", "maxima"}, {string(curvature.Degenerate), "degenerate", "degenerate"},
	} {
		switch n := counts[k.kind]; n {
		case 0:
		case 1:
			kinds = append(kinds, "1 "+k.one)
		default:
			kinds = append(kinds, fmt.Sprintf("%d %s", n, k.many))
		}
	}
	points := "points"
	if len(d.Points) == 1 {
		points = "point"
	}
	fmt.Fprintf(&b, "\n%d %s from %d starts in %s", len(d.Points), points, d.Starts, duration(d.Seconds))
	if len(kinds) > 0 {
		fmt.Fprintf(&b, ": %s", strings.Join(kinds, ", "))
	}
	if d.Lost > 0 {
		fmt.Fprintf(&b, "; %d searches came to none", d.Lost)
	}
	if d.NotFinite > 0 {
		fmt.Fprintf(&b, "; %d came to where E or a derivative is no finite number", d.NotFinite)
	}
	fmt.Fprintln(&b)
	if len(d.Points) > 0 {
		fmt.Fprintf(&b, "the last columns are the largest errors in δE over steps of a hundredth of 1 + |w|\n")
	}
	if t := d.Twins; t != nil {
		fmt.Fprintf(&b, "%s = %s twins of the run's weights have their E = %.12g: %s of them were made, %s different points, E differs by %.1e at most\n",
			t.Formula, t.Count, t.E, grouped(int64(t.Made)), grouped(int64(t.Different)), t.Largest)
	}
	_, err := a.out.Write(b.Bytes())
	return err
}

// rounded is a point without the last digits, in which its zeros are no zeros.
func rounded(w []float64) []float64 {
	out := make([]float64, len(w))
	for i, x := range w {
		out[i] = math.Round(x*1e9)/1e9 + 0
	}
	return out
}
