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
//	q, k, v = x·Wq + bq, m·Wk + bk, m·Wv + bv
//	y = Concat_h(softmax(qₕ·kₕᵀ/√(D/Heads) + M)·vₕ)·Wo + bo
//
// with m = x, or another sequence [B, S, ...] that Over gives (cross-attention), and M = 0, or −∞
// where it must not look: if Causal, where the place asked lies behind the one that
// asks; with Over, at places of padding. While training, Dropout sets attention weights (the softmax) to 0.
//
// Weights: query, key, value and out, each with weight [D, D] ([features of m, D] for key and value)
// and, with Bias, bias [D]. PyTorch keeps the first three as one, in_proj_weight [3D, D].
//
// Vaswani et al.: Attention Is All You Need, 2017.
type MultiHeadAttention struct {
	Heads   int
	Causal  bool
	Bias    bool
	Dropout float64             // in [0, 1)
	Init    weights.Initializer // of all four; nil is LeCun's normal
	OutInit weights.Initializer // of Wo alone; nil is Init

	memory, present graph.Value // see Over
}

// NewMultiHeadAttention has a number of heads and biases that start at 0, and
// looks both ways.
func NewMultiHeadAttention(heads int) *MultiHeadAttention {
	return &MultiHeadAttention{Heads: heads, Bias: true, Init: initial.NewLeCunNormal()}
}

// Over is the layer over a memory [B, S, ...] in place of x itself, looking only where present [B, S]
// is not 0; the zero Value of memory is x, that of present is everywhere. An example of which nothing
// is present looks everywhere alike. It is for a layer's Apply:
//
//	y := c.Child("attention", l.Over(memory, present), x)
//
// since both belong to the graph that is being built.
func (l *MultiHeadAttention) Over(memory, present graph.Value) *MultiHeadAttention {
	over := *l
	over.memory, over.present = memory, present
	return &over
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
	m, ok := l.asked(c, x)
	if !ok {
		return graph.Value{}
	}
	batch, each := x.Dim(0), d/l.Heads
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
	heads := func(name string, x graph.Value) graph.Value { // [B, T, ...] → [B, heads, T, D/heads]
		return linear(name, init, x).Reshape(batch, x.Dim(1), l.Heads, each).Transpose(0, 2, 1, 3)
	}
	q, k, v := heads("query", x), heads("key", m), heads("value", m)
	s := c.Graph().Apply(graph.MatMul{TransB: true}, q, k).Scale(1 / math.Sqrt(float64(each))) // [B, heads, T, S]
	if l.present.Valid() {
		// Finite, so that a row without any place is no NaN.
		s = graph.Where(l.present.Reshape(batch, 1, 1, m.Dim(1)), s, c.Graph().Const(-1e30))
	}
	if l.Causal {
		s = s.Add(causal(c, x.Dim(1)))
	}
	p := c.Child("softmax", Softmax{}, s)
	if l.Dropout != 0 {
		p = c.Child("dropout", NewDropout(l.Dropout), p)
	}
	y := p.MatMul(v).Transpose(0, 2, 1, 3).Reshape(batch, x.Dim(1), d) // [B, heads, T, D/heads] → [B, T, D]
	return linear("out", out, y)
}

// asked is the sequence that x gathers from.
func (l *MultiHeadAttention) asked(c *Context, x graph.Value) (m graph.Value, ok bool) {
	m = x
	if l.memory.Valid() {
		m = l.memory
		switch {
		case c.sequence(m) == 0:
			return m, false
		case m.Dim(0) != x.Dim(0):
			c.Fail("x is %v and the memory %v; they want the same batch", x.Shape(), m.Shape())
			return m, false
		case l.Causal:
			c.Fail("it is causal, and a memory has no places before and behind those of x; set one of them")
			return m, false
		}
	}
	if p := l.present; p.Valid() && (p.Rank() != 2 || p.Dim(0) != m.Dim(0) || p.Dim(1) != m.Dim(1)) {
		c.Fail("the places asked are %v and present is %v; it wants [%d %d]", m.Shape(), p.Shape(), m.Dim(0), m.Dim(1))
		return m, false
	}
	return m, true
}

// causal is M: [T, T], 0 up to the diagonal and −∞ beyond.
func causal(c *Context, n int) graph.Value {
	g := c.Graph()
	asks, asked := g.Iota(c.DType(), 0, n, n), g.Iota(c.DType(), 1, n, n)
	return graph.Where(asked.LessEqual(asks), g.Full(0, c.DType()), g.Full(math.Inf(-1), c.DType()))
}
