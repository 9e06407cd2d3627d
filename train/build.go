package train

import (
	"fmt"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/schedule"
	"github.com/godescent/descent/tensor"
)

// measures are sums over a batch that add up to the scores.
type measures struct {
	loss       graph.Value     // the batch's loss, a mean or a sum as the network's loss says
	correct    graph.Value     // classification
	regression loss.Regression // numbers
	counts     loss.CountFit   // counts, beside regression
}

// measure adds the metrics of outputs to a graph.
func (t *Trainer) measure(e, out, y graph.Value) measures {
	m := measures{loss: e}
	scope := e.Graph().SetScope("metrics")
	defer e.Graph().SetScope(scope)
	switch {
	case t.binary:
		m.correct = loss.BinaryCorrect(out, y)
	case t.classes:
		m.correct = loss.Correct(out, y)
	default:
		mean, _ := loss.Predict(t.cfg.Network.Loss, out)
		m.regression = loss.Regress(mean, y)
		if t.counts {
			m.counts = loss.FitCounts(out, y)
		}
	}
	return m
}

func (m *measures) values() []graph.Value {
	if m.correct.Valid() {
		return []graph.Value{m.loss, m.correct}
	}
	out := []graph.Value{m.loss, m.regression.Squares, m.regression.Targets, m.regression.Target2}
	if m.counts.Deviance.Valid() {
		out = append(out, m.counts.Deviance, m.counts.TLogT)
	}
	return out
}

// stepGraph is the training step for one batch size.
type stepGraph struct {
	g    *graph.Graph
	src  source
	m    measures
	norm graph.Value // ‖∇E‖ where the rule took its first gradient
	rate graph.Value // η(τ)

	w, state, step, seed, lr graph.Value
	slots                    []optim.SlotInfo
	hypers                   []optim.HyperInput
	shown                    string        // the slot of what is evaluated in place of w; "" if nothing is
	roots                    []graph.Value // all that the step computes

	program *program.Program
	inst    *program.Instance               // on the set that was trained on last
	on      map[*data.Set]*program.Instance // on each: a Stream has two
}

