package autodiff_test

import (
	"testing"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/tensor"
)

// network is an error function of a multi-layer perceptron, ready to be built.
func network(tb testing.TB, batch int, widths ...int) *objective.Network {
	tb.Helper()
	model, err := nn.MLP(widths, "relu", "none", 0)
	if err != nil {
		tb.Fatal(err)
	}
	x := graph.Type{DType: tensor.Float32, Shape: tensor.Of(batch, widths[0])}
	net, err := objective.NewNetwork(model, x, loss.NewCrossEntropy(), tensor.Float32)
	if err != nil {
		tb.Fatal(err)
	}
	return net
}

// gradientGraph builds a network's error and its gradient.
func gradientGraph(tb testing.TB, net *objective.Network, batch, in int) *graph.Graph {
	g := graph.New()
	w := g.Input("w", tensor.Float32, net.Plan.Weights.Size())
	built := net.Build(objective.Batch{X: g.Input("x", tensor.Float32, batch, in), Y: g.Input("y", tensor.Int32, batch), Train: true}, w)
	if _, err := autodiff.Gradient(built.Loss, w); err != nil {
		tb.Fatal(err)
	}
	return g
}

func BenchmarkBuildMNIST(b *testing.B) {
	net := network(b, 128, 784, 256, 128, 10)
	for b.Loop() {
		gradientGraph(b, net, 128, 784)
	}
}

func BenchmarkBuild50Layers(b *testing.B) {
	widths := []int{64}
	for range 50 {
		widths = append(widths, 64)
	}
	net := network(b, 32, widths...)
	for b.Loop() {
		gradientGraph(b, net, 32, 64)
	}
}
