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
	hw, ok := c.image(x)
	if !ok {
		return graph.Value{}
	}
	in := x.Dim(3)
	if l.In != 0 && l.In != in {
		return c.Fail("x is %v with %d channels and it wants %d; give it an In of that, or 0", x.Shape(), in, l.In)
	}
	if in%l.Groups != 0 || l.Out%l.Groups != 0 {
		return c.Fail("x is %v and there are %d outputs, in %d groups; both the channels and the outputs want to be a multiple of the groups", x.Shape(), l.Out, l.Groups)
	}
	p := graph.NewConv()
	p.Stride, p.Dilation, p.Groups = l.Stride, l.Dilation, l.Groups
	span := [2]int{(l.Kernel[0]-1)*l.Dilation[0] + 1, (l.Kernel[1]-1)*l.Dilation[1] + 1}
	p.Lo, p.Hi = l.Padding.around(hw, span, l.Stride)
	init := l.Init
	if init == nil {
		init = initial.NewHeNormal()
	}
	taps := l.Kernel[0] * l.Kernel[1]
	fanIn, fanOut := taps*in/l.Groups, taps*l.Out/l.Groups
	k := c.Weight("weight", weights.Weight, init, fanIn, fanOut, l.Kernel[0], l.Kernel[1], in/l.Groups, l.Out)
	y := x.Conv(k, p)
	if l.Bias {
		y = y.Add(c.Weight("bias", weights.Bias, l.BiasInit, fanIn, fanOut, l.Out))
	}
	return y
}
