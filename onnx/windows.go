package onnx

import (
	"github.com/godescent/descent/graph"
)

// Images are [batch, height, width, channels] here and [batch, channels, height, width]
// in ONNX; kernels are [height, width, channels, outputs] and [outputs, channels, height, width].
var (
	toONNX     = []int{0, 3, 1, 2}
	fromONNX   = []int{0, 2, 3, 1}
	kernelONNX = []int{3, 2, 0, 1}
)

// conv is a convolution, or with zeros between the numbers of x a transposed one.
func (n *node) conv(p graph.Conv) (*result, error) {
	x, k := n.transpose(n.whole(0), toONNX), n.whole(1)
	if p.Spread != [2]int{1, 1} {
		if p.Stride != [2]int{1, 1} {
			return unsupported("it has a stride of %v and a spread of %v; ONNX has one or the other", p.Stride, p.Spread)
		}
		return n.made(n.transpose(n.transposedConv(p, x, k), fromONNX)), nil
	}
	lo, hi := p.Lo, p.Hi
	for a := range 2 { // negative padding cuts off
		length := n.v.Arg(0).Dim(1 + a)
		if from, to := max(0, -lo[a]), length-max(0, -hi[a]); from > 0 || to < length {
			x = n.cut(x, 2+a, from, to, 1)
		}
		lo[a], hi[a] = max(0, lo[a]), max(0, hi[a])
	}
	y := n.op("Conv", []string{x, n.transpose(k, kernelONNX)},
		attribute{name: "kernel_shape", ints: n.v.Arg(1).Shape()[:2]},
		attribute{name: "strides", ints: p.Stride[:]},
		attribute{name: "dilations", ints: p.Dilation[:]},
		attribute{name: "pads", ints: []int{lo[0], lo[1], hi[0], hi[1]}},
		attribute{name: "group", i: p.Groups})
	return n.made(n.transpose(y, fromONNX)), nil
}

// transposedConv: where place o of ours reads x̂ at o + i·dilation − lo = h·spread, the
// operator adds x[h] by the tap i' = K − 1 − i of the mirrored kernel to place
// h·stride + i'·dilation − pad. So its stride is our spread and its pad is
// (K − 1)·dilation − lo; what would be negative is a border of zeros.
func (n *node) transposedConv(p graph.Conv, x, k string) string {
	ks := n.v.Arg(1).Shape() // [KH, KW, C/G, Out]
	var pads, border [4]int
	for a := range 2 {
		reach := (ks[a] - 1) * p.Dilation[a]
		for end, pad := range [2]int{reach - p.Lo[a], reach - p.Hi[a]} {
			pads[2*end+a], border[2*end+a] = max(0, pad), max(0, -pad)
		}
	}
	crop := pads
	if border != [4]int{} { // first the border, lest nothing is left to put it around
		pads = [4]int{}
	}
	// [KH, KW, C/G, G·O] → [G·C/G, O, KH, KW]
	g := p.Groups
	w := n.op("Reshape", []string{n.mirrored(k), n.ints(ks[0], ks[1], ks[2], g, ks[3]/g)})
	w = n.op("Reshape", []string{n.transpose(w, []int{3, 2, 4, 0, 1}), n.ints(g*ks[2], ks[3]/g, ks[0], ks[1])})
	y := n.op("ConvTranspose", []string{x, w},
		attribute{name: "kernel_shape", ints: ks[:2]},
		attribute{name: "strides", ints: p.Spread[:]},
		attribute{name: "dilations", ints: p.Dilation[:]},
		attribute{name: "pads", ints: pads[:]},
		attribute{name: "group", i: g})
	if border != [4]int{} {
		y = n.pad(y, []int{0, 0, border[0], border[1]}, []int{0, 0, border[2], border[3]})
		for a := range 2 {
			if lo := crop[a]; lo > 0 || crop[2+a] > 0 {
				y = n.cut(y, 2+a, lo, lo+n.v.Dim(1+a), 1)
			}
		}
	}
	return y
}

func windowAttributes(w graph.Window) []attribute {
	return []attribute{
		{name: "kernel_shape", ints: w.Size[:]},
		{name: "strides", ints: w.Stride[:]},
		{name: "pads", ints: []int{w.Lo[0], w.Lo[1], w.Hi[0], w.Hi[1]}},
	}
}

// maxPool is the number that the index of the largest one names.
func (n *node) maxPool(p graph.PoolTake) (*result, error) {
	index := n.v.Arg(1)
	q, ok := index.Op().(graph.PoolIndex)
	if !ok || q.Window != p.Window || index.Arg(0) != n.v.Arg(0) {
		return unsupported("it takes by another index than that of its own largest numbers, which has no form in ONNX")
	}
	y := n.op("MaxPool", []string{n.transpose(n.whole(0), toONNX)}, windowAttributes(p.Window)...)
	return n.made(n.transpose(y, fromONNX)), nil
}

// sumPool is the mean with padding counted as zeros, times the size of the window.
func (n *node) sumPool(w graph.Window) string {
	mean := n.op("AveragePool", []string{n.transpose(n.whole(0), toONNX)},
		append(windowAttributes(w), attribute{name: "count_include_pad", i: 1})...)
	sum := n.op("Mul", []string{mean, n.scalar(n.v.DType(), float64(w.Size[0]*w.Size[1]))})
	return n.transpose(sum, fromONNX)
}
