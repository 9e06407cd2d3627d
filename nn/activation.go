package nn

import (
	"fmt"
	"math"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/internal/suggest"
)

// Every activation acts elementwise and keeps x's shape, but Softmax, which
// acts along the last axis.

// ReLU is max(x, 0), with derivative 0 at 0.
//
// Nair, Hinton: Rectified Linear Units Improve Restricted Boltzmann Machines, 2010.
type ReLU struct{}

// Apply implements Layer.
func (ReLU) Apply(_ *Context, x graph.Value) graph.Value { return x.Relu() }

// LeakyReLU is x above 0 and Slope·x below; at 0 the derivative is Slope.
//
// Maas, Hannun, Ng: Rectifier Nonlinearities Improve Neural Network Acoustic Models, 2013.
type LeakyReLU struct{ Slope float64 }

// NewLeakyReLU has the slope 0.01.
func NewLeakyReLU() *LeakyReLU { return &LeakyReLU{Slope: 0.01} }

// Apply implements Layer.
func (l *LeakyReLU) Apply(c *Context, x graph.Value) graph.Value {
	if math.IsNaN(l.Slope) || math.IsInf(l.Slope, 0) {
		return c.Fail("its slope is %v; it wants a finite number such as 0.01", l.Slope)
	}
	if !x.Valid() {
		return x
	}
	return graph.Where(x.Greater(c.Graph().Const(0)), x, x.Scale(l.Slope))
}

// Tanh is the hyperbolic tangent.
type Tanh struct{}

// Apply implements Layer.
func (Tanh) Apply(_ *Context, x graph.Value) graph.Value { return x.Tanh() }

// Sigmoid is 1/(1 + e^−x).
type Sigmoid struct{}

// Apply implements Layer.
func (Sigmoid) Apply(_ *Context, x graph.Value) graph.Value { return x.Sigmoid() }

// Softplus is ln(1 + e^x), whose derivative is the sigmoid.
type Softplus struct{}

// Apply implements Layer. It is x + ln(1 + e^−x) for x > 0: no exponential
// overflows, and every derivative is right at 0 too, since both forms are
// smooth and equal.
func (Softplus) Apply(c *Context, x graph.Value) graph.Value {
	if !x.Valid() {
		return x
	}
	zero := c.Graph().Const(0)
	above := x.Greater(zero)
	return graph.Where(above, x, zero).Add(graph.Where(above, x.Neg(), x).Exp().Log1p())
}

// GELU is x·Φ(x), Φ being the normal distribution: x·(1 + erf(x/√2))/2, or its
// approximation by tanh, x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2.
//
// Hendrycks, Gimpel: Gaussian Error Linear Units, 2016. PyTorch's default is
// the erf form; GPT-2 and Keras before 3 used the tanh form.
type GELU struct{ Tanh bool }

// Apply implements Layer.
func (l GELU) Apply(_ *Context, x graph.Value) graph.Value {
	if l.Tanh {
		z := x.Add(x.Square().Mul(x).Scale(0.044715)).Scale(math.Sqrt(2 / math.Pi))
		return x.Mul(z.Tanh().Plus(1).Scale(0.5))
	}
	return x.Mul(x.Scale(1 / math.Sqrt2).Erf().Plus(1).Scale(0.5))
}

// SiLU is x·sigmoid(x), also called swish.
//
// Elfwing, Uchibe, Doya: Sigmoid-Weighted Linear Units, 2017.
type SiLU struct{}

// Apply implements Layer.
func (SiLU) Apply(_ *Context, x graph.Value) graph.Value { return x.Mul(x.Sigmoid()) }

// Softmax is e^xᵢ / Σⱼ e^xⱼ along the last axis. A classifier that is trained
// by cross entropy ends in logits, without it.
type Softmax struct{}

// Apply implements Layer. The largest x is subtracted first, which changes
// neither the result nor any derivative, so it is a constant to them.
func (Softmax) Apply(c *Context, x graph.Value) graph.Value {
	if c.features(x) == 0 {
		return graph.Value{}
	}
	e := x.Sub(keep(x.MaxOver(-1)).StopGradient()).Exp()
	return e.Div(keep(e.Sum(-1)))
}

// keep gives a reduced last axis back, with length 1.
func keep(v graph.Value) graph.Value {
	return v.Reshape(append(v.Shape().Clone(), 1)...)
}

// activations lists those that Activation knows.
var activations = []struct {
	name string
	make func() Layer
}{
	{"relu", func() Layer { return ReLU{} }},
	{"leaky_relu", func() Layer { return NewLeakyReLU() }},
	{"tanh", func() Layer { return Tanh{} }},
	{"sigmoid", func() Layer { return Sigmoid{} }},
	{"softplus", func() Layer { return Softplus{} }},
	{"gelu", func() Layer { return GELU{} }},
	{"gelu_tanh", func() Layer { return GELU{Tanh: true} }},
	{"silu", func() Layer { return SiLU{} }},
}

// ActivationNames are the names that Activation knows.
func ActivationNames() []string {
	names := make([]string, len(activations))
	for i, a := range activations {
		names[i] = a.name
	}
	return names
}

// Activation is the activation of a name and the gain of the weights before
// it, see initial.Gain.
func Activation(name string) (l Layer, gain float64, err error) {
	for _, a := range activations {
		if a.name == name {
			gain, err = initial.Gain(name)
			return a.make(), gain, err
		}
	}
	return nil, 0, fmt.Errorf("no activation %q; %s", name, suggest.Hint(name, ActivationNames()))
}
