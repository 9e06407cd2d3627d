package interop_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"testing"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/augment"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/train"
)

// layerCase is a layer and the shape of an example.
type layerCase struct {
	name    string
	layer   nn.Layer
	shape   tensor.Shape
	symbols int // if not 0, examples are whole numbers below it
}

// parts are networks that see a part of an image, or one with a border, as augmentation
// leaves it when it measures.
var parts = map[string]*train.Augment{
	"crop":                   {Images: augment.Images{Height: 4, Width: 3}, Image: tensor.Of(7, 6, 4)},
	"border of a colour":     {Images: augment.Images{Height: 10, Width: 7, Pad: 2, Fill: 3}, Image: tensor.Of(7, 6, 4)},
	"border, edge, one side": {Images: augment.Images{Height: 8, Width: 4, Pad: 2, Edge: true}, Image: tensor.Of(7, 6, 4)},
}

// changed is a layer after a change.
func changed[L any](l L, change func(L)) L {
	change(l)
	return l
}

func layerCases() []layerCase {
	image, sequence := tensor.Of(7, 6, 4), tensor.Of(6, 4)
	cases := []layerCase{
		{"Linear", nn.NewLinear(3), tensor.Of(5), 0},
		{"Linear of a sequence", nn.NewLinear(3), sequence, 0},
		{"BatchNorm", nn.NewBatchNorm(), tensor.Of(5), 0},
		{"BatchNorm of images", nn.NewBatchNorm(), image, 0},
		{"LayerNorm", nn.NewLayerNorm(), sequence, 0},
		{"GroupNorm", nn.NewGroupNorm(2), image, 0},
		{"InstanceNorm", nn.NewInstanceNorm(), image, 0},
		{"RMSNorm", nn.NewRMSNorm(), sequence, 0},
		{"Dropout", nn.NewDropout(0.5), tensor.Of(5), 0},
		{"DropPath", nn.NewDropPath(0.5), tensor.Of(5), 0},
		{"SpatialDropout", nn.NewSpatialDropout(0.5), image, 0},
		{"Softmax", nn.Softmax{}, tensor.Of(5), 0},
		{"Flatten", nn.Flatten{}, image, 0},
		{"Reshape", nn.NewReshape(2, -1), image, 0},
		{"Residual", nn.NewResidual(nn.NewLinear(4), nn.Tanh{}), sequence, 0},
		{"WeightNorm of a Linear", nn.NewWeightNorm(nn.NewLinear(3)), tensor.Of(5), 0},
		{"WeightNorm of a Conv2d", nn.NewWeightNorm(nn.NewConv2d(2, 3)), image, 0},
		{"Conv1d", nn.NewConv1d(3, 3), sequence, 0},
		{"Conv2d", nn.NewConv2d(3, 3), image, 0},
		{"Conv2d of one tap", nn.NewConv2d(3, 1), image, 0},
		{"Conv2d in groups", changed(nn.NewConv2d(6, 3), func(l *nn.Conv2d) {
			l.Groups, l.Stride, l.Dilation, l.Padding.Same = 2, [2]int{2, 1}, [2]int{1, 2}, true
		}), image, 0},
		{"Conv2d by channel", changed(nn.NewConv2d(4, 3), func(l *nn.Conv2d) { l.Groups = 4 }), image, 0},
		{"ConvTranspose1d", nn.NewConvTranspose1d(3, 3, 2), sequence, 0},
		{"ConvTranspose2d", nn.NewConvTranspose2d(3, 3, 2), image, 0},
		{"ConvTranspose2d in groups", changed(nn.NewConvTranspose2d(6, 2, 3), func(l *nn.ConvTranspose2d) {
			l.Groups, l.Extra, l.Padding.Lo = 2, [2]int{1, 2}, [2]int{1, 0}
		}), image, 0},
		{"MaxPool1d", nn.NewMaxPool1d(2), sequence, 0},
		{"MaxPool2d", changed(nn.NewMaxPool2d(3), func(l *nn.MaxPool2d) { l.Stride, l.Padding.Same = [2]int{2, 1}, true }), image, 0},
		{"AvgPool1d", nn.NewAvgPool1d(2), sequence, 0},
		{"AvgPool2d", changed(nn.NewAvgPool2d(3), func(l *nn.AvgPool2d) { l.Stride, l.Padding.Same = [2]int{2, 2}, true }), image, 0},
		{"AdaptiveAvgPool2d", nn.NewAdaptiveAvgPool2d(3, 4), image, 0},
		{"AdaptiveMaxPool2d", nn.NewAdaptiveMaxPool2d(3, 4), image, 0},
		{"GlobalAvgPool", nn.GlobalAvgPool{}, image, 0},
		{"GlobalMaxPool", nn.GlobalMaxPool{}, image, 0},
		{"Embedding", nn.NewEmbedding(5, 3), tensor.Of(4), 5},
		{"Positions", nn.NewPositions(6), sequence, 0},
		{"MultiHeadAttention", nn.NewMultiHeadAttention(2), sequence, 0},
		{"LSTM", nn.NewLSTM(5), sequence, 0},
		{"GRU", nn.NewGRU(5), sequence, 0},
		{"GRU both ways", changed(nn.NewGRU(5), func(l *nn.GRU) { l.Bidirectional, l.Layers = true, 2 }), sequence, 0},
		{"TransformerBlock", changed(nn.NewTransformerBlock(2, 1), func(l *nn.TransformerBlock) { l.Causal = true }), sequence, 0},
	}
	for _, name := range nn.ActivationNames() {
		l, _, err := nn.Activation(name)
		if err != nil {
			panic(err)
		}
		cases = append(cases, layerCase{name, l, tensor.Of(5), 0})
	}
	return cases
}

