package nn

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/weights"
)

// Conv2d slides a kernel over images, x [B, H, W, In] → y [B, Ho, Wo, Out]:
//
//	y[b, p, q, o] = b[o] + Σ_{i,j,c} x[b, p·Stride + i·Dilation − Lo, q·Stride + j·Dilation − Lo, c]·k[i, j, c, o]
//
// with zeros beyond the edge of x, and Ho = ⌊(H + Lo + Hi − (KH − 1)·Dilation − 1)/Stride⌋ + 1.
// Of Groups, block g of the channels of x meets block g of the outputs alone.
// Pairs of numbers are those of H and of W.
//
// Its first weights are He's with a fan in of KH·KW·In/Groups, which suit a ReLU behind it.
//
// Weights: weight [KH, KW, In/Groups, Out] and bias [Out]. PyTorch keeps images as
// [B, C, H, W] and kernels as [Out, In/Groups, KH, KW].
//
// LeCun et al.: Backpropagation Applied to Handwritten Zip Code Recognition, 1989.
type Conv2d struct {
	In       int // the channels that x must have; 0 takes whatever x has
	Out      int
	Kernel   [2]int
	Stride   [2]int
	Dilation [2]int // distance of neighbouring taps
	Padding  Padding
	Groups   int
	Bias     bool
	Init     weights.Initializer // of the kernel; nil is He's normal
	BiasInit weights.Initializer // nil is zeros
}

// NewConv2d has out outputs, a square kernel, strides and dilation of 1, no
// padding, one group, a bias that starts at 0, and He's normal weights.
func NewConv2d(out, kernel int) *Conv2d {
	one := [2]int{1, 1}
	return &Conv2d{Out: out, Kernel: [2]int{kernel, kernel}, Stride: one, Dilation: one, Groups: 1, Bias: true, Init: initial.NewHeNormal()}
}

// Apply implements Layer.
func (l *Conv2d) Apply(c *Context, x graph.Value) graph.Value {
	if l.Out < 1 || l.Groups < 1 || l.Kernel[0] < 1 || l.Kernel[1] < 1 || l.Stride[0] < 1 || l.Stride[1] < 1 || l.Dilation[0] < 1 || l.Dilation[1] < 1 {
		return c.Fail("it has %d outputs, %d groups, a kernel of %v, strides %v and dilation %v; make it by nn.NewConv2d(32, 3), with 1 at least of each",
			l.Out, l.Groups, l.Kernel, l.Stride, l.Dilation)
	}
	if _, ok := c.image(x); !ok || !c.channels(x, l.In, l.Out, l.Groups) {
		return graph.Value{}
	}
	return l.convolve(c, x, l.Kernel[0], l.Kernel[1])
}

// convolve is the convolution of images, by a kernel that is asked for with the axes taps.
func (l *Conv2d) convolve(c *Context, x graph.Value, taps ...int) graph.Value {
	p := graph.NewConv()
	p.Stride, p.Dilation, p.Groups = l.Stride, l.Dilation, l.Groups
	p.Lo, p.Hi = l.Padding.around([2]int{x.Dim(1), x.Dim(2)}, reach(l.Kernel, l.Dilation), l.Stride)
	in, all := x.Dim(3)/l.Groups, l.Kernel[0]*l.Kernel[1]
	k := c.kernel(l.Init, all*in, all*l.Out/l.Groups, append(taps, in, l.Out)...)
	y := x.Conv(k.Reshape(l.Kernel[0], l.Kernel[1], in, l.Out), p)
	if l.Bias {
		y = y.Add(c.Weight("bias", weights.Bias, l.BiasInit, all*in, all*l.Out/l.Groups, l.Out))
	}
	return y
}

// reach is how many positions a kernel spans.
func reach(kernel, dilation [2]int) [2]int {
	return [2]int{(kernel[0]-1)*dilation[0] + 1, (kernel[1]-1)*dilation[1] + 1}
}

// kernel is the weight of a convolution; a nil init is He's normal.
func (c *Context) kernel(init weights.Initializer, fanIn, fanOut int, dims ...int) graph.Value {
	if init == nil {
		init = initial.NewHeNormal()
	}
	return c.Weight("weight", weights.Weight, init, fanIn, fanOut, dims...)
}

// channels reports whether x has the channels that a convolution wants, and groups share
// them and its outputs evenly.
func (c *Context) channels(x graph.Value, want, out, groups int) bool {
	switch in := x.Dim(-1); {
	case want != 0 && want != in:
		c.Fail("x is %v with %d channels and it wants %d; give it an In of that, or 0", x.Shape(), in, want)
	case in%groups != 0 || out%groups != 0:
		c.Fail("x is %v and there are %d outputs, in %d groups; both the channels and the outputs want to be a multiple of the groups", x.Shape(), out, groups)
	default:
		return true
	}
	return false
}
