package train

import (
	"fmt"
	"math"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

// StepPlan is what a training step computes and where.
type StepPlan struct {
	Batch       int
	FLOPs       int64 // of matrix products and convolutions, forward and backward; a multiply-add is two
	WeightBytes int64
	StateBytes  int64 // of the rule, and running statistics
	ArenaBytes  int64 // intermediate values, planned once
}

// Plan is the plan of a whole batch's step; of a method on the host, whose steps differ, that of one gradient
// over all examples.
func (t *Trainer) Plan() (StepPlan, error) {
	batch := min(t.cfg.Batch, t.cfg.Len())
	var s *stepGraph
	var err error
	if t.host != nil {
		s, err = t.newStep(batch, optim.NewSGD())
	} else {
		s, err = t.stepFor(batch, t.cfg.examples())
	}
	if err != nil {
		return StepPlan{}, err
	}
	p := StepPlan{Batch: batch, FLOPs: flops(s.roots), WeightBytes: int64(len(t.w.Raw())), ArenaBytes: int64(s.program.ArenaBytes())}
	if t.running != nil {
		p.StateBytes += int64(len(t.running.Raw()))
	}
	for _, a := range t.slots {
		p.StateBytes += int64(len(a.Raw()))
	}
	return p, nil
}

// flops counts the products that values need.
func flops(roots []graph.Value) int64 {
	seen := map[int]bool{}
	var n int64
	for len(roots) > 0 {
		v := roots[len(roots)-1]
		roots = roots[:len(roots)-1]
		if !v.Valid() || seen[v.ID()] {
			continue
		}
		seen[v.ID()] = true
		for i := range v.NumArgs() {
			roots = append(roots, v.Arg(i))
		}
		n += graph.ProductFlops(v)
	}
	return n
}

// Begin is a network before any training, as a run with this seed would begin.
func Begin(n *objective.Network, norm *data.Normalizer, images *Augment, seed int64) (*Checkpoint, error) {
	c := &Checkpoint{Meta: map[string]string{}, Normalizer: norm, Augment: images, tensors: map[string]*tensor.Array{}}
	for _, part := range []struct {
		prefix string
		layout *weights.Layout
	}{{"", n.Plan.Weights}, {"running.", n.Plan.State}} {
		if part.layout.Size() == 0 {
			continue
		}
		flat, err := part.layout.Initial(n.Plan.DType, seed)
		if err != nil {
			return nil, err
		}
		for _, t := range parts(part.prefix, part.layout, flat) {
			c.tensors[t.Name] = t.Array
		}
	}
	return c, nil
}

// Statistics are of many numbers.
type Statistics struct {
	Mean, Std float64
	Zeros     float64 // share that is exactly 0
	Largest   float64 // absolute value
}

func statistics(a *tensor.Array) Statistics {
	var s Statistics
	n := float64(a.Size())
	for i := range a.Size() {
		x := a.At(i)
		s.Mean += x / n
		s.Largest = math.Max(s.Largest, math.Abs(x))
		if x == 0 {
			s.Zeros += 1 / n
		}
	}
	for i := range a.Size() {
		d := a.At(i) - s.Mean
		s.Std += d * d / n
	}
	s.Std = math.Sqrt(s.Std)
	return s
}

// Layer is what a layer gives for some examples.
type Layer struct {
	Name   string // its path
	Shape  []int  // of its output for one example
	Output Statistics
	Units  int // along the last axis
	// Dead is the number of units that give the same for every example, and so tell
	// nothing about any.
	Dead int
}

// probed is most examples that Layers looks at.
const probed = 256

// Layers are the outputs of the network's layers in evaluation, first to last, for
// the first examples of a part.
func (m *Model) Layers(part Part) ([]Layer, error) {
	n := min(probed, part.Len())
	if n == 0 {
		return nil, fmt.Errorf("there are no examples to look at")
	}
	part, err := part.Load(n)
	if err != nil {
		return nil, err
	}
	o, err := m.compile(part.Set, n, func(g *graph.Graph, _ graph.Value) []graph.Value { return layerValues(g, n) })
	if err != nil {
		return nil, err
	}
	index := tensor.Slice[int32](o.inst.Input(o.src.index))
	for i := range index {
		index[i] = int32(i)
		if part.Rows != nil {
			index[i] = part.Rows[i]
		}
	}
	if err := o.inst.Step(); err != nil {
		return nil, err
	}
	var all []Layer
	for _, v := range o.extra {
		a := o.inst.Output(v)
		l := Layer{Name: v.Scope(), Shape: v.Shape()[1:], Output: statistics(a), Units: v.Dim(-1)}
		l.Dead = dead(a, l.Units)
		all = append(all, l)
	}
	return all, nil
}

// layerValues are the last values of each layer, in order.
func layerValues(g *graph.Graph, batch int) []graph.Value {
	last := map[string]int{}
	for id := range g.Len() {
		v := g.At(id)
		if v.Scope() != "" && v.DType().IsFloat() && v.Rank() > 1 && v.Dim(0) == batch {
			last[v.Scope()] = id
		}
	}
	var out []graph.Value
	for id := range g.Len() {
		if v := g.At(id); v.Scope() != "" && last[v.Scope()] == id && v.Rank() > 1 && v.Dim(0) == batch {
			out = append(out, v)
		}
	}
	return out
}

// dead counts the columns of rows of so many units that never vary.
func dead(a *tensor.Array, units int) int {
	n := 0
	for u := range units {
		same := true
		for i := u; i < a.Size() && same; i += units {
			same = a.At(i) == a.At(u)
		}
		if same {
			n++
		}
	}
	return n
}

// WeightStatistics are those of each of the network's weights by the places of w.
func (m *Model) WeightStatistics() map[string]Statistics {
	out := map[string]Statistics{}
	for _, t := range parts("", m.t.cfg.Network.Plan.Weights, m.t.w) {
		out[t.Name] = statistics(t.Array)
	}
	return out
}
