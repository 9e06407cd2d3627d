package nn

import (
	"fmt"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

// recurrent is what recurrent layers share: a stack of passes over a sequence, written out place
// by place, so that the graph grows with its length.
type recurrent struct {
	hidden, layers int
	gates          int
	both, last     bool
	dropout        float64
	init, carry    weights.Initializer
	// cell is the layer's steps: z(t) [B, gates·hidden] is what x(t) gives; it returns h of all places. A new state
	// goes through hold, which keeps the one before where the place is padding.
	cell    func(c *Context, z []graph.Value, hold holder) []graph.Value
	bias    weights.Initializer
	present graph.Value // [B, T], 0 at padding; invalid if there is none
}

// holder is the state after a step: next, or the one before (invalid is 0) of examples that have no such place.
type holder func(step int, next, before graph.Value) graph.Value

// apply is x [B, T, In] → [B, T, H] or, of the last place, [B, H], with twice H if it goes both ways.
func (r *recurrent) apply(c *Context, x graph.Value) graph.Value {
	switch {
	case r.hidden < 1 || r.layers < 1:
		return c.Fail("it has %d hidden units in %d layers; make it by nn.NewLSTM(128) or nn.NewGRU(128), with one at least of each", r.hidden, r.layers)
	case c.sequence(x) == 0:
		return graph.Value{}
	}
	if p := r.present; p.Valid() {
		if p.Rank() != 2 || p.Dim(0) != x.Dim(0) || p.Dim(1) != x.Dim(1) {
			return c.Fail("x is %v and present is %v; it wants [%d %d]", x.Shape(), p.Shape(), x.Dim(0), x.Dim(1))
		}
		x = r.blank(x) // nothing of padding, be it NaN, reaches a sum
	}
	for i := range r.layers {
		last := r.last && i == r.layers-1
		if i > 0 && r.dropout != 0 {
			x = c.Child(fmt.Sprint("dropout", i), NewDropout(r.dropout), x)
		}
		y := c.Child(fmt.Sprint("layer", i+1), &pass{r, false, last}, x)
		if r.both {
			back := c.Child(fmt.Sprint("layer", i+1, "_reverse"), &pass{r, true, last}, x)
			y = graph.Concat(-1, y, back)
		}
		x = y
	}
	return x
}

// pass is one layer in one direction.
type pass struct {
	*recurrent
	reverse, last bool
}

// Apply implements Layer.
func (p *pass) Apply(c *Context, x graph.Value) graph.Value {
	in := c.sequence(x)
	if in == 0 {
		return graph.Value{}
	}
	batch, places, wide := x.Dim(0), x.Dim(1), p.gates*p.hidden
	init := p.init
	if init == nil {
		init = initial.NewLeCunNormal()
	}
	z := x.MatMul(c.Weight("weight_x", weights.Weight, init, in, p.hidden, in, wide)) // [B, T, In]·[In, gates·H]
	z = z.Add(c.Weight("bias", weights.Bias, p.bias, in, p.hidden, wide)).Transpose(1, 0, 2)
	steps := make([]graph.Value, places)
	for t := range steps {
		at := t
		if p.reverse {
			at = places - 1 - t
		}
		steps[t] = z.Slice(0, at, at+1).Reshape(batch, wide)
	}
	h := p.cell(c, steps, p.holding(batch, places))
	if c.g.Err() != nil {
		return graph.Value{}
	}
	if p.last { // of both directions the one that has seen all
		return h[places-1]
	}
	out := make([]graph.Value, places)
	for t := range h {
		at := t
		if p.reverse {
			at = places - 1 - t
		}
		out[at] = h[t].Reshape(1, batch, p.hidden)
	}
	return p.blank(graph.Concat(0, out...).Transpose(1, 0, 2)) // [T, B, H] → [B, T, H]
}

// blank makes padding 0.
func (r *recurrent) blank(x graph.Value) graph.Value {
	if !r.present.Valid() {
		return x
	}
	return graph.Where(r.present.Reshape(x.Dim(0), x.Dim(1), 1), x, x.Graph().Const(0))
}

// holding is the holder of a pass over so many places.
func (p *pass) holding(batch, places int) holder {
	if !p.present.Valid() {
		return func(_ int, next, _ graph.Value) graph.Value { return next }
	}
	present := p.present.Transpose(1, 0)
	return func(step int, next, before graph.Value) graph.Value {
		at := step
		if p.reverse {
			at = places - 1 - step
		}
		if !before.Valid() {
			before = next.Graph().Const(0)
		}
		return graph.Where(present.Slice(0, at, at+1).Reshape(batch, 1), next, before)
	}
}

// Lengths is where sequences of different lengths are present, [B, places]: 1 at the first lengths[b] places of
// example b, whole numbers [B], and 0 behind them. It is what [LSTM.Masked], [GRU.Masked] and
// [MultiHeadAttention.Over] take.
func Lengths(lengths graph.Value, places int) graph.Value {
	if !lengths.Valid() {
		return graph.Value{}
	}
	g := lengths.Graph()
	if lengths.Rank() != 1 || lengths.DType().IsFloat() {
		return g.Fail("lengths", "the lengths are %v; they want whole numbers [B]", lengths.Type())
	}
	return g.Iota(tensor.Int32, 1, 1, places).Less(lengths.Cast(tensor.Int32).Reshape(lengths.Dim(0), 1))
}

// carried is the weight [H, gates·H] that takes h to the next place's gates.
func (r *recurrent) carried(c *Context) graph.Value {
	carry := r.carry
	if carry == nil {
		carry = initial.NewOrthogonal()
	}
	return c.Weight("weight_h", weights.Weight, &blocks{r.gates, carry}, r.hidden, r.hidden, r.hidden, r.gates*r.hidden)
}

// gate is columns i·H to (i+1)·H of all gates.
func (r *recurrent) gate(z graph.Value, i int) graph.Value {
	return z.Slice(1, i*r.hidden, (i+1)*r.hidden)
}

// blocks fills n blocks of columns each by the same initialiser, with numbers of their own.
type blocks struct {
	n    int
	init weights.Initializer
}

// Fill implements weights.Initializer.
func (b *blocks) Fill(v weights.View, seed int64, out []float64) error {
	rows, wide := v.Shape[0], v.Shape[1]/b.n
	part := make([]float64, rows*wide)
	for i := range b.n {
		of := v
		of.Name, of.Shape = fmt.Sprint(v.Name, " block ", i), tensor.Of(rows, wide)
		if err := b.init.Fill(of, seed, part); err != nil {
			return err
		}
		for r := range rows {
			copy(out[r*b.n*wide+i*wide:], part[r*wide:(r+1)*wide])
		}
	}
	return nil
}

// perBlock fills a bias of blocks with a number each.
type perBlock []float64

// Fill implements weights.Initializer.
func (p perBlock) Fill(_ weights.View, _ int64, out []float64) error {
	for i := range out {
		out[i] = p[i/(len(out)/len(p))]
	}
	return nil
}
