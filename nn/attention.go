package nn

import (
	"math"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/weights"
)

// MultiHeadAttention lets each place of a sequence gather from others what it
// asks for, x [B, T, D] → [B, T, D]. Each of its heads h has features of D/Heads:
//
//	q, k, v = x·Wq + bq, x·Wk + bk, x·Wv + bv
//	y = Concat_h(softmax(qₕ·kₕᵀ/√(D/Heads) + M)·vₕ)·Wo + bo
//
// with M = 0, or, if Causal, −∞ where the place asked lies behind the one
// that asks. While training, Dropout sets attention weights (the softmax) to 0.
//
// Weights: query, key, value and out, each with weight [D, D] and, with
// Bias, bias [D]. PyTorch keeps the first three as one, in_proj_weight [3D, D].
//
// Vaswani et al.: Attention Is All You Need, 2017.
type MultiHeadAttention struct {
	Heads   int
	Causal  bool
	Bias    bool
	Dropout float64             // in [0, 1)
	Init    weights.Initializer // of all four; nil is LeCun's normal
	OutInit weights.Initializer // of Wo alone; nil is Init
}

// NewMultiHeadAttention has a number of heads and biases that start at 0, and
// looks both ways.
func NewMultiHeadAttention(heads int) *MultiHeadAttention {
	return &MultiHeadAttention{Heads: heads, Bias: true, Init: initial.NewLeCunNormal()}
}

// Apply implements Layer.
func (l *MultiHeadAttention) Apply(c *Context, x graph.Value) graph.Value {
	if l.Heads < 1 {
		return c.Fail("it has %d heads; make it by nn.NewMultiHeadAttention(4), with one at least", l.Heads)
	}
	d := c.sequence(x)
	if d == 0 {
		return graph.Value{}
	}
	if d%l.Heads != 0 {
		return c.Fail("x is %v, whose %d features %d heads do not share evenly", x.Shape(), d, l.Heads)
	}
	batch, places, each := x.Dim(0), x.Dim(1), d/l.Heads
	init, out := l.Init, l.OutInit
	if init == nil {
		init = initial.NewLeCunNormal()
	}
	if out == nil {
		out = init
	}
	linear := func(name string, init weights.Initializer, x graph.Value) graph.Value {
		return c.Child(name, &Linear{Out: d, Bias: l.Bias, Init: init}, x)
	}
	heads := func(name string) graph.Value { // [B, T, D] → [B, heads, T, D/heads]
		return linear(name, init, x).Reshape(batch, places, l.Heads, each).Transpose(0, 2, 1, 3)
	}
	q, k, v := heads("query"), heads("key"), heads("value")
	s := c.Graph().Apply(graph.MatMul{TransB: true}, q, k).Scale(1 / math.Sqrt(float64(each))) // [B, heads, T, T]
	if l.Causal {
		s = s.Add(causal(c, places))
	}
	p := c.Child("softmax", Softmax{}, s)
	if l.Dropout != 0 {
		p = c.Child("dropout", NewDropout(l.Dropout), p)
	}
	y := p.MatMul(v).Transpose(0, 2, 1, 3).Reshape(batch, places, d) // [B, heads, T, D/heads] → [B, T, D]
	return linear("out", out, y)
}

// causal is M: [T, T], 0 up to the diagonal and −∞ beyond.
func causal(c *Context, n int) graph.Value {
	g := c.Graph()
	asks, asked := g.Iota(c.DType(), 0, n, n), g.Iota(c.DType(), 1, n, n)
	return graph.Where(asked.LessEqual(asks), g.Full(0, c.DType()), g.Full(math.Inf(-1), c.DType()))
}
