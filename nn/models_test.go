package nn_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/tensor"
)

// small are the models of images and texts, at a size that tests can afford.
func small(t *testing.T) map[string]nn.Layer {
	t.Helper()
	cnn, err := nn.CNN(8, 8, 1, []int{2, 3}, []int{4}, 3)
	if err != nil {
		t.Fatal(err)
	}
	charlm, err := nn.CharLM(5, 6, 2, 2, 4, 0)
	if err != nil {
		t.Fatal(err)
	}
	resnet, err := nn.ResNet(8, 8, 1, 8, 2, "projection", 3)
	if err != nil {
		t.Fatal(err)
	}
	zeros, err := nn.ResNet(8, 8, 1, 8, 2, "zeros", 3)
	if err != nil {
		t.Fatal(err)
	}
	encoder, err := nn.Encoder(nn.NewFeatureTokens(4), 0, 4, 2, 2, 0, 0, 3)
	if err != nil {
		t.Fatal(err)
	}
	patches, err := nn.Encoder(nn.NewPatches(2, 4), 16, 4, 1, 2, 0, 0, 3)
	if err != nil {
		t.Fatal(err)
	}
	rnn, err := nn.RNN(nn.NewGRU(3), 5, 3, 0, 5)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]nn.Layer{"cnn": cnn, "charlm": charlm, "resnet": resnet, "resnet without projections": zeros,
		"encoder of features": encoder, "encoder of patches": nn.NewSequential(nn.NewReshape(8, 8, 1), patches), "rnn": rnn}
}

func input(name string) (graph.Type, tensor.Shape) {
	switch name {
	case "charlm", "rnn":
		return graph.Type{DType: tensor.Int32, Shape: tensor.Of(3, 4)}, tensor.Of(3, 4)
	case "encoder of features":
		return graph.Type{DType: tensor.Float64, Shape: tensor.Of(4, 5)}, tensor.Of(4)
	}
	return graph.Type{DType: tensor.Float64, Shape: tensor.Of(4, 64)}, tensor.Of(4)
}

// probe is E of a model over w, and numbers for all that it depends on.
type probe struct {
	e, w  graph.Value
	feeds map[graph.Value]*tensor.Array
	rng   *rand.Rand
}

// feed declares an input of numbers that draw gives.
func (p *probe) feed(g *graph.Graph, key string, t graph.Type, draw func() float64) graph.Value {
	v := g.Input(key, t.DType, t.Shape...)
	p.feeds[v] = tensor.New(t.DType, t.Shape...)
	for i := range v.Size() {
		p.feeds[v].SetAt(i, draw())
	}
	return v
}

func newProbe(t *testing.T, model nn.Layer, x graph.Type, y tensor.Shape) *probe {
	t.Helper()
	plan, err := nn.NewPlan(model, x, tensor.Float64)
	if err != nil {
		t.Fatal(err)
	}
	g, rng := graph.New(), rand.New(rand.NewPCG(1, 2))
	p := &probe{feeds: map[graph.Value]*tensor.Array{}, rng: rng}
	vector := func(n int) graph.Type { return graph.Type{DType: tensor.Float64, Shape: tensor.Of(n)} }
	p.w = p.feed(g, "w", vector(plan.Weights.Size()), rng.NormFloat64)
	first, err := plan.Weights.Initial(tensor.Float64, 3)
	if err != nil {
		t.Fatal(err)
	}
	for i := range p.w.Size() { // no symbol's features near 0, where LayerNorm is steep
		p.feeds[p.w].SetAt(i, first.At(i)+0.3*p.feeds[p.w].At(i))
	}
	var state graph.Value
	if n := plan.State.Size(); n > 0 {
		state = p.feed(g, "state", vector(n), func() float64 { return 1 })
	}
	draw := rng.NormFloat64
	if !x.DType.IsFloat() {
		draw = func() float64 { return float64(rng.IntN(5)) }
	}
	in := p.feed(g, "x", x, draw)
	target := p.feed(g, "y", graph.Type{DType: tensor.Int32, Shape: y}, func() float64 { return float64(rng.IntN(3)) })
	p.e = loss.NewCrossEntropy().Loss(plan.Apply(plan.Bind(g, p.w, state, graph.Value{}, graph.Value{}, true), in), target)
	return p
}

// at is the values' numbers at w + h·d.
func (p *probe) at(t *testing.T, values []graph.Value, d graph.Value, h float64) []float64 {
	t.Helper()
	moved := maps.Clone(p.feeds)
	moved[p.w] = p.feeds[p.w].Clone()
	for i := range p.w.Size() {
		moved[p.w].SetAt(i, p.feeds[p.w].At(i)+h*p.feeds[d].At(i))
	}
	out, err := graph.Evaluate(values, moved, nil)
	if err != nil {
		t.Fatal(err)
	}
	var x []float64
	for _, a := range out {
		x = append(x, a.At(0))
	}
	return x
}

