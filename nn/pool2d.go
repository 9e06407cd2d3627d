package nn

import "github.com/godescent/descent/graph"

// MaxPool2d is the largest number of each window and channel of images,
// [B, H, W, C] → [B, Ho, Wo, C] with Ho = ⌊(H + Lo + Hi − Size)/Stride⌋ + 1; what
// is beyond the edge counts as −∞. The derivative goes to the first largest
// number of a window, in order of rows.
type MaxPool2d struct {
	Size, Stride [2]int // along H and W
	Padding      Padding
}

// NewMaxPool2d has square windows side by side, and no padding.
func NewMaxPool2d(size int) *MaxPool2d {
	return &MaxPool2d{Size: [2]int{size, size}, Stride: [2]int{size, size}}
}

// Apply implements Layer.
func (l *MaxPool2d) Apply(c *Context, x graph.Value) graph.Value {
	w, ok := c.window(x, l.Size, l.Stride, l.Padding)
	if !ok {
		return graph.Value{}
	}
	return x.MaxPool(w)
}

// AvgPool2d is the mean of each window and channel of images, [B, H, W, C] →
// [B, Ho, Wo, C] as for [MaxPool2d].
type AvgPool2d struct {
	Size, Stride [2]int // along H and W
	Padding      Padding
	// CountPadding counts what is beyond the edge as zeros, PyTorch's default; else a mean
	// is over what lies within x alone, as in TensorFlow.
	CountPadding bool
}

// NewAvgPool2d has square windows side by side, and no padding.
func NewAvgPool2d(size int) *AvgPool2d {
	return &AvgPool2d{Size: [2]int{size, size}, Stride: [2]int{size, size}, CountPadding: true}
}

// Apply implements Layer.
func (l *AvgPool2d) Apply(c *Context, x graph.Value) graph.Value {
	w, ok := c.window(x, l.Size, l.Stride, l.Padding)
	if !ok {
		return graph.Value{}
	}
	return x.AvgPool(w, l.CountPadding)
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

// GlobalAvgPool is the mean of each channel over all positions: [B, ..., C] → [B, C].
//
// Lin, Chen, Yan: Network In Network, 2013.
type GlobalAvgPool struct{}

// Apply implements Layer.
func (GlobalAvgPool) Apply(c *Context, x graph.Value) graph.Value {
	if c.features(x) == 0 {
		return graph.Value{}
	}
	if x.Rank() == 2 {
		return x
	}
	return x.Mean(leading(x)[1:]...)
}
