// A network of one's own: a layer is one method that asks for its weights by name and
// returns a value. Gradients, names in checkpoints and `descent inspect` follow from it.
//
//	go run ./examples/layer
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/shipped"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/train"
)

// GLU is a gated linear unit (Dauphin et al. 2017): one linear map decides how much of
// another one passes,
//
//	y = (x·W) ⊙ σ(x·V + c)      [B, In] → [B, Out]
type GLU struct{ Out int }

// Apply implements nn.Layer.
func (l *GLU) Apply(c *nn.Context, x graph.Value) graph.Value {
	if x.Rank() != 2 || l.Out < 1 {
		return c.Fail("x is %v and there are %d outputs; want [batch, features] and one output at least", x.Shape(), l.Out)
	}
	w := c.Matrix("weight", initial.NewLeCunNormal(), x.Dim(1), l.Out)
	gate := nn.NewLinear(l.Out) // a layer may have parts
	gate.Init = initial.NewLeCunNormal()
	return x.MatMul(w).Mul(c.Child("gate", gate, x).Sigmoid())
}

func main() {
	digits, err := shipped.Lookup("digits")
	if err != nil {
		log.Fatal(err)
	}
	set, _, err := digits.Load(tensor.Float32)
	if err != nil {
		log.Fatal(err)
	}
	parts, err := data.SplitStratified(set.Labels(), 1, data.Fractions{Train: 0.8, Test: 0.2})
	if err != nil {
		log.Fatal(err)
	}
	scale, err := data.Fit(set.X, parts.Train, data.Standardise, data.Overall)
	if err != nil {
		log.Fatal(err)
	}
	model := nn.NewSequential(nn.Flatten{}, nn.Name("glu1", &GLU{128}), nn.Name("glu2", &GLU{64}), nn.Name("head", nn.NewLinear(10)))
	batch := graph.Type{DType: tensor.Float32, Shape: append(tensor.Of(64), set.X.Shape()[1:]...)}
	network, err := objective.NewNetwork(model, batch, loss.NewCrossEntropy(), tensor.Float32)
	if err != nil {
		log.Fatal(err)
	}
	for _, v := range network.Plan.Weights.Views() {
		fmt.Printf("%-18s %v\n", v.Name, v.Shape)
	}
	t, err := train.New(train.Config{
		Network: network, Normalizer: scale,
		Train: train.Part{Set: set, Rows: parts.Train}, Test: train.Part{Set: set, Rows: parts.Test},
		Rule: optim.NewAdam(), Rate: 2e-3, Batch: 64, Epochs: 15, Seed: 1,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer t.Close()
	r, err := t.Run(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("test accuracy %.1f%% of %d digits\n", 100*r.Test.Accuracy, r.Test.N)
}
