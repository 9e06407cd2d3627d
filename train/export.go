package train

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/onnx"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

// Export is what a trained network is written as for other programs.
type Export struct {
	Network *objective.Network
	// Targets, of numbers to predict, is how they were normalised: the file gives them
	// in their own units. Nil leaves them as they are.
	Targets *data.Normalizer
	// Batch is the only number of examples that the file computes; 0 is any.
	Batch    int
	Name     string            // of the network; "" is "network"
	Doc      string            // what it is
	Version  string            // of this program
	Metadata map[string]string // of the file
}

// WriteONNX writes the network in evaluation as an ONNX model, see package onnx: from
// examples as they are, which the file normalises as in training, to what the loss
// makes of the outputs.
//
// The input is x [batch, ...], of the weights' type, or int64 where the examples are
// whole numbers, such as characters. Of classes the outputs are logits
// [batch, ..., classes] and probabilities, their softmax; of one logit for two classes
// likewise logits [batch, 1] and probabilities [batch, 2]; of numbers prediction
// [batch, ...] and, if the loss has the network tell it, deviation, the standard deviation.
func (s *Checkpoint) WriteONNX(to io.Writer, e Export) error {
	plan := e.Network.Plan
	w, running, err := s.evaluated(plan)
	if err != nil {
		return err
	}
	vectors := []vector{{"w", "", plan.Weights, w}, {"running", "running.", plan.State, running}}
	meta := maps.Clone(e.Metadata)
	if meta == nil {
		meta = map[string]string{}
	}
	if s.Normalizer != nil {
		text, err := json.Marshal(s.Normalizer)
		if err != nil {
			return err
		}
		meta["normalizer"] = string(text)
	}
	meta["step"] = fmt.Sprint(s.Step)
	build := func(batch int) (*onnx.Function, error) { return s.function(e, vectors, batch) }
	return onnx.Write(to, build, onnx.Options{Name: e.Name, Doc: e.Doc, Version: e.Version, Metadata: meta, Batch: e.Batch})
}

// vector is a flat part of a network, by the prefix that a checkpoint gives its views.
type vector struct {
	key, prefix string
	layout      *weights.Layout
	flat        *tensor.Array // nil if the layout is empty
}

// function is the network on a batch of so many examples.
func (s *Checkpoint) function(e Export, vectors []vector, batch int) (*onnx.Function, error) {
	plan := e.Network.Plan
	g := graph.New()
	f := &onnx.Function{}
	shape := append(tensor.Of(batch), s.example(plan.In.Shape[1:])...)
	of := plan.In.DType
	if !of.IsFloat() {
		of = tensor.Int64
	}
	x := g.Input("x", of, shape...)
	f.Inputs = []onnx.Port{{Name: "x", Value: x, Doc: "examples, as they were before the normalisation of the training"}}
	x = s.middle(x.Cast(plan.In.DType)).Reshape(append([]int{batch}, plan.In.Shape[1:]...)...)
	constant := func(name string, a *tensor.Array) graph.Value {
		v := g.Input(name, a.DType(), a.Shape()...)
		f.Constants = append(f.Constants, onnx.Constant{Name: name, Value: v, Array: a})
		return v
	}
	if s.Normalizer != nil {
		before := g.SetScope("normalisation")
		shift, scale, err := s.Normalizer.Arrays(plan.DType, plan.In.Shape[1:])
		if err != nil {
			return nil, err
		}
		x = x.Sub(constant("normalisation.shift", shift)).Mul(constant("normalisation.scale", scale))
		g.SetScope(before)
	}
	var flat [2]graph.Value
	for i, p := range vectors {
		if p.flat == nil {
			continue
		}
		flat[i] = g.Input(p.key, plan.DType, p.layout.Size())
		arrays := parts(p.prefix, p.layout, p.flat)
		for k, v := range p.layout.Views() {
			f.Constants = append(f.Constants, onnx.Constant{
				Name: arrays[k].Name, Array: arrays[k].Array, Value: flat[i].Slice(0, v.Offset, v.Offset+v.Size()),
			})
		}
	}
	y := plan.Apply(plan.Bind(g, flat[0], flat[1], graph.Value{}, graph.Value{}, false), x)
	f.Outputs = e.outputs(g, y)
	return f, g.Err()
}

// example is the shape of one example as it was before the network's part of it was taken.
func (s *Checkpoint) example(seen tensor.Shape) tensor.Shape {
	switch {
	case s.Augment == nil:
		return seen
	case len(seen) == 3:
		return s.Augment.Image
	case len(seen) == 2:
		return s.Augment.Image[:2]
	}
	return tensor.Of(s.Augment.Image.Size())
}

