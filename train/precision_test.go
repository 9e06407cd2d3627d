package train

import (
	"math"
	"testing"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel/dispatch"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/tensor"
)

// twoEpochs is the benchmarks' mlp on a part of MNIST.
func twoEpochs(t *testing.T) Config {
	t.Helper()
	c := digits(t)
	model, err := nn.MLP([]int{784, 256, 128, 10}, "relu", "none", 0)
	if err != nil {
		t.Fatal(err)
	}
	if c.Network, err = objective.NewNetwork(model, graph.Type{DType: tensor.Float32, Shape: tensor.Of(128, 784)}, loss.NewCrossEntropy(), tensor.Float32); err != nil {
		t.Fatal(err)
	}
	c.Train.Rows = make([]int32, 16000)
	for i := range c.Train.Rows {
		c.Train.Rows[i] = int32(i)
	}
	if c.Normalizer, err = data.Fit(c.Train.Set.X, c.Train.Rows, data.Standardise, data.Overall); err != nil {
		t.Fatal(err)
	}
	c.Validation, c.Test.Rows = Part{}, nil
	c.Rule, c.Rate, c.Schedule, c.Batch, c.Steps, c.Epochs, c.Threads = optim.NewAdam(), 1e-3, nil, 128, 0, 2, 2
	return c
}

// TestBFloat16Learns: two epochs in bf16 reach the accuracy of float32 within 0.3 points of
// all 10,000 test digits, whose standard deviation is 0.2 points itself.
func TestBFloat16Learns(t *testing.T) {
	c := twoEpochs(t)
	full := run(t, c)
	c.Precision = program.BFloat16
	half := run(t, c)
	t.Logf("float32 %v, bf16 %v", *full.Test, *half.Test)
	if full.Test.Accuracy < 0.93 || math.Abs(half.Test.Accuracy-full.Test.Accuracy) > 0.003 {
		t.Errorf("float32 reaches %v, bf16 %v", full.Test.Accuracy, half.Test.Accuracy)
	}
	if full.WeightsSHA256 == half.WeightsSHA256 {
		t.Error("bf16 rounded nothing")
	}
}

// TestBFloat16SameBits: under every kernel, threads and interruption change no bit of the weights.
func TestBFloat16SameBits(t *testing.T) {
	for _, name := range dispatch.Names() {
		c := digits(t)
		c.Precision, c.Kernel, c.Steps = program.BFloat16, name, 12
		want := run(t, c).WeightsSHA256
		c.Threads = 2
		if got := run(t, c).WeightsSHA256; got != want {
			t.Errorf("%s: weights are %s with two threads, %s with one", name, got, want)
		}
		c.Out, c.Steps = t.TempDir(), 7
		run(t, c)
		c.Resume, c.Steps = true, 12
		if got := run(t, c).WeightsSHA256; got != want {
			t.Errorf("%s: weights are %s after a resume, %s without one", name, got, want)
		}
	}
}

func TestBFloat16WantsFloat32(t *testing.T) {
	c := digits(t)
	model, err := nn.MLP([]int{784, 8, 10}, "relu", "none", 0)
	if err != nil {
		t.Fatal(err)
	}
	if c.Network, err = objective.NewNetwork(model, graph.Type{DType: tensor.Float64, Shape: tensor.Of(64, 784)}, loss.NewCrossEntropy(), tensor.Float64); err != nil {
		t.Fatal(err)
	}
	c.Precision = program.BFloat16
	const want = "train: precision bf16 rounds float32 products and the network is float64; take float32 for one of them"
	if _, err := New(c); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
