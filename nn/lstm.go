package nn

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/weights"
)

// LSTM reads a sequence place by place with a memory c that its gates write, keep and read,
// x [B, T, In] → h [B, T, Hidden]:
//
//	i, f, o = σ(x(t)·Wᵢ + h(t−1)·Uᵢ + bᵢ), ... with W_f, U_f, b_f and W_o, U_o, b_o
//	g = tanh(x(t)·W_g + h(t−1)·U_g + b_g)
//	c(t) = f⊙c(t−1) + i⊙g,   h(t) = o⊙tanh(c(t))
//
// from h = c = 0. Layers are stacked, each reading the h of the one below, after a Dropout of the numbers
// between them. Bidirectional has each layer also read backwards, with weights of its own, and gives
// both h side by side, [B, T, 2·Hidden]. With Last it gives what has read the whole sequence alone, [B, Hidden].
// The graph is written out place by place: its size, and the time to compile it, grow with T.
//
// Weights, of layer<i> and layer<i>_reverse: weight_x [In, 4·Hidden] and weight_h [Hidden, 4·Hidden], with the
// gates in the order i, f, g, o, and bias [4·Hidden]. They begin as LeCun's normal, as orthogonal
// matrices, and as 0 with Forget for f's. PyTorch, with the same order, keeps their transposes and
// two biases, whose sum is ours.
//
// Hochreiter, Schmidhuber: Long Short-Term Memory, 1997; Gers et al. 2000 for f.
type LSTM struct {
	Hidden        int
	Layers        int
	Bidirectional bool
	Last          bool
	Dropout       float64             // in [0, 1)
	Forget        float64             // the first bias of f
	Init          weights.Initializer // of weight_x; nil is LeCun's normal
	HiddenInit    weights.Initializer // of each gate's block of weight_h; nil is orthogonal

	present graph.Value // see Masked
}

// NewLSTM has one layer, and 1 as the first bias of f, so that it remembers at first (Jozefowicz et al. 2015).
func NewLSTM(hidden int) *LSTM { return &LSTM{Hidden: hidden, Layers: 1, Forget: 1} }

// Masked is the layer over sequences of different lengths: at places where present [B, T] is 0 an example's h
// and c stay what they were, and what it gives is 0; with Last it gives the h of the last place that is present. It is PyTorch's
// result for pack_padded_sequence, and [Lengths] makes present of lengths. It is for a layer's Apply, as
// [MultiHeadAttention.Over] is:
//
//	y := c.Child("lstm", l.Masked(present), x)
func (l *LSTM) Masked(present graph.Value) *LSTM {
	masked := *l
	masked.present = present
	return &masked
}

// Apply implements Layer.
func (l *LSTM) Apply(c *Context, x graph.Value) graph.Value {
	r := &recurrent{hidden: l.Hidden, layers: l.Layers, gates: 4, both: l.Bidirectional, last: l.Last,
		dropout: l.Dropout, init: l.Init, carry: l.HiddenInit, bias: perBlock{0, l.Forget, 0, 0}, present: l.present}
	r.cell = func(c *Context, z []graph.Value, hold holder) []graph.Value {
		u := r.carried(c)
		var h, memory graph.Value
		out := make([]graph.Value, len(z))
		for t, a := range z {
			if h.Valid() {
				a = a.Add(h.MatMul(u)) // [B, H]·[H, 4H]
			}
			written := r.gate(a, 0).Sigmoid().Mul(r.gate(a, 2).Tanh())
			next := written
			if memory.Valid() {
				next = r.gate(a, 1).Sigmoid().Mul(memory).Add(written)
			}
			h = hold(t, r.gate(a, 3).Sigmoid().Mul(next.Tanh()), h)
			memory = hold(t, next, memory)
			out[t] = h
		}
		return out
	}
	return r.apply(c, x)
}
