package nn_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/tensor"
)

// TestRecurrentStepsStayShort: a place more of a sequence costs a training step a fixed number of
// instructions, since what reaches back to the places lies side by side and is not added up in whole sequences.
func TestRecurrentStepsStayShort(t *testing.T) {
	pool := program.NewPool(1)
	defer pool.Close()
	for name, c := range map[string]struct {
		cell nn.Layer
		most int // a product forward and two back, the cell's loop and its derivatives', their join
	}{"lstm": {nn.NewLSTM(8), 8}, "gru": {nn.NewGRU(8), 12}} {
		count := func(places int) int {
			s := newStep(t, kit{nn.NewSequential(nn.NewEmbedding(10, 4), c.cell, nn.NewLinear(10)), nil, optim.NewAdam(), 4, places, true}, pool, "")
			costs, err := s.Profile(1)
			if err != nil {
				t.Fatal(err)
			}
			return len(costs)
		}
		a, b, d := count(16), count(32), count(48)
		if b-a != d-b || (b-a) > 16*c.most {
			t.Errorf("%s: %d instructions for 16 places, %d for 32, %d for 48; want at most %d a place", name, a, b, d, c.most)
		}
	}
}

// TestRecurrentWeightsAtFirst: each gate's block of the carried weights is orthogonal, drawn by itself,
// and an LSTM remembers.
func TestRecurrentWeightsAtFirst(t *testing.T) {
	p := plan(t, nn.NewLSTM(5), f32(2, 3, 4))
	w, err := p.Weights.Initial(tensor.Float64, 1)
	if err != nil {
		t.Fatal(err)
	}
	u, _ := p.Weights.Lookup("layer1.weight_h")
	at := func(gate, i, j int) float64 { return w.At(u.Offset + i*20 + gate*5 + j) }
	for gate := range 4 {
		for i := range 5 {
			for j := range 5 {
				dot := 0.0
				for k := range 5 {
					dot += at(gate, k, i) * at(gate, k, j)
				}
				want := 0.0
				if i == j {
					want = 1
				}
				if math.Abs(dot-want) > 1e-12 {
					t.Errorf("gate %d: columns %d and %d have the product %v", gate, i, j, dot)
				}
			}
		}
		if gate > 0 && at(gate, 0, 0) == at(0, 0, 0) {
			t.Errorf("gate %d begins as gate 0", gate)
		}
	}
	b, _ := p.Weights.Lookup("layer1.bias")
	for i := range 20 {
		want := 0.0
		if i/5 == 1 {
			want = 1
		}
		if w.At(b.Offset+i) != want {
			t.Errorf("bias %d is %v, want %v", i, w.At(b.Offset+i), want)
		}
	}
}

