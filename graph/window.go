package graph

import (
	"fmt"

	"github.com/godescent/descent/tensor"
)

// Window is a window that slides over the two middle axes of x [B, H, W, C],
// with Lo positions of padding before and Hi behind them. Pairs of numbers are
// those of H and of W. Each window overlaps x, since padding is shorter than it.
type Window struct {
	Size, Stride [2]int
	Lo, Hi       [2]int
}

// NewWindow is a square window, with a stride of its own size and no padding.
func NewWindow(size int) Window {
	return Window{Size: [2]int{size, size}, Stride: [2]int{size, size}}
}

// over is the type of one number a window of x.
func (w Window) over(x Type) (Type, error) {
	if !x.DType.IsFloat() || len(x.Shape) != 4 {
		return Type{}, fmt.Errorf("x is %v, want floats [batch, height, width, channels]", x)
	}
	y := x.Shape.Clone()
	for a, name := range axisNames {
		size, n := w.Size[a], x.Shape[1+a]
		switch {
		case size < 1 || w.Stride[a] < 1:
			return Type{}, fmt.Errorf("along %s the window is %d and its stride %d; each wants 1 at least", name, size, w.Stride[a])
		case size > far || w.Stride[a] > far:
			return Type{}, fmt.Errorf("along %s the window is %d and its stride %d; want at most %d", name, size, w.Stride[a], far)
		case w.Lo[a] < 0 || w.Hi[a] < 0 || w.Lo[a] >= size || w.Hi[a] >= size:
			return Type{}, fmt.Errorf("along %s the window is %d and the padding %d and %d; it wants to be shorter than the window", name, size, w.Lo[a], w.Hi[a])
		case n < 1 || n+w.Lo[a]+w.Hi[a] < size:
			return Type{}, fmt.Errorf("x is %v with %d and %d of padding along %s, in which a window of %d does not fit", x.Shape, w.Lo[a], w.Hi[a], name, size)
		}
		y[1+a] = (n+w.Lo[a]+w.Hi[a]-size)/w.Stride[a] + 1
	}
	return Type{x.DType, y}, nil
}

// At is the position, of n along axis a, that tap k of window o covers, or −1
// if that is padding.
func (w Window) At(a, o, k, n int) int {
	if i := o*w.Stride[a] + k - w.Lo[a]; i >= 0 && i < n {
		return i
	}
	return -1
}

// each gives yield every tap of every window of x, in order: the window's
// place y and the place x within the channels' axis, of channel 0.
func (w Window) each(x, y tensor.Shape, yield func(y, tap, x int)) {
	for at := range y[0] * y[1] * y[2] {
		b, p, q := at/y[2]/y[1], at/y[2]%y[1], at%y[2]
		for i := range w.Size[0] {
			for j := range w.Size[1] {
				h, v := w.At(0, p, i, x[1]), w.At(1, q, j, x[2])
				if h >= 0 && v >= 0 {
					yield(at*y[3], i*w.Size[1]+j, ((b*x[1]+h)*x[2]+v)*x[3])
				}
			}
		}
	}
}

// back is the type [B, H, W, C] that operands of one number a window come from.
func (w Window) back(to [2]int, in []Type) (Type, error) {
	if len(in[0].Shape) != 4 {
		return Type{}, fmt.Errorf("x is %v, want [batch, height, width, channels]", in[0])
	}
	x := Type{in[0].DType, tensor.Of(in[0].Shape[0], to[0], to[1], in[0].Shape[3])}
	y, err := w.over(x)
	if err != nil {
		return Type{}, err
	}
	for _, t := range in {
		if t.DType != y.DType || !t.Shape.Equal(y.Shape) {
			return Type{}, fmt.Errorf("an operand is %v; the windows of %v want %v", t, x, y)
		}
	}
	return x, nil
}

// add is x + y, rounded to d: exact in float64 before it is, for float32 operands,
// so there is one rounding in effect.
func add(d tensor.DType, x, y float64) float64 {
	if d == tensor.Float32 {
		return float64(float32(x) + float32(y))
	}
	return x + y
}
