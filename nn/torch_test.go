package nn_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/tensor"
)

// numbers is an array as testdata/record_torch.py writes it.
type numbers struct {
	Shape []int
	V     []float64
}

func (n numbers) array(d tensor.DType) *tensor.Array {
	a := tensor.New(d, n.Shape...)
	for i, v := range n.V {
		a.SetAt(i, v)
	}
	return a
}

// torchCase is a case of testdata/torch.json, which record_torch.py explains.
type torchCase struct {
	Layer    string
	Settings struct {
		Out, Groups, Symbols, Dim, Heads    int
		Kernel, Stride, Pad, Dilation, Size [2]int
		Lo, Hi, Extra                       [2]int
		Count, Causal, Both, Last           bool
		Hidden, Layers, Asking              int
		Lengths                             []int
		Norm                                string
	}
	X, Y, CT           numbers
	Weights, Gradients map[string]numbers
}

func (c *torchCase) layer(t *testing.T) nn.Layer {
	s := c.Settings
	pad := nn.Padding{Lo: s.Pad, Hi: s.Pad}
	switch c.Layer {
	case "conv2d":
		l := nn.NewConv2d(s.Out, 1)
		l.Kernel, l.Stride, l.Padding, l.Dilation, l.Groups = s.Kernel, s.Stride, pad, s.Dilation, s.Groups
		return l
	case "max_pool2d":
		return &nn.MaxPool2d{Size: s.Size, Stride: s.Stride, Padding: pad}
	case "avg_pool2d":
		return &nn.AvgPool2d{Size: s.Size, Stride: s.Stride, Padding: pad, CountPadding: s.Count}
	case "batch_norm":
		return nn.NewBatchNorm()
	case "embedding":
		return nn.NewEmbedding(s.Symbols, s.Dim)
	case "attention":
		l := nn.NewMultiHeadAttention(s.Heads)
		l.Causal = s.Causal
		return l
	case "block":
		l := nn.NewTransformerBlock(s.Heads, 1)
		l.Causal = s.Causal
		return l
	}
	l := c.another()
	if l == nil {
		t.Fatalf("no layer %q", c.Layer)
	}
	return l
}

// another is a layer of testdata/torch_layers.json.
func (c *torchCase) another() nn.Layer {
	s := c.Settings
	pad, pad1 := nn.Padding{Lo: s.Lo, Hi: s.Hi}, nn.Padding1d{Lo: s.Lo[1], Hi: s.Hi[1]}
	switch c.Layer {
	case "conv1d":
		l := nn.NewConv1d(s.Out, s.Kernel[1])
		l.Stride, l.Padding, l.Dilation, l.Groups = s.Stride[1], pad1, s.Dilation[1], s.Groups
		return l
	case "conv_transpose1d":
		l := nn.NewConvTranspose1d(s.Out, s.Kernel[1], s.Stride[1])
		l.Padding, l.Dilation, l.Groups, l.Extra = pad1, s.Dilation[1], s.Groups, s.Extra[1]
		return l
	case "conv_transpose2d":
		l := nn.NewConvTranspose2d(s.Out, 1, 1)
		l.Kernel, l.Stride, l.Padding, l.Dilation, l.Groups, l.Extra = s.Kernel, s.Stride, pad, s.Dilation, s.Groups, s.Extra
		return l
	case "max_pool1d":
		return &nn.MaxPool1d{Size: s.Size[1], Stride: s.Stride[1], Padding: pad1}
	case "avg_pool1d":
		return &nn.AvgPool1d{Size: s.Size[1], Stride: s.Stride[1], Padding: pad1, CountPadding: s.Count}
	case "adaptive_avg_pool2d":
		return nn.NewAdaptiveAvgPool2d(s.Size[0], s.Size[1])
	case "adaptive_max_pool2d":
		return nn.NewAdaptiveMaxPool2d(s.Size[0], s.Size[1])
	case "adaptive_avg_pool1d":
		return nn.NewAdaptiveAvgPool1d(s.Size[1])
	case "adaptive_max_pool1d":
		return nn.NewAdaptiveMaxPool1d(s.Size[1])
	case "global_max_pool":
		return nn.GlobalMaxPool{}
	case "global_avg_pool":
		return nn.GlobalAvgPool{}
	case "group_norm":
		return nn.NewGroupNorm(s.Groups)
	case "instance_norm":
		return &nn.InstanceNorm{Eps: 1e-5, Affine: true}
	case "rms_norm":
		return nn.NewRMSNorm()
	case "weight_norm_linear":
		return nn.NewWeightNorm(nn.NewLinear(s.Out))
	case "weight_norm_conv":
		l := nn.NewConv2d(s.Out, 1)
		l.Kernel = s.Kernel
		return nn.NewWeightNorm(l)
	}
	return c.sequences()
}

