package train

import (
	"errors"
	"math"

	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/tensor"
)

// Restart begins the run anew with another seed and another rate on the step that
// is compiled already: what it then computes is, bit for bit, what a new Trainer
// with that seed and rate would. It is refused for a run with a folder.
func (t *Trainer) Restart(seed int64, rate float64) error {
	if t.cfg.Out != "" {
		return errors.New("train: a run with a folder cannot be restarted; leave Out empty")
	}
	if err := t.noMethod("a restart"); err != nil {
		return err
	}
	c := &t.cfg
	if c.Stream != nil {
		return errors.New("train: a run on a stream cannot be restarted; its order of examples is that of one seed")
	}
	if err := optim.CheckRate(rate); err != nil {
		return err
	}
	sampler, err := c.sampler(seed)
	if err != nil {
		return err
	}
	w, running, err := c.first(seed)
	if err != nil {
		return err
	}
	copy(t.w.Raw(), w.Raw())
	if running != nil {
		copy(t.running.Raw(), running.Raw())
	}
	for _, slot := range t.slots {
		clear(slot.Raw())
	}
	c.Seed, c.Rate, t.sampler = seed, rate, sampler
	for _, s := range t.steps {
		tensor.Slice[int64](s.inst.Input(s.seed))[0] = seed
		s.inst.Input(s.lr).SetAt(0, rate)
	}
	if t.shown != nil {
		t.shown.at = -1
		if t.shown.restate != nil {
			tensor.Slice[int64](t.shown.restate.inst.Input(t.shown.restate.seed))[0] = seed
		}
	}
	t.step.SetAt(0, 0)
	t.done, t.seconds, t.bound = 0, 0, 0
	t.epoch = epochSums{Last: math.NaN(), LastAcc: math.NaN()}
	t.best = bestLoss{Loss: math.Inf(1)}
	t.descent = newDescent(rate)
	return nil
}
