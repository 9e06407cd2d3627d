package graph_test

import (
	"math"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// TestWindowMistakes: errors of convolutions and pools name the sizes and the cure.
func TestWindowMistakes(t *testing.T) {
	one := graph.NewConv()
	with := func(change func(p *graph.Conv)) graph.Conv {
		p := one
		change(&p)
		return p
	}
	window := func(change func(w *graph.Window)) graph.Window {
		w := graph.NewWindow(2)
		change(&w)
		return w
	}
	x := func(g *graph.Graph) graph.Value { return g.Input("x", tensor.Float32, 2, 5, 4, 6) }
	k := func(g *graph.Graph, dims ...int) graph.Value { return g.Input("k", tensor.Float32, dims...) }
	for _, c := range []struct {
		of   func(g *graph.Graph) graph.Value
		want string
	}{
		{func(g *graph.Graph) graph.Value { return x(g).Conv(k(g, 3, 3, 6, 2), graph.Conv{}) },
			"conv: along H the stride is 0, the dilation 0 and the spread 0; each wants 1 at least (graph.NewConv)"},
		{func(g *graph.Graph) graph.Value {
			return x(g).Conv(k(g, 3, 3, 6, 2), with(func(p *graph.Conv) { p.Groups = 0 }))
		}, "conv: there are 0 groups; want one at least"},
		{func(g *graph.Graph) graph.Value {
			return x(g).Conv(k(g, 3, 3, 6, 2), with(func(p *graph.Conv) { p.Lo[1] = 1 << 30 }))
		}, "conv: along W the stride is 1, the dilation 1, the spread 1 and the padding 1073741824 and 0; want at most 1048576"},
		{func(g *graph.Graph) graph.Value { return x(g).Conv(k(g, 3, 3, 5, 2), one) },
			"conv: x is [2 5 4 6] and the kernel [3 3 5 2] with 1 groups; the kernel wants x's channels over the groups on axis 2, and a multiple of the groups on axis 3"},
		{func(g *graph.Graph) graph.Value { return x(g).Conv(k(g, 3, 5, 6, 2), one) },
			"conv: x is [2 5 4 6] with 0 and 0 zeros around W, in which a kernel of [3 5 6 2], taps 1 apart, does not fit"},
		{func(g *graph.Graph) graph.Value { return x(g).Conv(k(g, 3, 6), one) },
			"conv: x is [2 5 4 6] and the kernel [3 6]; want x [batch, height, width, channels] and a kernel [height, width, channels, outputs]"},
		{func(g *graph.Graph) graph.Value { return x(g).Conv(k(g, 3, 3, 6, 2).Cast(tensor.Float64), one) },
			"conv: x is float32[2 5 4 6] and the kernel float64[3 3 6 2]; cast them to one float type"},
		{func(g *graph.Graph) graph.Value {
			return g.Apply(graph.ConvKernel{Conv: one, Size: [2]int{3, 3}}, x(g), k(g, 2, 3, 3, 1))
		}, "conv kernel: the cotangent is [2 3 3 1]; a kernel of [3 3 6 1] over x [2 5 4 6] gives [2 3 2 1]"},
		{func(g *graph.Graph) graph.Value { return k(g, 3, 3, 6, 3).FlipKernel(2) },
			"flip kernel: the kernel is [3 3 6 3] with 2 groups; want [height, width, channels, outputs], the outputs a multiple of the groups"},
		{func(g *graph.Graph) graph.Value { return x(g).Reshape(10, 24).MaxPool(graph.NewWindow(2)) },
			"pool index: x is float32[10 24], want floats [batch, height, width, channels]"},
		{func(g *graph.Graph) graph.Value { return x(g).MaxPool(graph.NewWindow(5)) },
			"pool index: x is [2 5 4 6] with 0 and 0 of padding along W, in which a window of 5 does not fit"},
		{func(g *graph.Graph) graph.Value { return x(g).AvgPool(graph.Window{}, true) },
			"window sum: along H the window is 0 and its stride 0; each wants 1 at least"},
		{func(g *graph.Graph) graph.Value {
			return x(g).AvgPool(window(func(w *graph.Window) { w.Hi[0] = 2 }), true)
		}, "window sum: along H the window is 2 and the padding 0 and 2; it wants to be shorter than the window"},
		{func(g *graph.Graph) graph.Value {
			return g.Apply(graph.PoolTake{Window: graph.NewWindow(2)}, x(g), k(g, 2, 2, 2, 5))
		}, "pool take: the index is float32[2 2 2 5]; the windows of x float32[2 5 4 6] want float32[2 2 2 6]"},
		{func(g *graph.Graph) graph.Value {
			return g.Apply(graph.WindowSpread{Window: graph.NewWindow(2), To: [2]int{5, 4}}, k(g, 2, 2, 3, 5))
		}, "window spread: an operand is float32[2 2 3 5]; the windows of float32[2 5 4 5] want float32[2 2 2 5]"},
	} {
		g := graph.New()
		v := c.of(g)
		e, ok := g.Err().(*graph.Error)
		if v.Valid() || !ok || e.Op+": "+e.Msg != c.want {
			t.Errorf("%v\nwant %s", g.Err(), c.want)
		}
	}
}

// TestMaxPoolOddNumbers: a NaN is the largest, the first of equal numbers wins,
// and where all are −∞ it is still a number of the window.
func TestMaxPoolOddNumbers(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(-1)
	g := graph.New()
	w := graph.NewWindow(2)
	w.Lo, w.Hi = [2]int{1, 1}, [2]int{1, 1}
	x := g.Input("x", tensor.Float64, 1, 4, 4, 1)
	y := x.MaxPool(w)
	out, err := graph.Evaluate([]graph.Value{y, y.Arg(1)}, map[graph.Value]*tensor.Array{x: tensor.From([]float64{
		inf, 2, 2, 7,
		1, 3, 3, 6,
		1, 3, nan, 8,
		5, 4, nan, 9,
	}, 1, 4, 4, 1)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	// Windows of rows −1 and 0, 1 and 2, 3 and 4; likewise columns.
	for i, want := range []float64{inf, 2, 7, 1, nan, 8, 5, nan, 9} {
		index := []float64{3, 2, 2, 1, 3, 2, 1, 1, 0}[i]
		if got := out[0].At(i); got != want && (got == got || want == want) || out[1].At(i) != index {
			t.Errorf("window %d: %v by tap %v, want %v by %v", i, got, out[1].At(i), want, index)
		}
	}
}

// TestConvKernelCut: runs and chunks follow from the shape, cover all lines, and
// keep their bounds: at most 16 runs, of 512 positions at least where there are so
// many, in chunks of 1024 at most, but for a longer line.
func TestConvKernelCut(t *testing.T) {
	for _, c := range []struct{ lines, wo, run, chunk int }{
		{64 * 14, 14, 56, 56}, // 784 positions: one chunk
		{64 * 28, 28, 112, 28},
		{1, 1, 1, 1},
		{10, 7, 10, 10},
		{100, 7, 74, 74}, // 518 positions
		{3, 5000, 1, 1},  // a line is never cut
		{1000, 1000, 63, 1},
	} {
		if run, chunk := (graph.ConvKernel{}).Cut(c.lines, c.wo); run != c.run || chunk != c.chunk {
			t.Errorf("%d lines of %d: runs of %d, chunks of %d, want %d and %d", c.lines, c.wo, run, chunk, c.run, c.chunk)
		}
	}
}

// TestConvKernelOrder: of numbers that tell orders of addition apart, the sum is that
// of the definition: chains of a run's positions, and the tree over the runs.
func TestConvKernelOrder(t *testing.T) {
	const n = 4000 // runs of 512 lines
	g := graph.New()
	x, ct := g.Input("x", tensor.Float32, 1, n, 1, 1), g.Input("ct", tensor.Float32, 1, n, 1, 1)
	xs, cs := make([]float32, n), make([]float32, n)
	for i := range xs {
		xs[i], cs[i] = float32(math.Sin(float64(i))), float32(math.Exp(float64(i%37)-18))
	}
	p := graph.ConvKernel{Conv: graph.NewConv(), Size: [2]int{1, 1}}
	out, err := graph.Evaluate([]graph.Value{g.Apply(p, x, ct)}, map[graph.Value]*tensor.Array{
		x: tensor.From(xs, 1, n, 1, 1), ct: tensor.From(cs, 1, n, 1, 1)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var runs []float32
	for lo := 0; lo < n; lo += 512 {
		var acc float32
		for i := lo; i < min(lo+512, n); i++ {
			acc = kernel.FMA32(xs[i], cs[i], acc)
		}
		runs = append(runs, acc)
	}
	want := ((runs[0] + runs[1]) + (runs[2] + runs[3])) + ((runs[4] + runs[5]) + (runs[6] + runs[7]))
	if got := tensor.Slice[float32](out[0])[0]; got != want {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestPointwiseConvIsAProduct: a kernel of one tap at every position is a
// matrix product, of the same bits as the convolution.
func TestPointwiseConvIsAProduct(t *testing.T) {
	g := graph.New()
	x, k := g.Input("x", tensor.Float32, 2, 3, 2, 5), g.Input("k", tensor.Float32, 1, 1, 5, 4)
	a, b := x.Conv(k, graph.NewConv()), g.Apply(graph.NewConv(), x, k)
	if _, ok := b.Op().(graph.Conv); !ok || a == b {
		t.Fatalf("%v and %v", a, b)
	}
	for id := range g.Len() {
		if _, ok := g.At(id).Op().(graph.MatMul); ok {
			feeds := map[graph.Value]*tensor.Array{}
			for _, v := range []graph.Value{x, k} {
				feeds[v] = tensor.New(tensor.Float32, v.Shape()...)
				for i := range v.Size() {
					feeds[v].SetAt(i, math.Sin(float64(i)))
				}
			}
			out, err := graph.Evaluate([]graph.Value{a, b}, feeds, nil)
			if err != nil {
				t.Fatal(err)
			}
			for i := range a.Size() {
				if out[0].At(i) != out[1].At(i) {
					t.Fatalf("element %d is %v and %v", i, out[0].At(i), out[1].At(i))
				}
			}
			return
		}
	}
	t.Error("there is no product")
}
