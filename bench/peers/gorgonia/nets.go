package main

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// network gives the outputs [B, 10] of pictures [B, 784].
type network func(b *builder, x *G.Node, widths []int) *G.Node

// builder makes a graph and remembers its weights.
type builder struct {
	g       *G.ExprGraph
	weights G.Nodes
	count   int
}

func (b *builder) weight(init G.InitWFn, shape ...int) *G.Node {
	w := G.NewTensor(b.g, tensor.Float32, len(shape), G.WithShape(shape...), G.WithName(fmt.Sprintf("w%d", len(b.weights))), G.WithInit(init))
	b.weights = append(b.weights, w)
	b.count += w.Shape().TotalSize()
	return w
}

func (b *builder) linear(x *G.Node, out int) *G.Node {
	y := G.Must(G.Mul(x, b.weight(G.GlorotU(1), x.Shape()[1], out)))
	return G.Must(G.BroadcastAdd(y, b.weight(G.Zeroes(), 1, out), nil, []byte{0}))
}

func mlp(b *builder, x *G.Node, widths []int) *G.Node {
	for i, w := range widths[1:] {
		x = b.linear(x, w)
		if i < len(widths)-2 {
			x = G.Must(G.Rectify(x))
		}
	}
	return x
}

func cnn(b *builder, x *G.Node, _ []int) *G.Node {
	x = G.Must(G.Reshape(x, tensor.Shape{x.Shape()[0], 1, 28, 28}))
	for _, c := range []int{32, 64} {
		x = G.Must(G.Conv2d(x, b.weight(G.GlorotU(1), c, x.Shape()[1], 3, 3), tensor.Shape{3, 3}, []int{1, 1}, []int{1, 1}, []int{1, 1}))
		scale, shift := b.weight(G.Ones(), 1, c, 1, 1), b.weight(G.Zeroes(), 1, c, 1, 1)
		normal, _, _, _, err := G.BatchNorm(x, scale, shift, 0.9, 1e-5)
		x = G.Must(G.Rectify(G.Must(normal, err)))
		x = G.Must(G.MaxPool2D(x, tensor.Shape{2, 2}, []int{0, 0}, []int{2, 2}))
	}
	x = G.Must(G.Reshape(x, tensor.Shape{x.Shape()[0], 3136}))
	return b.linear(G.Must(G.Rectify(b.linear(x, 128))), 10)
}

// entropy is the mean cross entropy with one-hot targets.
func (b *builder) entropy(out, y *G.Node) *G.Node {
	p := G.Must(G.LogSoftMax(out, 1))
	perRow := G.Must(G.Sum(G.Must(G.HadamardProd(p, y)), 1))
	return G.Must(G.Neg(G.Must(G.Mean(perRow))))
}