// Every layer gives in onnxruntime what it gives here, for batches of any size.
func TestLayers(t *testing.T) {
	wanted(t)
	c := &cases{dir: t.TempDir()}
	for _, l := range layerCases() {
		l.add(t, c, l.shape, nil)
	}
	for name, a := range parts {
		l := layerCase{name: name, layer: nn.NewLinear(3), shape: tensor.Of(7, 6, 4)}
		seen, err := a.Example(l.shape)
		if err != nil {
			t.Fatal(err)
		}
		l.add(t, c, seen, a)
	}
	c.check(t, 1e-5)
}

// add makes a case of a layer on examples of which it sees a part.
func (l layerCase) add(t *testing.T, c *cases, seen tensor.Shape, part *train.Augment) {
	t.Helper()
	of := tensor.Float32
	if l.symbols > 0 {
		of = tensor.Int32
	}
	x := graph.Type{DType: of, Shape: append(tensor.Of(2), seen...)}
	network, err := objective.NewNetwork(l.layer, x, loss.NewSquaredError(), tensor.Float32)
	if err != nil {
		t.Fatalf("%s: %v", l.name, err)
	}
	saved, err := train.Begin(network, nil, part, 3)
	if err != nil {
		t.Fatalf("%s: %v", l.name, err)
	}
	var b bytes.Buffer
	if err := saved.WriteONNX(&b, train.Export{Network: network}); err != nil {
		t.Fatalf("%s: %v", l.name, err)
	}
	c.file(t, l.name, b.Bytes())
	m, err := saved.Model(network, train.Machine{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	rng := rand.New(rand.NewPCG(1, 2))
	for k, n := range []int{1, 3, 8} {
		in := npyOf(of, append(tensor.Of(n), l.shape...), func(int) float64 {
			if l.symbols > 0 {
				return float64(rng.IntN(l.symbols))
			}
			return 2 * rng.NormFloat64()
		})
		out, err := m.Outputs(context.Background(), &data.Set{Name: "x", X: in})
		if err != nil {
			t.Fatalf("%s: %v", l.name, err)
		}
		c.feed(t, l.name, k, []*tensor.Array{asInput(in)}, []*tensor.Array{out})
	}
}

// asInput is what the file takes for examples: 64 bits for whole numbers.
func asInput(x *tensor.Array) *tensor.Array {
	d := tensor.Float32
	if x.DType() == tensor.Int32 {
		d = tensor.Int64
	}
	return npyOf(d, x.Shape(), x.At)
}
