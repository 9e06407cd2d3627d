package nn

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/weights"
)

// Patches cuts images into squares that lie side by side and maps the numbers of each to
// a vector, [B, H, W, C] → [B, H/Size·W/Size, Dim], in order of rows: the places of a sequence. It is a
// Conv2d with a kernel and a stride of Size.
//
// Weights: weight [Size, Size, C, Dim] and bias [Dim], at first LeCun's normal and 0.
//
// Dosovitskiy et al.: An Image is Worth 16x16 Words, 2020.
type Patches struct {
	Size, Dim int
	Init      weights.Initializer // nil is LeCun's normal
}

// NewPatches has squares of a side and vectors of dim numbers.
func NewPatches(size, dim int) *Patches { return &Patches{Size: size, Dim: dim} }

// Apply implements Layer.
func (l *Patches) Apply(c *Context, x graph.Value) graph.Value {
	if l.Size < 1 || l.Dim < 1 {
		return c.Fail("it has squares of %d and vectors of %d; make it by nn.NewPatches(4, 64), with one at least of each", l.Size, l.Dim)
	}
	hw, ok := c.image(x)
	if !ok {
		return graph.Value{}
	}
	if hw[0]%l.Size != 0 || hw[1]%l.Size != 0 {
		return c.Fail("x is %v, which squares of %d do not fill; take a side that divides %d and %d", x.Shape(), l.Size, hw[0], hw[1])
	}
	side := [2]int{l.Size, l.Size}
	conv := &Conv2d{Out: l.Dim, Kernel: side, Stride: side, Dilation: [2]int{1, 1}, Groups: 1, Bias: true, Init: l.Init}
	if l.Init == nil {
		conv.Init = initial.NewLeCunNormal()
	}
	return conv.convolve(c, x, l.Size, l.Size).Reshape(x.Dim(0), hw[0]/l.Size*(hw[1]/l.Size), l.Dim)
}
