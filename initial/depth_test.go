package initial_test

import (
	"fmt"
	"math"
	"sync"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/internal/kernel"
)

const (
	depth = 50
	width = 512
)

// variances sends normal inputs through depth layers z = aᵀ·W, a = max(z, 0),
// of normal weights with standard deviation std, and gives var[z] of each layer.
// A weight of an input that is 0 changes nothing, so it is not drawn: element i
// of a stream can be had without those before it.
func variances(seed int64, std float64) []float64 {
	t := kernel.Portable()
	z, next, row := make([]float64, width), make([]float64, width), make([]float64, width)
	t.F64.Normal(z, uint64(seed), 0, 0)
	out := make([]float64, depth)
	for l := range out {
		key := graph.Random{Stream: fmt.Sprint("initial/", l)}.Key(seed)
		clear(next)
		for i, a := range z {
			if l > 0 {
				a = math.Max(a, 0)
			}
			if a == 0 {
				continue
			}
			t.F64.Normal(row, key, 0, i*width)
			for j, w := range row {
				next[j] += a * std * w
			}
		}
		z, next = next, z
		_, out[l], _ = moments(z)
	}
	return out
}

// The weights above are those that the initialiser draws.
func TestVariancesDrawTheInitialisersWeights(t *testing.T) {
	x := fill(t, initial.NewHeNormal(), matrix("7", width, width), 3)
	row := make([]float64, width)
	kernel.Portable().F64.Normal(row, graph.Random{Stream: "initial/7"}.Key(3), 0, 5*width)
	for j, w := range row {
		if want := math.Sqrt(2.0/width) * w; math.Abs(x[5*width+j]-want) > 1e-15 {
			t.Fatalf("weight %d of input 5 is %v, want %v", j, x[5*width+j], want)
		}
	}
}

// The lecture's claim: var[z] = (M/2)·ε²·var[z of the layer before], so
// ε = √(2/M) keeps it through any depth, here to a factor of 2 in the mean over 20
// seeds, while weights of standard deviation 1 multiply it by M/2 = 256 a layer
// and those of 0.01 by 0.0256.
func TestHeKeepsTheVarianceThroughFiftyLayers(t *testing.T) {
	const seeds = 20
	all := make([][]float64, seeds)
	var wg sync.WaitGroup
	for s := range all {
		wg.Go(func() { all[s] = variances(int64(s+1), math.Sqrt(2.0/width)) })
	}
	wg.Wait()
	for l := range depth {
		mean := 0.0
		for s := range all {
			mean += all[s][l] / all[s][0] / seeds
		}
		if mean < 0.5 || mean > 2 {
			t.Errorf("layer %d: var[z] is %v times that of layer 1", l+1, mean)
		}
	}
	for _, std := range []float64{1, 0.01} {
		v := variances(1, std)
		got, want := v[depth-1]/v[0], math.Pow(width/2*std*std, depth-1)
		// He's own spread is a factor of about 2 for one seed; the power is 1e118 or 1e-78.
		if r := got / want; r < 0.05 || r > 20 {
			t.Errorf("std %v: var[z] is %v times that of layer 1 after %d layers, want about %v", std, got, depth, want)
		}
		if got > 1e-10 && got < 1e10 {
			t.Errorf("std %v keeps the variance: %v", std, got)
		}
	}
}
