package nn_test

import (
	"flag"
	"testing"

	"pgregory.net/rapid"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/nn/nntest"
	"github.com/godescent/descent/tensor"
)

// fixed is a layer that needs no draw.
func fixed(l nn.Layer) func(*rapid.T) nn.Layer { return func(*rapid.T) nn.Layer { return l } }

// rank is inputs of a number of axes.
func rank(n int) func(*rapid.T) tensor.Shape {
	return func(t *rapid.T) tensor.Shape { return nntest.Dims(t, n) }
}

func cases() []nntest.Case {
	return []nntest.Case{
		{Name: "Linear", Make: func(t *rapid.T) nn.Layer {
			l := nn.NewLinear(rapid.IntRange(1, 4).Draw(t, "out"))
			l.Bias = rapid.Bool().Draw(t, "bias")
			return l
		}, Shape: func(t *rapid.T) tensor.Shape { return nntest.Dims(t, rapid.IntRange(2, 3).Draw(t, "rank")) }},
		{Name: "ReLU", Make: fixed(nn.ReLU{}), Away: 0.01},
		{Name: "LeakyReLU", Make: fixed(&nn.LeakyReLU{Slope: 0.2}), Away: 0.01},
		{Name: "Tanh", Make: fixed(nn.Tanh{})},
		{Name: "Sigmoid", Make: fixed(nn.Sigmoid{})},
		{Name: "Softplus", Make: fixed(nn.Softplus{})},
		{Name: "GELU", Make: fixed(nn.GELU{})},
		{Name: "GELU by tanh", Make: fixed(nn.GELU{Tanh: true})},
		{Name: "SiLU", Make: fixed(nn.SiLU{})},
		{Name: "Softmax", Make: fixed(nn.Softmax{}), Shape: rank(3)},
		{Name: "Dropout", Make: func(t *rapid.T) nn.Layer {
			return nn.NewDropout(rapid.SampledFrom([]float64{0, 0.2, 0.5, 0.9}).Draw(t, "rate"))
		}},
		// A small variance makes third derivatives large, and differences poor.
		{Name: "BatchNorm", Make: fixed(&nn.BatchNorm{Momentum: 0.1, Eps: 0.1, Affine: true}), Shape: func(t *rapid.T) tensor.Shape {
			return nntest.Dims(t, rapid.IntRange(2, 3).Draw(t, "rank"))
		}},
		{Name: "BatchNorm without weights", Make: fixed(&nn.BatchNorm{Momentum: 1, Eps: 0.1})},
		{Name: "LayerNorm", Make: fixed(&nn.LayerNorm{Eps: 0.1, Affine: true}), Shape: func(t *rapid.T) tensor.Shape {
			return nntest.Dims(t, rapid.IntRange(2, 3).Draw(t, "rank"))
		}},
		{Name: "Flatten", Make: fixed(nn.Flatten{}), Shape: rank(3)},
		{Name: "Residual", Make: fixed(nn.NewResidual(nn.NewLinear(3), nn.Tanh{})), Shape: func(t *rapid.T) tensor.Shape { return tensor.Of(3, 3) }},
		{Name: "Residual with shortcut", Make: fixed(&nn.Residual{Body: nn.NewLinear(2), Shortcut: nn.NewLinear(2)})},
		{Name: "MLP", Make: func(t *rapid.T) nn.Layer {
			norm := rapid.SampledFrom(nn.NormNames()).Draw(t, "norm")
			l, err := nn.MLP([]int{3, 4, 2}, "tanh", norm, rapid.SampledFrom([]float64{0, 0.3}).Draw(t, "dropout"))
			if err != nil {
				t.Fatal(err)
			}
			return l
		}, Shape: func(*rapid.T) tensor.Shape { return tensor.Of(4, 3) }},
	}
}

// images are inputs [B, H, W, C].
func images(t *rapid.T) tensor.Shape {
	return tensor.Of(rapid.IntRange(1, 2).Draw(t, "batch"), rapid.IntRange(3, 5).Draw(t, "height"),
		rapid.IntRange(3, 5).Draw(t, "width"), 2*rapid.IntRange(1, 2).Draw(t, "channels"))
}

