package train

import (
	"fmt"
	"sync"
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

var loadOnce = sync.OnceValues(func() ([2]*data.Set, error) {
	train, test, err := mnist.Load()
	return [2]*data.Set{train, test}, err
})

func loadMNIST(tb testing.TB) (train, test *data.Set) {
	tb.Helper()
	sets, err := loadOnce()
	if err != nil {
		tb.Fatal(err)
	}
	return sets[0], sets[1]
}

// mnistTrainer is a trainer of the multi-layer perceptron on MNIST.
func mnistTrainer(tb testing.TB, threads int, kernel string, sizes ...int) *Trainer {
	tb.Helper()
	set, _ := loadMNIST(tb)
	model, err := nn.MLP(sizes, "relu", "none", 0)
	if err != nil {
		tb.Fatal(err)
	}
	net, err := objective.NewNetwork(model, graph.Type{DType: tensor.Float32, Shape: tensor.Of(128, 784)}, loss.NewCrossEntropy(), tensor.Float32)
	if err != nil {
		tb.Fatal(err)
	}
	norm, err := data.Fit(set.X, nil, data.Standardise, data.Overall)
	if err != nil {
		tb.Fatal(err)
	}
	t, err := New(Config{
		Network: net, Train: Part{Set: set}, Normalizer: norm, Rule: optim.NewAdam(), Rate: 1e-3,
		Batch: 128, Seed: 1, Epochs: 1000, Threads: threads, Kernel: kernel,
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(t.Close)
	return t
}

// BenchmarkStep is a whole training step on MNIST: batch gathered from memory,
// loss, gradient, Adam, metrics. It allocates nothing.
func BenchmarkStep(b *testing.B) {
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("mlp/threads=%d", threads), func(b *testing.B) {
			t := mnistTrainer(b, threads, "", 784, 256, 128, 10)
			if _, err := t.once(); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := t.once(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "steps/s")
		})
	}
}
