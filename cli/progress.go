package cli

import (
	"fmt"
	"io"
	"math"
	"strings"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/godescent/descent/train"
)

// progress shows a run on stderr: a bar on a terminal, lines elsewhere.
type progress interface {
	start(done int64)
	event(train.Event)
	stop()
}

func (a *app) newProgress(j *job, quiet bool) progress {
	switch {
	case quiet:
		return silent{}
	case a.err.terminal:
		return &bar{console: a.err, job: j}
	}
	return &lines{out: a.err, job: j}
}

type silent struct{}

func (silent) start(int64)       {}
func (silent) event(train.Event) {}
func (silent) stop()             {}

// lines writes a line for every epoch, or every few seconds where epochs are
// long, or a few a second where they are short and many.
type lines struct {
	out io.Writer
	job *job
	pacer
}

// pacer says when a line is due.
type pacer struct {
	told    time.Time
	verdict string // the last of a watch
}

const (
	lineEvery = 5 * time.Second        // the longest time without a line
	lineAfter = 200 * time.Millisecond // the shortest between two, if epochs are many
	fewEpochs = 20                     // get a line each
)

func (l *lines) start(done int64) {
	_, _ = fmt.Fprint(l.out, header(l.job, done)) // a progress that nobody can see stops no run
	l.told = time.Now()
}

func (l *lines) event(e train.Event) {
	if e.Kind == train.WatchDone {
		if text := l.verdicts(e.Watched); text != "" {
			_, _ = fmt.Fprintln(l.out, text)
		}
	}
	if e.Kind == train.Lowered {
		_, _ = fmt.Fprintln(l.out, e.Lowered)
	}
	if e.Kind == train.EpochDone && l.epoch(l.job, e) || e.Kind == train.StepDone && l.step() {
		_, _ = fmt.Fprintln(l.out, line(l.job, e))
	}
}

// epoch reports whether the end of an epoch is worth a line.
func (p *pacer) epoch(j *job, e train.Event) bool {
	n := j.Spec.Epochs
	due := n > 0 && (n <= fewEpochs || e.Epoch == n) || time.Since(p.told) >= lineAfter
	if due {
		p.told = time.Now()
	}
	return due
}

// step reports whether it is time for a line within an epoch.
func (p *pacer) step() bool {
	due := time.Since(p.told) >= lineEvery
	if due {
		p.told = time.Now()
	}
	return due
}

func (*lines) stop() {}

// header says what is about to be trained.
func header(j *job, done int64) string {
	c := &j.Config
	examples := grouped(int64(c.Len())) + " to train"
	if n := c.Validation.Len(); n > 0 {
		examples += ", " + grouped(int64(n)) + " to validate"
	}
	if n := c.Test.Len(); n > 0 {
		examples += ", " + grouped(int64(n)) + " to test"
	}
	text := fmt.Sprintf("%s: %s; %s, %s weights; %s, seed %d\n", j.Name, examples, j.Title,
		grouped(int64(c.Network.Plan.Weights.Size())), shortSetting(j), c.Seed)
	if done > 0 {
		text += fmt.Sprintf("going on at step %s\n", grouped(done))
	}
	return text
}

// shortSetting is the optimizer, its schedule without what is usual, and the batch.
func shortSetting(j *job) string {
	s := j.Spec
	if j.Config.Method != nil {
		return s.Optimizer.String() + ", all examples in a step"
	}
	text := fmt.Sprintf("%s lr %v", s.Optimizer.Kind, j.Config.Rate)
	if s.Schedule.Kind != "constant" {
		text += " " + s.Schedule.Kind
	}
	return fmt.Sprintf("%s, batch %d", text, j.Config.Batch)
}

// line is an event in one line.
func line(j *job, e train.Event) string {
	var b strings.Builder
	if e.Kind == train.EpochDone {
		fmt.Fprintf(&b, "epoch %d", e.Epoch)
		if n := j.Spec.Epochs; n > 0 {
			fmt.Fprintf(&b, "/%d", n)
		}
		fmt.Fprintf(&b, "  ")
	}
	fmt.Fprintf(&b, "step %d", e.Step)
	if e.Steps > 0 && e.Kind == train.StepDone {
		fmt.Fprintf(&b, "/%d", e.Steps)
	}
	b.WriteString(measured("  loss", e.Loss, e.Accuracy, math.NaN()))
	if v := e.Validation; v != nil {
		b.WriteString(measured("  validation loss", v.Loss, v.Accuracy, v.R2))
		if !math.IsNaN(v.D2) {
			fmt.Fprintf(&b, " D² %.4f", v.D2)
		}
	}
	if e.PerSec > 0 {
		fmt.Fprintf(&b, "  %.0f steps/s", e.PerSec)
	}
	fmt.Fprintf(&b, "  %s", clock(e.Elapsed))
	return b.String()
}

func measured(name string, loss, accuracy, r2 float64) string {
	s := fmt.Sprintf("%s %.4f", name, loss)
	if !math.IsNaN(accuracy) {
		s += " accuracy " + percent(accuracy)
	}
	if !math.IsNaN(r2) {
		s += fmt.Sprintf(" R² %.4f", r2)
	}
	return s
}

// bar is a progress bar below the lines of the epochs.
type bar struct {
	*console
	job  *job
	team *mpb.Progress
	bar  *mpb.Bar
	last atomic.Pointer[train.Event]
	pacer
}

func (b *bar) start(done int64) {
	_, _ = io.WriteString(b.console, header(b.job, done))
	b.team = mpb.New(mpb.WithOutput(b.console.Writer), mpb.WithWidth(32), mpb.WithRefreshRate(100*time.Millisecond))
	style := mpb.BarStyle().Lbound("").Filler("█").Tip("▌").Padding("·").Rbound("")
	b.bar = b.team.New(max(b.job.Steps, 0), style, mpb.BarRemoveOnComplete(), mpb.PrependDecorators(decor.Any(b.before)), mpb.AppendDecorators(decor.Any(b.after)))
	b.bar.SetCurrent(done)
}

func (b *bar) before(decor.Statistics) string {
	e := b.last.Load()
	if e == nil {
		return "step 0 "
	}
	if e.Steps > 0 {
		return fmt.Sprintf("step %d/%d ", e.Step, e.Steps)
	}
	return fmt.Sprintf("step %d ", e.Step)
}

func (b *bar) after(decor.Statistics) string {
	e := b.last.Load()
	if e == nil {
		return ""
	}
	s := measured(" loss", e.Loss, e.Accuracy, math.NaN())
	if e.PerSec > 0 {
		s += fmt.Sprintf("  %.0f steps/s", e.PerSec)
		if e.Steps > e.Step {
			s += "  ETA " + clock(time.Duration(float64(e.Steps-e.Step)/e.PerSec*float64(time.Second)))
		}
	}
	return s
}

func (b *bar) event(e train.Event) {
	switch e.Kind {
	case train.WatchDone:
		if text := b.verdicts(e.Watched); text != "" {
			_, _ = fmt.Fprintln(b.team, text)
		}
	case train.Lowered:
		_, _ = fmt.Fprintln(b.team, e.Lowered)
	case train.StepDone:
		b.last.Store(&e)
		b.bar.SetCurrent(e.Step)
	case train.EpochDone:
		if b.epoch(b.job, e) {
			_, _ = fmt.Fprintln(b.team, line(b.job, e))
		}
	}
}

func (b *bar) stop() {
	b.bar.Abort(true)
	b.team.Wait()
}
