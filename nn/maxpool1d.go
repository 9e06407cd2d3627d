package nn

import "github.com/godescent/descent/graph"

// MaxPool1d is [MaxPool2d] on sequences: the largest number of each window and
// feature, [B, T, C] → [B, To, C] with To = ⌊(T + Lo + Hi − Size)/Stride⌋ + 1.
type MaxPool1d struct {
	Size, Stride int
	Padding      Padding1d
}

// NewMaxPool1d has windows side by side, and no padding.
func NewMaxPool1d(size int) *MaxPool1d { return &MaxPool1d{Size: size, Stride: size} }

// Apply implements Layer.
func (l *MaxPool1d) Apply(c *Context, x graph.Value) graph.Value {
	w, ok := c.stretch(x, l.Size, l.Stride, l.Padding)
	if !ok {
		return graph.Value{}
	}
	return line(row(x).MaxPool(w))
}
