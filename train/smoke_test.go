package train

import (
	"context"
	"testing"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/mnist"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/tensor"
)

func TestSmoke(t *testing.T) {
	tr, te, err := mnist.Load()
	if err != nil {
		t.Fatal(err)
	}
	model, err := nn.MLP([]int{784, 256, 128, 10}, "relu", "none", 0)
	if err != nil {
		t.Fatal(err)
	}
	net, err := objective.NewNetwork(model, graph.Type{DType: tensor.Float32, Shape: tensor.Of(128, 784)}, loss.NewCrossEntropy(), tensor.Float32)
	if err != nil {
		t.Fatal(err)
	}
	norm, err := data.Fit(tr.X, nil, data.Standardise, data.Overall)
	if err != nil {
		t.Fatal(err)
	}
	T, err := New(Config{Network: net, Train: Part{Set: tr}, Test: Part{Set: te}, Normalizer: norm, Rule: optim.NewAdam(), Rate: 1e-3, Batch: 128, Seed: 1, Epochs: 1, Threads: 1, Report: func(e Event) {
		t.Log(e.Step, e.Loss, e.Accuracy, e.Gradient, e.PerSec)
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer T.Close()
	t.Log(T.steps[128].program)
	r, err := T.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v %+v", r, r.Test)
}
