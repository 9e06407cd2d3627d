package spec

import (
	"math"
	"slices"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/schedule"
	"github.com/godescent/descent/train"
)

// Plateau says when the learning rate falls by what the epochs gave.
type Plateau struct {
	Factor    float64 `spec:"factor,head" range:"[0,1)" doc:"of a reduction, such as 0.1; 0 is none"`
	Patience  int     `spec:"patience" range:"[0,inf)" doc:"epochs without an improvement that are let pass; the next one lowers lr"`
	Threshold float64 `spec:"threshold" range:"[0,inf)" doc:"that the loss has to gain on the smallest before"`
	Mode      string  `spec:"mode" values:"rel,abs" doc:"the threshold is a share of the smallest loss, or a number"`
	Cooldown  int     `spec:"cooldown" range:"[0,inf)" doc:"epochs after a reduction that do not count"`
	MinRate   float64 `spec:"min_lr" range:"[0,inf)" doc:"lr is not lowered below it"`
	Least     float64 `spec:"eps" range:"[0,inf)" doc:"a change of lr by as much or less is not made"`
}

// noPlateau lowers nothing; a factor alone makes it PyTorch's.
func noPlateau() Plateau {
	p := train.NewPlateau()
	return Plateau{0, p.Patience, p.Threshold, "rel", p.Cooldown, p.Floor, p.Least}
}

// config is what the trainer takes, nil for none.
func (p Plateau) config() *train.Plateau {
	if p.Factor == 0 {
		return nil
	}
	return &train.Plateau{
		Factor: p.Factor, Patience: p.Patience, Threshold: p.Threshold, Absolute: p.Mode == "abs",
		Cooldown: p.Cooldown, Floor: p.MinRate, Least: p.Least,
	}
}

// anyLength is a number of steps that every schedule can be read with.
const anyLength = min(1<<40, math.MaxInt/4)

// scheduleNames finds mistakes that do not depend on the number of steps.
func (b *builder) scheduleNames() error {
	s := b.Schedule
	for n := range len(s.Pairs) + 1 {
		if n > 0 && s.Pairs[n-1].Key == "warmup_from" {
			continue // means something only beside warmup, which may come later
		}
		if _, err := schedule.Parse(Setting{s.Kind, s.Pairs[:n]}.String(), anyLength); err != nil {
			return b.at(pairPath("schedule", s, n), err)
		}
	}
	return nil
}

// schedule is made last: what it leaves out depends on the number of steps.
func (b *builder) schedule() error {
	c := &b.run.Config
	sampler, err := data.SamplerByName(b.Sampler, c.Len(), b.Batch, uint64(b.Seed))
	if err != nil {
		return b.at("sampler", err)
	}
	steps := int64(math.MaxInt64)
	if b.Epochs > 0 {
		steps = data.Steps(sampler, b.Epochs)
	}
	if b.Spec.Steps > 0 {
		steps = min(steps, b.Spec.Steps)
	}
	if steps == math.MaxInt64 {
		steps = 0
	}
	b.run.Steps = steps
	c.Schedule, err = schedule.Parse(b.Schedule.String(), int(min(steps, math.MaxInt32)))
	if err != nil {
		return b.at("schedule", err)
	}
	b.Schedule = spelled(b.Schedule)
	return nil
}

// spelled is a schedule with all its parameters but those that follow the run's length.
func spelled(s Setting) Setting {
	a, errA := schedule.Parse(s.String(), anyLength)
	b, errB := schedule.Parse(s.String(), anyLength*2)
	if errA != nil || errB != nil {
		return s
	}
	one, errA := schedule.Describe(a)
	two, errB := schedule.Describe(b)
	if errA != nil || errB != nil {
		return s
	}
	full := Setting{Kind: s.Kind}
	for i, p := range one {
		given := slices.IndexFunc(s.Pairs, func(q pair) bool { return q.Key == p.Name })
		switch {
		case given >= 0:
			full.put(p.Name, s.Pairs[given].Value)
		case p.Value == two[i].Value:
			full.put(p.Name, formatted(p.Value))
		}
	}
	return full
}