// middle is the part of the images that the network is measured with, as
// augment.Images.Centre, without looking pixels up by the example's number.
func (s *Checkpoint) middle(x graph.Value) graph.Value {
	a := s.Augment
	if a == nil || !x.Valid() {
		return x
	}
	x = x.Reshape(append([]int{x.Dim(0)}, a.Image...)...)
	for i, part := range []int{a.Height, a.Width} {
		axis := 1 + i
		side := x.Dim(axis)
		if part == 0 || part == side {
			continue
		}
		if part < side {
			lo := (side - part) / 2
			x = x.Slice(axis, lo, lo+part)
			continue
		}
		lo := (part - side + 1) / 2
		hi := part - side - lo
		if !a.Edge {
			x = x.Plus(-a.Fill).Pad(axis, lo, hi).Plus(a.Fill)
			continue
		}
		border := func(v graph.Value, n int) graph.Value {
			dims := v.Shape().Clone()
			dims[axis] = n
			return v.BroadcastTo(dims...)
		}
		parts := []graph.Value{border(x.Slice(axis, 0, 1), lo), x}
		if hi > 0 {
			parts = append(parts, border(x.Slice(axis, side-1, side), hi))
		}
		x = graph.Concat(axis, parts...)
	}
	return x
}

// outputs are what the loss makes of what the model gives.
func (e Export) outputs(g *graph.Graph, y graph.Value) []onnx.Port {
	defer g.SetScope(g.SetScope("output"))
	switch e.Network.Loss.(type) {
	case *loss.CrossEntropy:
		z := y.Sub(keep(y.MaxOver(-1))).Exp()
		return []onnx.Port{
			{Name: "logits", Value: y, Doc: "of the classes"},
			{Name: "probabilities", Value: z.Div(keep(z.Sum(-1))), Doc: "of the classes: the softmax of the logits"},
		}
	case *loss.BinaryCrossEntropy:
		p := y.Sigmoid()
		return []onnx.Port{
			{Name: "logits", Value: y, Doc: "of the second class"},
			{Name: "probabilities", Value: graph.Concat(-1, y.Neg().Sigmoid(), p), Doc: "of the two classes"},
		}
	}
	mean, deviation := loss.Predict(e.Network.Loss, y)
	if t := e.Targets; t != nil {
		scale, shift := make([]graph.Value, 0, len(t.Scale)), make([]graph.Value, 0, len(t.Shift))
		for k := range t.Scale {
			scale = append(scale, g.Full(1/t.Scale[k], y.DType(), 1))
			shift = append(shift, g.Full(t.Shift[k], y.DType(), 1))
		}
		unit := graph.Concat(0, scale...)
		mean = mean.Mul(unit).Add(graph.Concat(0, shift...))
		if deviation.Valid() {
			deviation = deviation.Mul(unit.Abs())
		}
	}
	ports := []onnx.Port{{Name: "prediction", Value: mean, Doc: "numbers in their own units"}}
	if deviation.Valid() {
		ports = append(ports, onnx.Port{Name: "deviation", Value: deviation, Doc: "their standard deviation, in the same units"})
	}
	return ports
}

// keep puts back an axis of 1 at the end.
func keep(v graph.Value) graph.Value { return v.Reshape(append(v.Shape().Clone(), 1)...) }

// WriteSafetensors writes the network's weights alone, under the names that they have
// in a checkpoint, and its running state under "running.".
func (s *Checkpoint) WriteSafetensors(to io.Writer, n *objective.Network, metadata map[string]string) error {
	w, running, err := s.evaluated(n.Plan)
	if err != nil {
		return err
	}
	all := parts("", n.Plan.Weights, w)
	if running != nil {
		all = append(all, parts("running.", n.Plan.State, running)...)
	}
	return tensor.WriteSafetensors(to, all, metadata)
}

// Checkpoint is the network as it is measured now, with weights of its own: what a
// program without a folder exports.
func (t *Trainer) Checkpoint() (*Checkpoint, error) {
	if err := t.refresh(); err != nil {
		return nil, err
	}
	c := &Checkpoint{Meta: maps.Clone(t.cfg.Meta), Normalizer: t.cfg.Normalizer, Augment: t.cfg.Augment, Step: t.done, tensors: map[string]*tensor.Array{}}
	w, running := t.evaluated()
	plan := t.cfg.Network.Plan
	all := parts("", plan.Weights, w)
	if running != nil {
		all = append(all, parts("running.", plan.State, running)...)
	}
	for _, n := range all {
		c.tensors[n.Name] = n.Array.Clone()
	}
	return c, nil
}
