package nn

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/weights"
)

// ConvTranspose1d is [ConvTranspose2d] on sequences, x [B, T, In] → y [B, To, Out]:
//
//	y[b, t·Stride + i·Dilation − Lo, o] += x[b, t, c]·k[i, c, o]
//
// with To = (T − 1)·Stride + (K − 1)·Dilation + 1 − Lo − Hi + Extra.
//
// Weights: weight [K, In/Groups, Out] and bias [Out]. PyTorch keeps kernels as [In, Out/Groups, K].
type ConvTranspose1d struct {
	In       int // the channels that x must have; 0 takes whatever x has
	Out      int
	Kernel   int
	Stride   int
	Dilation int
	Padding  Padding1d
	Extra    int
	Groups   int
	Bias     bool
	Init     weights.Initializer // of the kernel; nil is He's normal
	BiasInit weights.Initializer // nil is zeros
}

// NewConvTranspose1d has out outputs, a kernel of some length, a stride, a dilation of 1,
// no padding, one group, a bias that starts at 0, and He's normal weights.
func NewConvTranspose1d(out, kernel, stride int) *ConvTranspose1d {
	return &ConvTranspose1d{Out: out, Kernel: kernel, Stride: stride, Dilation: 1, Groups: 1, Bias: true, Init: initial.NewHeNormal()}
}

// Apply implements Layer.
func (l *ConvTranspose1d) Apply(c *Context, x graph.Value) graph.Value {
	if l.Out < 1 || l.Groups < 1 || l.Kernel < 1 || l.Stride < 1 || l.Dilation < 1 {
		return c.Fail("it has %d outputs, %d groups, a kernel of %d, a stride of %d and a dilation of %d; make it by nn.NewConvTranspose1d(32, 4, 2), with 1 at least of each",
			l.Out, l.Groups, l.Kernel, l.Stride, l.Dilation)
	}
	if c.sequence(x) == 0 || !c.channels(x, l.In, l.Out, l.Groups) {
		return graph.Value{}
	}
	wide := &ConvTranspose2d{Out: l.Out, Kernel: [2]int{1, l.Kernel}, Stride: [2]int{1, l.Stride}, Dilation: [2]int{1, l.Dilation},
		Padding: l.Padding.wide(), Extra: [2]int{0, l.Extra}, Groups: l.Groups, Bias: l.Bias, Init: l.Init, BiasInit: l.BiasInit}
	return line(wide.convolve(c, row(x), l.Kernel))
}
