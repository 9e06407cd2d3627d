package main

import (
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/layers/attention"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/model"
)

func mlp(widths ...int) func(*model.Scope, *graph.Node) *graph.Node {
	return func(s *model.Scope, x *graph.Node) *graph.Node {
		for i, w := range widths {
			x = layers.Dense(s.In("layer_%d", i), x, true, w)
			if i < len(widths)-1 {
				x = activation.Relu(x)
			}
		}
		return x
	}
}

func cnn(s *model.Scope, x *graph.Node) *graph.Node {
	x = graph.Reshape(x, x.Shape().Dim(0), 28, 28, 1)
	for i, channels := range []int{32, 64} {
		block := s.In("block_%d", i)
		x = layers.Convolution(block, x).Channels(channels).KernelSize(3).PadSame().UseBias(false).Done()
		x = activation.Relu(batchNorm(block.In("norm"), x))
		x = maxPool(x)
	}
	x = graph.Reshape(x, x.Shape().Dim(0), -1)
	x = activation.Relu(layers.Dense(s.In("fc_0"), x, true, 128))
	return layers.Dense(s.In("fc_1"), x, true, 10)
}

// batchNorm is the layer over all axes but the last, from what the Go backend
// has: GoMLX's own layer asks for an operation that it lacks (BatchNormForTraining).
func batchNorm(s *model.Scope, x *graph.Node) *graph.Node {
	g, c := x.Graph(), x.Shape().Dim(-1)
	axes := []int{0, 1, 2}
	mean := graph.ReduceAndKeep(x, graph.ReduceMean, axes...)
	x = graph.Sub(x, mean)
	variance := graph.ReduceAndKeep(graph.Square(x), graph.ReduceMean, axes...)
	n := float64(x.Shape().Size() / c)
	average := func(name string, first float32, next *graph.Node) {
		v := s.VariableWithValue(name, constant(c, first)).SetTrainable(false)
		v.SetNodeValue(graph.Add(graph.MulScalar(v.NodeValue(g), 0.9), graph.MulScalar(graph.Reshape(graph.StopGradient(next), c), 0.1)))
	}
	average("mean", 0, mean)
	average("variance", 1, graph.MulScalar(variance, n/(n-1)))
	row := func(name string, first float32) *graph.Node {
		return graph.ExpandLeftToRank(s.VariableWithValue(name, constant(c, first)).NodeValue(g), 4)
	}
	x = graph.Div(x, graph.Sqrt(graph.AddScalar(variance, 1e-5)))
	return graph.Add(graph.Mul(x, row("scale", 1)), row("shift", 0))
}

// maxPool takes the largest of two by two, [B, H, W, C] → [B, H/2, W/2, C]. GoMLX's
// own has a gradient that the Go backend lacks (SelectAndScatterMax).
func maxPool(x *graph.Node) *graph.Node {
	d := x.Shape().Dimensions
	return graph.ReduceMax(graph.Reshape(x, d[0], d[1]/2, 2, d[2]/2, 2, d[3]), 2, 4)
}

func constant(n int, x float32) []float32 { return slices.Repeat([]float32{x}, n) }

// charlm is 4 pre-norm blocks of 4 heads over 65 symbols in 128 dimensions.
func charlm(s *model.Scope, x *graph.Node) *graph.Node {
	const d, heads = 128, 4
	layerNorm := func(s *model.Scope, x *graph.Node) *graph.Node {
		return norm.LayerNorm(s, x, -1).Epsilon(1e-5).Done()
	}
	place := s.In("place").VariableWithShape("embeddings", shapes.Make(dtypes.Float32, x.Shape().Dim(1), d)).NodeValue(x.Graph())
	// [B, T, 1] → [B, T, D]
	x = layers.Embedding(s.In("symbol"), graph.InsertAxes(x, -1), dtypes.Float32, 65, d)
	x = graph.Add(x, graph.InsertAxes(place, 0))
	for i := range 4 {
		block := s.In("block_%d", i)
		h := layerNorm(block.In("before"), x)
		h = attention.SelfAttention(block, h, heads, d/heads).WithCausalMask(true).UseQKVProjection().UseProjectionBias(true).Done()
		x = graph.Add(x, h)
		h = layerNorm(block.In("between"), x)
		h = activation.Gelu(layers.Dense(block.In("up"), h, true, 4*d))
		x = graph.Add(x, layers.Dense(block.In("down"), h, true, d))
	}
	return layers.Dense(s.In("head"), layerNorm(s.In("norm"), x), true, 65)
}