// sequences is a layer of sequences that wants more than one value, or many places.
func (c *torchCase) sequences() nn.Layer {
	s := c.Settings
	switch c.Layer {
	case "masked_attention":
		l := nn.NewMultiHeadAttention(s.Heads)
		l.Causal = s.Causal
		return layerFunc(func(c *nn.Context, x graph.Value) graph.Value {
			return l.Over(graph.Value{}, upTo(x.Graph(), s.Lengths, x.Dim(1))).Apply(c, x)
		})
	case "cross_attention":
		return layerFunc(func(c *nn.Context, x graph.Value) graph.Value {
			memory := x.Slice(1, s.Asking, x.Dim(1))
			var present graph.Value
			if len(s.Lengths) > 0 {
				present = upTo(x.Graph(), s.Lengths, memory.Dim(1))
			}
			return nn.NewMultiHeadAttention(s.Heads).Over(memory, present).Apply(c, x.Slice(1, 0, s.Asking))
		})
	case "masked_block":
		l := nn.NewTransformerBlock(s.Heads, 1)
		if s.Norm == "rms" {
			l.Norm = nn.NewRMSNorm()
		}
		return layerFunc(func(c *nn.Context, x graph.Value) graph.Value {
			return l.Masked(upTo(x.Graph(), s.Lengths, x.Dim(1))).Apply(c, x)
		})
	case "lstm":
		l := nn.NewLSTM(s.Hidden)
		l.Layers, l.Bidirectional, l.Last = s.Layers, s.Both, s.Last
		if s.Lengths == nil {
			return l
		}
		return layerFunc(func(c *nn.Context, x graph.Value) graph.Value {
			return l.Masked(upTo(x.Graph(), s.Lengths, x.Dim(1))).Apply(c, x)
		})
	case "gru":
		l := nn.NewGRU(s.Hidden)
		l.Layers, l.Bidirectional, l.Last = s.Layers, s.Both, s.Last
		if s.Lengths == nil {
			return l
		}
		return layerFunc(func(c *nn.Context, x graph.Value) graph.Value {
			return l.Masked(upTo(x.Graph(), s.Lengths, x.Dim(1))).Apply(c, x)
		})
	}
	return nil
}

// upTo is [B, n], 1 at as many places of each row as its length.
func upTo(g *graph.Graph, lengths []int, n int) graph.Value {
	all := make([]graph.Value, len(lengths))
	for i, l := range lengths {
		all[i] = g.Full(float64(l), tensor.Int32, 1)
	}
	return nn.Lengths(graph.Concat(0, all...), n)
}

// TestLayersEqualPyTorch: what layers give, and their gradients by input and weights.
func TestLayersEqualPyTorch(t *testing.T) {
	for _, file := range []struct {
		name  string
		cases int
	}{{"torch.json", 16}, {"torch_layers.json", 50}} {
		b, err := os.ReadFile("testdata/" + file.name)
		if err != nil {
			t.Fatal(err)
		}
		var cases []torchCase
		if err := json.Unmarshal(b, &cases); err != nil {
			t.Fatal(err)
		}
		if len(cases) != file.cases {
			t.Errorf("%d cases recorded in %s, want %d", len(cases), file.name, file.cases)
		}
		for i, c := range cases {
			t.Run(fmt.Sprint(i, c.Layer), func(t *testing.T) { c.check(t) })
		}
	}
}

func (c *torchCase) check(t *testing.T) {
	d := tensor.Float64
	if c.Settings.Symbols > 0 {
		d = tensor.Int32
	}
	plan, err := nn.NewPlan(c.layer(t), graph.Type{DType: d, Shape: c.X.Shape}, tensor.Float64)
	if err != nil {
		t.Fatal(err)
	}
	g := graph.New()
	feeds := map[graph.Value]*tensor.Array{}
	feed := func(key string, a *tensor.Array) graph.Value {
		v := g.Input(key, a.DType(), a.Shape()...)
		feeds[v] = a
		return v
	}
	flat := tensor.New(tensor.Float64, plan.Weights.Size())
	if got, want := len(plan.Weights.Views()), len(c.Weights); got != want {
		t.Fatalf("%d weights, want %d", got, want)
	}
	for _, v := range plan.Weights.Views() {
		r, ok := c.Weights[v.Name]
		if !ok || !v.Shape.Equal(r.Shape) {
			t.Fatalf("weight %v is not recorded, or as %v", v, r.Shape)
		}
		copy(tensor.Slice[float64](flat)[v.Offset:], r.V)
	}
	w, x, ct := feed("w", flat), feed("x", c.X.array(d)), feed("ct", c.CT.array(tensor.Float64))
	var state graph.Value
	if n := plan.State.Size(); n > 0 {
		state = feed("state", tensor.New(tensor.Float64, n))
	}
	y := plan.Apply(plan.Bind(g, w, state, graph.Value{}, graph.Value{}, true), x)
	of := []graph.Value{w}
	if d.IsFloat() {
		of = append(of, x)
	}
	grads, err := autodiff.Gradient(y.Mul(ct).SumAll(), of...)
	if err != nil {
		t.Fatal(err)
	}
	out, err := graph.Evaluate(append([]graph.Value{y}, grads...), feeds, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !out[0].Shape().Equal(c.Y.Shape) {
		t.Fatalf("gives %v, want %v", out[0].Shape(), c.Y.Shape)
	}
	closeTo(t, "y", out[0].Float64s(), c.Y.V)
	for _, v := range plan.Weights.Views() {
		closeTo(t, "the gradient by "+v.Name, out[1].Float64s()[v.Offset:v.Offset+v.Size()], c.Gradients[v.Name].V)
	}
	if d.IsFloat() {
		closeTo(t, "the gradient by x", out[2].Float64s(), c.Gradients["x"].V)
	}
}

// closeTo compares to 1e-12 of the largest number: both sides round some hundred sums.
func closeTo(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	scale := 1.0
	for _, v := range want {
		scale = max(scale, math.Abs(v))
	}
	for i, v := range want {
		if d := math.Abs(got[i] - v); !(d <= 1e-12*scale) {
			t.Errorf("%s: element %d is %v, want %v", what, i, got[i], v)
			return
		}
	}
}
