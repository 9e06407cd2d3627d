package optim

import "github.com/godescent/descent/graph"

// block is a layer as the rules with a thrifty state take it: a matrix, its last
// axis the columns, or, with rows = 0, a vector.
type block struct {
	lo, hi     int // its place in w
	rows, cols int
}

// of is the block's part of a vector like w: [W] → [rows, cols] or [n].
func (b block) of(v graph.Value) graph.Value {
	part := v.Slice(0, b.lo, b.hi)
	if b.rows > 0 {
		part = part.Reshape(b.rows, b.cols)
	}
	return part
}

// blocks are the parts of w, in order; without a Layout w is one vector.
func (s *Step) blocks() []block {
	if s.Layout() == nil {
		return []block{{hi: s.W().Dim(0)}}
	}
	var out []block
	for _, v := range s.Layout().Views() {
		b := block{lo: v.Offset, hi: v.Offset + v.Size()}
		if n := len(v.Shape); n > 1 && v.Size() > 0 {
			b.cols = v.Shape[n-1]
			b.rows = v.Size() / b.cols
		}
		out = append(out, b)
	}
	return out
}

// perBlock puts together what f makes of every block: → [W].
func (s *Step) perBlock(f func(i int, b block) graph.Value) graph.Value {
	var out []graph.Value
	for i, b := range s.blocks() {
		v := f(i, b)
		if !v.Valid() {
			return v
		}
		out = append(out, v.Reshape(b.hi-b.lo))
	}
	if len(out) == 1 {
		return out[0]
	}
	return graph.Concat(0, out...)
}

// moment is a block's moving average of squares: its rows' and columns' means
// where it is a matrix, [rows, 1] and [1, cols], or each number's.
type moment struct{ rows, cols, each graph.Value }

// factored keeps the moving averages v ← βv + (1−β)x of every block in the slots
// name_rows, name_columns and name: a matrix needs rows + columns numbers.
func (s *Step) factored(name string, β, x graph.Value) []moment {
	out := s.factoredMatrices(name, β, x)
	if !x.Valid() || !β.Valid() {
		return out
	}
	s.concatenated(name, β, s.blocks(), func(b block) (graph.Value, int) {
		if b.rows > 0 {
			return graph.Value{}, 0
		}
		return b.of(x), b.hi - b.lo
	}, func(i int, v graph.Value) { out[i].each = v })
	return out
}

// factoredMatrices is factored for the blocks that are matrices.
func (s *Step) factoredMatrices(name string, β, x graph.Value) []moment {
	blocks := s.blocks()
	out := make([]moment, len(blocks))
	if !x.Valid() || !β.Valid() {
		return out
	}
	s.concatenated(name+"_rows", β, blocks, func(b block) (graph.Value, int) {
		if b.rows == 0 {
			return graph.Value{}, 0
		}
		return b.of(x).Mean(1), b.rows
	}, func(i int, v graph.Value) { out[i].rows = v.Reshape(blocks[i].rows, 1) })
	s.concatenated(name+"_columns", β, blocks, func(b block) (graph.Value, int) {
		if b.rows == 0 {
			return graph.Value{}, 0
		}
		return b.of(x).Mean(0), b.cols
	}, func(i int, v graph.Value) { out[i].cols = v.Reshape(1, blocks[i].cols) })
	return out
}

// concatenated keeps in one slot the moving average of what part makes of each
// block, n numbers, none if n is 0, and gives each block its piece.
func (s *Step) concatenated(name string, β graph.Value, blocks []block, part func(block) (v graph.Value, n int), give func(i int, v graph.Value)) {
	var all []graph.Value
	sizes, total := make([]int, len(blocks)), 0
	for i, b := range blocks {
		v, n := part(b)
		if sizes[i] = n; n > 0 {
			all = append(all, v.Reshape(n))
			total += n
		}
	}
	if total == 0 {
		return
	}
	kept := s.SlotOf(name, s.W().DType(), total).Average(β, graph.Concat(0, all...))
	at := 0
	for i, n := range sizes {
		if n > 0 {
			give(i, kept.Slice(0, at, at+n))
			at += n
		}
	}
}

// rsqrt is 1/√V, V = rows·cols/mean(rows) being the factored average.
func (m moment) rsqrt() graph.Value {
	if m.each.Valid() {
		return m.each.Rsqrt()
	}
	if !m.rows.Valid() {
		return graph.Value{}
	}
	return m.rows.Div(m.rows.MeanAll()).Rsqrt().Mul(m.cols.Rsqrt())
}

// clipRMS divides a layer of u by its root mean square over d, where that is above 1.
func (s *Step) clipRMS(u, d graph.Value) graph.Value {
	one := s.Graph().Const(1)
	return s.perLayer(u, one.Div(s.layerMean(u.Square()).Sqrt().Div(d).Max(one)))
}
