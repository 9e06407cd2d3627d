package train

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/godescent/descent/curvature"
	"github.com/godescent/descent/minimize"
	"github.com/godescent/descent/tensor"
)

// host is a run by a method that decides between passes over all the examples: a step of it is an epoch.
type host struct {
	method *minimize.Method
	probe  *curvature.Probe
	state  *minimize.State // nil before the first step of this process
	stuck  bool            // no lower point is found
}

// checkMethod says what a method on the host cannot be combined with.
func (c *Config) checkMethod() error {
	name := c.Method.Name
	switch {
	case c.Rule != nil:
		return fmt.Errorf("train: a rule and the method %s; want one of them", name)
	case c.Plateau != nil:
		return fmt.Errorf("train: %s has no learning rate for a plateau to lower", name)
	case c.Stream != nil:
		return fmt.Errorf("train: %s looks at all examples in every step, and these stay in their files", name)
	case c.Network.Plan.State.Size() > 0:
		return fmt.Errorf("train: %s does not move the running means of batch normalisation; take another normalisation, such as layer, or none", name)
	}
	return nil
}

// newHost makes the run's probe, and the places that keep in a checkpoint what the method remembers.
func (t *Trainer) newHost() error {
	c := &t.cfg
	src, err := On{Network: c.Network, Part: c.Train, Normalizer: c.Normalizer, Augment: c.Augment}.Source()
	if err != nil {
		return err
	}
	t.host = &host{method: c.Method}
	if t.host.probe, err = curvature.New(src, curvature.Machine{Pool: t.pool, Kernel: t.table.Name}); err != nil {
		return err
	}
	for _, p := range c.Method.Memory(&minimize.State{W: make([]float64, t.w.Size())}) {
		key := "method." + p.Name
		t.slots[key] = tensor.New(tensor.Float64, len(p.Data))
		t.slotKeys = append(t.slotKeys, key)
	}
	return nil
}

// onHost does one step of the method.
func (t *Trainer) onHost() (outcome, error) {
	ctx, h := context.Background(), t.host
	if h.state == nil {
		s, err := minimize.Begin(ctx, h.probe, t.w.Float64s())
		if err != nil {
			return outcome{}, err
		}
		h.state = s
		if t.done > 0 {
			var pieces []minimize.Piece
			for _, p := range h.method.Memory(s) {
				pieces = append(pieces, minimize.Piece{Name: p.Name, Data: t.slots["method."+p.Name].Float64s()})
			}
			h.method.Remember(s, pieces)
		}
	}
	s := h.state
	o := outcome{n: t.cfg.Train.Len(), loss: s.E, norm: s.Norm(), correct: math.NaN(), rate: math.NaN()}
	if t.classes || t.binary {
		score, err := t.Score(ctx, t.cfg.Train)
		if err != nil {
			return o, err
		}
		o.correct = score.Accuracy * float64(o.n)
	}
	moved, err := h.method.Next(ctx, h.probe, s)
	switch {
	case err != nil:
		return o, err
	case math.IsNaN(s.E) || math.IsInf(s.E, 0):
		return o, &Diverged{Step: t.done + 1, What: fmt.Sprintf("the loss is %v", s.E), Try: "try another method"}
	}
	h.stuck = !moved
	for i, x := range s.W {
		t.w.SetAt(i, x)
	}
	// The point goes on as the weights hold it: a resumed run has no other digits.
	copy(s.W, t.w.Float64s())
	for _, p := range h.method.Memory(s) {
		copy(tensor.Slice[float64](t.slots["method."+p.Name]), p.Data)
	}
	t.done++
	t.step.SetAt(0, float64(t.done))
	return o, nil
}

// noMethod is what a run by a method is refused.
func (t *Trainer) noMethod(what string) error {
	if t.host == nil {
		return nil
	}
	return errors.New("train: " + what + " is for rules, not for methods on the host such as " + t.host.method.Name)
}