// TestPaddingReachesNothing: NaN at places of padding changes neither what recurrent layers give nor any gradient,
// and an example of padding alone gives 0.
func TestPaddingReachesNothing(t *testing.T) {
	for name, layer := range map[string]func(present graph.Value) nn.Layer{
		"lstm": func(p graph.Value) nn.Layer { return nn.NewLSTM(3).Masked(p) },
		"gru": func(p graph.Value) nn.Layer {
			l := nn.NewGRU(3)
			l.Layers, l.Bidirectional = 2, true
			return l.Masked(p)
		},
	} {
		at := func(padding float64) []float64 {
			l := layerFunc(func(c *nn.Context, x graph.Value) graph.Value {
				return layer(upTo(x.Graph(), []int{2, 0, 4}, 4)).Apply(c, x)
			})
			p, err := nn.NewPlan(l, graph.Type{DType: tensor.Float64, Shape: tensor.Of(3, 4, 2)}, tensor.Float64)
			if err != nil {
				t.Fatal(err)
			}
			g := graph.New()
			x, w := g.Input("x", tensor.Float64, 3, 4, 2), g.Input("w", tensor.Float64, p.Weights.Size())
			y := p.Apply(p.Bind(g, w, graph.Value{}, graph.Value{}, graph.Value{}, false), x)
			grads, err := autodiff.Gradient(y.Square().SumAll(), w, x)
			if err != nil {
				t.Fatal(err)
			}
			first, err := p.Weights.Initial(tensor.Float64, 1)
			if err != nil {
				t.Fatal(err)
			}
			in := tensor.New(tensor.Float64, 3, 4, 2)
			for i := range in.Size() {
				in.SetAt(i, float64(i%5)-1.5)
				if b, place := i/8, i%8/2; place >= []int{2, 0, 4}[b] {
					in.SetAt(i, padding)
				}
			}
			out, err := graph.Evaluate(append(grads, y), map[graph.Value]*tensor.Array{x: in, w: first}, nil)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range out[2].Float64s() {
				wide := out[2].Shape()[2]
				if b, place := i/(4*wide), i%(4*wide)/wide; (place >= []int{2, 0, 4}[b]) != (v == 0) {
					t.Errorf("%s: place %d of example %d gives %v", name, place, b, v)
				}
			}
			return slices.Concat(out[0].Float64s(), out[1].Float64s(), out[2].Float64s())
		}
		if zeros, nans := at(0), at(math.NaN()); !slices.Equal(zeros, nans) {
			t.Errorf("%s: padding of NaN gives %v, of 0 %v", name, nans, zeros)
		}
	}
	_, err := nn.NewPlan(layerFunc(func(c *nn.Context, x graph.Value) graph.Value {
		return nn.NewGRU(3).Masked(upTo(x.Graph(), []int{1, 2}, 3)).Apply(c, x)
	}), graph.Type{DType: tensor.Float64, Shape: tensor.Of(2, 4, 2)}, tensor.Float64)
	if err == nil || !strings.Contains(err.Error(), "x is [2 4 2] and present is [2 3]; it wants [2 4]") {
		t.Errorf("a mask of other places: %v", err)
	}
}

// TestWeightNormBeginsAsTheLayer: the first outputs are those of the layer without it.
func TestWeightNormBeginsAsTheLayer(t *testing.T) {
	p := plan(t, nn.NewWeightNorm(nn.NewSequential(nn.Name("a", nn.NewLinear(4)), nn.Name("b", nn.NewLinear(3)))), f32(2, 6))
	w, err := p.Weights.Initial(tensor.Float64, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b"} {
		v, _ := p.Weights.Lookup(name + ".weight_v")
		g, ok := p.Weights.Lookup(name + ".weight_g")
		if !ok || g.Size() != v.Shape[1] {
			t.Fatalf("%s: lengths %v of %v", name, g, v)
		}
		for o := range g.Size() {
			sum := 0.0
			for i := range v.Shape[0] {
				sum += w.At(v.Offset+i*v.Shape[1]+o) * w.At(v.Offset+i*v.Shape[1]+o)
			}
			if got := w.At(g.Offset + o); math.Abs(got-math.Sqrt(sum)) > 1e-12 {
				t.Errorf("%s: output %d has the length %v, want %v", name, o, got, math.Sqrt(sum))
			}
		}
	}
}