// TestModelsDerivatives: E of a whole model along a direction, its gradient
// and its Hessian, against central differences; and the Hessian's symmetry.
func TestModelsDerivatives(t *testing.T) {
	for name, model := range small(t) {
		t.Run(name, func(t *testing.T) {
			x, y := input(name)
			p := newProbe(t, model, x, y)
			g := p.w.Graph()
			u := p.feed(g, "u", p.w.Type(), p.rng.NormFloat64)
			v := p.feed(g, "v", p.w.Type(), p.rng.NormFloat64)
			grads, err := autodiff.Gradient(p.e, p.w)
			if err != nil {
				t.Fatal(err)
			}
			values := []graph.Value{p.e, grads[0].Mul(u).SumAll()}
			for _, d := range [][2]graph.Value{{v, u}, {u, v}} {
				h, err := autodiff.JVP(grads, []graph.Value{p.w}, []graph.Value{d[0]})
				if err != nil {
					t.Fatal(err)
				}
				values = append(values, h[0].Mul(d[1]).SumAll())
			}
			const h = 1e-6
			here, up, down := p.at(t, values, u, 0), p.at(t, values, u, h), p.at(t, values, u, -h)
			upV, downV := p.at(t, values, v, h), p.at(t, values, v, -h)
			near := func(what string, got, want, tolerance float64) {
				if d := math.Abs(got - want); !(d <= tolerance*max(1, math.Abs(want))) {
					t.Errorf("%s: %v, want %v", what, got, want)
				}
			}
			near("gradient along u", here[1], (up[0]-down[0])/(2*h), 1e-7)
			near("Hessian along u and v", here[2], (upV[1]-downV[1])/(2*h), 1e-6)
			near("its symmetry", here[2], here[3], 1e-11)
		})
	}
}

func TestModelsListTheirWeights(t *testing.T) {
	cnn, err := nn.CNN(28, 28, 1, []int{32, 64}, []int{128}, 10)
	if err != nil {
		t.Fatal(err)
	}
	charlm, err := nn.CharLM(65, 128, 4, 4, 64, 0)
	if err != nil {
		t.Fatal(err)
	}
	resnet, err := nn.ResNet(32, 32, 3, 20, 16, "zeros", 10)
	if err != nil {
		t.Fatal(err)
	}
	projected, err := nn.ResNet(32, 32, 3, 20, 16, "projection", 10)
	if err != nil {
		t.Fatal(err)
	}
	vit, err := nn.Encoder(nn.NewPatches(4, 64), 49, 64, 4, 4, 0, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		model nn.Layer
		in    graph.Type
		out   string
		size  int // by hand, below
		names string
	}{
		// 9·32 + 2·32 + 9·32·64 + 2·64 + 3136·128 + 128 + 128·10 + 10
		{"cnn", cnn, f32(64, 784), "float32[64 10]", 421738, "conv1.weight norm1.scale norm1.shift conv2.weight norm2.scale norm2.shift linear1.weight linear1.bias head.weight head.bias"},
		// 65·128 + 64·128 + 4·(4·(128² + 128) + 4·128 + 128·512 + 512 + 512·128 + 128) + 2·128 + 128·65 + 65
		{"charlm", charlm, graph.Type{DType: tensor.Int32, Shape: tensor.Of(32, 64)}, "float32[32 64 65]", 818241, ""},
		// the paper's table 6 says 0.27 M for 20 layers; exactly, with batch normalisation, 269,722 as in
		// Idelbayev's pytorch_resnet_cifar10, whose shortcuts are option A
		{"resnet", resnet, f32(2, 32, 32, 3), "float32[2 10]", 269722, ""},
		// and 16·32 + 2·32 + 32·64 + 2·64 of projections
		{"projected resnet", projected, f32(2, 32, 32, 3), "float32[2 10]", 269722 + 2752, ""},
		// 16·64 + 64 + 49·64 + 4·(4·(64² + 64) + 4·64 + 64·256 + 256 + 256·64 + 64) + 2·64 + 64·10 + 10
		{"vision transformer", vit, f32(2, 28, 28, 1), "float32[2 10]", 204938, ""},
	} {
		p := plan(t, c.model, c.in)
		if p.Weights.Size() != c.size || p.Out.String() != c.out {
			t.Errorf("%s has %d weights and gives %v, want %d and %s", c.name, p.Weights.Size(), p.Out, c.size, c.out)
		}
		var names []string
		for _, v := range p.Weights.Views() {
			names = append(names, v.Name)
		}
		if got := strings.Join(names, " "); c.names != "" && got != c.names {
			t.Errorf("%s has the weights %s, want %s", c.name, got, c.names)
		}
	}
}

