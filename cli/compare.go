package cli

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/godescent/descent/cli/spec"
	"github.com/godescent/descent/internal/suggest"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective/functions"
	"github.com/godescent/descent/race"
	"github.com/godescent/descent/report"
	"github.com/godescent/descent/schedule"
)

// functionSteps is the number of steps over a function if none is given.
const functionSteps = 500

type compareFlags struct {
	optimizers, norms string
	seeds             int
	sets              []string
	plot, out         string
	json, quiet       bool
}

func (a *app) compareCommand() *cobra.Command {
	var f compareFlags
	options := a.raceOptions()
	c := &cobra.Command{
		Use:   "compare DATA|SPEC.yaml|FUNCTION",
		Short: "Race optimizers and normalisations, each at its own best learning rate",
		Long: `Race optimizers and normalisations over the same seeds: all start from the same weights
and see the same batches, in the same number of steps.

The best learning rate of each is searched on a logarithmic grid around its default, unless
it is given: momentum:lr=0.05 runs that rate, momentum:lr=0.01|0.03|0.1 the best of those, and
momentum:lr=1e-3..1 the best of that range. Other numbers are searched together with it where they
are a range or a list: adam:beta2=0.9..0.9999, divided evenly on the number's own scale, here that
of log(1 − β2), in five, or of several ranges each in three, and halved around the best. The rate is
chosen on examples held back from training for that (split.validation), and the contenders are
judged on the test examples; ± is half of a 95% confidence interval over the seeds. Who cannot be
told apart by a paired test is said to be tied.

It races on what train takes, or on a function of trace, for which a seed is a start point.
The folder (--out) keeps every finished run: the same command with the same folder goes on.`,
		Example: `  descent compare wine --optimizers momentum,adam --seeds 10
  descent compare mnist --optimizers sgd,nesterov:momentum=0.9,adam --epochs 3 --plot race.png
  descent compare iris.yaml --optimizers adam --norms none,batch,layer --out runs/norms
  descent compare digits --optimizers adam:beta2=0.9..0.9999,momentum:mu=0.5|0.9|0.99 --seeds 5
  descent compare rosenbrock --optimizers momentum,adam,rmsprop --steps 2000`,
		Args: atMost(1, "one, data, a specification or a function"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return append(a.problemNames(), "yaml", "yml"), cobra.ShellCompDirectiveDefault
		},
		RunE: func(c *cobra.Command, args []string) error { return a.compare(c, args, options, f) },
	}
	addOptions(c, options)
	c.Flags().StringVar(&f.optimizers, "optimizers", "momentum,adam", "who takes part, as `name:key=value,..,name,..`")
	c.Flags().StringVar(&f.norms, "norms", "", "race every optimizer with each of these normalisations in the network: `name,name,..` of "+strings.Join(nn.NormNames(), ", "))
	c.Flags().IntVar(&f.seeds, "seeds", 5, "runs of each at its best rate: seeds 1, 2, ..")
	c.Flags().StringArrayVar(&f.sets, "set", nil, "give any key of the specification a value, as `key=value`; again for more")
	c.Flags().StringVar(&f.plot, "plot", "", "draw the loss against step and time into this .png or .svg `file`")
	c.Flags().StringVar(&f.out, "out", "", "`folder` that keeps finished runs (default a new one in runs); \"\" keeps none")
	c.Flags().BoolVar(&f.json, "json", false, "print the result as one JSON object")
	c.Flags().BoolVar(&f.quiet, "quiet", false, "no progress")
	return c
}

// raceOptions are those flags of train that a race leaves free: it has rules, rates and
// seeds of its own, and runs of one length.
func (a *app) raceOptions() []option {
	taken := []string{"tensorboard", "optimizer", "lr", "clip-norm", "clip-value", "weight-decay", "seed", "norm", "patience", "plateau", "loss-change", "gradient-norm", "save-every", "save-steps"}
	return slices.DeleteFunc(a.trainOptions(), func(o option) bool { return slices.Contains(taken, o.name) })
}

// problemNames are everything that compare and lr-find know by name.
func (a *app) problemNames() []string {
	names := a.tables.SourceNames()
	for _, f := range a.functions {
		names = append(names, f.Name)
	}
	return names
}

// arena is a problem for the commands: its title and, by normalisation, what is raced on.
type arena struct {
	name, title string
	problem     race.Problem
	kernel      string
	run         *spec.Run // of a network
}

func (at *arena) close() {
	if at != nil && at.run != nil {
		_ = at.run.Close() // it was only read
	}
}

