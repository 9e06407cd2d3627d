package nn

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/weights"
)

// ConvTranspose2d is a convolution the other way round: each place of images x [B, H, W, In] is
// added, by the kernel, to all the places of y [B, Ho, Wo, Out] that it reaches,
//
//	y[b, p·Stride + i·Dilation − Lo, q·Stride + j·Dilation − Lo, o] += x[b, p, q, c]·k[i, j, c, o]
//
// over all p, q, i, j and c, plus the bias b[o], with Ho = (H − 1)·Stride + (KH − 1)·Dilation + 1 − Lo − Hi + Extra.
// So it is the transpose of a [Conv2d] of the same settings from Out to In channels, and a stride of
// 2 doubles an image. Padding cuts off; Same leaves H·Stride. Of Groups, block g of
// the channels of x meets block g of the outputs alone.
//
// Its first weights are He's. As a stride leaves every output KH·KW/Stride² of the taps, the fan in
// is KH·KW·In/Groups/Stride² (PyTorch takes KH·KW·Out/Groups).
//
// Weights: weight [KH, KW, In/Groups, Out] and bias [Out]. PyTorch keeps kernels as [In,
// Out/Groups, KH, KW], and calls Extra output_padding.
//
// Zeiler, Krishnan, Taylor, Fergus: Deconvolutional Networks, 2010.
type ConvTranspose2d struct {
	In       int // the channels that x must have; 0 takes whatever x has
	Out      int
	Kernel   [2]int
	Stride   [2]int
	Dilation [2]int
	Padding  Padding // at most (K − 1)·Dilation on a side
	Extra    [2]int  // more places behind, which a stride over 1 leaves the choice of
	Groups   int
	Bias     bool
	Init     weights.Initializer // of the kernel; nil is He's normal
	BiasInit weights.Initializer // nil is zeros
}

// NewConvTranspose2d has out outputs, a square kernel, a stride, a dilation of 1, no
// padding, one group, a bias that starts at 0, and He's normal weights.
func NewConvTranspose2d(out, kernel, stride int) *ConvTranspose2d {
	return &ConvTranspose2d{Out: out, Kernel: [2]int{kernel, kernel}, Stride: [2]int{stride, stride}, Dilation: [2]int{1, 1}, Groups: 1, Bias: true, Init: initial.NewHeNormal()}
}

// Apply implements Layer.
func (l *ConvTranspose2d) Apply(c *Context, x graph.Value) graph.Value {
	if l.Out < 1 || l.Groups < 1 || l.Kernel[0] < 1 || l.Kernel[1] < 1 || l.Stride[0] < 1 || l.Stride[1] < 1 || l.Dilation[0] < 1 || l.Dilation[1] < 1 {
		return c.Fail("it has %d outputs, %d groups, a kernel of %v, strides %v and dilation %v; make it by nn.NewConvTranspose2d(32, 4, 2), with 1 at least of each",
			l.Out, l.Groups, l.Kernel, l.Stride, l.Dilation)
	}
	if _, ok := c.image(x); !ok || !c.channels(x, l.In, l.Out, l.Groups) {
		return graph.Value{}
	}
	return l.convolve(c, x, l.Kernel[0], l.Kernel[1])
}

// convolve is the transposed convolution of images, by a kernel that is asked for with the axes taps.
func (l *ConvTranspose2d) convolve(c *Context, x graph.Value, taps ...int) graph.Value {
	p := graph.NewConv()
	p.Spread, p.Dilation, p.Groups = l.Stride, l.Dilation, l.Groups
	span := reach(l.Kernel, l.Dilation)
	for a := range 2 {
		lo, hi := l.Padding.Lo[a], l.Padding.Hi[a]
		if l.Padding.Same {
			lo = (span[a] - l.Stride[a]) / 2
			hi = span[a] - l.Stride[a] - lo
		} else if lo < 0 || hi < 0 || lo >= span[a] || hi >= span[a] {
			return c.Fail("its kernel spans %v positions and its padding is %v and %v; each wants to be from 0 to below the span", span, l.Padding.Lo, l.Padding.Hi)
		}
		if l.Extra[a] < 0 || l.Extra[a] >= max(l.Stride[a], l.Dilation[a]) {
			return c.Fail("its extra places are %v; they want to be from 0 to below the stride %v or the dilation %v", l.Extra, l.Stride, l.Dilation)
		}
		// y's place h reads x̂ at h + i'·Dilation − lo' with the mirrored tap i' = K − 1 − i.
		p.Lo[a], p.Hi[a] = span[a]-1-lo, span[a]-1-hi+l.Extra[a]
	}
	in, out, all := x.Dim(3)/l.Groups, l.Out/l.Groups, l.Kernel[0]*l.Kernel[1]
	fanIn := max(1, all*in/(l.Stride[0]*l.Stride[1]))
	k := c.kernel(l.Init, fanIn, all*out, append(taps, in, l.Out)...)
	// Exchanged once here, FlipKernel exchanges channels and outputs back, and mirrors.
	k = k.Reshape(l.Kernel[0], l.Kernel[1], in, l.Groups, out).Transpose(0, 1, 4, 3, 2).Reshape(l.Kernel[0], l.Kernel[1], out, l.Groups*in)
	y := x.Conv(k.FlipKernel(l.Groups), p)
	if l.Bias {
		y = y.Add(c.Weight("bias", weights.Bias, l.BiasInit, fanIn, all*out, l.Out))
	}
	return y
}
