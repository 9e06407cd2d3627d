package nn

import "github.com/godescent/descent/graph"

// GlobalMaxPool is the largest number of each channel over all positions: [B, ..., C] →
// [B, C]. The derivative goes to the first that is as large.
type GlobalMaxPool struct{}

// Apply implements Layer.
func (GlobalMaxPool) Apply(c *Context, x graph.Value) graph.Value {
	n := c.features(x)
	if n == 0 {
		return graph.Value{}
	}
	if x.Rank() == 2 {
		return x
	}
	places := x.Size() / (x.Dim(0) * n)
	w := graph.Window{Size: [2]int{1, places}, Stride: [2]int{1, places}}
	return x.Reshape(x.Dim(0), 1, places, n).MaxPool(w).Reshape(x.Dim(0), n)
}
