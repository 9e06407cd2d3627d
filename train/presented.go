package train

import (
	"github.com/godescent/descent/data"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/tensor"
)

// presented are the weights that a rule wants evaluated in place of w, such as their average, with
// running means that belong to them: those of training belong to w.
type presented struct {
	key     string        // the piece of the rule's state that holds them
	w       *tensor.Array // what is evaluated: a copy, or w itself before the first update
	running *tensor.Array // likewise
	at      int64         // the step that they are of; −1 before any
	restate *restateGraph
}

// restateBatches is the most batches that running means are estimated from again.
const restateBatches = 200

// presentedPrefix begins the names of the running means that belong to the presented weights.
const presentedPrefix = "presented.running."

// present makes what a rule presents a piece of its state, if it is none yet, and gives its key.
func present(g *graph.Graph, slots []optim.SlotInfo, shown graph.Value) (string, []optim.SlotInfo) {
	for _, s := range slots {
		if s.Next == shown {
			return s.Key, slots
		}
	}
	const key = "presented"
	last := g.Input("state/"+key, shown.DType(), shown.Shape()...)
	return key, append(slots, optim.SlotInfo{Key: key, Last: last, Next: shown})
}

// showing makes the arrays for weights that a rule presents.
func (t *Trainer) showing(key string) {
	if t.shown != nil {
		return
	}
	t.shown = &presented{key: key, w: tensor.New(t.w.DType(), t.w.Shape()...), at: -1}
	if t.running != nil {
		t.shown.running = tensor.New(t.running.DType(), t.running.Shape()...)
	}
}

// evaluated are the weights and running means that are measured and predicted with.
func (t *Trainer) evaluated() (w, running *tensor.Array) {
	if t.shown == nil {
		return t.w, t.running
	}
	return t.shown.w, t.shown.running
}

// refresh brings the evaluated weights up to the present step.
func (t *Trainer) refresh() error {
	p := t.shown
	if p == nil || p.at == t.done {
		return nil
	}
	from := t.w
	if t.done > 0 {
		from = t.slots[p.key]
	}
	copy(p.w.Raw(), from.Raw())
	if p.running != nil {
		copy(p.running.Raw(), t.running.Raw())
		if t.done > 0 {
			if err := t.restate(); err != nil {
				return err
			}
		}
	}
	p.at = t.done
	return nil
}

// restateGraph gives the running state that one batch alone would leave.
type restateGraph struct {
	src           source
	w, seed, step graph.Value
	batch, kept   graph.Value // (1−β)·statistic of the batch, and β, for each number of the state
	inst          *program.Instance
	examples      int
	on            *data.Set // that inst is bound to
}

// restate estimates the running means again at the presented weights, as the plain mean over
// batches of the first epoch (PyTorch's update_bn). A running mean is βs + (1−β)b in the batch's b, so passes
// from s = 0 and from s = 1 tell (1−β)b and β; where β is 1 it stays what it was.
func (t *Trainer) restate() error {
	p := t.shown
	if p.restate == nil {
		var err error
		if p.restate, err = t.newRestate(); err != nil {
			return err
		}
	}
	r, n := p.restate, p.running.Size()
	sum, batches := make([]float64, n), 0
	var index []int32
	for τ := int64(0); batches < restateBatches; τ++ {
		if epoch, _ := t.sampler.Epoch(τ); epoch > 0 {
			break
		}
		set, at, err := t.draw(τ, index)
		if err != nil {
			return err
		}
		if set != r.on { // the other window of a stream
			if err := r.src.bind(r.inst, set, &t.cfg); err != nil {
				return err
			}
			r.on = set
		}
		if index = at; len(index) != r.examples {
			continue // the rest of an epoch
		}
		copy(tensor.Slice[int32](r.inst.Input(r.src.index)), index)
		r.inst.Input(r.step).SetAt(0, float64(τ))
		if err := r.inst.Step(); err != nil {
			return err
		}
		b, β := r.inst.Output(r.batch), r.inst.Output(r.kept)
		for i := range sum {
			if rest := 1 - β.At(i); rest != 0 {
				sum[i] += b.At(i) / rest
			}
		}
		batches++
	}
	if batches == 0 {
		return nil
	}
	β := r.inst.Output(r.kept)
	for i, x := range sum {
		if β.At(i) != 1 {
			p.running.SetAt(i, x/float64(batches))
		}
	}
	return nil
}

func (t *Trainer) newRestate() (*restateGraph, error) {
	c := &t.cfg
	plan := c.Network.Plan
	g := graph.New()
	r := &restateGraph{examples: t.sampler.Sizes()[0], on: c.examples()}
	var err error
	if r.src, err = newSource(g, c.examples(), c, r.examples, nil); err != nil {
		return nil, err
	}
	r.w = g.Input("w", plan.DType, plan.Weights.Size())
	r.seed, r.step = g.Input("seed", tensor.Int64), g.Input("step", tensor.Float64)
	n := plan.State.Size()
	from := func(s float64) graph.Value {
		return c.Network.Build(networkBatch{
			X: r.src.bx, Y: r.src.by, Train: true, Seed: r.seed, Tau: r.step, State: g.Full(s, plan.DType, n),
		}, r.w).NextState
	}
	r.batch = from(0)
	r.kept = from(1).Sub(r.batch)
	if err := g.Err(); err != nil {
		return nil, err
	}
	pr, err := program.Compile(g, program.Spec{Outputs: []graph.Value{r.batch, r.kept}})
	if err != nil {
		return nil, err
	}
	r.inst = pr.NewInstance(t.pool, t.table)
	r.inst.SetPrecision(c.Precision)
	if err := r.src.bind(r.inst, c.examples(), c); err != nil {
		return nil, err
	}
	tensor.Slice[int64](r.inst.Input(r.seed))[0] = c.Seed
	return r, r.inst.Bind(r.w, t.shown.w)
}
