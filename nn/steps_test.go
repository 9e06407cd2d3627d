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

// little are cnn and charlm at a size that the definitions can compute.
func little() map[string]kit {
	cnn, err1 := nn.CNN(9, 8, 1, []int{4, 17}, []int{8}, 10)
	charlm, err2 := nn.CharLM(10, 12, 2, 3, 7, 0)
	return map[string]kit{
		"cnn":    {cnn, err1, optim.NewAdam(), 6, 72, false},
		"charlm": {charlm, err2, optim.NewAdamW(), 3, 7, true},
	}
}

// TestStepsHaveTheSameBits: a training step of the convolutional and of the
// character model gives the bits of the definitions, with every kernel table
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
