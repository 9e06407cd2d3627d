package train

import (
	"context"
	"math"
	"testing"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/augment"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/tensor"
)

// augmented is digits on parts of 24×24 pixels, shifted and mirrored.
func augmented(t *testing.T) Config {
	t.Helper()
	c := digits(t)
	c.Augment = &Augment{Images: augment.Images{Height: 24, Width: 24, Pad: 2, Mirror: true}, Image: tensor.Of(28, 28, 1)}
	model, err := nn.MLP([]int{576, 24, 10}, "relu", "batch", 0.2)
	if err != nil {
		t.Fatal(err)
	}
	c.Network, err = objective.NewNetwork(model, graph.Type{DType: tensor.Float32, Shape: tensor.Of(64, 576)}, loss.NewCrossEntropy(), tensor.Float32)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Images are changed as they are trained on and not as they are measured; a resumed
// run sees the same ones, and a checkpoint knows which part the network sees.
func TestAugment(t *testing.T) {
	c := augmented(t)
	c.Out = t.TempDir()
	whole := run(t, c)
	still := augmented(t)
	still.Augment.Pad, still.Augment.Mirror = 0, false
	still.Augment.Height, still.Augment.Width = 24, 24
	if run(t, still).WeightsSHA256 == whole.WeightsSHA256 {
		t.Error("the images were not changed")
	}
	for _, threads := range []int{1, 3} {
		d := augmented(t)
		d.Threads, d.Out, d.Steps = threads, t.TempDir(), 7
		run(t, d)
		d.Resume, d.Steps, d.Rule = true, c.Steps, optim.NewAdam()
		if got := run(t, d); got.WeightsSHA256 != whole.WeightsSHA256 || got.Test.Loss != whole.Test.Loss {
			t.Errorf("%d threads, stopped at 7: %.12s, want %.12s", threads, got.WeightsSHA256, whole.WeightsSHA256)
		}
	}
	saved, err := Open(c.Out)
	if err != nil {
		t.Fatal(err)
	}
	m, err := saved.Model(c.Network, Machine{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	got, err := m.Score(context.Background(), c.Test)
	if err != nil || got.Loss != whole.Test.Loss {
		t.Errorf("the checkpoint's model scores %+v, %v; the run %+v", got, err, whole.Test)
	}
}

// The loss of a step is Σ w_t·e/B, with e and w worked out here from the logits.
func TestClassWeights(t *testing.T) {
	c := digits(t)
	c.Network, c.Normalizer = linearNetwork(t), nil
	c.ClassWeights = []float64{1, 2, 3, 0, 0.5, 9, 1, 1, 1, 1}
	tr, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	w := tr.Weights().Clone()
	got, err := tr.Step()
	if err != nil {
		t.Fatal(err)
	}
	want, plain := 0.0, 0.0
	for _, row := range tr.index {
		y := c.Train.Set.Labels()[row]
		z, top := make([]float64, 10), math.Inf(-1)
		for k := range z {
			for j := range 784 {
				z[k] += float64(c.Train.Set.X.Raw()[int(row)*784+j]) * w.At(j*10+k)
			}
			top = max(top, z[k])
		}
		sum := 0.0
		for _, x := range z {
			sum += math.Exp(x - top)
		}
		e := top + math.Log(sum) - z[y]
		plain += e / float64(len(tr.index))
		want += c.ClassWeights[y] * e / float64(len(tr.index))
	}
	if math.Abs(got-want) > 1e-4*want || math.Abs(want-plain) < 0.01*want {
		t.Errorf("the loss is %v, want %v (unweighted %v)", got, want, plain)
	}
	// Measured, every example counts once.
	a, err := tr.Score(context.Background(), c.Test)
	if err != nil {
		t.Fatal(err)
	}
	tr.cfg.ClassWeights = nil
	clear(tr.scores)
	if b, err := tr.Score(context.Background(), c.Test); err != nil || *a != *b && a.Loss != b.Loss {
		t.Errorf("score %+v with weights, %+v without, %v", a, b, err)
	}
}

func linearNetwork(t *testing.T) *objective.Network {
	t.Helper()
	n, err := objective.NewNetwork(nn.NewLinear(10), graph.Type{DType: tensor.Float32, Shape: tensor.Of(64, 784)}, loss.NewCrossEntropy(), tensor.Float32)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A stream that has room for all rows takes other batches than the sampler, and with
// little room others again; but each is the same bits in one piece, resumed at any
// step, and with another number of threads.
func TestStream(t *testing.T) {
	for _, room := range []int64{1 << 20, 180_000} {
		stream := func(c *Config) {
			src, err := c.Train.Set.Subset(c.Train.Rows)
			if err != nil {
				t.Fatal(err)
			}
			if c.Stream, err = data.NewStream(src, data.StreamOptions{Batch: c.Batch, Seed: uint64(c.Seed), MaxBytes: room}); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(c.Stream.Close)
			c.Train = Part{}
		}
		c := digits(t)
		stream(&c)
		if all := room == 1<<20; (c.Stream.Window() == 300) != all {
			t.Fatalf("a window of %d rows for %d bytes", c.Stream.Window(), room)
		}
		c.Steps = 17
		whole := run(t, c)
		for _, stop := range []int64{1, 6, 11} {
			d := digits(t)
			stream(&d)
			d.Out, d.Steps, d.Threads = t.TempDir(), stop, 2
			run(t, d)
			again := digits(t)
			stream(&again)
			again.Out, again.Steps, again.Resume = d.Out, c.Steps, true
			if got := run(t, again); got.WeightsSHA256 != whole.WeightsSHA256 || got.TrainLoss != whole.TrainLoss {
				t.Errorf("%d bytes, stopped at %d: %.12s loss %v, want %.12s %v", room, stop, got.WeightsSHA256, got.TrainLoss, whole.WeightsSHA256, whole.TrainLoss)
			}
		}
	}
}
