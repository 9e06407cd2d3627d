package train

import (
	"math"
	"time"

	"github.com/godescent/descent/tensorboard"
)

// board writes what TensorBoard shows: of every logSteps-th step, of every epoch and of
// the end. A nil board writes nothing.
type board struct {
	w       *tensorboard.Writer
	flushed time.Time
}

// flushEvery is the time after which what was recorded is to be seen.
const flushEvery = 2 * time.Second

func (b *board) number(tag string, step int64, v float64) {
	if !math.IsNaN(v) {
		b.w.Scalar(tag, step, v)
	}
}

// score records a part's measures: loss/test, accuracy/test, r2/test, d2/test.
func (b *board) score(part string, step int64, s *Score) {
	if s == nil {
		return
	}
	b.number("loss/"+part, step, s.Loss)
	b.number("accuracy/"+part, step, s.Accuracy)
	b.number("r2/"+part, step, s.R2)
	b.number("d2/"+part, step, s.D2)
}

func (b *board) step(e Event) error {
	if b == nil {
		return nil
	}
	b.number("loss/batch", e.Step, e.Loss)
	b.number("accuracy/batch", e.Step, e.Accuracy)
	b.number("step/gradient_norm", e.Step, e.Gradient)
	b.number("step/learning_rate", e.Step, e.Rate)
	if e.PerSec > 0 {
		b.number("step/per_second", e.Step, e.PerSec)
	}
	if now := time.Now(); now.Sub(b.flushed) >= flushEvery {
		b.flushed = now
		return b.w.Flush()
	}
	return nil
}

func (b *board) epoch(t *Trainer, e Event) error {
	if b == nil {
		return nil
	}
	b.number("loss/train", e.Step, e.Loss)
	b.number("accuracy/train", e.Step, e.Accuracy)
	b.score("validation", e.Step, e.Validation)
	for _, n := range parts("", t.cfg.Network.Plan.Weights, t.w) {
		b.w.Histogram("weights/"+n.Name, e.Step, n.Array.Float64s())
	}
	return b.w.Flush()
}

func (b *board) end(r *Result) error {
	if b == nil {
		return nil
	}
	b.score("test", r.Steps, r.Test)
	return b.w.Flush()
}

func (b *board) flush() error {
	if b == nil {
		return nil
	}
	return b.w.Flush()
}

func (b *board) close() {
	if b != nil {
		_ = b.w.Close() // what matters was flushed with the last checkpoint
	}
}