// TestCausalAttention: what comes later changes nothing, and what comes
// earlier does.
func TestCausalAttention(t *testing.T) {
	for _, causal := range []bool{true, false} {
		l := nn.NewMultiHeadAttention(2)
		l.Causal = causal
		x := tensor.New(tensor.Float64, 1, 4, 6)
		for i := range x.Size() {
			x.SetAt(i, math.Sin(float64(3*i)))
		}
		a, _ := run(t, l, x, false, nil)
		later := x.Clone()
		for i := 12; i < 24; i++ { // places 2 and 3
			later.SetAt(i, math.Cos(float64(i)))
		}
		b, _ := run(t, l, later, false, nil)
		same := true
		for i := range 12 {
			same = same && a.At(i) == b.At(i)
		}
		if same != causal {
			t.Errorf("causal is %v, and the first places the same: %v", causal, same)
		}
		for place := 2; place < 4; place++ {
			if a.At(6*place) == b.At(6*place) {
				t.Errorf("place %d is the same for another x", place)
			}
		}
	}
}

// TestMistakesOfImagesAndSequences: errors name the layer, what it got and the cure.
func TestMistakesOfImagesAndSequences(t *testing.T) {
	conv := func(change func(l *nn.Conv2d)) nn.Layer {
		l := nn.NewConv2d(4, 3)
		change(l)
		return l
	}
	for _, c := range []struct {
		layer nn.Layer
		in    graph.Type
		want  string
	}{
		{nn.NewConv2d(4, 3), f32(2, 784), `it wants [batch, height, width, channels], such as nn.NewReshape(28, 28, 1) makes`},
		{&nn.Conv2d{}, f32(2, 5, 5, 1), `make it by nn.NewConv2d(32, 3)`},
		{conv(func(l *nn.Conv2d) { l.In = 3 }), f32(2, 5, 5, 1), `x is [2 5 5 1] with 1 channels and it wants 3`},
		{conv(func(l *nn.Conv2d) { l.Groups = 2 }), f32(2, 5, 5, 3), `want to be a multiple of the groups`},
		{conv(func(l *nn.Conv2d) {}), f32(2, 2, 5, 3), `a kernel of [3 3 3 4], taps 1 apart, does not fit`},
		{nn.NewMaxPool2d(0), f32(2, 5, 5, 3), `its window is [0 0]`},
		{nn.NewMaxPool2d(6), f32(2, 5, 5, 3), `a window of 6 does not fit`},
		{&nn.AvgPool2d{Size: [2]int{2, 2}, Stride: [2]int{2, 2}, Padding: nn.Pad(2)}, f32(2, 5, 5, 3), `it wants to be shorter than the window`},
		{nn.NewReshape(28, 28), f32(2, 700), `x is [2 700] with 700 numbers an example, which do not fill [28 28]`},
		{nn.NewEmbedding(5, 2), f32(2, 3), `it wants whole numbers from 0 to 4`},
		{nn.NewPositions(4), f32(2, 5, 3), `a sequence of 5, and the context is 4`},
		{nn.NewMultiHeadAttention(2), f32(2, 5, 3), `whose 3 features 2 heads do not share evenly`},
		{nn.NewMultiHeadAttention(0), f32(2, 5, 3), `it has 0 heads`},
		{&nn.Conv1d{}, f32(2, 5, 3), `make it by nn.NewConv1d(32, 3)`},
		{nn.NewConv1d(4, 3), f32(2, 15), `it wants [batch, places, features]`},
		{&nn.ConvTranspose2d{}, f32(2, 5, 5, 3), `make it by nn.NewConvTranspose2d(32, 4, 2)`},
		{&nn.ConvTranspose1d{Out: 2, Kernel: 3, Stride: 1, Dilation: 1, Groups: 2}, f32(2, 5, 3), `want to be a multiple of the groups`},
		{&nn.ConvTranspose1d{Out: 2, Kernel: 3, Stride: 2, Dilation: 1, Groups: 1, Extra: 2}, f32(2, 5, 3), `its extra places are [0 2]`},
		{&nn.ConvTranspose1d{Out: 2, Kernel: 3, Stride: 2, Dilation: 1, Groups: 1, Padding: nn.Padding1d{Lo: 3}}, f32(2, 5, 3), `its padding is [0 3]`},
		{nn.NewMaxPool1d(0), f32(2, 5, 3), `its window is 0`},
		{nn.NewAvgPool1d(6), f32(2, 5, 3), `a window of 6 does not fit`},
		{nn.NewAdaptiveAvgPool2d(6, 2), f32(2, 5, 5, 3), `it gives [6 2] places`},
		{nn.NewAdaptiveMaxPool1d(0), f32(2, 5, 3), `it gives [1 0] places`},
		{nn.NewGroupNorm(2), f32(2, 5, 3), `there are 2 groups, which do not share 3 channels evenly`},
		{nn.NewGroupNorm(3), f32(2, 3), `one number a group has no variance`},
		{nn.NewInstanceNorm(), f32(2, 3), `a channel of one position has no variance`},
		{&nn.RMSNorm{}, f32(2, 3), `make it by nn.NewRMSNorm()`},
		{&nn.RMSNorm{Eps: math.Inf(1)}, f32(2, 3), `its eps is +Inf`},
		{&nn.WeightNorm{}, f32(2, 3), `make it by nn.NewWeightNorm(layer)`},
		{nn.NewDropPath(1), f32(2, 3), `its rate is 1`},
		{nn.NewSpatialDropout(-1), f32(2, 3), `its rate is -1`},
		{&nn.LSTM{}, f32(2, 5, 3), `make it by nn.NewLSTM(128)`},
		{nn.NewGRU(4), f32(2, 5), `it wants [batch, places, features]`},
		{layerFunc(func(c *nn.Context, x graph.Value) graph.Value {
			l := nn.NewMultiHeadAttention(1)
			l.Causal = true
			return l.Over(x, graph.Value{}).Apply(c, x)
		}), f32(2, 5, 3), `it is causal, and a memory`},
		{layerFunc(func(c *nn.Context, x graph.Value) graph.Value {
			return nn.NewMultiHeadAttention(1).Over(graph.Value{}, x).Apply(c, x)
		}), f32(2, 5, 3), `present is [2 5 3]; it wants [2 5]`},
		{nn.NewPatches(3, 4), f32(2, 8, 8, 1), `which squares of 3 do not fill`},
		{nn.NewFeatureTokens(4), f32(2, 8, 1), `it wants [batch, features]`},
		{nn.NewTransformerBlock(2, 1), f32(5, 4), `it wants [batch, places, features]`},
	} {
		_, err := nn.NewPlan(c.layer, c.in, tensor.Float32)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "models_test.go:") {
			t.Errorf("%T on %v: %v, want this line and %q", c.layer, c.in, err, c.want)
		}
	}
	for _, err := range []error{
		second(nn.CNN(4, 4, 1, []int{2, 2, 2}, nil, 3)), second(nn.CNN(4, 4, 0, nil, nil, 3)), second(nn.CNN(4, 4, 1, nil, []int{0}, 3)),
		second(nn.ResNet(8, 8, 1, 9, 2, "zeros", 3)), second(nn.ResNet(8, 8, 1, 8, 0, "zeros", 3)), second(nn.ResNet(8, 8, 1, 8, 2, "none", 3)),
		second(nn.Encoder(nil, 0, 4, 1, 1, 0, 0, 2)), second(nn.Encoder(nn.Tanh{}, 0, 4, 1, 3, 0, 0, 2)), second(nn.Encoder(nn.Tanh{}, 0, 4, 0, 1, 0, 0, 2)), second(nn.Encoder(nn.Tanh{}, 0, 4, 1, 1, 0, 1, 2)),
		second(nn.RNN(nil, 0, 0, 0, 2)), second(nn.RNN(nn.NewGRU(2), 3, 0, 0, 2)), second(nn.RNN(nn.NewGRU(2), 0, 0, 1, 2)),
		second(nn.CharLM(5, 6, 2, 4, 4, 0)), second(nn.CharLM(5, 6, 0, 2, 4, 0)), second(nn.CharLM(5, 6, 2, 2, 4, 1)),
	} {
		if err == nil {
			t.Error("a mistake in a model's sizes passed")
		}
	}
}

func second(_ nn.Layer, err error) error { return err }

func ExampleCNN() {
	model, err := nn.CNN(28, 28, 1, []int{32, 64}, []int{128}, 10)
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := nn.NewPlan(model, graph.Type{DType: tensor.Float32, Shape: tensor.Of(64, 784)}, tensor.Float32)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(plan.Weights.Views()[3], plan.Weights.Views()[3].FanIn)
	fmt.Println(plan.Weights.Size(), "weights, gives", plan.Out)
	// Output:
	// conv2.weight [3 3 32 64] at 352 288
	// 421738 weights, gives float32[64 10]
}
