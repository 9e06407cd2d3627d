package nn

import "github.com/godescent/descent/graph"

// AdaptiveAvgPool2d cuts images of any size into a fixed number of windows and gives the
// mean of each, [B, H, W, C] → [B, Out[0], Out[1], C]: window i of O along H reaches
// from ⌊i·H/O⌋ to below ⌈(i + 1)·H/O⌉, and so it is along W. Windows overlap where O does not divide H.
type AdaptiveAvgPool2d struct{ Out [2]int }

// NewAdaptiveAvgPool2d gives images of a height and width.
func NewAdaptiveAvgPool2d(height, width int) *AdaptiveAvgPool2d {
	return &AdaptiveAvgPool2d{[2]int{height, width}}
}

// Apply implements Layer.
func (l *AdaptiveAvgPool2d) Apply(c *Context, x graph.Value) graph.Value {
	if _, ok := c.image(x); !ok {
		return graph.Value{}
	}
	return c.adaptive(x, l.Out, mean)
}

// AdaptiveMaxPool2d gives the largest number of each window of [AdaptiveAvgPool2d]. The
// derivative goes to the first that is as large.
type AdaptiveMaxPool2d struct{ Out [2]int }

// NewAdaptiveMaxPool2d gives images of a height and width.
func NewAdaptiveMaxPool2d(height, width int) *AdaptiveMaxPool2d {
	return &AdaptiveMaxPool2d{[2]int{height, width}}
}

// Apply implements Layer.
func (l *AdaptiveMaxPool2d) Apply(c *Context, x graph.Value) graph.Value {
	if _, ok := c.image(x); !ok {
		return graph.Value{}
	}
	return c.adaptive(x, l.Out, graph.Value.MaxPool)
}

// AdaptiveAvgPool1d is [AdaptiveAvgPool2d] on sequences, [B, T, C] → [B, Out, C].
type AdaptiveAvgPool1d struct{ Out int }

// NewAdaptiveAvgPool1d gives sequences of out places.
func NewAdaptiveAvgPool1d(out int) *AdaptiveAvgPool1d { return &AdaptiveAvgPool1d{out} }

// Apply implements Layer.
func (l *AdaptiveAvgPool1d) Apply(c *Context, x graph.Value) graph.Value {
	if c.sequence(x) == 0 {
		return graph.Value{}
	}
	return line(c.adaptive(row(x), [2]int{1, l.Out}, mean))
}

// AdaptiveMaxPool1d is [AdaptiveMaxPool2d] on sequences, [B, T, C] → [B, Out, C].
type AdaptiveMaxPool1d struct{ Out int }

// NewAdaptiveMaxPool1d gives sequences of out places.
func NewAdaptiveMaxPool1d(out int) *AdaptiveMaxPool1d { return &AdaptiveMaxPool1d{out} }

// Apply implements Layer.
func (l *AdaptiveMaxPool1d) Apply(c *Context, x graph.Value) graph.Value {
	if c.sequence(x) == 0 {
		return graph.Value{}
	}
	return line(c.adaptive(row(x), [2]int{1, l.Out}, graph.Value.MaxPool))
}

func mean(x graph.Value, w graph.Window) graph.Value { return x.AvgPool(w, true) }

// adaptive pools each of out windows of images: all at once if they are alike, else one by one.
func (c *Context) adaptive(x graph.Value, out [2]int, pool func(graph.Value, graph.Window) graph.Value) graph.Value {
	size := [2]int{x.Dim(1), x.Dim(2)}
	if out[0] < 1 || out[1] < 1 || out[0] > size[0] || out[1] > size[1] {
		return c.Fail("x is %v and it gives %v places; it wants 1 at least and no more than there are", x.Shape(), out)
	}
	whole := func(x graph.Value) graph.Value {
		s := [2]int{x.Dim(1), x.Dim(2)}
		return pool(x, graph.Window{Size: s, Stride: s})
	}
	if size[0]%out[0] == 0 && size[1]%out[1] == 0 {
		s := [2]int{size[0] / out[0], size[1] / out[1]}
		return pool(x, graph.Window{Size: s, Stride: s})
	}
	part := func(x graph.Value, axis, i int) graph.Value { // window i along an axis of H or W
		n, o := size[axis-1], out[axis-1]
		return x.Slice(axis, i*n/o, ((i+1)*n+o-1)/o)
	}
	rows := make([]graph.Value, out[0])
	for i := range rows {
		cells, high := make([]graph.Value, out[1]), part(x, 1, i)
		for j := range cells {
			cells[j] = whole(part(high, 2, j)) // [B, 1, 1, C]
		}
		rows[i] = graph.Concat(2, cells...)
	}
	return graph.Concat(1, rows...)
}
