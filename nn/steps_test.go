package nn_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel/dispatch"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/tensor"
)

// little are networks at a size that the definitions can compute.
func little() map[string]kit {
	cnn, err1 := nn.CNN(9, 8, 1, []int{4, 17}, []int{8}, 10)
	charlm, err2 := nn.CharLM(10, 12, 2, 3, 7, 0)
	up := nn.NewConvTranspose2d(4, 3, 2)
	up.Groups = 2
	images := nn.NewSequential(nn.NewReshape(9, 8, 1), nn.NewConv2d(4, 3), nn.NewGroupNorm(2), nn.ReLU{}, up, nn.NewInstanceNorm(),
		nn.NewAdaptiveMaxPool2d(4, 4), nn.NewAdaptiveAvgPool2d(3, 3), nn.Flatten{}, nn.NewWeightNorm(nn.NewLinear(10)))
	sequences := nn.NewSequential(nn.NewEmbedding(10, 6), nn.NewConv1d(6, 3), nn.NewRMSNorm(), nn.NewConvTranspose1d(6, 3, 1), nn.NewLinear(10))
	lstm, gru := nn.NewLSTM(5), nn.NewGRU(9)
	lstm.Bidirectional, gru.Layers = true, 2
	return map[string]kit{
		"images":    {images, nil, optim.NewAdam(), 5, 72, false},
		"sequences": {sequences, nil, optim.NewAdam(), 3, 7, true},
		"lstm":      {nn.NewSequential(nn.NewEmbedding(10, 6), lstm, nn.NewLinear(10)), nil, optim.NewAdam(), 3, 7, true},
		"gru":       {nn.NewSequential(nn.NewEmbedding(10, 6), gru, nn.NewLinear(10)), nil, optim.NewAdam(), 4, 7, true},
		"cnn":       {cnn, err1, optim.NewAdam(), 6, 72, false},
		"charlm":    {charlm, err2, optim.NewAdamW(), 3, 7, true},
	}
}

// TestStepsHaveTheSameBits: a training step gives the bits of the definitions, with every kernel table
// and number of threads, and so do the steps after it.
func TestStepsHaveTheSameBits(t *testing.T) {
	for name, k := range little() {
		t.Run(name, func(t *testing.T) {
			var want []uint32
			for _, kernel := range dispatch.Names() {
				for _, threads := range []int{1, 2} {
					pool := program.NewPool(threads)
					s := newStep(t, k, pool, kernel)
					if want == nil {
						checkFirst(t, s)
					} else if err := s.Step(); err != nil {
						t.Fatal(err)
					}
					for range 4 {
						s.draw()
						if err := s.Step(); err != nil {
							t.Fatal(err)
						}
					}
					got := bits(s.Input(s.w))
					if want == nil {
						want = got
					}
					for i := range want {
						if got[i] != want[i] {
							t.Fatalf("%s, %d threads: weight %d is %v after 5 steps, want %v", kernel, threads, i, math.Float32frombits(got[i]), math.Float32frombits(want[i]))
						}
					}
					pool.Close()
				}
			}
		})
	}
}

// checkFirst makes a step and compares it with the definitions.
func checkFirst(t *testing.T, s *step) {
	t.Helper()
	feeds := map[graph.Value]*tensor.Array{}
	for id, needed := range graph.Ancestors(s.values...) {
		if v := s.values[0].Graph().At(id); needed {
			if _, ok := v.Op().(graph.Input); ok {
				feeds[v] = s.Input(v).Clone()
			}
		}
	}
	want, err := graph.Evaluate(s.values, feeds, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Step(); err != nil {
		t.Fatal(err)
	}
	for i, got := range []*tensor.Array{s.Output(s.values[0]), s.Input(s.w)} {
		if a, b := fmt.Sprint(bits(got)), fmt.Sprint(bits(want[i])); a != b {
			t.Fatalf("%s differs from its definition", []string{"the loss", "w"}[i])
		}
	}
}

func bits(a *tensor.Array) []uint32 {
	out := make([]uint32, a.Size())
	for i, v := range tensor.Slice[float32](a) {
		out[i] = math.Float32bits(v)
	}
	return out
}