// arena makes the problem that an argument names; norm "" leaves the network's own. The examples
// are those of the arena before, if there is one, which differs in norm alone.
func (a *app) arena(c *cobra.Command, args []string, options []option, sets []string, rule, norm string, before *arena) (*arena, error) {
	if len(args) == 0 || args[0] == "" {
		return nil, fmt.Errorf("%s: on what? give it data (%s), a specification, or a function (%s)", c.Name(), strings.Join(a.tables.SourceNames(), ", "), strings.Join(a.functionNames(), ", "))
	}
	name := args[0]
	if i := slices.IndexFunc(a.functions, func(f *functions.Function) bool { return f.Name == name }); i >= 0 {
		if norm != "" {
			return nil, fmt.Errorf("--norms: %s is a function and has no layers to normalise", name)
		}
		return a.functionArena(c, a.functions[i], options, sets)
	}
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) && !slices.Contains(a.tables.SourceNames(), name) {
		return nil, fmt.Errorf("%s: there is no file %s and no data or function of that name; %s", c.Name(), name, suggest.Hint(name, a.problemNames()))
	}
	doc, err := a.document(args, trainFlags{}, false)
	if err != nil {
		return nil, err
	}
	// Naming an optimizer takes its schedule, a constant one, for all.
	if err := doc.SetText("optimizer", rule, "--optimizers"); err != nil {
		return nil, err
	}
	if err := applyOptions(c, doc, options, sets); err != nil {
		return nil, err
	}
	if norm != "" {
		if err := doc.SetText("model.norm", norm, "--norms"); err != nil {
			return nil, err
		}
	}
	s, err := doc.Spec()
	if err != nil {
		return nil, err
	}
	if s.Split.Validation == 0 {
		s.Split.Validation = 0.1
		if s.Split.Test > 0 { // a small table
			s.Split.Validation = 0.2
		}
	}
	return a.networkArena(s, before)
}

func (a *app) functionNames() []string {
	var names []string
	for _, f := range a.functions {
		names = append(names, f.Name)
	}
	return names
}

func (a *app) networkArena(s *spec.Spec, before *arena) (*arena, error) {
	kernel, err := a.kernel(s)
	if err != nil {
		return nil, err
	}
	var run *spec.Run
	if before == nil {
		run, err = a.build(s)
	} else {
		run, err = before.run.Remodelled(s)
	}
	if err != nil {
		return nil, err
	}
	at, err := a.runArena(s, run, kernel)
	if err != nil && before == nil {
		_ = run.Close() // it was only read
	}
	return at, err
}

func (a *app) runArena(s *spec.Spec, run *spec.Run, kernel string) (*arena, error) {
	if run.Config.Plateau != nil {
		return nil, s.At("plateau", errors.New("the rates of a race are functions of the step; leave plateau out"))
	}
	if run.Steps == 0 {
		return nil, errors.New("a race has runs of one length; give epochs or steps")
	}
	run.Config.Kernel = kernel
	// What the results depend on, beside the contender.
	bare := *run.Spec
	bare.Optimizer, bare.Threads, bare.Kernel, bare.Checkpoint = spec.Setting{Kind: "sgd"}, 0, "auto", spec.Checkpoint{}
	text, err := bare.Marshal()
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(append(text, run.Config.Meta["data"]...))
	problem, err := race.NewNetwork(fmt.Sprintf("%s, %s, %d steps, specification %.6x", run.Name, run.Title, run.Steps, digest), run.Config, run.Steps)
	if err != nil {
		return nil, err
	}
	title := fmt.Sprintf("%s: %s to train, %s to choose rates, %s to test; %s, batch %d", run.Name, grouped(int64(run.Config.Train.Len())),
		grouped(int64(run.Config.Validation.Len())), grouped(int64(run.Config.Test.Len())), run.Title, run.Config.Batch)
	return &arena{run.Name, title, problem, kernel, run}, nil
}

