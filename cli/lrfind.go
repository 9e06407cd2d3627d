package cli

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/godescent/descent/race"
	"github.com/godescent/descent/report"
)

type lrFindFlags struct {
	optimizer, plot string
	from, to        float64
	seeds           int
	sets            []string
	json, quiet     bool
}

// The range of rates of lr-find, around an optimizer's default, and its steps.
const (
	rangeFactor = 1000
	rangeSteps  = 300
)

func (a *app) lrFindCommand() *cobra.Command {
	var f lrFindFlags
	options := a.raceOptions()
	c := &cobra.Command{
		Use:   "lr-find DATA|SPEC.yaml|FUNCTION",
		Short: "Find a learning rate by letting it grow until training is lost",
		Long: `Find a learning rate by a range test: in one short run for each seed the rate grows
exponentially, and the loss shows where it has made nine tenths of its fall, which is the answer, and
where training is lost. Two witnesses that cost little stand beside it for optimizers that do not scale the
gradient: the largest rate that the curvature at the first weights allows, 2(1+μ)/λmax, and the bottom
of the parabola along the gradient. Where they disagree, it says so; compare then settles it.`,
		Example: `  descent lr-find mnist --optimizer momentum
  descent lr-find wine --optimizer adam --seeds 10 --plot rates.png
  descent lr-find ravine --optimizer sgd --json`,
		Args: atMost(1, "one, data, a specification or a function"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return append(a.problemNames(), "yaml", "yml"), cobra.ShellCompDirectiveDefault
		},
		RunE: func(c *cobra.Command, args []string) error { return a.lrFind(c, args, options, f) },
	}
	options = slices.DeleteFunc(options, func(o option) bool { return o.name == "schedule" || o.name == "epochs" })
	addOptions(c, options)
	c.Flags().StringVar(&f.optimizer, "optimizer", "momentum", "rule as `name:key=value,..`; see descent optimizers")
	c.Flags().Float64Var(&f.from, "from", 0, "smallest rate (default a thousandth of the optimizer's own)")
	c.Flags().Float64Var(&f.to, "to", 0, "largest rate (default a thousand times the optimizer's own)")
	c.Flags().IntVar(&f.seeds, "seeds", 5, "runs: seeds 1, 2, ..")
	c.Flags().StringArrayVar(&f.sets, "set", nil, "give any key of the specification a value, as `key=value`; again for more")
	c.Flags().StringVar(&f.plot, "plot", "", "draw the loss against the rate into this .png or .svg `file`")
	c.Flags().BoolVar(&f.json, "json", false, "print the result as one JSON object")
	c.Flags().BoolVar(&f.quiet, "quiet", false, "no progress")
	return c
}

func (a *app) lrFind(c *cobra.Command, args []string, options []option, f lrFindFlags) error {
	if f.seeds < 1 || f.seeds > 1000 {
		return fmt.Errorf("--seeds: %d is not a whole number in [1,1000]", f.seeds)
	}
	if f.plot != "" {
		if err := plotFlag(f.plot); err != nil {
			return err
		}
	}
	e, err := a.entrant(f.optimizer)
	if err != nil {
		return fmt.Errorf("--optimizer: %w", err)
	}
	rule, rates := e.contender.Rule, e.contender.Rates
	if axes := e.contender.Axes; len(axes) > 0 {
		return fmt.Errorf("--optimizer: lr-find looks for lr alone, and %s is not one number; compare searches both", axes[0].Text)
	}
	lr := rates[len(rates)/2] // the middle of the grid around the default, or the one that is given
	f.optimizer = e.setting
	if e.contender.Bounded {
		lr = 0
		if !c.Flags().Changed("from") {
			f.from = rates[0]
		}
		if !c.Flags().Changed("to") {
			f.to = rates[len(rates)-1]
		}
	}
	if lr > 0 && !c.Flags().Changed("from") {
		f.from = lr / rangeFactor
	}
	if lr > 0 && !c.Flags().Changed("to") {
		f.to = lr * rangeFactor
	}
	if !(f.from > 0) || !(f.from < f.to) || math.IsInf(f.to, 0) {
		return fmt.Errorf("--from, --to: %v to %v is no range of rates; want 0 < from < to", f.from, f.to)
	}
	if !c.Flags().Changed("steps") {
		if err := c.Flags().Set("steps", fmt.Sprint(rangeSteps)); err != nil {
			return err
		}
	}
	at, err := a.arena(c, args, options, f.sets, f.optimizer, "", nil)
	if err != nil {
		return err
	}
	defer at.close()
	if at.run != nil && !f.quiet {
		a.notes(at.run.Notes)
	}
	t := &race.RangeTest{Problem: at.problem, Rule: rule, Lo: f.from, Hi: f.to}
	for seed := range f.seeds {
		t.Seeds = append(t.Seeds, int64(seed+1))
	}
	if !f.quiet {
		_, _ = fmt.Fprintf(a.err, "%s; %s steps from lr %.2g to %.2g\n", at.title, grouped(at.problem.Steps()), f.from, f.to)
		t.Progress = a.rangeProgress(at.problem.Steps())
		t.Report = func(r race.RangeRun) {
			_, _ = fmt.Fprintf(a.err, "seed %d  nine tenths of the loss's fall at lr %.2g, smallest at %.2g\n", r.Seed, r.Rate, r.Bottom)
		}
	}
	ctx, stop := a.untilSignal()
	defer stop()
	r, err := t.Run(ctx)
	if err != nil {
		return failed(err)
	}
	if f.json {
		err = a.printJSON(newRangeJSON(args[0], f.optimizer, r))
	} else {
		err = a.printRange(f.optimizer, r)
	}
	if err == nil && f.plot != "" && len(r.Runs) > 0 {
		err = savePlot(rangeFigure(at.title, f.optimizer, r), f.plot)
	}
	if err == nil && r.Interrupted {
		return &exit{code: ExitInterrupted}
	}
	return failed(err)
}

