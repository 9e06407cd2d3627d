package train

import (
	"errors"
	"fmt"
	"math"

	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/tensor"
)

// SetHyper gives a hyper-parameter another value, by the key of its run-time input (see optim.Step.Hypers), on the step
// that is compiled already. Only what is begun anew by Restart afterwards is a run with that value.
func (t *Trainer) SetHyper(key string, value float64) error {
	found := false
	for _, s := range t.steps {
		for i, h := range s.hypers {
			if h.Key != key {
				continue
			}
			found, s.hypers[i].Default = true, value // of instances to come too
			for _, inst := range s.on {
				inst.Input(h.Value).SetAt(0, value)
			}
		}
	}
	if !found {
		return fmt.Errorf("train: %s shapes the step and is no input of it; make another Trainer", key)
	}
	return nil
}

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
	if c.Stream != nil {
		c.Stream.Restart(uint64(seed))
	}
	for _, s := range t.steps {
		for _, in := range s.on {
			tensor.Slice[int64](in.Input(s.seed))[0] = seed
			in.Input(s.lr).SetAt(0, rate)
		}
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
