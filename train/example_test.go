package train_test

import (
	"context"
	"fmt"
	"log"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/mnist"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/train"
)

// A network of layers, its loss, data, a rule: 150 steps on handwritten digits.
func Example() {
	digits, test, err := mnist.Load()
	if err != nil {
		log.Fatal(err)
	}
	model := nn.NewSequential(
		nn.NewLinear(256), nn.NewBatchNorm(), nn.ReLU{},
		nn.NewLinear(10),
	)
	batch := graph.Type{DType: tensor.Float32, Shape: tensor.Of(128, 784)}
	network, err := objective.NewNetwork(model, batch, loss.NewCrossEntropy(), tensor.Float32)
	if err != nil {
		log.Fatal(err)
	}
	scale, err := data.Fit(digits.X, nil, data.Standardise, data.Overall)
	if err != nil {
		log.Fatal(err)
	}
	adam := optim.NewAdam()
	adam.Beta2 = 0.99
	trainer, err := train.New(train.Config{
		Network: network, Train: train.Part{Set: digits}, Test: train.Part{Set: test}, Normalizer: scale,
		Rule: adam, Rate: 1e-3, Batch: 128, Steps: 150, Seed: 1,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer trainer.Close()
	result, err := trainer.Run(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d weights, test accuracy above 0.9: %v\n", result.Weights, result.Test.Accuracy > 0.9)
	// Output: 204042 weights, test accuracy above 0.9: true
}
