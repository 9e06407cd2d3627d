package race

import (
	"context"

	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/schedule"
)

// Problem is what is raced on: a network on data, or a function.
type Problem interface {
	// Name tells it from every other problem: results of another are not mixed in.
	Name() string
	Metric() Metric
	// Steps is the number of steps of a run.
	Steps() int64
	// Compile makes the step of a rule; a nil schedule is the problem's own.
	Compile(rule optim.Rule, s schedule.Schedule) (Course, error)
	// Curvature measures E around the first weights of a seed.
	Curvature(ctx context.Context, seed int64) (Curvature, error)
}

// Course is a problem with a rule, compiled: rate and seed are inputs.
type Course interface {
	// Restart goes to the start of a seed.
	Restart(seed int64, rate float64) error
	// SetHyper gives a hyper-parameter another value, for what is begun by the next Restart: a run-time input by its
	// key, as optim.Step.Hypers has it.
	SetHyper(key string, value float64) error
	// Step makes an update and gives the loss before it. A run that diverged is
	// a *train.Diverged.
	Step() (loss float64, err error)
	// Score measures the present weights; nil if the problem lacks the part.
	Score(ctx context.Context, on Part) (*Mark, error)
	Close()
}

// Part says what a score is measured on.
type Part string

// The parts. Validation chooses a learning rate, Test judges; a problem without
// parts, such as a function, gives the same for both.
const (
	Validation Part = "validation"
	Test       Part = "test"
)

// The scores of networks.
const (
	accuracy = "accuracy"
	r2       = "R²"
	d2       = "D²"
)

// Metric is what a score means.
type Metric struct {
	Name   string  `json:"name"`   // "accuracy", "R²", "D²", "log10(E − min E)", "E"
	Higher bool    `json:"higher"` // is better
	Slack  float64 `json:"slack"`  // a difference that hardly matters
	Judge  Part    `json:"judge"`  // what contenders are judged on

	// Examples is how many an accuracy is of, 0 if it is of something else.
	Examples int `json:"examples,omitempty"`
}

// better reports whether score a is better than b.
func (m Metric) better(a, b float64) bool {
	if m.Higher {
		return a > b
	}
	return a < b
}

// Mark is a score with its loss.
type Mark struct {
	Score float64 `json:"score"`
	Loss  float64 `json:"loss"`
}
