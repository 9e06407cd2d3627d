package train

import (
	"fmt"

	"github.com/godescent/descent/curvature"
	"github.com/godescent/descent/data"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/tensor"
)

// On is E of a network on a part of some data, to be looked at by a curvature.Probe:
// with no unit dropped and no image changed by chance, a function of w alone.
type On struct {
	Network    *objective.Network
	Part       Part
	Normalizer *data.Normalizer // of the features; nil leaves them as they are
	Augment    *Augment         // which part of an image the network sees; nil is all of the example
	// ClassWeights are those of the run, see Config; nil is 1 for each.
	ClassWeights []float64
	// Running is the running state [S], which freezes batch normalisation's statistics;
	// nil takes those of each pass's own examples, as training does.
	Running *tensor.Array
	// DType is what is computed in; 0 is the network's own type. Data are cast, and a
	// float64 of a float32 network is E of the same weights without its rounding.
	DType tensor.DType
}

// On is E of the trained network on a part, with its running statistics.
func (m *Model) On(p Part) On {
	return On{Network: m.t.cfg.Network, Part: p, Normalizer: m.t.cfg.Normalizer, Augment: m.t.cfg.Augment, Running: m.t.running}
}

// Source makes it ready for a probe.
func (o On) Source() (curvature.Source, error) {
	var none curvature.Source
	if o.Part.Source != nil {
		return none, fmt.Errorf("E is of examples in memory, and these are in their files; take a sample of them")
	}
	if o.Part.Len() == 0 || o.Part.Set.Y == nil {
		return none, fmt.Errorf("there are no examples with targets to measure E on")
	}
	net, running := o.Network, o.Running
	if o.DType != tensor.Invalid && o.DType != net.Plan.DType {
		in := net.Plan.In
		if in.DType.IsFloat() {
			in.DType = o.DType
		}
		var err error
		if net, err = objective.NewNetwork(net.Plan.Model, in, net.Loss, o.DType); err != nil {
			return none, err
		}
		if running != nil {
			to := tensor.New(o.DType, running.Shape()...)
			for i, x := range running.Float64s() {
				to.SetAt(i, x)
			}
			running = to
		}
	}
	plan := net.Plan
	frozen := running != nil || plan.State.Size() == 0
	if !frozen { // its numbers are read by nothing, and the graph wants them
		var err error
		if running, err = plan.State.Initial(plan.DType, 0); err != nil {
			return none, err
		}
	}
	return curvature.Source{
		Size: plan.Weights.Size(), DType: plan.DType, Layout: plan.Weights, Examples: o.Part.rows(), Sum: loss.Adds(net.Loss),
		Build: func(g *graph.Graph, n int) (*curvature.Pass, error) {
			c := &Config{Network: net, Normalizer: o.Normalizer, Augment: o.Augment}
			src, err := newSource(g, o.Part.Set, c, n, nil)
			if err != nil {
				return nil, err
			}
			p := &curvature.Pass{Index: src.index, Feeds: map[graph.Value]*tensor.Array{src.x: o.Part.Set.X, src.y: o.Part.Set.Y}}
			if o.ClassWeights != nil {
				src.weigh(g, len(o.ClassWeights), plan.DType)
				weights := tensor.New(plan.DType, len(o.ClassWeights))
				for k, w := range o.ClassWeights {
					weights.SetAt(k, w)
				}
				p.Feeds[src.weights] = weights
			}
			if o.Normalizer != nil {
				shift, scale, err := c.normalArrays(o.Part.Set)
				if err != nil {
					return nil, err
				}
				p.Feeds[src.shift], p.Feeds[src.scale] = shift, scale
			}
			batch := objective.Batch{X: src.bx, Y: src.by, Weight: src.weight, Train: !frozen, Still: true}
			if plan.State.Size() > 0 {
				batch.State = g.Input("running", plan.DType, plan.State.Size())
				p.Feeds[batch.State] = running
			}
			p.E = func(w graph.Value) graph.Value { return net.Build(batch, w).Loss }
			p.Output = func(w graph.Value) graph.Value { return net.Build(batch, w).Output }
			return p, nil
		},
	}, nil
}
