package graph_test

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// TestRuns: the steps of a reduction, by its definition: runs of neighbouring
// axes from the last to the first.
func TestRuns(t *testing.T) {
	for _, c := range []struct {
		shape tensor.Shape
		axes  []int
		want  []graph.Run
	}{
		{tensor.Of(2, 3, 5), nil, nil},
		{tensor.Of(2, 3, 5), []int{2}, []graph.Run{{Outer: 6, N: 5, Inner: 1}}},
		{tensor.Of(2, 3, 5), []int{1}, []graph.Run{{Outer: 2, N: 3, Inner: 5}}},
		{tensor.Of(2, 3, 5), []int{0, 1}, []graph.Run{{Outer: 1, N: 6, Inner: 5}}},
		{tensor.Of(2, 3, 5), []int{0, 2}, []graph.Run{{Outer: 6, N: 5, Inner: 1}, {Outer: 1, N: 2, Inner: 3}}},
		{tensor.Of(2, 3, 5, 7), []int{0, 2}, []graph.Run{{Outer: 6, N: 5, Inner: 7}, {Outer: 1, N: 2, Inner: 21}}},
		{tensor.Of(2, 3, 5), []int{0, 1, 2}, []graph.Run{{Outer: 1, N: 30, Inner: 1}}},
	} {
		if got := graph.Runs(c.shape, c.axes); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v along %v: %v, want %v", c.shape, c.axes, got, c.want)
		}
	}
}

// TestLongSums: sums of several blocks and chunks, along one and two runs of axes,
// against compensated sums in float64. A chain of a row's block has 16 roundings
// and of a column's chunk 64, the tree above one for each doubling, here below 20.
func TestLongSums(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	shape := tensor.Of(3, 200, 2, 300)
	for _, axes := range [][]int{{3}, {1}, {1, 3}, {0, 1}, {0, 1, 2, 3}, {2, 3}, {0, 2}} {
		for _, d := range floats {
			unit := 1.0 / (1 << 24)
			if d == tensor.Float64 {
				unit = 1.0 / (1 << 53)
			}
			g := graph.New()
			x := g.Input("x", d, shape...)
			a := tensor.New(d, shape...)
			for i := range a.Size() {
				a.SetAt(i, rng.NormFloat64())
			}
			got := compute(t, x.Sum(axes...), map[graph.Value]*tensor.Array{x: a})
			sums := make([]compensated, got.Size())
			for i := range a.Size() {
				sums[keptIndex(i, shape, axes)].add(a.At(i))
			}
			for i, s := range sums {
				if e := math.Abs(got.At(i) - s.sum - s.rest); e > (2*64+20)*unit*s.size {
					t.Fatalf("along %v in %v: element %d is %v, want %v", axes, d, i, got.At(i), s.sum+s.rest)
				}
			}
		}
	}
}

// compensated is Neumaier's sum (1974), and the sum of the absolute values.
type compensated struct{ sum, rest, size float64 }

func (c *compensated) add(x float64) {
	s := c.sum + x
	if math.Abs(c.sum) >= math.Abs(x) {
		c.rest += (c.sum - s) + x
	} else {
		c.rest += (x - s) + c.sum
	}
	c.sum = s
	c.size += math.Abs(x)
}

// keptIndex is the flat index, among the axes that are kept, of element i.
func keptIndex(i int, s tensor.Shape, axes []int) int {
	at, stride := 0, 1
	for a := len(s) - 1; a >= 0; a-- {
		index := i % s[a]
		i /= s[a]
		reduced := false
		for _, r := range axes {
			reduced = reduced || r == a
		}
		if !reduced {
			at += index * stride
			stride *= s[a]
		}
	}
	return at
}
