package nn

import "github.com/godescent/descent/graph"

// AvgPool1d is [AvgPool2d] on sequences: the mean of each window and feature,
// [B, T, C] → [B, To, C].
type AvgPool1d struct {
	Size, Stride int
	Padding      Padding1d
	CountPadding bool // count what is beyond the ends as zeros
}

// NewAvgPool1d has windows side by side, and no padding.
func NewAvgPool1d(size int) *AvgPool1d {
	return &AvgPool1d{Size: size, Stride: size, CountPadding: true}
}

// Apply implements Layer.
func (l *AvgPool1d) Apply(c *Context, x graph.Value) graph.Value {
	w, ok := c.stretch(x, l.Size, l.Stride, l.Padding)
	if !ok {
		return graph.Value{}
	}
	return line(row(x).AvgPool(w, l.CountPadding))
}
