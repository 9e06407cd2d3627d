package curvature_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/godescent/descent/curvature"
	"github.com/godescent/descent/tensor"
)

// The intervals hold the numbers of all examples, which are computed too, for samples of an eighth of them and of
// nearly all: at 99%, few of the samples' miss. They are no wider than what they are for needs.
func TestSampling(t *testing.T) {
	const all, draws = 1600, 60
	s, w := network(t, tensor.Float64, all, true, tanhNet()...)
	for i := range w {
		w[i] *= 1.5
	}
	p := probe(t, s, curvature.Machine{Threads: 1, Batch: all})
	if err := p.Move(w); err != nil {
		t.Fatal(err)
	}
	names := []string{"E", "gradient", "largest", "smallest", "trace"}
	measure := func() ([]float64, *curvature.Spectrum) {
		along, _, err := p.AlongGradient(background)
		if err != nil {
			t.Fatal(err)
		}
		h, err := p.Spectrum(background, true, nil)
		if err != nil {
			t.Fatal(err)
		}
		trace := 0.0
		for _, x := range h.Diagonal {
			trace += x
		}
		return []float64{along.E, along.Norm, h.Values[len(w)-1], h.Values[0], trace}, h
	}
	want, _ := measure()
	rng := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{200, 1500} {
		missed, width, naive, spread := make([]int, 5), make([]float64, 5), make([]int, 5), make([]float64, 5)
		for range draws {
			var rows []int32
			for _, i := range rng.Perm(all)[:n] {
				rows = append(rows, int32(i))
			}
			p.Look(rows)
			got, h := measure()
			last := len(w) - 1
			x, err := p.Sampling(background, p.HVP, curvature.Sampled{
				Of: all, Parts: 16, Products: 40, Vectors: 8, Seed: 1, Trace: curvature.Trace{Estimate: got[4]},
				Largest: curvature.Ritz{Value: h.Values[last], Vector: h.Vectors[last]}, Smallest: curvature.Ritz{Value: h.Values[0], Vector: h.Vectors[0]},
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Source().Examples) != n {
				t.Fatal("the probe is left at a part of its examples")
			}
			for i, r := range []curvature.Range{x.E, x.Gradient, x.Largest, x.Smallest, x.Trace} {
				width[i] += (r.Hi - r.Lo) / draws
				spread[i] += (got[i] - want[i]) * (got[i] - want[i]) / draws
				if want[i] < r.Lo || want[i] > r.Hi {
					missed[i]++
				}
				// a sixth of the width would not do
				if mid, sixth := (r.Lo+r.Hi)/2, (r.Hi-r.Lo)/12; math.Abs(want[i]-mid) > sixth {
					naive[i]++
				}
			}
		}
		for i, name := range names {
			off := math.Sqrt(spread[i])
			// Student's quantile of 15 degrees is 2.95, so an interval of E is 5.9 standard errors wide; those of the ends are of
			// half of the examples on one side.
			if missed[i] > draws/20 || naive[i] < draws/3 || width[i] > 25*off {
				t.Errorf("%d of %d, %s: missed by %d of %d, by %d at a sixth of the width, which is %.3g for an error of %.3g", n, all, name, missed[i], draws, naive[i], width[i], off)
			}
			t.Logf("%d of %d, %s %.4g: missed by %d of %d, by %d at a sixth of the width; width %.3g, error of the sample %.3g", n, all, name, want[i], missed[i], draws, naive[i], width[i], off)
		}
	}
}