func (a *app) functionArena(c *cobra.Command, f *functions.Function, options []option, sets []string) (*arena, error) {
	if len(sets) > 0 {
		return nil, fmt.Errorf("--set: %s is a function and has no specification", f.Name)
	}
	text := func(name string) string { return c.Flags().Lookup(name).Value.String() }
	for _, o := range options {
		if c.Flags().Changed(o.name) && o.name != "steps" && o.name != "schedule" {
			return nil, fmt.Errorf("--%s: %s is a function; it takes --steps and --schedule", o.name, f.Name)
		}
	}
	steps := functionSteps
	if c.Flags().Changed("steps") {
		n, err := strconv.Atoi(text("steps"))
		if err != nil || n < 2 || n > 10_000_000 {
			return nil, fmt.Errorf("--steps: %q is not a whole number in [2,10000000]", text("steps"))
		}
		steps = n
	}
	sched := "constant"
	if c.Flags().Changed("schedule") {
		sched = text("schedule")
	}
	s, err := schedule.Parse(sched, steps)
	if err != nil {
		return nil, fmt.Errorf("--schedule: %w", err)
	}
	kernel, err := a.environmentKernel()
	if err != nil {
		return nil, err
	}
	p, err := race.NewFunction(f, s, int64(steps), kernel)
	if err != nil {
		return nil, err
	}
	return &arena{f.Name, fmt.Sprintf("%s: %s from random points", f.Name, f.Equation), p, kernel, nil}, nil
}

func (a *app) compare(c *cobra.Command, args []string, options []option, f compareFlags) error {
	if f.seeds < 1 || f.seeds > 1000 {
		return fmt.Errorf("--seeds: %d is not a whole number in [1,1000]", f.seeds)
	}
	if f.plot != "" {
		if err := plotFlag(f.plot); err != nil {
			return err
		}
	}
	r, first, err := a.race(c, args, options, f)
	defer first.close()
	if err != nil {
		return err
	}
	title := first.title
	if !f.quiet {
		show := &raceLines{console: a.err, metric: r.Contenders[0].Problem.Metric(), began: time.Now()}
		_, _ = fmt.Fprintf(a.err, "%s; %s steps a run\n", title, grouped(r.Contenders[0].Problem.Steps()))
		r.Report = show.event
	}
	if r.Out != "" {
		if err := os.MkdirAll(r.Out, 0o777); err != nil {
			return fmt.Errorf("--out: %w; take another folder, or --out \"\" to keep nothing", pathless(err))
		}
	}
	ctx, stop := a.untilSignal()
	defer stop()
	out, err := r.Run(ctx)
	if err != nil {
		return failed(err)
	}
	if f.json {
		err = a.printJSON(newComparison(args[0], title, out, r.Out))
	} else {
		err = a.printComparison(out, r.Out)
	}
	if err == nil && f.plot != "" && len(out.Contenders) > 0 {
		err = savePlot(comparisonFigure(title, out), f.plot)
	}
	if err != nil {
		return failed(err)
	}
	if out.Interrupted {
		if r.Out != "" {
			_, _ = fmt.Fprintf(a.err, "interrupted; the finished runs are in %s\ngo on with the same command and --out %s\n", filepath.Join(r.Out, race.ResultsName), quoted(r.Out))
		}
		return &exit{code: ExitInterrupted}
	}
	return nil
}

// race is what the flags describe.
func (a *app) race(c *cobra.Command, args []string, options []option, f compareFlags) (r *race.Race, first *arena, err error) {
	entrants, err := a.entrants("--optimizers", f.optimizers)
	if err != nil {
		return nil, nil, err
	}
	norms := []string{""}
	if f.norms != "" {
		norms = strings.Split(f.norms, ",")
	}
	r = &race.Race{}
	for _, norm := range norms {
		if norm != "" && !slices.Contains(nn.NormNames(), norm) {
			return nil, first, fmt.Errorf("--norms: no normalisation %q; %s", norm, suggest.Hint(norm, nn.NormNames()))
		}
		at, err := a.arena(c, args, options, f.sets, entrants[0].setting, norm, first)
		if err != nil {
			return nil, first, err
		}
		if first == nil {
			first = at
			if at.run != nil && !f.quiet {
				a.notes(at.run.Notes)
			}
		}
		for _, e := range entrants {
			one := e.contender
			one.Problem = at.problem
			if norm != "" {
				one.Name += " with " + norm + " norm"
				if norm == "none" {
					one.Name = e.contender.Name + " without norm"
				}
				one.Setting += " norm=" + norm
			}
			r.Contenders = append(r.Contenders, one)
		}
		if r.Out == "" && !c.Flags().Changed("out") {
			name := strings.TrimSuffix(strings.ReplaceAll(at.name, " ", "_"), filepath.Ext(at.name))
			r.Out = unused(filepath.Join(runsFolder, "compare-"+name+"-"+time.Now().Format("20060102-150405")))
		}
	}
	if c.Flags().Changed("out") {
		r.Out = f.out
	}
	for seed := range f.seeds {
		r.Seeds = append(r.Seeds, int64(seed+1))
	}
	return r, first, r.Check()
}