// sequences are inputs [B, T, C].
func sequences(t *rapid.T) tensor.Shape {
	return tensor.Of(rapid.IntRange(1, 2).Draw(t, "batch"), rapid.IntRange(3, 6).Draw(t, "places"), 2*rapid.IntRange(1, 2).Draw(t, "channels"))
}

func pair(t *rapid.T, most int, what string) [2]int {
	return [2]int{rapid.IntRange(1, most).Draw(t, what), rapid.IntRange(1, most).Draw(t, what)}
}

func padding(t *rapid.T) nn.Padding {
	if rapid.Bool().Draw(t, "same") {
		return nn.Padding{Same: true}
	}
	return nn.Padding{Lo: [2]int{rapid.IntRange(0, 1).Draw(t, "before"), 0}, Hi: [2]int{0, rapid.IntRange(0, 1).Draw(t, "behind")}}
}

// spatial are the cases of layers of images and of sequences.
func spatial() []nntest.Case {
	return []nntest.Case{
		{Name: "Conv2d", Make: func(t *rapid.T) nn.Layer {
			l := nn.NewConv2d(2*rapid.IntRange(1, 2).Draw(t, "out"), 1)
			l.Kernel, l.Stride = pair(t, 3, "kernel"), pair(t, 2, "stride")
			if l.Kernel[0] == 2 {
				l.Dilation[0] = rapid.IntRange(1, 2).Draw(t, "dilation")
			}
			l.Padding, l.Bias = padding(t), rapid.Bool().Draw(t, "bias")
			l.Groups = rapid.IntRange(1, 2).Draw(t, "groups")
			return l
		}, Shape: images},
		{Name: "MaxPool2d", Apart: true, Make: func(t *rapid.T) nn.Layer {
			return &nn.MaxPool2d{Size: pair(t, 3, "window"), Stride: pair(t, 3, "stride"), Padding: nn.Padding{Same: rapid.Bool().Draw(t, "same")}}
		}, Shape: images},
		{Name: "AvgPool2d", Make: func(t *rapid.T) nn.Layer {
			return &nn.AvgPool2d{Size: pair(t, 3, "window"), Stride: pair(t, 3, "stride"),
				Padding: nn.Padding{Same: rapid.Bool().Draw(t, "same")}, CountPadding: rapid.Bool().Draw(t, "count")}
		}, Shape: images},
		{Name: "ConvTranspose2d", Make: func(t *rapid.T) nn.Layer {
			l := nn.NewConvTranspose2d(2*rapid.IntRange(1, 2).Draw(t, "out"), 1, 1)
			l.Kernel, l.Stride = pair(t, 3, "kernel"), pair(t, 2, "stride")
			if l.Kernel[1] == 2 {
				l.Dilation[1] = rapid.IntRange(1, 2).Draw(t, "dilation")
			}
			l.Padding.Same, l.Bias = rapid.Bool().Draw(t, "same"), rapid.Bool().Draw(t, "bias")
			l.Extra[0] = l.Stride[0] - 1
			l.Groups = rapid.IntRange(1, 2).Draw(t, "groups")
			return l
		}, Shape: images},
		{Name: "Conv1d", Make: func(t *rapid.T) nn.Layer {
			l := nn.NewConv1d(2*rapid.IntRange(1, 2).Draw(t, "out"), rapid.IntRange(1, 3).Draw(t, "kernel"))
			l.Stride, l.Padding.Lo = rapid.IntRange(1, 2).Draw(t, "stride"), rapid.IntRange(0, 2).Draw(t, "before")
			l.Groups, l.Bias = rapid.IntRange(1, 2).Draw(t, "groups"), rapid.Bool().Draw(t, "bias")
			return l
		}, Shape: sequences},
		{Name: "ConvTranspose1d", Make: func(t *rapid.T) nn.Layer {
			l := nn.NewConvTranspose1d(2*rapid.IntRange(1, 2).Draw(t, "out"), rapid.IntRange(1, 3).Draw(t, "kernel"), rapid.IntRange(1, 2).Draw(t, "stride"))
			l.Groups, l.Padding.Same = rapid.IntRange(1, 2).Draw(t, "groups"), rapid.Bool().Draw(t, "same")
			return l
		}, Shape: sequences},
		{Name: "MaxPool1d", Apart: true, Make: func(t *rapid.T) nn.Layer {
			return &nn.MaxPool1d{Size: rapid.IntRange(1, 3).Draw(t, "window"), Stride: rapid.IntRange(1, 3).Draw(t, "stride"), Padding: nn.Padding1d{Same: rapid.Bool().Draw(t, "same")}}
		}, Shape: sequences},
		{Name: "AvgPool1d", Make: func(t *rapid.T) nn.Layer {
			return &nn.AvgPool1d{Size: rapid.IntRange(1, 3).Draw(t, "window"), Stride: rapid.IntRange(1, 3).Draw(t, "stride"),
				Padding: nn.Padding1d{Same: rapid.Bool().Draw(t, "same")}, CountPadding: rapid.Bool().Draw(t, "count")}
		}, Shape: sequences},
		{Name: "AdaptiveAvgPool2d", Make: func(t *rapid.T) nn.Layer { return &nn.AdaptiveAvgPool2d{Out: pair(t, 3, "out")} }, Shape: images},
		{Name: "AdaptiveMaxPool2d", Apart: true, Make: func(t *rapid.T) nn.Layer { return &nn.AdaptiveMaxPool2d{Out: pair(t, 3, "out")} }, Shape: images},
		{Name: "AdaptiveAvgPool1d", Make: func(t *rapid.T) nn.Layer { return nn.NewAdaptiveAvgPool1d(rapid.IntRange(1, 3).Draw(t, "out")) }, Shape: sequences},
		{Name: "AdaptiveMaxPool1d", Apart: true, Make: func(t *rapid.T) nn.Layer { return nn.NewAdaptiveMaxPool1d(rapid.IntRange(1, 3).Draw(t, "out")) }, Shape: sequences},
		{Name: "Patches", Make: fixed(nn.NewPatches(2, 3)), Shape: func(t *rapid.T) tensor.Shape {
			return tensor.Of(rapid.IntRange(1, 2).Draw(t, "batch"), 2*rapid.IntRange(1, 2).Draw(t, "height"), 2*rapid.IntRange(1, 2).Draw(t, "width"), 2)
		}},
		{Name: "FeatureTokens", Make: fixed(nn.NewFeatureTokens(3)), Shape: rank(2)},
		{Name: "GlobalMaxPool", Apart: true, Make: fixed(nn.GlobalMaxPool{}), Shape: images},
		{Name: "GroupNorm", Make: func(t *rapid.T) nn.Layer {
			return &nn.GroupNorm{Groups: rapid.IntRange(1, 2).Draw(t, "groups"), Eps: 0.1, Affine: rapid.Bool().Draw(t, "affine")}
		}, Shape: images},
		{Name: "InstanceNorm", Make: func(t *rapid.T) nn.Layer { return &nn.InstanceNorm{Eps: 0.1, Affine: rapid.Bool().Draw(t, "affine")} }, Shape: images},
		{Name: "RMSNorm", Make: fixed(&nn.RMSNorm{Eps: 0.1, Affine: true}), Shape: rank(3)},
		{Name: "WeightNorm of a Conv2d", Make: fixed(nn.NewWeightNorm(nn.NewConv2d(2, 2))), Shape: images},
		{Name: "WeightNorm of a Linear", Make: fixed(nn.NewWeightNorm(nn.NewLinear(3))), Shape: func(t *rapid.T) tensor.Shape {
			return tensor.Of(rapid.IntRange(2, 4).Draw(t, "batch"), rapid.IntRange(3, 5).Draw(t, "features"))
		}},
		{Name: "MultiHeadAttention over a memory", Make: func(t *rapid.T) nn.Layer {
			masked := rapid.Bool().Draw(t, "masked")
			return layerFunc(func(c *nn.Context, x graph.Value) graph.Value {
				memory := x.Slice(1, 1, x.Dim(1))
				var present graph.Value
				if masked { // an example of padding alone, too
					present = memory.Slice(2, 0, 1).Reshape(x.Dim(0), memory.Dim(1)).Greater(c.Graph().Const(-0.5))
				}
				return nn.NewMultiHeadAttention(2).Over(memory, present).Apply(c, x.Slice(1, 0, 2))
			})
		}, Shape: sequences, Away: 0.01},
		{Name: "TransformerBlock", Make: func(t *rapid.T) nn.Layer {
			l := nn.NewTransformerBlock(2, 1)
			l.Causal, l.Norm, l.DropPath = rapid.Bool().Draw(t, "causal"), &nn.RMSNorm{Eps: 0.1, Affine: true}, 0.3
			return layerFunc(func(c *nn.Context, x graph.Value) graph.Value {
				return l.Masked(x.Slice(2, 0, 1).Reshape(x.Dim(0), x.Dim(1)).Greater(c.Graph().Const(0))).Apply(c, x)
			})
		}, Shape: func(t *rapid.T) tensor.Shape { return tensor.Of(1, rapid.IntRange(1, 3).Draw(t, "places"), 2) }, Away: 0.01},
		{Name: "LSTM", Make: func(t *rapid.T) nn.Layer {
			l := nn.NewLSTM(rapid.IntRange(1, 2).Draw(t, "hidden"))
			l.Layers, l.Bidirectional, l.Last = rapid.IntRange(1, 2).Draw(t, "layers"), rapid.Bool().Draw(t, "both"), rapid.Bool().Draw(t, "last")
			l.Dropout = rapid.SampledFrom([]float64{0, 0.3}).Draw(t, "dropout")
			return l
		}, Shape: rank(3)},
		{Name: "LSTM and GRU with padding", Make: func(t *rapid.T) nn.Layer {
			lstm, gru := nn.NewLSTM(rapid.IntRange(1, 2).Draw(t, "hidden")), nn.NewGRU(rapid.IntRange(1, 2).Draw(t, "more"))
			lstm.Bidirectional, gru.Last = rapid.Bool().Draw(t, "both"), rapid.Bool().Draw(t, "last")
			return layerFunc(func(c *nn.Context, x graph.Value) graph.Value { // padding in any place, and nothing else too
				present := x.Slice(2, 0, 1).Reshape(x.Dim(0), x.Dim(1)).Greater(c.Graph().Const(0))
				return c.Child("gru", gru.Masked(present), c.Child("lstm", lstm.Masked(present), x))
			})
		}, Shape: rank(3), Away: 0.01},
		{Name: "GRU", Make: func(t *rapid.T) nn.Layer {
			l := nn.NewGRU(rapid.IntRange(1, 2).Draw(t, "hidden"))
			l.Layers, l.Bidirectional, l.Last = rapid.IntRange(1, 2).Draw(t, "layers"), rapid.Bool().Draw(t, "both"), rapid.Bool().Draw(t, "last")
			return l
		}, Shape: rank(3)},
		{Name: "DropPath", Make: fixed(nn.NewDropPath(0.4)), Shape: images},
		{Name: "SpatialDropout", Make: fixed(nn.NewSpatialDropout(0.4)), Shape: images},
		{Name: "GlobalAvgPool", Make: fixed(nn.GlobalAvgPool{}), Shape: images},
		{Name: "Reshape", Make: fixed(nn.NewReshape(2, -1)), Shape: images},
		{Name: "BatchNorm of images", Make: fixed(&nn.BatchNorm{Momentum: 0.1, Eps: 0.1, Affine: true}), Shape: images},
		{Name: "Embedding", Make: fixed(nn.NewEmbedding(5, 3)), Symbols: 5, Shape: rank(2)},
		{Name: "Positions", Make: fixed(nn.NewPositions(5)), Shape: rank(3)},
		{Name: "MultiHeadAttention", Make: func(t *rapid.T) nn.Layer {
			l := nn.NewMultiHeadAttention(2)
			l.Causal, l.Bias = rapid.Bool().Draw(t, "causal"), rapid.Bool().Draw(t, "bias")
			l.Dropout = rapid.SampledFrom([]float64{0, 0.3}).Draw(t, "dropout")
			return l
		}, Shape: func(t *rapid.T) tensor.Shape { return tensor.Of(1, rapid.IntRange(1, 4).Draw(t, "places"), 4) }},
	}
}

func TestConformanceOfImagesAndSequences(t *testing.T) {
	checks := flag.Lookup("rapid.checks") // each takes many evaluations
	before := checks.Value.String()
	if err := checks.Value.Set("20"); err != nil {
		t.Fatal(err)
	}
	defer checks.Value.Set(before)
	for _, c := range spatial() {
		t.Run(c.Name, func(t *testing.T) { nntest.Check(t, c) })
	}
}

func TestConformance(t *testing.T) {
	for _, c := range cases() {
		t.Run(c.Name, func(t *testing.T) { nntest.Check(t, c) })
	}
}
