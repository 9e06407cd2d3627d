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
