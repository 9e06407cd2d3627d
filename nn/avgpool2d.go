package nn

import "github.com/godescent/descent/graph"

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
