package nn

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/weights"
)

// Linear is y = x·W + b on the last axis: [..., In] → [..., Out].
//
// Its first weights are He's, which suit a ReLU behind it. Before another
// activation give them its gain, and at the output, where none follows, 1:
//
//	l := nn.NewLinear(10)
//	l.Init = initial.NewLeCunNormal()
//
// Weights: weight [In, Out] and bias [Out]. PyTorch keeps [Out, In] and draws
// both from U[−1/√In, 1/√In).
type Linear struct {
	In       int // the inputs that x must have; 0 takes whatever x has
	Out      int
	Bias     bool
	Init     weights.Initializer // of W; nil is He's normal
	BiasInit weights.Initializer // of b; nil is zeros
}

// NewLinear has out outputs, a bias that starts at 0, and He's normal weights.
func NewLinear(out int) *Linear {
	return &Linear{Out: out, Bias: true, Init: initial.NewHeNormal()}
}

// Apply implements Layer.
func (l *Linear) Apply(c *Context, x graph.Value) graph.Value {
	if l.Out < 1 {
		return c.Fail("it has %d outputs; make it by nn.NewLinear(10), with one at least", l.Out)
	}
	in := c.features(x)
	if in == 0 {
		return graph.Value{}
	}
	if l.In != 0 && l.In != in {
		cure := "give it an In of that, or 0"
		if n := x.Size() / max(1, x.Dim(0)); n == l.In {
			cure = "flatten first (nn.Flatten)"
		}
		return c.Fail("x is %v, weight [%d %d] wants a last axis of %d, got %d; %s", x.Shape(), l.In, l.Out, l.In, in, cure)
	}
	init := l.Init
	if init == nil {
		init = initial.NewHeNormal()
	}
	y := x.MatMul(c.Matrix("weight", init, in, l.Out)) // [..., In]·[In, Out] → [..., Out]
	if l.Bias {
		y = y.Add(c.Weight("bias", weights.Bias, l.BiasInit, in, l.Out, l.Out))
	}
	return y
}