// raceLines tells of finished runs, a few times a second at first and then ever more seldom.
type raceLines struct {
	*console
	metric      race.Metric
	began, told time.Time
	ran         int // of the runs, those that were not kept
}

// raceLineEvery is the longest time between two lines, if runs are short.
const raceLineEvery = 2 * time.Second

func (l *raceLines) event(e race.Event) {
	if !e.Kept {
		l.ran++
	}
	if time.Since(l.told) < min(raceLineEvery, max(lineAfter, time.Since(l.began)/10)) {
		return
	}
	l.told = time.Now()
	stage := "search"
	if e.Final {
		stage = "final"
	}
	what := "diverged"
	switch r := e.Run; {
	case r.Diverged != "":
		what += fmt.Sprintf(" at step %d", r.DivergedAt)
	case r.Validation != nil:
		what = "validation " + l.metric.Name + " " + l.metric.Text(r.Validation.Score)
		if l.metric.Judge == race.Test && strings.HasPrefix(l.metric.Title(), "final ") {
			what = l.metric.Name + " " + l.metric.Text(r.Validation.Score)
		}
	}
	if e.Kept {
		what += ", kept"
	}
	left := ""
	if more := e.Of - e.Runs; more > 0 && l.ran > 1 {
		each := time.Since(l.began) / time.Duration(l.ran)
		left = "; about " + clock(each*time.Duration(more)) + " to go"
	}
	_, _ = fmt.Fprintf(l, "run %d of about %d  %s  %s lr %g seed %d  %s  %.1fs%s\n", e.Runs, e.Of, stage, e.Contender, e.Run.Rate, e.Run.Seed, what, e.Seconds, left)
}

