package nn

import (
	"github.com/godescent/descent/graph"
)

// Padding says what a window that slides along H and W finds beyond the edge
// of x. The zero Padding is none: the window stays within x ("valid").
//
// With Same there are as many positions on both sides that it fits
// ⌈length/stride⌉ times, so that a stride of 1 keeps the length; an odd one
// is behind, as in TensorFlow. PyTorch wants it even, and gives it by a number.
type Padding struct {
	Same   bool
	Lo, Hi [2]int // without Same: before and behind, along H and W
}

// Pad is p positions on every side.
func Pad(p int) Padding { return Padding{Lo: [2]int{p, p}, Hi: [2]int{p, p}} }

// Padding1d is the Padding of a sequence, along its one axis.
type Padding1d struct {
	Same   bool
	Lo, Hi int // without Same: before and behind
}

// wide is the padding of the sequence as an image of one row.
func (p Padding1d) wide() Padding {
	return Padding{Same: p.Same, Lo: [2]int{0, p.Lo}, Hi: [2]int{0, p.Hi}}
}

// around is the padding for x of a height and width, and a window of span
// positions that moves by stride.
func (p Padding) around(x, span, stride [2]int) (lo, hi [2]int) {
	if !p.Same {
		return p.Lo, p.Hi
	}
	for a := range 2 {
		places := (x[a] + stride[a] - 1) / max(1, stride[a])
		all := max(0, (places-1)*stride[a]+span[a]-x[a])
		lo[a], hi[a] = all/2, all-all/2
	}
	return lo, hi
}

// image checks that x is floats of the weights' type [B, H, W, C], and gives
// its height and width; false says that it failed.
func (c *Context) image(x graph.Value) (hw [2]int, ok bool) {
	switch {
	case !x.Valid():
		return hw, false
	case x.DType() != c.dtype:
		c.Fail("x is %v and the weights are %v; cast one of them", x.Type(), c.dtype)
		return hw, false
	case x.Rank() != 4 || x.Size() == 0:
		c.Fail("x is %v; it wants [batch, height, width, channels], such as nn.NewReshape(28, 28, 1) makes of rows of 784", x.Shape())
		return hw, false
	}
	return [2]int{x.Dim(1), x.Dim(2)}, true
}

// window is a layer's window over x.
func (c *Context) window(x graph.Value, size, stride [2]int, p Padding) (w graph.Window, ok bool) {
	if size[0] < 1 || size[1] < 1 || stride[0] < 1 || stride[1] < 1 {
		c.Fail("its window is %v and its stride %v; make it by nn.NewMaxPool2d(2) or nn.NewAvgPool2d(2), with 1 at least of each", size, stride)
		return w, false
	}
	hw, ok := c.image(x)
	if !ok {
		return w, false
	}
	w.Size, w.Stride = size, stride
	w.Lo, w.Hi = p.around(hw, size, stride)
	return w, true
}

// stretch is a layer's window over a sequence x, as an image of one row.
func (c *Context) stretch(x graph.Value, size, stride int, p Padding1d) (w graph.Window, ok bool) {
	if size < 1 || stride < 1 {
		c.Fail("its window is %d and its stride %d; make it by nn.NewMaxPool1d(2) or nn.NewAvgPool1d(2), with 1 at least of each", size, stride)
		return w, false
	}
	if c.sequence(x) == 0 {
		return w, false
	}
	return c.window(row(x), [2]int{1, size}, [2]int{1, stride}, p.wide())
}
