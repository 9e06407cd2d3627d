package train

import (
	"bytes"
	"context"
	"math"
	"reflect"
	"slices"
	"strings"
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

// inFiles puts the examples of a run behind sources, with room for so many bytes of those that are trained on.
func inFiles(t *testing.T, c *Config, room int64) {
	t.Helper()
	var err error
	c.Stream, err = data.NewStream(c.Train.Set, data.StreamOptions{Batch: c.Batch, Seed: uint64(c.Seed), MaxBytes: room, Rows: c.Train.Rows})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stream.Close)
	for _, p := range []*Part{&c.Train, &c.Validation, &c.Test} {
		p.Source, p.Set = p.Set, nil
	}
}

// What is measured has the same bits from a source as from memory: scores, outputs, samples and layers.
func TestPartOfSource(t *testing.T) {
	memory, files := digits(t), digits(t)
	inFiles(t, &files, 180_000)
	a, err := New(memory)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := New(files)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	ctx := context.Background()
	parts := [][2]Part{{memory.Train, files.Train}, {memory.Validation, files.Validation}, {memory.Test, files.Test}, {{Set: memory.Train.Set}, {Source: files.Train.Source}}}
	for i, p := range parts {
		want, err := a.Score(ctx, p[0])
		if err != nil {
			t.Fatal(err)
		}
		got, err := b.Score(ctx, p[1])
		if err != nil || got.Loss != want.Loss || got.Accuracy != want.Accuracy || got.N != want.N {
			t.Errorf("part %d scores %+v, %v, want %+v", i, got, err, want)
		}
		for _, n := range []int{1, 17, p[0].Len()} {
			x, err := p[0].Sample(n, 5)
			if err != nil {
				t.Fatal(err)
			}
			y, err := p[1].Sample(n, 5)
			if err != nil {
				t.Fatal(err)
			}
			of, err := x.Set.Subset(x.rows())
			if err != nil {
				t.Fatal(err)
			}
			if y.Len() != n || !bytes.Equal(of.X.Raw(), y.Set.X.Raw()) || !bytes.Equal(of.Y.Raw(), y.Set.Y.Raw()) {
				t.Errorf("part %d: a sample of %d has other examples", i, n)
			}
		}
	}
	first, err := Begin(memory.Network, memory.Normalizer, nil, memory.Seed)
	if err != nil {
		t.Fatal(err)
	}
	m, err := first.Model(memory.Network, Machine{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	x, err := m.Layers(memory.Train)
	if err != nil {
		t.Fatal(err)
	}
	if y, err := m.Layers(files.Train); err != nil || !reflect.DeepEqual(x, y) {
		t.Errorf("layers %+v, %v, want %+v", y, err, x)
	}
	want, err := m.Outputs(ctx, memory.Test.Set)
	if err != nil {
		t.Fatal(err)
	}
	var got []byte
	err = m.Each(ctx, Part{Source: files.Test.Source}, func(b Block) error {
		if b.First*10*4 != len(got) {
			t.Errorf("a block at %d", b.First)
		}
		got = append(got, b.Outputs.Raw()...)
		return nil
	})
	if err != nil || !bytes.Equal(got, want.Raw()) {
		t.Errorf("other outputs, %v", err)
	}
	files.Train.Room = 784 * 5
	if _, err := files.Train.Sample(17, 1); err == nil || !strings.Contains(err.Error(), "17 examples of 788 bytes need more than 3920 bytes of memory") {
		t.Errorf("error %v", err)
	}
	files.Stream = nil
	if _, err := New(files); err == nil || err.Error() != "train: examples that need not fit into memory want a Stream" {
		t.Errorf("error %v", err)
	}
}

// A stream that is started again with another seed gives a run the bits of a new one, whether
// all rows fit into a window or not; and a watched run has the bits of one that is not.
func TestRestartStream(t *testing.T) {
	for _, room := range []int64{1 << 20, 180_000} {
		begin := func(seed int64) *Trainer {
			c := digits(t)
			c.Seed = seed
			inFiles(t, &c, room)
			tr, err := New(c)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(tr.Close)
			return tr
		}
		steps := func(tr *Trainer, n int) (losses []float64) {
			for range n {
				l, err := tr.Step()
				if err != nil {
					t.Fatal(err)
				}
				losses = append(losses, l)
			}
			return losses
		}
		one := begin(1)
		steps(one, 7)
		for _, seed := range []int64{2, 2, 1, 3} {
			if err := one.Restart(seed, 3e-3); err != nil {
				t.Fatal(err)
			}
			if got, want := steps(one, 12), steps(begin(seed), 12); !slices.Equal(got, want) {
				t.Errorf("%d bytes, seed %d: losses %v, want %v", room, seed, got, want)
			}
		}
		plain, seen := digits(t), digits(t)
		inFiles(t, &plain, room)
		inFiles(t, &seen, room)
		seen.Watch = 1000
		plain.Steps, seen.Steps = 400, 400 // the first measurement is due when its time is a share of the training's
		a, b := run(t, plain), run(t, seen)
		if a.WeightsSHA256 != b.WeightsSHA256 || b.Watch.Measurements == 0 || b.Watch.Off != "" {
			t.Errorf("%d bytes: watched %.12s %+v, want %.12s", room, b.WeightsSHA256, b.Watch, a.WeightsSHA256)
		}
	}
}