// printComparison prints the table and the verdict.
func (a *app) printComparison(r *race.Results, out string) error {
	m := r.Metric
	rows := [][]string{{"contender", "best lr", "rates as good", "train loss", m.Title(), "steps/s", "diverged"}}
	for _, c := range r.Contenders {
		speed, score := "-", "-"
		if c.PerSecond > 0 {
			speed = grouped(int64(math.Round(c.PerSecond)))
		}
		if c.Score.N > 0 {
			score = m.Text(c.Score.Mean)
			if !math.IsNaN(c.Score.Half) {
				score += " ± " + m.Span(c.Score.Half)
			}
		}
		rate := fmt.Sprintf("%g", c.Rate)
		if c.Edge != "" {
			rate += " (" + c.Edge + " tried)"
		}
		wide := "-"
		if c.Lo < c.Hi && c.Score.N > 0 {
			wide = fmt.Sprintf("%g to %g", c.Lo, c.Hi)
		}
		loss := "-"
		if c.TrainLoss.N > 0 {
			loss = fmt.Sprintf("%.4g", c.TrainLoss.Mean)
		}
		rows = append(rows, []string{c.Name, rate, wide, loss, score, speed, fmt.Sprintf("%d of %d", c.Diverged, len(c.Runs))})
	}
	if len(r.Contenders) > 0 {
		if err := a.out.table(rows); err != nil {
			return err
		}
	}
	if out != "" {
		if _, err := fmt.Fprintf(a.out, "%s %s\n", a.out.paint(dim, "folder"), out); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(a.out, "\n%s\n", a.out.wrap(r.Verdict()))
	return err
}

// comparisonJSON is the object that compare --json prints.
type comparisonJSON struct {
	Problem     string          `json:"problem"`
	Title       string          `json:"title"`
	Metric      race.Metric     `json:"metric"`
	Seeds       []int64         `json:"seeds"`
	Steps       int64           `json:"steps"`
	Contenders  []contenderJSON `json:"contenders"` // the best first
	Verdict     string          `json:"verdict"`
	Interrupted bool            `json:"interrupted"`
	Out         string          `json:"out"`
}

type contenderJSON struct {
	Name      string      `json:"name"`
	Rate      float64     `json:"lr"`
	Values    []valueJSON `json:"hyperparameters,omitempty"` // that were searched
	Edge      string      `json:"edge,omitempty"`
	WideLo    float64     `json:"lr_good_from"`
	WideHi    float64     `json:"lr_good_to"`
	TrainLoss *float64    `json:"train_loss"`
	Score     *float64    `json:"score"`
	SD        *float64    `json:"score_sd"`
	Half      *float64    `json:"score_half_width"`
	Choice    *float64    `json:"validation_score"`
	PerSecond *float64    `json:"steps_per_second"`
	Runs      int         `json:"runs"`
	Diverged  int         `json:"diverged"`
	Behind    *float64    `json:"behind_best,omitempty"`
	P         *float64    `json:"p,omitempty"`
	Adjusted  *float64    `json:"p_adjusted,omitempty"`
	Tied      bool        `json:"tied_with_best"`
	Tried     []rateJSON  `json:"tried"`
}

// valueJSON is a number beside the rate that was searched.
type valueJSON struct {
	Name  string     `json:"name"`
	Value float64    `json:"value"`
	Edge  string     `json:"edge,omitempty"`
	Tried []rateJSON `json:"tried"` // at the best rate; lr is the value
}

func ratesJSON(tried []race.Rate) (out []rateJSON) {
	for _, t := range tried {
		out = append(out, rateJSON{t.Rate, t.Runs, t.Diverged, finite(t.Score), finite(t.Loss)})
	}
	return out
}

type rateJSON struct {
	Rate     float64  `json:"lr"`
	Runs     int      `json:"runs"`
	Diverged int      `json:"diverged"`
	Score    *float64 `json:"validation_score"`
	Loss     *float64 `json:"validation_loss"`
}

func newComparison(problem, title string, r *race.Results, out string) comparisonJSON {
	j := comparisonJSON{problem, title, r.Metric, r.Seeds, r.Steps, []contenderJSON{}, r.Verdict(), r.Interrupted, out}
	for _, c := range r.Contenders {
		one := contenderJSON{
			Name: c.Name, Rate: c.Rate, Edge: c.Edge, WideLo: c.Lo, WideHi: c.Hi, TrainLoss: finite(c.TrainLoss.Mean), Score: finite(c.Score.Mean),
			SD: finite(c.Score.SD), Half: finite(c.Score.Half), Choice: finite(c.Validation.Mean), PerSecond: finite(c.PerSecond),
			Runs: len(c.Runs), Diverged: c.Diverged, Tied: c.Tied(),
		}
		if v := c.Against; v != nil {
			one.Behind, one.P, one.Adjusted = finite(v.Difference.Mean), finite(v.P), finite(v.Adjusted)
		}
		one.Tried = ratesJSON(c.Tried)
		for _, v := range c.Values {
			one.Values = append(one.Values, valueJSON{v.Name, v.Value, v.Edge, ratesJSON(v.Tried)})
		}
		j.Contenders = append(j.Contenders, one)
	}
	return j
}

// comparisonFigure is the loss of every contender against step and against time.
func comparisonFigure(title string, r *race.Results) *report.Figure {
	what := fmt.Sprintf("geometric mean of %d seeds and its 95%% interval", len(r.Seeds))
	if len(r.Seeds) == 1 {
		what = "1 seed"
	}
	f := &report.Figure{Title: title + " (" + what + ")"}
	y := "training loss"
	if r.Metric.Judge == race.Test && !strings.HasPrefix(r.Metric.Title(), "test ") {
		y = "E" // of a function
	}
	byStep, byTime := &report.Curves{X: "step", Y: y, LogY: true}, &report.Curves{X: "training time (s)", Y: y, LogY: true}
	for i, c := range r.Contenders {
		points, positive := c.Curve()
		byStep.LogY = byStep.LogY && (positive || points == nil)
		steps := report.Line{Name: fmt.Sprintf("%s, lr %g", c.Name, c.Rate), Style: i}
		times := steps
		for _, p := range points {
			steps.X, times.X = append(steps.X, p.Step), append(times.X, p.Seconds)
			steps.Y, steps.Low, steps.Top = append(steps.Y, p.Mean), append(steps.Low, p.Lo), append(steps.Top, p.Hi)
		}
		times.Y, times.Low, times.Top = steps.Y, steps.Low, steps.Top
		byStep.Lines, byTime.Lines = append(byStep.Lines, steps), append(byTime.Lines, times)
	}
	byTime.LogY = byStep.LogY
	if !byStep.LogY {
		f.Title = strings.Replace(f.Title, "geometric mean", "mean", 1)
	}
	longest := 0.0
	for _, c := range byTime.Lines {
		longest = slices.Max(append(c.X, longest))
	}
	if longest < 1 {
		byTime.X = "training time (ms)"
		for _, c := range byTime.Lines {
			for i := range c.X {
				c.X[i] *= 1000
			}
		}
	}
	f.Panels = []report.Panel{byStep, byTime}
	return f
}
