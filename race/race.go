package race

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/train"
)

// Contender is an optimizer on a problem, which may have a normalisation of its own.
type Contender struct {
	Name    string // as tables print it: "adam", "adam with batch norm"
	Setting string // everything but the rate that decides its runs: "adam:beta1=0.95 norm=batch"
	Rule    optim.Rule
	Problem Problem
	Rates   []float64 // ascending
	Given   bool      // the rates are someone's choice: no others are tried
	Bounded bool      // the rates are a range: others are tried between the first and the last alone
	Axes    []Axis    // other numbers of the rule that are searched with the rate
}

// Race is a comparison. Contenders and Seeds must not be empty.
type Race struct {
	Contenders []Contender
	Seeds      []int64
	Out        string      // the folder that keeps finished runs, and has those that are done already; "" keeps none
	Report     func(Event) // if not nil, is told of every finished run
}

// Event is a finished run.
type Event struct {
	Contender string
	Run       *Run
	Seconds   float64
	Kept      bool // it was in the folder already
	Runs, Of  int  // how many are finished, of about how many: a search goes on while its best rate is at an edge
	Final     bool // the rate is chosen
}

// Run is what one run gave. It depends on nothing but the contender, the rate and the seed.
type Run struct {
	Rate float64 `json:"lr"`
	Seed int64   `json:"seed"`
	// Steps are the ends of the parts that a run is measured in, Loss each part's
	// mean loss and Marks the validation scores at every marksEvery-th of them.
	Steps      []int64   `json:"steps"`
	Loss       []float64 `json:"loss"`
	Marks      []Mark    `json:"validation,omitempty"`
	Validation *Mark     `json:"final_validation,omitempty"`
	Test       *Mark     `json:"final_test,omitempty"`
	Diverged   string    `json:"diverged,omitempty"` // why it ended early, or ""
	DivergedAt int64     `json:"diverged_at,omitempty"`
	// Seconds of training at the end of each part. They are kept apart: they are the machine's.
	Seconds []float64 `json:"-"`
}

const (
	parts      = 100 // that a run is measured in
	marksEvery = 10  // parts from one validation score to the next
)

// TrainLoss is the mean loss of a run's last part, NaN if it diverged.
func (r *Run) TrainLoss() float64 {
	if r.Diverged != "" || len(r.Loss) == 0 {
		return math.NaN()
	}
	return r.Loss[len(r.Loss)-1]
}

// final is the score on a part; a part that the problem lacks is replaced by the other.
func (r *Run) final(on Part) Mark {
	m, other := r.Validation, r.Test
	if on == Test {
		m, other = other, m
	}
	switch {
	case r.Diverged != "":
	case m != nil:
		return *m
	case other != nil && on == Test:
		return *other
	}
	return Mark{math.NaN(), math.NaN()}
}

// Check finds mistakes before any run.
func (r *Race) Check() error {
	switch {
	case len(r.Contenders) == 0:
		return errors.New("race: nobody takes part")
	case len(r.Seeds) == 0:
		return errors.New("race: no seeds")
	}
	names := map[string]bool{}
	for _, c := range r.Contenders {
		if len(c.Rates) == 0 || !slices.IsSorted(c.Rates) {
			return fmt.Errorf("race: the learning rates of %s are %v; want some, ascending", c.Name, c.Rates)
		}
		for _, x := range c.Rates {
			if err := optim.CheckRate(x); err != nil {
				return fmt.Errorf("race: %s: %w", c.Name, err)
			}
		}
		if c.Problem.Steps() != r.Contenders[0].Problem.Steps() {
			return errors.New("race: contenders have different numbers of steps")
		}
		if names[c.Name] {
			return fmt.Errorf("race: %s takes part twice", c.Name)
		}
		names[c.Name] = true
		if err := c.checkAxes(); err != nil {
			return err
		}
	}
	return nil
}

// Run races, and gives what there is when ctx ends: Results.Interrupted then says so,
// and the folder has every finished run.
func (r *Race) Run(ctx context.Context) (*Results, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	book, err := openBook(r.Out)
	if err != nil {
		return nil, err
	}
	count := &tally{}
	for i := range r.Contenders {
		count.of += r.Contenders[i].expected(len(r.Seeds))
	}
	out := &Results{Metric: r.Contenders[0].Problem.Metric(), Seeds: r.Seeds, Steps: r.Contenders[0].Problem.Steps()}
	for i := range r.Contenders {
		s, err := r.contend(ctx, &r.Contenders[i], book, count)
		if s != nil {
			out.Contenders = append(out.Contenders, s)
		}
		if err != nil && ctx.Err() != nil {
			out.Interrupted = true
			break
		}
		if err != nil {
			if saved := book.save(); saved != nil && saved.Error() != err.Error() {
				err = errors.Join(err, saved)
			}
			return nil, err
		}
	}
	out.rank()
	return out, book.save()
}

// tally counts runs: those that are finished, and how many there will be, about.
type tally struct{ runs, of int }

