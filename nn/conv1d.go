package nn

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/weights"
)

// Conv1d slides a kernel over sequences, x [B, T, In] → y [B, To, Out]:
//
//	y[b, t, o] = b[o] + Σ_{i,c} x[b, t·Stride + i·Dilation − Lo, c]·k[i, c, o]
//
// with zeros beyond the ends of x, and To = ⌊(T + Lo + Hi − (K − 1)·Dilation − 1)/Stride⌋ + 1. A
// padding of Lo = (K − 1)·Dilation and Hi = 0 makes it causal. Groups and first weights are
// those of [Conv2d].
//
// Weights: weight [K, In/Groups, Out] and bias [Out]. PyTorch keeps sequences as
// [B, C, T] and kernels as [Out, In/Groups, K].
//
// Waibel et al.: Phoneme Recognition Using Time-Delay Neural Networks, 1989.
type Conv1d struct {
	In       int // the channels that x must have; 0 takes whatever x has
	Out      int
	Kernel   int
	Stride   int
	Dilation int // distance of neighbouring taps
	Padding  Padding1d
	Groups   int
	Bias     bool
	Init     weights.Initializer // of the kernel; nil is He's normal
	BiasInit weights.Initializer // nil is zeros
}

// NewConv1d has out outputs, a kernel of some length, a stride and a dilation of 1, no
// padding, one group, a bias that starts at 0, and He's normal weights.
func NewConv1d(out, kernel int) *Conv1d {
	return &Conv1d{Out: out, Kernel: kernel, Stride: 1, Dilation: 1, Groups: 1, Bias: true, Init: initial.NewHeNormal()}
}

// Apply implements Layer.
func (l *Conv1d) Apply(c *Context, x graph.Value) graph.Value {
	if l.Out < 1 || l.Groups < 1 || l.Kernel < 1 || l.Stride < 1 || l.Dilation < 1 {
		return c.Fail("it has %d outputs, %d groups, a kernel of %d, a stride of %d and a dilation of %d; make it by nn.NewConv1d(32, 3), with 1 at least of each",
			l.Out, l.Groups, l.Kernel, l.Stride, l.Dilation)
	}
	if c.sequence(x) == 0 || !c.channels(x, l.In, l.Out, l.Groups) {
		return graph.Value{}
	}
	wide := &Conv2d{Out: l.Out, Kernel: [2]int{1, l.Kernel}, Stride: [2]int{1, l.Stride}, Dilation: [2]int{1, l.Dilation},
		Padding: l.Padding.wide(), Groups: l.Groups, Bias: l.Bias, Init: l.Init, BiasInit: l.BiasInit}
	return line(wide.convolve(c, row(x), l.Kernel))
}

// row is a sequence [B, T, C] as an image of one row, [B, 1, T, C].
func row(x graph.Value) graph.Value { return x.Reshape(x.Dim(0), 1, x.Dim(1), x.Dim(2)) }

// line is an image of one row as a sequence.
func line(y graph.Value) graph.Value {
	if !y.Valid() {
		return y
	}
	return y.Reshape(y.Dim(0), y.Dim(2), y.Dim(3))
}
