package train

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"strings"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel/dispatch"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

// Checkpoint is what a run's checkpoint holds of the network it trained.
type Checkpoint struct {
	Meta       map[string]string // as Config.Meta
	Normalizer *data.Normalizer  // of the features; nil leaves them as they are
	Augment    *Augment          // which part of an image the network sees; nil is all of the example
	Step       int64             // steps done

	tensors   map[string]*tensor.Array
	presented string // the slot with what is evaluated in place of the weights, or ""
}

// Open reads the checkpoint in a run's folder.
func Open(dir string) (*Checkpoint, error) { return OpenFile(filepath.Join(dir, CheckpointName)) }

// OpenFile reads a checkpoint, such as that of BestName.
func OpenFile(path string) (*Checkpoint, error) {
	tensors, pos, all, err := readCheckpoint(path)
	if err != nil {
		return nil, err
	}
	s := &Checkpoint{Meta: map[string]string{}, Step: pos.Step, tensors: tensors, presented: pos.Presented}
	for k, v := range all {
		if name, ok := strings.CutPrefix(k, keyMeta); ok {
			s.Meta[name] = v
		}
	}
	if text := all[keyNorm]; text != "" {
		s.Normalizer = &data.Normalizer{}
		if err := json.Unmarshal([]byte(text), s.Normalizer); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if text := all[keyAugment]; text != "" {
		if s.Augment, err = readAugment(text); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return s, nil
}

// ReadMeta is the Meta that a run's checkpoint was written with.
func ReadMeta(dir string) (map[string]string, error) {
	s, err := Open(dir)
	if err != nil {
		return nil, err
	}
	return maps.Clone(s.Meta), nil
}

// Machine is what a Model runs on and how exactly; its zero value is all CPUs, the
// fastest kernel set and products of the weights' own type.
type Machine struct {
	Threads   int    // 0 is one for each CPU
	Kernel    string // an instruction set by name; "" is the fastest
	Precision program.Precision
}

// Model is a trained network that measures and predicts. It is not safe for
// concurrent use.
type Model struct {
	t       *Trainer // one that never steps
	outputs map[scoreKey]*outputGraph
}

// Model gives a network the weights that were saved: the averaged ones, with their own
// running means, of a rule that has such.
func (s *Checkpoint) Model(n *objective.Network, m Machine) (*Model, error) {
	table, err := dispatch.Pick(m.Kernel)
	if err != nil {
		return nil, err
	}
	t := &Trainer{
		cfg: Config{Network: n, Normalizer: s.Normalizer, Augment: s.Augment, Precision: m.Precision}, table: table,
		scores: map[scoreKey]*scoreGraph{}, places: 1,
	}
	t.task(n.Loss)
	if t.w, t.running, err = s.evaluated(n.Plan); err != nil {
		return nil, err
	}
	t.pool = program.NewPool(m.Threads)
	return &Model{t, map[scoreKey]*outputGraph{}}, nil
}

// evaluated are the weights and running means, nil if there are none, that a network is
// measured with.
func (s *Checkpoint) evaluated(plan *nn.Plan) (w, running *tensor.Array, err error) {
	of, state := "", "running."
	if s.presented != "" {
		of, state = "optimizer."+s.presented+".", presentedPrefix
	}
	if w, err = s.flat(of, plan.Weights, plan.DType); err != nil {
		return nil, nil, err
	}
	if plan.State.Size() > 0 {
		if running, err = s.flat(state, plan.State, plan.DType); err != nil {
			return nil, nil, err
		}
	}
	return w, running, nil
}

// State is a slot of the optimizer that is as w is, such as Adam's "v", or an error if there is none.
func (s *Checkpoint) State(key string, n *objective.Network) (*tensor.Array, error) {
	return s.flat("optimizer."+key+".", n.Plan.Weights, n.Plan.DType)
}

// flat gathers the tensors of a layout into one vector.
func (s *Checkpoint) flat(prefix string, l *weights.Layout, d tensor.DType) (*tensor.Array, error) {
	out := tensor.New(d, l.Size())
	for _, to := range parts(prefix, l, out) {
		from := s.tensors[to.Name]
		switch {
		case from == nil:
			return nil, fmt.Errorf("the checkpoint has no tensor %q %v; the network differs from the one that was trained", to.Name, to.Array.Shape())
		case from.DType() != d || !from.Shape().Equal(to.Array.Shape()):
			return nil, fmt.Errorf("the checkpoint's tensor %q is %v%v and the network wants %v%v", to.Name, from.DType(), from.Shape(), d, to.Array.Shape())
		}
		copy(to.Array.Raw(), from.Raw())
	}
	return out, nil
}

// Close ends the model's threads.
func (m *Model) Close() { m.t.pool.Close() }

// Weights are w, which the caller must not change.
func (m *Model) Weights() *tensor.Array { return m.t.w }

// Running are the running statistics [S], or nil if the network has none; likewise.
func (m *Model) Running() *tensor.Array { return m.t.running }

// Score measures the network on a part of some data.
func (m *Model) Score(ctx context.Context, part Part) (*Score, error) {
	none := fmt.Errorf("there are no examples with targets to measure on")
	if part.Len() == 0 {
		return nil, none
	}
	like, err := part.Like()
	switch {
	case err != nil:
		return nil, err
	case like.Y == nil:
		return nil, none
	case like.Classification():
		m.t.places = like.Y.Size() / like.Len()
	}
	return m.t.Score(ctx, part)
}

// outputGraph is the evaluation of one batch without targets.
type outputGraph struct {
	src   source
	out   graph.Value
	extra []graph.Value // that were asked for besides
	inst  *program.Instance
}

// Outputs are what the network gives for each example, such as the logits of
// classes: [N, ...] of the weights' type. The Set needs no Y.
func (m *Model) Outputs(ctx context.Context, set *data.Set) (*tensor.Array, error) {
	var all joined
	err := m.Each(ctx, Part{Set: set}, func(b Block) error { all.add(b.Outputs, set.Len()); return nil })
	return all.array, err
}

// Predict are the numbers [N, ...] that the network expects, by what its loss makes of the outputs, and their
// standard deviations, nil if the loss has the network tell none; both are normalised as the targets were.
func (m *Model) Predict(ctx context.Context, set *data.Set) (mean, deviation *tensor.Array, err error) {
	var means, deviations joined
	err = m.Each(ctx, Part{Set: set}, func(b Block) error {
		means.add(b.Mean, set.Len())
		deviations.add(b.Deviation, set.Len())
		return nil
	})
	return means.array, deviations.array, err
}

// joined is blocks one behind the other.
type joined struct {
	array *tensor.Array
	at    int
}

func (j *joined) add(block *tensor.Array, n int) {
	if block == nil {
		return
	}
	if j.array == nil {
		shape := block.Shape().Clone()
		shape[0] = n
		j.array = tensor.New(block.DType(), shape...)
	}
	j.at += copy(j.array.Raw()[j.at:], block.Raw())
}

// Block is what a network gives for examples that follow each other; the next block is in the same memory.
type Block struct {
	First           int // the number of its first example
	Outputs         *tensor.Array
	Mean, Deviation *tensor.Array // as Predict gives them
}

// Each gives what the network makes of the examples of a part, a block at a time. They need no Y.
func (m *Model) Each(ctx context.Context, part Part, do func(Block) error) error {
	n := part.Len()
	if n == 0 {
		name := "the part"
		if part.Set != nil {
			name = part.Set.Name
		}
		return fmt.Errorf("%s: there are no examples", name)
	}
	from, err := m.t.feed(part)
	if err != nil {
		return err
	}
	defer from.close()
	for lo := 0; lo < n; lo += scoreBatch {
		if err := ctx.Err(); err != nil {
			return err
		}
		o, err := m.output(from.set, min(scoreBatch, n-lo))
		if err != nil {
			return err
		}
		if err := from.take(lo, tensor.Slice[int32](o.inst.Input(o.src.index))); err != nil {
			return err
		}
		if err := o.inst.Step(); err != nil {
			return err
		}
		b := Block{First: lo, Outputs: o.inst.Output(o.out)}
		b.Mean = b.Outputs // if the loss makes nothing of them
		if len(o.extra) > 0 {
			b.Mean = o.inst.Output(o.extra[0])
		}
		if len(o.extra) > 1 {
			b.Deviation = o.inst.Output(o.extra[1])
		}
		if err := do(b); err != nil {
			return err
		}
	}
	return nil
}

func (m *Model) output(set *data.Set, batch int) (*outputGraph, error) {
	key := scoreKey{set, batch}
	if o := m.outputs[key]; o != nil {
		return o, nil
	}
	o, err := m.compile(set, batch, func(_ *graph.Graph, out graph.Value) []graph.Value {
		p, ok := m.t.cfg.Network.Loss.(loss.Predictor)
		if !ok {
			return nil
		}
		mean, deviation := p.Predict(out)
		if !deviation.Valid() {
			return []graph.Value{mean}
		}
		return []graph.Value{mean, deviation}
	})
	if err == nil {
		m.outputs[key] = o
	}
	return o, err
}

// compile makes the evaluation of a batch, and of what else is asked of its graph.
func (m *Model) compile(set *data.Set, batch int, extra func(g *graph.Graph, out graph.Value) []graph.Value) (*outputGraph, error) {
	c := &m.t.cfg
	plan := c.Network.Plan
	g := graph.New()
	o := &outputGraph{}
	inputs := *set
	inputs.Y = nil
	var err error
	if o.src, err = newSource(g, &inputs, c, batch, nil); err != nil {
		return nil, err
	}
	w := g.Input("w", plan.DType, plan.Weights.Size())
	var state graph.Value
	if n := plan.State.Size(); n > 0 {
		state = g.Input("running", plan.DType, n)
	}
	o.out = plan.Apply(plan.Bind(g, w, state, graph.Value{}, graph.Value{}, false), o.src.bx)
	if err := g.Err(); err != nil {
		return nil, err
	}
	o.extra = extra(g, o.out)
	p, err := program.Compile(g, program.Spec{Outputs: append([]graph.Value{o.out}, o.extra...)})
	if err != nil {
		return nil, err
	}
	o.inst = p.NewInstance(m.t.pool, m.t.table)
	o.inst.SetPrecision(c.Precision)
	if err := o.src.bind(o.inst, &inputs, c); err != nil {
		return nil, err
	}
	if err := o.inst.Bind(w, m.t.w); err != nil {
		return nil, err
	}
	if state.Valid() {
		if err := o.inst.Bind(state, m.t.running); err != nil {
			return nil, err
		}
	}
	return o, nil
}
