package graph

import (
	"fmt"
	"math"

	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// Conv slides a kernel over the two middle axes of x [B, H, W, C]:
//
//	y[b, p, q, o] = Σ_{i,j,c} x̂[b, p·Stride + i·Dilation, q·Stride + j·Dilation, c]·k[i, j, c, o]
//
// with a kernel k [KH, KW, C/Groups, Out] and y [B, Ho, Wo, Out]. x̂ is x with
// Spread − 1 zeros put between neighbours and then Lo zeros before and Hi behind
// (a negative number cuts off as many). Of Groups, channel block g of x meets
// block g of the outputs alone. As in every network library the kernel is not
// mirrored, so this is a cross-correlation.
//
// Pairs of numbers are those of H and of W. Each element is one chain
// acc = fma(x̂, k, acc) over (i, j, c) ascending, zeros of x̂ included.
//
// With Spread the convolutions are closed under transposition: the derivative
// by x is one of the mirrored kernel with Stride and Spread exchanged, see
// [FlipKernel], and that by k a [ConvKernel].
type Conv struct {
	Stride, Dilation, Spread [2]int // each at least 1
	Lo, Hi                   [2]int
	Groups                   int // at least 1
}

// NewConv has strides, dilation and spread of 1, no padding and one group.
func NewConv() Conv {
	one := [2]int{1, 1}
	return Conv{Stride: one, Dilation: one, Spread: one, Groups: 1}
}

// Name implements Primitive.
func (Conv) Name() string { return "conv" }

// axisNames are the two that a window slides along, for errors.
var axisNames = [2]string{"H", "W"}

// far bounds what moves a window, so that no position overflows.
const far = 1 << 20

// check refuses attributes that no convolution has.
func (p Conv) check() error {
	for a, name := range axisNames {
		if p.Stride[a] < 1 || p.Dilation[a] < 1 || p.Spread[a] < 1 {
			return fmt.Errorf("along %s the stride is %d, the dilation %d and the spread %d; each wants 1 at least (graph.NewConv)",
				name, p.Stride[a], p.Dilation[a], p.Spread[a])
		}
		if big := max(p.Stride[a], p.Dilation[a], p.Spread[a], p.Lo[a], p.Hi[a], -p.Lo[a], -p.Hi[a]); big > far || big < 0 {
			return fmt.Errorf("along %s the stride is %d, the dilation %d, the spread %d and the padding %d and %d; want at most %d",
				name, p.Stride[a], p.Dilation[a], p.Spread[a], p.Lo[a], p.Hi[a], far)
		}
	}
	if p.Groups < 1 {
		return fmt.Errorf("there are %d groups; want one at least", p.Groups)
	}
	return nil
}

// places is how many times a kernel of k fits along axis a of n positions.
func (p Conv) places(a, n, k int) int {
	if n < 1 || k < 1 {
		return 0
	}
	room := (n-1)*p.Spread[a] + 1 + p.Lo[a] + p.Hi[a]
	span := (k-1)*p.Dilation[a] + 1
	if room < span {
		return 0
	}
	return (room-span)/p.Stride[a] + 1
}

// Source is the position, of n along axis a, that tap k reads at place o, or
// −1 if that is a zero of padding or spreading.
func (p Conv) Source(a, o, k, n int) int {
	i := o*p.Stride[a] + k*p.Dilation[a] - p.Lo[a]
	if i < 0 || i%p.Spread[a] != 0 || i/p.Spread[a] >= n {
		return -1
	}
	return i / p.Spread[a]
}

// Infer implements Primitive.
func (p Conv) Infer(in []Type) (Type, error) {
	if err := operands(in, 2); err != nil {
		return Type{}, err
	}
	x, k := in[0], in[1]
	if err := p.check(); err != nil {
		return Type{}, err
	}
	if !x.DType.IsFloat() || x.DType != k.DType {
		return Type{}, fmt.Errorf("x is %v and the kernel %v; cast them to one float type", x, k)
	}
	if len(x.Shape) != 4 || len(k.Shape) != 4 {
		return Type{}, fmt.Errorf("x is %v and the kernel %v; want x [batch, height, width, channels] and a kernel [height, width, channels, outputs]", x.Shape, k.Shape)
	}
	if x.Shape[3] != k.Shape[2]*p.Groups || k.Shape[3]%p.Groups != 0 {
		return Type{}, fmt.Errorf("x is %v and the kernel %v with %d groups; the kernel wants x's channels over the groups on axis 2, and a multiple of the groups on axis 3",
			x.Shape, k.Shape, p.Groups)
	}
	y := tensor.Of(x.Shape[0], 0, 0, k.Shape[3])
	for a, name := range axisNames {
		y[1+a] = p.places(a, x.Shape[1+a], k.Shape[a])
		if y[1+a] == 0 {
			return Type{}, fmt.Errorf("x is %v with %d and %d zeros around %s, in which a kernel of %v, taps %d apart, does not fit",
				x.Shape, p.Lo[a], p.Hi[a], name, k.Shape, p.Dilation[a])
		}
	}
	return Type{x.DType, y}, nil
}

// Eval implements Primitive.
func (p Conv) Eval(in []*tensor.Array, out *tensor.Array) {
	if out.DType() == tensor.Float32 {
		evalConv(p, kernel.FMA32, in[0], in[1], out)
	} else {
		evalConv(p, math.FMA, in[0], in[1], out)
	}
}

// evalConv adds every product where it belongs, those of one element in order.
func evalConv[T tensor.Float](p Conv, fma func(a, b, c T) T, x, k, y *tensor.Array) {
	xs, ks, ys := tensor.Slice[T](x), tensor.Slice[T](k), tensor.Slice[T](y)
	t := newTaps(p, x.Shape(), k.Shape(), y.Shape())
	for at := range t.lines * t.wo {
		t.each(at, func(tap, from int) {
			for c := range t.c {
				var v T
				if from >= 0 {
					v = xs[from*t.c+c]
				}
				row := ks[(tap*t.cg+c%t.cg)*t.out:][:t.out]
				for o := c / t.cg * t.og; o < (c/t.cg+1)*t.og; o++ {
					ys[at*t.out+o] = fma(v, row[o], ys[at*t.out+o])
				}
			}
		})
	}
}

// taps walks the positions that a kernel reads.
type taps struct {
	Conv
	h, w, c, cg int // x's, and its channels a group
	kh, kw      int
	ho, wo      int
	out, og     int // outputs, and those of a group
	lines       int // B·Ho
}

func newTaps(p Conv, x, k, y tensor.Shape) *taps {
	return &taps{Conv: p, h: x[1], w: x[2], c: x[3], cg: x[3] / p.Groups, kh: k[0], kw: k[1],
		ho: y[1], wo: y[2], out: y[3], og: y[3] / p.Groups, lines: y[0] * y[1]}
}

// each gives yield every tap, in order, of place at = (b·Ho + p)·Wo + q, with
// the position (b·H + h)·W + w that it reads, or −1 for a zero.
func (t *taps) each(at int, yield func(tap, from int)) {
	line, q := at/t.wo, at%t.wo
	for i := range t.kh {
		h := t.Source(0, line%t.ho, i, t.h)
		for j := range t.kw {
			w := t.Source(1, q, j, t.w)
			if h < 0 || w < 0 {
				yield(i*t.kw+j, -1)
				continue
			}
			yield(i*t.kw+j, (line/t.ho*t.h+h)*t.w+w)
		}
	}
}

// JVP implements Differentiable.
func (p Conv) JVP(v Value, t []Value) Value {
	var a, b Value
	if t[0].Valid() {
		a = t[0].Conv(v.Arg(1), p)
	}
	if t[1].Valid() {
		b = v.Arg(0).Conv(t[1], p)
	}
	return sum(a, b)
}

// Transpose implements Linear.
func (p Conv) Transpose(v, ct Value, i int) Value {
	x, k := v.Arg(0), v.Arg(1)
	if i == 1 {
		return v.g.Apply(ConvKernel{p, [2]int{k.Dim(0), k.Dim(1)}}, x, ct)
	}
	return ct.Conv(k.FlipKernel(p.Groups), p.mirror(x.Shape(), k.Shape(), ct.Shape()))
}

// mirror is the convolution of y's cotangent with the mirrored kernel that
// gives x's: where y's place o reads x at o·stride + i·dilation − lo = h·spread,
// x's place h reads o at h·spread + i'·dilation − lo' = o·stride, with
// i' = K − 1 − i and lo' = (K − 1)·dilation − lo.
func (p Conv) mirror(x, k, y tensor.Shape) Conv {
	m := p
	m.Stride, m.Spread = p.Spread, p.Stride
	for a := range 2 {
		reach := (k[a] - 1) * p.Dilation[a]
		m.Lo[a] = reach - p.Lo[a]
		// So much room that the last place is x's last.
		m.Hi[a] = (x[1+a]-1)*p.Spread[a] + 1 + reach - ((y[1+a]-1)*p.Stride[a] + 1) - m.Lo[a]
	}
	return m
}

// Conv is the convolution of v [B, H, W, C] with a kernel [KH, KW, C/Groups,
// Out], see the type Conv. A kernel of one tap at every position is a matrix product.
func (v Value) Conv(k Value, p Conv) Value {
	g, ok := together("conv", v, k)
	if !ok {
		return Value{}
	}
	if p == NewConv() && v.Rank() == 4 && k.Rank() == 4 && k.Dim(0) == 1 && k.Dim(1) == 1 && v.Dim(3) == k.Dim(2) && v.DType() == k.DType() {
		y := v.Reshape(v.Dim(0)*v.Dim(1)*v.Dim(2), v.Dim(3)).MatMul(k.Reshape(k.Dim(2), k.Dim(3)))
		return y.Reshape(v.Dim(0), v.Dim(1), v.Dim(2), k.Dim(3))
	}
	return g.Apply(p, v, k)
}