// newStep builds and compiles the step of a rule.
func (t *Trainer) newStep(batch int, rule optim.Rule) (*stepGraph, error) {
	c := &t.cfg
	d := c.Network.Plan.DType
	s := &stepGraph{g: graph.New(), on: map[*data.Set]*program.Instance{}}
	g := s.g
	var err error
	s.step = g.Input("step", tensor.Float64)
	s.seed = g.Input("seed", tensor.Int64)
	if s.src, err = newSource(g, c.examples(), c, batch, &chance{s.seed, s.step}); err != nil {
		return nil, err
	}
	s.w = g.Input("w", d, c.Network.Plan.Weights.Size())
	if n := c.Network.Plan.State.Size(); n > 0 {
		s.state = g.Input("running", d, n)
	}
	s.lr = g.Input("lr", tensor.Float64)

	sched := c.Schedule
	if sched == nil {
		sched = schedule.NewConstant()
	}
	s.rate = sched.Rate(g, s.lr, s.step)

	var first graph.Value // the point of the first pass
	var next graph.Value  // the running state after it
	st := optim.NewStep(optim.Config{
		Graph: g, W: s.w, Rate: s.rate, Tau: s.step.Plus(1), Steps: int(max(0, t.limit())), Seed: s.seed, Layout: c.Network.Plan.Weights,
		Likelihood: t.likelihood(s, batch),
		Loss: func(w graph.Value) graph.Value {
			built := c.Network.Build(t.batch(s, true), w)
			if !first.Valid() && built.Loss.Valid() {
				first, next = w, built.NextState
				s.m = t.measure(built.Loss, built.Output, s.src.by)
			}
			return built.Loss
		},
	})
	Δw := st.Update(rule)
	if err := st.Err(); err != nil {
		return nil, err
	}
	if !first.Valid() {
		return nil, fmt.Errorf("train: the rule asked for no gradient")
	}
	scope := g.SetScope("metrics")
	s.norm = st.GradientAt(first).Square().SumAll().Sqrt()
	g.SetScope("update")
	w := s.w.Add(Δw)
	g.SetScope(scope)
	s.slots, s.hypers = st.Slots(), st.Hypers()
	if shown := st.Presented(); shown.Valid() {
		s.shown, s.slots = present(g, s.slots, shown)
	}

	spec := program.Spec{
		Outputs: append(s.m.values(), s.norm, s.rate),
		Updates: []program.Update{{Slot: s.w, Next: w}, {Slot: s.step, Next: s.step.Plus(1)}},
		Guard:   []graph.Value{s.m.loss, s.norm},
	}
	if st.Tolerant() {
		spec.Guard = nil
	}
	if s.state.Valid() {
		spec.Updates = append(spec.Updates, program.Update{Slot: s.state, Next: next})
	}
	for _, slot := range s.slots {
		spec.Updates = append(spec.Updates, program.Update{Slot: slot.Last, Next: slot.Next})
	}
	s.roots = spec.Outputs
	for _, u := range spec.Updates {
		s.roots = append(s.roots, u.Next)
	}
	s.program, err = program.Compile(g, spec)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// likelihood is what E of a batch is as one.
func (t *Trainer) likelihood(s *stepGraph, batch int) optim.Likelihood {
	l := optim.Likelihood{Terms: t.cfg.Network.Terms(batch)}
	if _, ok := t.cfg.Network.Loss.(loss.Sampler); ok {
		l.Sampled = func(w graph.Value, draw func(graph.Distribution, ...int) graph.Value) graph.Value {
			return t.cfg.Network.Sampled(t.batch(s, true), w, draw)
		}
	}
	return l
}

// batch is what the network builds a pass on.
func (t *Trainer) batch(s *stepGraph, train bool) networkBatch {
	return networkBatch{X: s.src.bx, Y: s.src.by, Weight: s.src.weight, Train: train, Seed: s.seed, Tau: s.step, State: s.state}
}

// link gives the step an instance on a set's and the trainer's memory.
func (t *Trainer) link(s *stepGraph, set *data.Set) error {
	if s.inst = s.on[set]; s.inst != nil {
		return nil
	}
	s.inst = s.program.NewInstance(t.pool, t.table)
	s.on[set] = s.inst
	s.inst.SetPrecision(t.cfg.Precision)
	if err := s.src.bind(s.inst, set, &t.cfg); err != nil {
		return err
	}
	bind := func(v graph.Value, a *tensor.Array) error {
		if a == nil || !v.Valid() {
			return nil
		}
		return s.inst.Bind(v, a)
	}
	if err := bind(s.w, t.w); err != nil {
		return err
	}
	if err := bind(s.state, t.running); err != nil {
		return err
	}
	if err := bind(s.step, t.step); err != nil {
		return err
	}
	for _, slot := range s.slots {
		if t.slots[slot.Key] == nil {
			t.slots[slot.Key] = tensor.New(slot.Last.DType(), slot.Last.Shape()...)
			t.slotKeys = append(t.slotKeys, slot.Key)
		}
		if err := bind(slot.Last, t.slots[slot.Key]); err != nil {
			return err
		}
	}
	if s.shown != "" {
		t.showing(s.shown)
	}
	tensor.Slice[int64](s.inst.Input(s.seed))[0] = t.cfg.Seed
	s.inst.Input(s.lr).SetAt(0, t.descent.Rate)
	for _, h := range s.hypers {
		s.inst.Input(h.Value).SetAt(0, h.Default)
	}
	return nil
}

// scoreGraph is the evaluation of one batch size on one part.
type scoreGraph struct {
	src      source
	m        measures
	w, state graph.Value
	inst     *program.Instance
}

func (t *Trainer) newScore(set *data.Set, batch int) (*scoreGraph, error) {
	c := &t.cfg
	d := c.Network.Plan.DType
	g := graph.New()
	s := &scoreGraph{}
	var err error
	if s.src, err = newSource(g, set, c, batch, nil); err != nil {
		return nil, err
	}
	s.w = g.Input("w", d, c.Network.Plan.Weights.Size())
	if n := c.Network.Plan.State.Size(); n > 0 {
		s.state = g.Input("running", d, n)
	}
	built := c.Network.Build(networkBatch{X: s.src.bx, Y: s.src.by, State: s.state}, s.w)
	if err := g.Err(); err != nil {
		return nil, err
	}
	s.m = t.measure(built.Loss, built.Output, s.src.by)
	p, err := program.Compile(g, program.Spec{Outputs: s.m.values()})
	if err != nil {
		return nil, err
	}
	s.inst = p.NewInstance(t.pool, t.table)
	s.inst.SetPrecision(c.Precision)
	if err := s.src.bind(s.inst, set, c); err != nil {
		return nil, err
	}
	at, running := t.evaluated()
	if err := s.inst.Bind(s.w, at); err != nil {
		return nil, err
	}
	if s.state.Valid() {
		err = s.inst.Bind(s.state, running)
	}
	return s, err
}
