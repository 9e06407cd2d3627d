package nn

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/weights"
)

// GRU reads a sequence place by place and mixes what it holds with what it reads,
// x [B, T, In] → h [B, T, Hidden]:
//
//	r, z = σ(x(t)·W_r + h(t−1)·U_r + b_r), σ(x(t)·W_z + h(t−1)·U_z + b_z)
//	n = tanh(x(t)·W_n + b_n + r⊙(h(t−1)·U_n + b_h))
//	h(t) = (1 − z)⊙n + z⊙h(t−1)
//
// from h = 0. Layers, Bidirectional, Last and Dropout are those of [LSTM].
//
// Weights, of layer<i> and layer<i>_reverse: weight_x [In, 3·Hidden] and weight_h [Hidden, 3·Hidden], with
// the gates in the order r, z, n, bias [3·Hidden], and bias_h [Hidden]. They begin as LeCun's normal,
// as orthogonal matrices, and as 0. PyTorch, with the same order, keeps transposes and a second bias for r and z.
//
// Cho et al.: Learning Phrase Representations using RNN Encoder-Decoder, 2014, there with h ⊙ r before the
// product; this form, cuDNN's and PyTorch's, has the product first.
type GRU struct {
	Hidden        int
	Layers        int
	Bidirectional bool
	Last          bool
	Dropout       float64             // in [0, 1)
	Init          weights.Initializer // of weight_x; nil is LeCun's normal
	HiddenInit    weights.Initializer // of each gate's block of weight_h; nil is orthogonal

	present graph.Value // see Masked
}

// NewGRU has one layer.
func NewGRU(hidden int) *GRU { return &GRU{Hidden: hidden, Layers: 1} }

// Masked is the layer over sequences of different lengths, as [LSTM.Masked] is.
func (l *GRU) Masked(present graph.Value) *GRU {
	masked := *l
	masked.present = present
	return &masked
}

// Apply implements Layer.
func (l *GRU) Apply(c *Context, x graph.Value) graph.Value {
	r := &recurrent{hidden: l.Hidden, layers: l.Layers, gates: 3, both: l.Bidirectional, last: l.Last,
		dropout: l.Dropout, init: l.Init, carry: l.HiddenInit, present: l.present}
	r.cell = func(c *Context, steps []graph.Value, hold holder) []graph.Value {
		u := r.carried(c)
		bias := c.Weight("bias_h", weights.Bias, nil, r.hidden, r.hidden, r.hidden)
		var h graph.Value
		out := make([]graph.Value, len(steps))
		for t, a := range steps {
			reset, update, next := r.gate(a, 0), r.gate(a, 1), r.gate(a, 2)
			held := bias
			if h.Valid() {
				b := h.MatMul(u) // [B, H]·[H, 3H]
				reset, update, held = reset.Add(r.gate(b, 0)), update.Add(r.gate(b, 1)), bias.Add(r.gate(b, 2))
			}
			n := next.Add(reset.Sigmoid().Mul(held)).Tanh()
			z := update.Sigmoid()
			after := z.OneMinus().Mul(n)
			if h.Valid() {
				after = n.Add(z.Mul(h.Sub(n))) // (1 − z)⊙n + z⊙h
			}
			h = hold(t, after, h)
			out[t] = h
		}
		return out
	}
	return r.apply(c, x)
}
