package cli

import (
	"fmt"
	"math"
	"time"

	"github.com/godescent/descent/cli/spec"
	"github.com/godescent/descent/train"
)

// summary prints what a run came to.
func (a *app) summary(j *job, r *train.Result, took time.Duration) error {
	var rows [][]string
	add := func(name, format string, args ...any) {
		rows = append(rows, []string{a.out.paint(dim, name), fmt.Sprintf(format, args...)})
	}
	score := func(name string, s *train.Score) {
		if s != nil {
			rows = append(rows, a.scoreRows(name, s, unitOf(j.Spec))...)
		}
	}
	score("test", r.Test)
	score("validation", r.Validation)
	train := fmt.Sprintf("%.5f%s", r.TrainLoss, unitOf(j.Spec))
	if !math.IsNaN(r.TrainAcc) {
		train += ", accuracy " + percent(r.TrainAcc)
	}
	add("train loss", "%s", train)
	add("steps", "%s in %s; %s", grouped(r.Steps), epochs(r.Epochs), why(r))
	if r.Skipped > 0 {
		add("left out", "%s of these steps, which would have done harm (skip)", grouped(r.Skipped))
	}
	if r.Seconds > 0 {
		add("speed", "%.0f steps/s, %s with %d threads (%s)", float64(r.Steps)/r.Seconds, clock(took), r.Threads, r.Kernel)
	}
	if f := r.Fed; f != nil {
		add("examples", "from files by windows of %s, the first in %.1fs; steps then waited %.1f%% of the time", grouped(int64(f.Window)), f.First, f.Percent)
	}
	for _, row := range watchRows(r.Watch) {
		add(row[0], "%s", row[1])
	}
	add("weights", "%s, sha256 %.12s", grouped(int64(r.Weights)), r.WeightsSHA256)
	if j.out != "" {
		add("folder", "%s", j.out)
	}
	return a.out.table(rows)
}

// unitOf is what a loss counts, where that is plain.
func unitOf(s *spec.Spec) string {
	if _, ok := s.Data.(spec.Divided); ok {
		return " nats a character"
	}
	return ""
}

// why says what ended a run.
func why(r *train.Result) string {
	switch r.Reason {
	case train.Converged:
		return "converged: " + r.Detail
	case train.Interrupted:
		return "interrupted"
	}
	return "all that were asked for"
}

// epochs is a number of whole passes over the data.
func epochs(n int) string {
	switch n {
	case 0:
		return "a part of an epoch"
	case 1:
		return "1 epoch"
	}
	return fmt.Sprintf("%d epochs", n)
}
