package train

import (
	"fmt"
	"math"
	"time"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/minimize"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/schedule"
	"github.com/godescent/descent/tensor"
)

// Config is a training run. A Trainer needs Network, Train, Rule, Rate, Batch
// and a limit; the zero value of every other field is its documented default.
type Config struct {
	Network *objective.Network

	Train Part
	// Stream feeds the steps where Train has a Source, of whose rows it is. It has the
	// run's batch size and seed, and whoever made it closes it.
	Stream     *data.Stream
	Validation Part // measured after each epoch, if there is any
	Test       Part // measured at the end, if there is any
	// Normalizer maps the features, fitted on Train; nil leaves them as they are.
	Normalizer *data.Normalizer

	// Augment changes the images that are trained on, and says which part of an image
	// is measured; nil leaves them as they are.
	Augment *Augment
	// ClassWeights are what an example of each class counts for in the loss of a
	// step; nil is 1. The scores of Validation and Test count every example once.
	ClassWeights []float64

	// Method decides on the host, in place of a rule: every step looks at all examples, with no unit dropped, and
	// is an epoch. Rate, Schedule and Batch are not used.
	Method *minimize.Method

	Rule     optim.Rule
	Rate     float64           // η0
	Schedule schedule.Schedule // nil is constant
	Plateau  *Plateau          // lowers η0 by the losses of epochs; nil leaves it

	Sampler string // as data.SamplerByName; "" is shuffle
	Batch   int    // examples of a step
	Seed    int64  // of first weights, batches and random layers

	Start *Start // first weights from a file; nil draws them by Seed

	Epochs int   // ends the run after so many; 0 is no limit
	Steps  int64 // ends the run after so many; 0 is no limit
	Stop   Stop

	// LossBound ends the run as diverged when a batch's loss exceeds it; 0 is
	// a thousand times the first batch's loss plus a million.
	LossBound float64

	Threads int    // 0 is one for each CPU
	Kernel  string // an instruction set by name; "" is the fastest this CPU has

	// Precision is what float32 products read, in training and in evaluation; the zero value
	// is float32. In program.BFloat16 w, the optimizer's state and its update stay
	// float32, and weights depend on Kernel.
	Precision program.Precision

	// Out is the run's folder, made if it is missing: metrics.jsonl and
	// checkpoint.safetensors are written there. "" writes nothing.
	Out string
	// TensorBoard also writes event files there, which TensorBoard plots.
	TensorBoard bool
	// Resume continues from Out's checkpoint.
	Resume bool
	// SaveSteps is the number of steps between checkpoints and SaveEvery the
	// time; 0 is none. One is written at the end in any case.
	SaveSteps int64
	SaveEvery time.Duration
	// Keep is how many of the last checkpoints stay under their step's name, see
	// Numbered, if it is 2 or more; KeepBest keeps the one with the smallest
	// validation loss as BestName.
	Keep     int
	KeepBest bool
	// Meta is kept in the checkpoint, such as the run's specification.
	Meta map[string]string

	// Watch is the percent of the training time that measurements of curvature, noise and steps
	// may take on top of it; 0 measures nothing. They are lines of kind "watch" of the metrics, see
	// Watched, and leave the weights' bits as they are.
	Watch float64

	// Report, if not nil, is told what happens, by the goroutine that trains.
	Report func(Event)
}

// Stop says when a run has converged. Zero fields are not tested.
type Stop struct {
	// GradientNorm: ‖∇E‖ of a batch is at or below it.
	GradientNorm float64
	// LossChange: an epoch's mean loss differs from the last one's by no more
	// than this share of it.
	LossChange float64
	// Patience: so many epochs have passed without a smaller validation loss.
	Patience int
}

// EventKind says what an Event tells.
type EventKind uint8

// The kinds of events.
const (
	StepDone  EventKind = iota // a step; sent at most every 100 ms and for the last one
	EpochDone                  // an epoch, with its means and the validation
	WatchDone                  // a measurement of a watched run
	Saved                      // a checkpoint was written
	Lowered                    // a Plateau lowered the rate
)

// Event is what a run tells while it goes.
type Event struct {
	Kind     EventKind
	Step     int64 // steps done
	Steps    int64 // steps the run is limited to; 0 if only convergence ends it
	Epoch    int   // epochs done
	Loss     float64
	Accuracy float64 // of the batch, or of the epoch; NaN for regression
	Gradient float64 // ‖∇E‖ of the batch
	Rate     float64 // η of the step
	PerSec   float64 // steps a second, lately
	Elapsed  time.Duration

	Watched *Watched // of a WatchDone
	Lowered *Fall    // of a Lowered

	Validation *Score // of an EpochDone, if there is validation data
}