// rangeProgress tells, every few seconds, where a test is that takes longer than that.
func (a *app) rangeProgress(steps int64) func(seed, step int64, rate, loss float64) {
	told := time.Now()
	return func(seed, step int64, rate, loss float64) {
		if time.Since(told) < lineEvery {
			return
		}
		told = time.Now()
		if step == 0 {
			_, _ = fmt.Fprintf(a.err, "seed %d  the curvature at its first weights\n", seed)
			return
		}
		_, _ = fmt.Fprintf(a.err, "seed %d  step %d/%d  lr %.2g  loss %.4g\n", seed, step, steps, rate, loss)
	}
}

func (a *app) printRange(name string, r *race.Range) error {
	rows := [][]string{{"", "lr", "95% interval", "seeds"}}
	add := func(what string, e race.Estimate) {
		if e.N == 0 {
			return
		}
		interval := "-"
		if e.N > 1 {
			interval = fmt.Sprintf("%.2g to %.2g", e.Lo, e.Hi)
		}
		rows = append(rows, []string{what, fmt.Sprintf("%.2g", e.Mean), interval, fmt.Sprint(e.N)})
	}
	add("9/10 of the fall", r.Rate)
	add("loss is smallest", r.Bottom)
	add("training is lost", r.End)
	limit, bottom := r.LimitName, "parabola's bottom"
	if !r.Plain {
		limit, bottom = limit+" (of sgd)", bottom+" (of sgd)"
	}
	add(limit, r.Limit)
	add(bottom, r.Quadratic)
	if err := a.out.table(rows); err != nil {
		return err
	}
	if r.Examples > 0 {
		if _, err := fmt.Fprintf(a.out, "λmax and the parabola: E at the first weights over %s examples for each seed\n", grouped(int64(r.Examples))); err != nil {
			return err
		}
	}
	if r.Residual > 0.1 {
		if _, err := fmt.Fprintf(a.out, "λmax is known to %.0f%% only\n", 100*r.Residual); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(a.out, "\n%s\n", a.out.wrap(r.Verdict(name)))
	return err
}

// rangeJSON is the object that lr-find --json prints.
type rangeJSON struct {
	Problem     string       `json:"problem"`
	Optimizer   string       `json:"optimizer"`
	Rate        *float64     `json:"lr"`
	Lo          *float64     `json:"lr_low"`
	Hi          *float64     `json:"lr_high"`
	Seeds       int          `json:"seeds"`
	Bottom      estimateJSON `json:"smallest_loss"`
	End         estimateJSON `json:"lost"`
	Limit       estimateJSON `json:"curvature_limit"`
	Quadratic   estimateJSON `json:"parabola"`
	Largest     estimateJSON `json:"lambda_max"`
	Residual    float64      `json:"lambda_max_residual"`
	Examples    int          `json:"curvature_examples"` // for each seed; 0 for a function
	Binding     bool         `json:"curvature_binds"`    // the rule does not scale the gradient
	NoCurvature string       `json:"no_curvature,omitempty"`
	Verdict     string       `json:"verdict"`
	Interrupted bool         `json:"interrupted"`
}

type estimateJSON struct {
	Mean *float64 `json:"mean"`
	Lo   *float64 `json:"low"`
	Hi   *float64 `json:"high"`
}

func newRangeJSON(problem, name string, r *race.Range) rangeJSON {
	of := func(e race.Estimate) estimateJSON {
		if e.N == 0 {
			return estimateJSON{}
		}
		if e.N == 1 {
			return estimateJSON{Mean: finite(e.Mean)}
		}
		return estimateJSON{finite(e.Mean), finite(e.Lo), finite(e.Hi)}
	}
	j := rangeJSON{
		Problem: problem, Optimizer: name, Seeds: len(r.Runs), Bottom: of(r.Bottom), End: of(r.End), Limit: of(r.Limit), Quadratic: of(r.Quadratic),
		Largest: of(r.Largest), Residual: r.Residual, Examples: r.Examples, Binding: r.Plain, NoCurvature: r.NoCurvature, Verdict: r.Verdict(name), Interrupted: r.Interrupted,
	}
	if e := of(r.Rate); e.Mean != nil {
		j.Rate, j.Lo, j.Hi = finite(r.Answer()), e.Lo, e.Hi
	}
	return j
}

// rangeFigure is the smoothed loss of every seed against the rate, with what was read from it.
func rangeFigure(title, name string, r *race.Range) *report.Figure {
	p := &report.Curves{X: "learning rate of " + name, Y: "training loss (smoothed)", LogX: true, LogY: true}
	for i, run := range r.Runs {
		c := report.Line{X: run.Rates, Y: run.Loss, Thin: true}
		if i == 0 {
			c.Name = "one seed"
		}
		for _, y := range c.Y {
			p.LogY = p.LogY && y > 0
		}
		p.Lines = append(p.Lines, c)
	}
	add := func(what string, e race.Estimate, style int) {
		if e.N > 0 {
			p.Marks = append(p.Marks, report.Mark{Name: fmt.Sprintf("%s, %.2g", what, e.Mean), At: e.Mean, Lo: e.Lo, Hi: e.Hi, Style: style})
		}
	}
	add("9/10 of the fall", r.Rate, 0)
	add("training is lost", r.End, 1)
	if r.Plain {
		add("curvature's limit", r.Limit, 2)
		add("parabola's bottom", r.Quadratic, 3)
	}
	return &report.Figure{Title: title, Panels: []report.Panel{p}}
}
