package nn

import "github.com/godescent/descent/graph"

// Reshape reads what lies behind the batch axis under other axes, in the same
// order: [B, ...] → [B, Dims...]. One of Dims may be −1, which is then whatever fills it.
type Reshape struct{ Dims []int }

// NewReshape gives each example the axes dims.
func NewReshape(dims ...int) *Reshape { return &Reshape{dims} }

// Apply implements Layer.
func (l *Reshape) Apply(c *Context, x graph.Value) graph.Value {
	if !x.Valid() {
		return x
	}
	size, free := 1, 0
	for _, d := range l.Dims {
		if d == -1 {
			free++
			continue
		}
		size *= d
	}
	each := x.Size() / max(1, x.Dim(0))
	if x.Rank() < 1 || free > 1 || free == 0 && size != each || free == 1 && (size < 1 || each%size != 0) {
		return c.Fail("x is %v with %d numbers an example, which do not fill %v", x.Shape(), each, l.Dims)
	}
	return x.Reshape(append([]int{x.Dim(0)}, l.Dims...)...)
}
