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
		Count, Causal                       bool
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
	t.Fatalf("no layer %q", c.Layer)
	return nil
}

// TestLayersEqualPyTorch: what the layers of images and sequences give, and
// their gradients by input and weights.
func TestLayersEqualPyTorch(t *testing.T) {
	b, err := os.ReadFile("testdata/torch.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []torchCase
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) != 16 {
		t.Errorf("%d cases recorded, want 16", len(cases))
	}
	for i, c := range cases {
		t.Run(fmt.Sprint(i, c.Layer), func(t *testing.T) { c.check(t) })
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