// Score is what a network does on a part of the data.
type Score struct {
	N        int     `json:"n"`
	Loss     float64 `json:"loss"`
	Accuracy float64 `json:"accuracy"` // share of right classes; NaN for regression
	R2       float64 `json:"r2"`       // 1 − residual/total sum of squares; NaN for classification
	D2       float64 `json:"d2"`       // 1 − residual/total deviance; NaN but for counts (loss.Poisson)
}

// Reason says why a run ended.
type Reason string

// The reasons.
const (
	LimitReached Reason = "limit"       // all epochs or steps were done
	Converged    Reason = "converged"   // a test of Stop was met
	Interrupted  Reason = "interrupted" // the context was cancelled; the run can be resumed
)

// Result is a run that ended.
type Result struct {
	Reason    Reason
	Detail    string // which convergence test was met, with its numbers
	Steps     int64
	Epochs    int
	Seconds   float64 // of training, evaluation left out
	TrainLoss float64 // mean over the batches of the last epoch, as they were trained on
	TrainAcc  float64 // likewise; NaN for regression
	Validation,
	Test *Score
	Skipped       int64  // updates that the rule left out as harmful
	WeightsSHA256 string // of w's little-endian bytes in layout order
	Kernel        string
	Threads       int
	Weights       int        // W
	Watch         *WatchCost // of a watched run, else nil
	Fed           *Fed       // of a run on a Stream, else nil
}

// Fed is how a run on a stream was fed.
type Fed struct {
	Window  int     // examples in memory at a time
	First   float64 // seconds that reading the first of them took
	Seconds float64 // that steps waited for examples since then
	Percent float64 // of the time that this process trained
}

// Diverged is the error of a run whose loss or gradient became NaN, infinite
// or larger than the bound. The weights are those before the failing step.
type Diverged struct {
	Step  int64
	What  string // "the loss is NaN"
	Cause string // the operation that made the first NaN or infinity, or ""
	Try   string
}

func (e *Diverged) Error() string {
	s := fmt.Sprintf("diverged at step %d: %s", e.Step, e.What)
	if e.Cause != "" {
		s += "; " + e.Cause
	}
	return s + "; " + e.Try
}

func (c *Config) check() error {
	switch {
	case c.Network == nil:
		return fmt.Errorf("train: no network")
	case c.Rule == nil && c.Method == nil:
		return fmt.Errorf("train: no optimizer")
	case c.Batch < 1:
		return fmt.Errorf("train: a batch of %d examples; want at least 1", c.Batch)
	case c.Epochs < 0 || c.Steps < 0:
		return fmt.Errorf("train: %d epochs and %d steps; a limit is not negative", c.Epochs, c.Steps)
	case c.Epochs == 0 && c.Steps == 0 && c.Stop == (Stop{}):
		return fmt.Errorf("train: nothing ends the run; limit its epochs or steps, or set a convergence test")
	case c.Stop.Patience > 0 && c.Validation.Len() == 0:
		return fmt.Errorf("train: patience is counted on validation examples, and there are none")
	case c.KeepBest && c.Validation.Len() == 0:
		return fmt.Errorf("train: the best checkpoint is told by validation examples, and there are none")
	case c.Stop.Patience < 0 || c.Stop.LossChange < 0 || c.Stop.GradientNorm < 0:
		return fmt.Errorf("train: a convergence test is negative")
	case math.IsNaN(c.LossBound) || c.LossBound < 0:
		return fmt.Errorf("train: a loss bound of %v; want a positive number", c.LossBound)
	case c.Precision != program.Float32 && c.Network.Plan.DType != tensor.Float32:
		return fmt.Errorf("train: precision %v rounds float32 products and the network is %v; take float32 for one of them", c.Precision, c.Network.Plan.DType)
	case c.TensorBoard && c.Out == "":
		return fmt.Errorf("train: there is no folder for TensorBoard's event files")
	case c.Resume && c.Out == "":
		return fmt.Errorf("train: there is no folder to resume from")
	}
	if err := c.checkExamples(); err != nil {
		return err
	}
	if err := c.checkWatch(); err != nil {
		return err
	}
	if err := c.Plateau.check(); err != nil {
		return err
	}
	if c.Method != nil {
		return c.checkMethod()
	}
	return optim.CheckRate(c.Rate)
}
