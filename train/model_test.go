package train

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/tensor"
)

// A network opened from its checkpoint scores as the trainer that wrote it did, bit
// for bit, and its outputs are those scores' outputs: their classes give the accuracy.
func TestModel(t *testing.T) {
	c := digits(t)
	c.Out = t.TempDir()
	c.Meta = map[string]string{"spec": "kept"}
	want := run(t, c)

	saved, err := Open(c.Out)
	if err != nil {
		t.Fatal(err)
	}
	if saved.Meta["spec"] != "kept" || saved.Step != 20 {
		t.Errorf("meta %v at step %d", saved.Meta, saved.Step)
	}
	m, err := saved.Model(c.Network, Machine{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	got, err := m.Score(context.Background(), c.Test)
	if err != nil {
		t.Fatal(err)
	}
	if got.N != want.Test.N || got.Loss != want.Test.Loss || got.Accuracy != want.Test.Accuracy {
		t.Errorf("score %+v, the trainer's was %+v", got, want.Test)
	}

	// Without targets, and in more than one batch.
	set, err := c.Test.Set.Subset(c.Test.Rows)
	if err != nil {
		t.Fatal(err)
	}
	labels := set.Labels()
	set.Y = nil
	out, err := m.Outputs(context.Background(), set)
	if err != nil {
		t.Fatal(err)
	}
	correct := 0
	for i, label := range labels {
		row := out.Float64s()[i*10 : (i+1)*10]
		if slices.Index(row, slices.Max(row)) == int(label) {
			correct++
		}
	}
	if acc := float64(correct) / float64(len(labels)); acc != got.Accuracy || out.Shape()[0] != 200 {
		t.Errorf("the outputs %v have the accuracy %v, the score says %v", out.Shape(), acc, got.Accuracy)
	}
	more, err := c.Test.Set.Subset(slices.Concat(c.Test.Rows, c.Test.Rows))
	if err != nil {
		t.Fatal(err)
	}
	twice, err := m.Outputs(context.Background(), more)
	if err != nil {
		t.Fatal(err)
	}
	if all := twice.Float64s(); !slices.Equal(all[:2000], out.Float64s()) || !slices.Equal(all[2000:], out.Float64s()) {
		t.Error("400 rows in two batches are not the 200 twice")
	}
}

// A checkpoint of another network is refused by the tensor that differs, and may be
// read by whoever may read its folder.
func TestModelRefuses(t *testing.T) {
	c := digits(t)
	c.Out, c.Steps = t.TempDir(), 1
	run(t, c)
	info, err := os.Stat(filepath.Join(c.Out, CheckpointName))
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("the checkpoint's mode is %v, %v", info.Mode(), err)
	}
	saved, err := Open(c.Out)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		hidden []int
		want   string
	}{
		{[]int{784, 25, 10}, `the checkpoint's tensor "linear1.weight" is float32[784 24] and the network wants float32[784 25]`},
		{[]int{784, 24, 24, 10}, `the checkpoint has no tensor "linear2.weight" [24 24]`},
	} {
		model, err := nn.MLP(test.hidden, "relu", "batch", 0.2)
		if err != nil {
			t.Fatal(err)
		}
		net, err := objective.NewNetwork(model, graph.Type{DType: tensor.Float32, Shape: tensor.Of(64, 784)}, loss.NewCrossEntropy(), tensor.Float32)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := saved.Model(net, Machine{}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: error %v, want %q", test.hidden, err, test.want)
		}
	}
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("an empty folder: %v", err)
	}
}

// The step of a perceptron does 2·B·(784·24 + 24·10) multiply-adds' operations
// forward, as many for the weights' gradient and 2·B·24·10 for the hidden layer's.
func TestPlan(t *testing.T) {
	tr, err := New(digits(t))
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	p, err := tr.Plan()
	if err != nil {
		t.Fatal(err)
	}
	weights := int64(tr.Weights().Size())
	if want := int64(2 * 64 * (2*(784*24+24*10) + 24*10)); p.FLOPs != want {
		t.Errorf("%d operations, want %d", p.FLOPs, want)
	}
	// Adam's two numbers a weight, and two running ones for each of 24 features.
	if p.WeightBytes != 4*weights || p.StateBytes != 8*weights+4*2*24 || p.ArenaBytes <= 0 || p.Batch != 64 {
		t.Errorf("%+v for %d weights", p, weights)
	}
}

// Layers and weights of a network before training: the initialiser's variance, the
// normalisation's, and a unit that is dead by construction.
func TestLayers(t *testing.T) {
	x := tensor.New(tensor.Float32, 64, 4)
	for i := range x.Size() {
		x.SetAt(i, float64(i*i%7)-3)
	}
	y := tensor.New(tensor.Int32, 64)
	set := &data.Set{Name: "made", X: x, Y: y, Classes: []string{"a", "b"}}
	model, err := nn.MLP([]int{4, 400, 2}, "relu", "none", 0)
	if err != nil {
		t.Fatal(err)
	}
	net, err := objective.NewNetwork(model, graph.Type{DType: tensor.Float32, Shape: tensor.Of(64, 4)}, loss.NewCrossEntropy(), tensor.Float32)
	if err != nil {
		t.Fatal(err)
	}
	begin, err := Begin(net, nil, nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	bias := begin.tensors["linear1.bias"]
	bias.SetAt(5, -1e9) // relu lets nothing of it through
	m, err := begin.Model(net, Machine{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	layers, err := m.Layers(Part{Set: set})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range layers {
		names = append(names, l.Name)
	}
	if !slices.Equal(names, []string{"linear1", "relu1", "head"}) {
		t.Fatalf("layers %v", names)
	}
	relu := layers[1]
	if relu.Units != 400 || relu.Dead < 1 || relu.Dead > 40 || relu.Output.Zeros < 0.3 || relu.Output.Zeros > 0.7 {
		t.Errorf("relu1 is %+v", relu)
	}
	// He's normal initialiser: variance 2/fan in.
	w := m.WeightStatistics()["linear1.weight"]
	if math.Abs(w.Std-math.Sqrt(2.0/4)) > 0.05 || math.Abs(w.Mean) > 0.05 {
		t.Errorf("linear1.weight is %+v, want a spread of √(2/4)", w)
	}
}
