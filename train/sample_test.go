package train

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel/dispatch"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/tensor"
)

// cycle is a model of characters that has learnt 0 1 2 3 0 1 2 3 ...
func cycle(t *testing.T) (*objective.Network, *Checkpoint) {
	t.Helper()
	model, err := nn.CharLM(4, 8, 1, 2, 6, 0)
	if err != nil {
		t.Fatal(err)
	}
	net, err := objective.NewNetwork(model, graph.Type{DType: tensor.Int32, Shape: tensor.Of(8, 6)}, loss.NewCrossEntropy(), tensor.Float32)
	if err != nil {
		t.Fatal(err)
	}
	set := &data.Set{Name: "cycle", X: tensor.New(tensor.Int32, 8, 6), Y: tensor.New(tensor.Int32, 8, 6), Classes: []string{"0", "1", "2", "3"}}
	for i := range 48 {
		tensor.Slice[int32](set.X)[i], tensor.Slice[int32](set.Y)[i] = int32((i/6+i%6)%4), int32((i/6+i%6+1)%4)
	}
	c := Config{Network: net, Train: Part{Set: set}, Rule: optim.NewAdam(), Rate: 0.02, Batch: 8, Steps: 60, Seed: 1, Threads: 1, Out: t.TempDir()}
	run(t, c)
	saved, err := Open(c.Out)
	if err != nil {
		t.Fatal(err)
	}
	return net, saved
}

func sampled(t *testing.T, net *objective.Network, saved *Checkpoint, on Machine, start []int32, n int, s Sampling) []int32 {
	t.Helper()
	m, err := saved.Model(net, on)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var out []int32
	if err := m.Sample(context.Background(), start, n, s, func(id int32) error { out = append(out, id); return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

// What has been learnt is gone on with, beyond the context and from starts that are
// shorter and longer than it; the draws are the same bits everywhere, and others with another seed.
func TestSample(t *testing.T) {
	net, saved := cycle(t)
	for _, start := range [][]int32{{2}, {0, 1, 2}, {3, 0, 1, 2, 3, 0, 1, 2}} {
		got := sampled(t, net, saved, Machine{Threads: 1}, start, 9, Sampling{})
		if want := []int32{3, 0, 1, 2, 3, 0, 1, 2, 3}; !slices.Equal(got, want) {
			t.Errorf("after %v: %v, want %v", start, got, want)
		}
	}
	hot := Sampling{Temperature: 3, Seed: 5}
	want := sampled(t, net, saved, Machine{Threads: 1}, []int32{1}, 200, hot)
	for _, kernel := range dispatch.Names() {
		if got := sampled(t, net, saved, Machine{Threads: 3, Kernel: kernel}, []int32{1}, 200, hot); !slices.Equal(got, want) {
			t.Errorf("%s with 3 threads draws %v, want %v", kernel, got, want)
		}
	}
	hot.Seed++
	if slices.Equal(sampled(t, net, saved, Machine{Threads: 1}, []int32{1}, 200, hot), want) {
		t.Error("another seed draws the same")
	}
}

// The first draw of many seeds has the shares softmax(z/T), z being the model's
// outputs: χ² of 3 degrees of freedom is below 16.3 in 999 of 1000 cases.
func TestSampleShares(t *testing.T) {
	net, saved := cycle(t)
	m, err := saved.Model(net, Machine{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	const n, temperature = 1000, 4.0
	z, err := m.Outputs(context.Background(), &data.Set{Name: "one", X: tensor.From([]int32{1, 0, 0, 0, 0, 0}, 1, 6)})
	if err != nil {
		t.Fatal(err)
	}
	var p [4]float64
	sum := 0.0
	for k := range p {
		p[k] = math.Exp(z.At(k) / temperature)
		sum += p[k]
	}
	d, err := m.drawer(6, Sampling{Temperature: temperature})
	if err != nil {
		t.Fatal(err)
	}
	tensor.Slice[int32](d.set.X)[0] = 1
	var seen [4]float64
	for seed := range n {
		tensor.Slice[int64](d.inst.Input(d.seed))[0] = int64(seed)
		k, err := d.draw(0, 0)
		if err != nil {
			t.Fatal(err)
		}
		seen[k]++
	}
	χ2 := 0.0
	for k := range p {
		e := n * p[k] / sum
		χ2 += (seen[k] - e) * (seen[k] - e) / e
	}
	if χ2 > 16.3 {
		t.Errorf("drawn %v of %d, probabilities %v/%v: χ² = %v", seen, n, p, sum, χ2)
	}
}

func TestSampleMistakes(t *testing.T) {
	net, saved := cycle(t)
	m, err := saved.Model(net, Machine{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for _, c := range []struct {
		start []int32
		s     Sampling
		want  string
	}{{nil, Sampling{}, "no symbol to start from"}, {[]int32{4}, Sampling{}, "no symbol 4; there are 0 to 3"}, {[]int32{1}, Sampling{Temperature: math.NaN()}, "temperature is NaN"}} {
		if err := m.Sample(context.Background(), c.start, 1, c.s, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}
