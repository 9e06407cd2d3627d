package surface

import (
	"errors"
	"fmt"
	"math"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel/dispatch"
	"github.com/godescent/descent/objective/functions"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/schedule"
	"github.com/godescent/descent/tensor"
)

// Path is the points of a walk with E at each, the start first.
type Path struct {
	Points [][]float64
	Losses []float64
}

// Walk is an optimizer on a function: its update, compiled once.
type Walk struct {
	pool             *program.Pool
	in               *program.Instance
	w, loss, rate, τ graph.Value
	slots            []optim.SlotInfo
}

// NewWalk compiles the update of a rule on a function, in float32 or float64, for a walk of so many steps: 0 is of
// unknown length.
func NewWalk(fn *functions.Function, rule optim.Rule, sched schedule.Schedule, steps int, d tensor.DType, kernel string) (*Walk, error) {
	table, err := dispatch.Pick(kernel)
	if err != nil {
		return nil, err
	}
	g := graph.New()
	k := &Walk{w: g.Input("w", d, fn.Dim()), rate: g.Input("lr", tensor.Float64), τ: g.Input("step", tensor.Float64)}
	s := optim.NewStep(optim.Config{
		Graph: g, W: k.w, Loss: fn.E, Rate: sched.Rate(g, k.rate, k.τ), Tau: k.τ.Plus(1), Steps: steps, Seed: g.Input("seed", tensor.Int64),
	})
	next := k.w.Add(s.Update(rule))
	k.loss = s.Loss()
	if err := s.Err(); err != nil {
		return nil, err
	}
	k.slots = s.Slots()
	updates := []program.Update{{Slot: k.w, Next: next}, {Slot: k.τ, Next: k.τ.Plus(1)}}
	for _, slot := range k.slots {
		updates = append(updates, program.Update{Slot: slot.Last, Next: slot.Next})
	}
	// The loss is a guard: where it is not finite, the point stays and the walk ends.
	p, err := program.Compile(g, program.Spec{Outputs: []graph.Value{k.loss}, Updates: updates, Guard: []graph.Value{k.loss}})
	if err != nil {
		return nil, err
	}
	k.pool = program.NewPool(1)
	k.in = p.NewInstance(k.pool, table)
	for _, h := range s.Hypers() {
		k.in.Input(h.Value).SetAt(0, h.Default)
	}
	return k, nil
}

// Close ends the walk's threads.
func (k *Walk) Close() { k.pool.Close() }

// Follow makes the updates from a start and notes every point with its loss. It ends
// early, with an error, where a number is not finite.
func (k *Walk) Follow(start []float64, rate float64, steps int) (Path, error) {
	at := k.in.Input(k.w)
	for i, x := range start {
		at.SetAt(i, x)
	}
	k.in.Input(k.rate).SetAt(0, rate)
	k.in.Input(k.τ).SetAt(0, 0)
	for _, slot := range k.slots {
		clear(k.in.Input(slot.Last).Raw())
	}
	var p Path
	for step := 0; ; step++ {
		point := at.Float64s() // the loss of this point comes with the update that leaves it
		for i, x := range point {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return p, fmt.Errorf("the trace ends at step %d of %d: the update made w[%d] %v; try a smaller lr", max(0, step-1), steps, i, x)
			}
		}
		if err := k.in.Step(); err != nil {
			if n := (*program.NonFinite)(nil); errors.As(err, &n) {
				return p, fmt.Errorf("the trace ends at step %d of %d: E is %v at %v; try a smaller lr", max(0, step-1), steps, n.Value, point)
			}
			return p, err
		}
		p.Points, p.Losses = append(p.Points, point), append(p.Losses, k.in.Scalar(k.loss))
		if step == steps {
			return p, nil
		}
	}
}