// expected is how many runs a contender will have if its rates need not grow and every neighbour of its best ones is
// new; see search.
func (c *Contender) expected(seeds int) int {
	n := len(c.Rates) * len(c.combinations())
	if n == 1 {
		return seeds
	}
	search, final := n, seeds-1
	for k, left := 2, n; k <= min(3, seeds); k++ {
		left = max(2, (left+1)/2)
		search += left
		final--
	}
	for _, a := range c.Axes {
		if !a.Given {
			search += 2 * min(3, seeds)
		}
	}
	if !c.Given {
		search += 2 * min(3, seeds)
	}
	return search + final
}

// lane is one contender on its way.
type lane struct {
	*Race
	*Contender
	count  *tally
	metric Metric
	course Course // compiled when the first run needs it
	book   *book
	runs   map[spot][]*Run // in the order of the seeds
	final  bool
}

// contend finds the contender's rate and runs it on all seeds.
func (r *Race) contend(ctx context.Context, c *Contender, b *book, count *tally) (*Summary, error) {
	l := &lane{Race: r, Contender: c, count: count, metric: c.Problem.Metric(), book: b, runs: map[spot][]*Run{}}
	defer func() {
		if l.course != nil {
			l.course.Close()
		}
	}()
	before := count.runs
	best, err := l.search(ctx)
	if err != nil {
		return nil, err
	}
	l.final = true
	err = l.upTo(ctx, best, len(r.Seeds))
	count.of += count.runs - before - c.expected(len(r.Seeds)) // what was expected gives way to what there was
	if len(l.runs[best]) == 0 {
		return nil, err
	}
	return l.summary(best), err
}

// upTo runs a spot on the first n seeds.
func (l *lane) upTo(ctx context.Context, at spot, n int) error {
	for len(l.runs[at]) < min(n, len(l.Seeds)) {
		seed := l.Seeds[len(l.runs[at])]
		key := runKey{l.Problem.Name() + "; " + l.settingAt(at), at.rate, seed}
		run := l.book.find(key)
		kept := run != nil
		if !kept {
			var err error
			if run, err = l.run(ctx, at, seed); err != nil {
				return fmt.Errorf("%s lr %v seed %d: %w", l.nameAt(at), at.rate, seed, err)
			}
			if err := l.book.add(key, run); err != nil {
				return err
			}
		}
		l.runs[at] = append(l.runs[at], run)
		l.count.runs++
		if l.Report != nil {
			l.Report(Event{l.nameAt(at), run, run.seconds(), kept, l.count.runs, max(l.count.of, l.count.runs), l.final})
		}
	}
	return nil
}

func (r *Run) seconds() float64 {
	if len(r.Seconds) == 0 {
		return 0
	}
	return r.Seconds[len(r.Seconds)-1]
}

// run does one run. The clock stands while scores are measured.
func (l *lane) run(ctx context.Context, at spot, seed int64) (*Run, error) {
	if l.course == nil {
		var err error
		if l.course, err = l.Problem.Compile(l.Rule, nil); err != nil {
			return nil, err
		}
	}
	c, steps := l.course, l.Problem.Steps()
	for i, a := range l.Axes {
		if err := c.SetHyper(a.Path, at.axis[i]); err != nil {
			return nil, err
		}
	}
	if err := c.Restart(seed, at.rate); err != nil {
		return nil, err
	}
	r := &Run{Rate: at.rate, Seed: seed}
	n, done := min(steps, parts), int64(0)
	var clock time.Duration
	for part := range n {
		from, sum, first := time.Now(), 0.0, done
		for end := steps * (part + 1) / n; done < end; done++ {
			if done%16 == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			loss, err := c.Step()
			if d := (*train.Diverged)(nil); errors.As(err, &d) {
				r.lost(d.Step, d.What)
				return r, nil
			}
			if err != nil {
				return nil, err
			}
			sum += loss
		}
		clock += time.Since(from)
		r.Steps, r.Loss, r.Seconds = append(r.Steps, done), append(r.Loss, sum/float64(done-first)), append(r.Seconds, clock.Seconds())
		if (part+1)%marksEvery == 0 && part+1 < n {
			m, err := c.Score(ctx, Validation)
			switch {
			case err != nil:
				return nil, err
			case !m.finite():
				r.lost(done, "the validation loss is not finite")
				return r, nil
			case m != nil:
				r.Marks = append(r.Marks, *m)
			}
		}
	}
	var err error
	if r.Validation, err = c.Score(ctx, Validation); err != nil {
		return nil, err
	}
	if r.Test, err = c.Score(ctx, Test); err != nil {
		return nil, err
	}
	if !r.Validation.finite() || !r.Test.finite() {
		r.lost(done, "the final loss is not finite")
	}
	return r, nil
}

// lost notes that a run diverged at its end or on its way.
func (r *Run) lost(step int64, what string) {
	r.Diverged, r.DivergedAt, r.Validation, r.Test = what, step, nil, nil
}

// finite reports whether a mark is a number; a part that is lacking does no harm.
func (m *Mark) finite() bool {
	return m == nil || !math.IsNaN(m.Score) && !math.IsInf(m.Score, 0) && !math.IsNaN(m.Loss) && !math.IsInf(m.Loss, 0)
}