// TestDroppedTogether: stochastic depth keeps or drops whole examples, spatial dropout whole channels, by
// about their rate, and what is kept makes up for it.
func TestDroppedTogether(t *testing.T) {
	const rate = 0.25
	for _, c := range []struct {
		layer nn.Layer
		units int // that are dropped together or not
		of    func(i int) int
	}{
		{nn.NewDropPath(rate), 400, func(i int) int { return i / 24 }},
		{nn.NewSpatialDropout(rate), 1600, func(i int) int { return i/24*4 + i%4 }},
	} {
		x := graph.Type{DType: tensor.Float64, Shape: tensor.Of(400, 3, 2, 4)}
		p, err := nn.NewPlan(c.layer, x, tensor.Float64)
		if err != nil {
			t.Fatal(err)
		}
		g := graph.New()
		seed, tau := g.Input("seed", tensor.Int64), g.Input("tau", tensor.Float64)
		y := p.Apply(p.Bind(g, graph.Value{}, graph.Value{}, seed, tau, true), g.Full(1, tensor.Float64, x.Shape...))
		out, err := graph.Evaluate([]graph.Value{y}, map[graph.Value]*tensor.Array{seed: tensor.From([]int64{1}), tau: tensor.From([]float64{2})}, nil)
		if err != nil {
			t.Fatal(err)
		}
		kept, seen := 0, map[int]float64{}
		for i := range out[0].Size() {
			v := out[0].At(i)
			if u, ok := seen[c.of(i)]; ok && u != v {
				t.Fatalf("%T: element %d is %v, and another of its unit %v", c.layer, i, v, u)
			} else if !ok {
				seen[c.of(i)] = v
				if v != 0 {
					kept++
				}
			}
			if v != 0 && v != 1/(1-rate) {
				t.Fatalf("%T: element %d is %v", c.layer, i, v)
			}
		}
		// five standard deviations of a binomial share
		if share := float64(kept) / float64(c.units); len(seen) != c.units || math.Abs(share-(1-rate)) > 5*math.Sqrt(rate*(1-rate)/float64(c.units)) {
			t.Errorf("%T: %d of %d units kept", c.layer, kept, len(seen))
		}
	}
}

// An encoder of small images: patches of 2×2 as places.
func ExampleEncoder() {
	model, err := nn.Encoder(nn.NewPatches(2, 32), 16, 32, 2, 4, 0.1, 0, 10)
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := nn.NewPlan(model, graph.Type{DType: tensor.Float32, Shape: tensor.Of(64, 8, 8, 1)}, tensor.Float32)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, v := range plan.Weights.Views()[:3] {
		fmt.Println(v.Name, v.Shape, v.Role)
	}
	fmt.Println(plan.Weights.Size(), "weights, gives", plan.Out)
	// Output:
	// tokens.weight [2 2 1 32] weight
	// tokens.bias [32] bias
	// positions.weight [16 32] embedding
	// 26474 weights, gives float32[64 10]
}

// A layer of a user's own that looks from one sequence into another, of which some places are padding.
func ExampleMultiHeadAttention_Over() {
	cross := translator{attention: nn.NewMultiHeadAttention(2)}
	plan, err := nn.NewPlan(cross, graph.Type{DType: tensor.Float32, Shape: tensor.Of(4, 12, 8)}, tensor.Float32)
	fmt.Println(plan.Out, err)
	// Output: float32[4 5 8] <nil>
}

// translator has the first 5 places of x ask the other 7, those whose first number is not 0.
type translator struct{ attention *nn.MultiHeadAttention }

func (t translator) Apply(c *nn.Context, x graph.Value) graph.Value {
	target, source := x.Slice(1, 0, 5), x.Slice(1, 5, 12)
	present := source.Slice(2, 0, 1).Reshape(source.Dim(0), source.Dim(1)).NotEqual(c.Graph().Const(0))
	return c.Child("attention", t.attention.Over(source, present), target)
}

// A layer of a user's own for sequences of different lengths, which stand in the first number of each first place.
func ExampleLSTM_Masked() {
	plan, err := nn.NewPlan(reader{nn.NewLSTM(16)}, graph.Type{DType: tensor.Float32, Shape: tensor.Of(4, 12, 8)}, tensor.Float32)
	fmt.Println(plan.Out, err)
	// Output: float32[4 16] <nil>
}

// reader gives what an LSTM holds after the places that are there.
type reader struct{ lstm *nn.LSTM }

func (r reader) Apply(c *nn.Context, x graph.Value) graph.Value {
	r.lstm.Last = true
	lengths := x.Slice(1, 0, 1).Slice(2, 0, 1).Reshape(x.Dim(0)).Cast(tensor.Int32)
	places := x.Slice(1, 1, x.Dim(1))
	return c.Child("lstm", r.lstm.Masked(nn.Lengths(lengths, places.Dim(1))), places)
}
