package program

import (
	"fmt"
	"slices"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// Update says that a state input takes a new value at the end of a step.
type Update struct {
	Slot graph.Value // an input
	Next graph.Value // of the same type
}

// Spec says what a program computes.
type Spec struct {
	Outputs []graph.Value // can be read after a step
	Updates []Update
	// Guard are scalars that must be finite: if one is not, Step makes no
	// update and returns a *NonFinite.
	Guard []graph.Value
}

// kind is how a node's value exists.
type kind uint8

const (
	unused   kind = iota
	input         // memory given from outside
	constant      // one number
	alias         // a view of another node's memory, or the same register under another shape
	elem          // computed in a fused loop
	tail          // a reduction of rows, done tile by tile by the loop that computes them
	heavy         // computed by an instruction of its own
)

// info is what the compiler knows of a node.
type info struct {
	kind  kind
	root  int   // the node behind reshapes, which leave the flat order alone
	view  *view // of an alias root, and of input, elem and heavy once in memory
	level int
	// stored says that the value is in memory: something other than its own loop reads it.
	stored bool
	users  []int
}

// compiler carries the passes' common state.
type compiler struct {
	g      *graph.Graph
	spec   Spec
	need   []bool
	nodes  []info
	instrs []*instr
	maker  map[int]*instr // node -> instruction that fills its buffer
	// guarded marks what the guard depends on: it must be computed before any
	// state is written, so never in a loop that writes some.
	guarded []bool
}

// Compile plans a program. It reports the graph's first mistake, if any.
func Compile(g *graph.Graph, spec Spec) (*Program, error) {
	if err := g.Err(); err != nil {
		return nil, err
	}
	if err := spec.check(g); err != nil {
		return nil, err
	}
	copies := spec.separate(g)
	c := &compiler{g: g, spec: spec, maker: map[int]*instr{}}
	c.classify()
	c.place()
	c.levels()
	for c.splitTails() {
		c.levels()
	}
	c.sink()
	c.group()
	p := &Program{g: g, spec: spec, nodes: c.nodes, snapshots: copies}
	p.order(c.instrs, c.guarded)
	if err := p.plan(); err != nil {
		return nil, err
	}
	for _, in := range p.instrs {
		if in.loop != nil {
			in.loop.build(p, in.writes)
		}
	}
	return p, nil
}

func (s *Spec) check(g *graph.Graph) error {
	seen := map[graph.Value]bool{}
	for i, u := range s.Updates {
		if !u.Slot.Valid() || !u.Next.Valid() {
			return fmt.Errorf("program: update %d has a failed value", i)
		}
		in, ok := u.Slot.Op().(graph.Input)
		if !ok {
			return fmt.Errorf("program: update %d is of %s; only an input holds state", i, u.Slot.Op().Name())
		}
		if seen[u.Slot] {
			return fmt.Errorf("program: input %q is updated twice", in.Key)
		}
		seen[u.Slot] = true
		if u.Slot.DType() != u.Next.DType() || !u.Slot.Shape().Equal(u.Next.Shape()) {
			return fmt.Errorf("program: input %q is %v and its next value %v", in.Key, u.Slot.Type(), u.Next.Type())
		}
	}
	for i, v := range s.Guard {
		if !v.Valid() || v.Rank() != 0 || !v.DType().IsFloat() {
			return fmt.Errorf("program: guard %d is %v, want a float scalar", i, v.Type())
		}
	}
	for i, v := range s.Outputs {
		if !v.Valid() {
			return fmt.Errorf("program: output %d is a failed value", i)
		}
	}
	for _, v := range s.all() {
		if v.Graph() != g {
			return fmt.Errorf("program: a value belongs to another graph")
		}
	}
	return nil
}

// separate copies values that are views of inputs (an output, or a slot that
// keeps the last w) where these are overwritten before they are read, and drops
// updates that change nothing. It returns the copies by what they are of.
func (s *Spec) separate(g *graph.Graph) map[graph.Value]graph.Value {
	copies := map[graph.Value]graph.Value{}
	snap := func(v graph.Value) graph.Value {
		copies[v] = g.Apply(snapshot{}, v)
		return copies[v]
	}
	var updates []Update
	updated := map[graph.Value]bool{}
	for _, u := range s.Updates {
		if u.Next == u.Slot {
			continue
		}
		if _, ok := behindViews(u.Next).Op().(graph.Input); ok {
			u.Next = snap(u.Next)
		}
		updates = append(updates, u)
		updated[u.Slot] = true
	}
	s.Updates = updates
	s.Outputs = append([]graph.Value(nil), s.Outputs...)
	for i, v := range s.Outputs {
		if in := behindViews(v); in != v && updated[in] {
			s.Outputs[i] = snap(v)
		}
	}
	return copies
}

// behindViews is the value that v is a view of.
func behindViews(v graph.Value) graph.Value {
	for {
		switch v.Op().(type) {
		case graph.Reshape, graph.Stop, graph.Broadcast, graph.Permute, graph.Slice:
			v = v.Arg(0)
		default:
			return v
		}
	}
}

// snapshot is its operand, in memory of its own.
type snapshot struct{}

func (snapshot) Name() string                               { return "snapshot" }
func (snapshot) Infer(in []graph.Type) (graph.Type, error)  { return in[0], nil }
func (snapshot) Eval(in []*tensor.Array, out *tensor.Array) { copy(out.Raw(), in[0].Raw()) }

// all is every value the program must have.
func (s *Spec) all() []graph.Value {
	all := append([]graph.Value(nil), s.Outputs...)
	all = append(all, s.Guard...)
	for _, u := range s.Updates {
		all = append(all, u.Slot, u.Next)
	}
	return all
}

// classify decides for every needed node how its value will exist.
func (c *compiler) classify() {
	c.need = graph.Ancestors(c.spec.all()...)
	c.guarded = make([]bool, len(c.need))
	if len(c.spec.Guard) > 0 {
		copy(c.guarded, graph.Ancestors(c.spec.Guard...))
	}
	c.nodes = make([]info, len(c.need))
	for id, needed := range c.need {
		if !needed {
			continue
		}
		v := c.g.At(id)
		for i := range v.NumArgs() {
			a := v.Arg(i).ID()
			c.nodes[a].users = append(c.nodes[a].users, id)
		}
	}
	for id, needed := range c.need {
		if !needed {
			continue
		}
		v, n := c.g.At(id), &c.nodes[id]
		n.root = id
		switch op := v.Op().(type) {
		case graph.Input:
			n.kind, n.view, n.stored = input, contiguousView(id, v.Shape()), true
		case graph.Const:
			n.kind = constant
		case graph.Reshape, graph.Stop:
			n.kind, n.root = alias, c.nodes[v.Arg(0).ID()].root
			if r := c.nodes[n.root]; r.kind == constant {
				n.kind, n.root = constant, id
			}
		case graph.Broadcast, graph.Permute, graph.Slice:
			n.kind = alias
			if c.nodes[v.Arg(0).ID()].kind == constant {
				n.kind = constant
			}
		case graph.Gather:
			n.kind = alias
			if !c.loadsOnly(id) {
				n.kind = heavy
			}
		case graph.Unary, graph.Binary, graph.Select, graph.Rectify, graph.Iota, graph.Random, graph.SegmentSpread:
			n.kind = heavy
			if v.DType().IsFloat() {
				n.kind = elem
			}
		case graph.Cast:
			n.kind = heavy
			if op.To.IsFloat() && c.nodes[v.Arg(0).ID()].kind != constant {
				n.kind = elem
			}
		default:
			n.kind = heavy
		}
	}
}

// loadsOnly reports whether a gather's rows go into fused loops only, so that
// they can be read as they are needed.
func (c *compiler) loadsOnly(id int) bool {
	for _, v := range c.spec.all() {
		if v.ID() == id {
			return false
		}
	}
	for _, u := range c.nodes[id].users {
		v := c.g.At(u)
		switch v.Op().(type) {
		case graph.Reshape, graph.Stop:
			if !c.loadsOnly(u) {
				return false
			}
		case graph.Cast, graph.Unary, graph.Binary, graph.Select, graph.Rectify:
			if !v.DType().IsFloat() {
				return false
			}
		default:
			return false
		}
	}
	return len(c.nodes[id].users) > 0
}

// place makes the views, and marks what has to be in memory.
func (c *compiler) place() {
	for id, needed := range c.need {
		if !needed {
			continue
		}
		v, n := c.g.At(id), &c.nodes[id]
		switch {
		case n.kind == elem || n.kind == heavy:
			n.view = contiguousView(id, v.Shape())
			if n.kind == heavy && c.rowsOf(id) > 0 && c.nodes[c.nodes[v.Arg(0).ID()].root].kind == elem {
				n.kind, n.stored = tail, true
				continue
			}
			c.placeOperands(v)
		case n.kind == alias && n.root == id:
			c.placeAlias(v)
		}
	}
	for _, v := range c.spec.Outputs {
		c.dense(v.ID())
	}
	for _, v := range c.spec.Guard {
		c.dense(v.ID())
	}
	for _, u := range c.spec.Updates {
		c.dense(u.Next.ID())
	}
}

func (c *compiler) placeAlias(v graph.Value) {
	n := &c.nodes[v.ID()]
	if _, ok := v.Op().(graph.Gather); ok {
		base := c.dense(v.Arg(0).ID())
		index := c.dense(v.Arg(1).ID())
		if base.offset == 0 && index.offset == 0 {
			n.view = &view{base: base.base, dims: v.Shape().Clone(), index: index.base, rows: v.Arg(0).Dim(0)}
			return
		}
		n.kind, n.view = heavy, contiguousView(v.ID(), v.Shape())
		return
	}
	a := c.shaped(v.Arg(0).ID())
	if n.view = a.through(v.Op(), v.Shape()); n.view == nil {
		panic("program: no view through " + v.Op().Name())
	}
}

// shaped is a view of a node under its own shape; the node's memory is copied
// together if strides cannot say it.
func (c *compiler) shaped(id int) *view {
	r := c.nodes[id].root
	c.store(r)
	rn := &c.nodes[r]
	if w := rn.view.through(graph.Reshape{}, c.g.At(id).Shape()); w != nil {
		return w
	}
	c.copyTogether(r)
	return contiguousView(r, c.g.At(id).Shape())
}

// dense is a contiguous view of a node, whose memory is copied together if it is not one.
func (c *compiler) dense(id int) *view {
	r := c.nodes[id].root
	c.store(r)
	rn := &c.nodes[r]
	if !rn.view.contiguous() {
		c.copyTogether(r)
	}
	return &view{base: rn.view.base, dims: c.g.At(id).Shape().Clone(), strides: c.g.At(id).Shape().Strides(), offset: rn.view.offset, index: -1}
}

// store marks a root as needed in memory.
func (c *compiler) store(r int) {
	n := &c.nodes[r]
	switch n.kind {
	case constant: // becomes a loop that fills a buffer
		n.kind, n.view = elem, contiguousView(r, c.g.At(r).Shape())
		n.stored = true
	case elem, heavy:
		n.stored = true
	}
}

// copyTogether turns an alias into an instruction that copies it to memory of its own.
func (c *compiler) copyTogether(r int) {
	n := &c.nodes[r]
	from := n.view
	n.kind, n.stored = heavy, true
	n.view = contiguousView(r, c.g.At(r).Shape())
	c.maker[r] = &instr{out: r, copyOf: from}
}

func (c *compiler) placeOperands(v graph.Value) {
	switch op := v.Op().(type) {
	case graph.Unary, graph.Binary, graph.Select, graph.Rectify, graph.Cast, graph.Iota:
		if c.nodes[v.ID()].kind == heavy {
			c.denseOperands(v)
		}
		// Operands of a loop are told apart when the loops are known: see group.
	case graph.MatMul:
		for i := range 2 {
			w := c.shaped(v.Arg(i).ID())
			if !gemmReadable(w) {
				c.dense(v.Arg(i).ID())
			}
		}
		_ = op
	case graph.Const:
	default:
		c.denseOperands(v)
	}
}

func (c *compiler) denseOperands(v graph.Value) {
	for i := range v.NumArgs() {
		c.dense(v.Arg(i).ID())
	}
}

// gemmReadable reports whether a product can read the matrix where it lies.
func gemmReadable(w *view) bool {
	if w.index >= 0 || len(w.dims) < 2 {
		return false
	}
	r, k := len(w.dims)-2, len(w.dims)-1
	return w.strides[k] == 1 || w.dims[k] == 1 || w.strides[r] == 1 || w.dims[r] == 1
}

// rowsOf is the length of the rows that a reduction adds up, or 0 if it is no
// reduction of the last axes alone.
func (c *compiler) rowsOf(id int) int {
	v := c.g.At(id)
	r, ok := v.Op().(graph.Reduce)
	if !ok {
		return 0
	}
	runs := graph.Runs(v.Arg(0).Shape(), r.Axes.Slice())
	if len(runs) != 1 || runs[0].Inner != 1 {
		return 0
	}
	return runs[0].N
}

// splitTails makes a reduction an instruction of its own where its loop
// already reduces rows of another length, and reports whether it did.
func (c *compiler) splitTails() bool {
	rows := map[loopKey]int{}
	for id := range c.need {
		if !c.need[id] || c.nodes[id].kind != tail {
			continue
		}
		arg := c.g.At(id).Arg(0).ID()
		k := c.key(c.nodes[arg].root)
		n := c.rowsOf(id)
		if have, ok := rows[k]; ok && have != n {
			c.nodes[id].kind = heavy
			c.dense(arg)
			return true
		}
		rows[k] = n
	}
	return false
}

func (c *compiler) key(id int) loopKey {
	v := c.g.At(id)
	return loopKey{c.nodes[id].level, v.Size(), v.DType(), c.guarded[id]}
}

// fuses reports whether consumer, an elem, can read arg in a register: the
// node it then reads, which is also an elem of the same size and type.
func (c *compiler) fuses(consumer, arg int) (root int, ok bool) {
	root = c.nodes[arg].root
	if c.nodes[consumer].kind != elem || c.nodes[root].kind != elem {
		return root, false
	}
	a, b := c.g.At(consumer), c.g.At(root)
	return root, a.DType() == b.DType() && a.Size() == b.Size() && c.guarded[consumer] == c.guarded[root]
}

// bases are the nodes whose memory a load of node id reads.
func (c *compiler) bases(id int) []int {
	r := &c.nodes[c.nodes[id].root]
	switch r.kind {
	case constant:
		return nil
	case alias:
		if r.view.index >= 0 {
			return []int{r.view.base, r.view.index}
		}
		return []int{r.view.base}
	}
	return []int{c.nodes[id].root}
}

// levels orders the work: a node's level is the number of buffers that must be
// filled, one after another, before it.
func (c *compiler) levels() {
	for id := range c.need {
		n := &c.nodes[id]
		if !c.need[id] || n.kind != elem && n.kind != heavy && n.kind != tail {
			continue
		}
		n.level = 0
		if n.kind == tail {
			n.level = c.nodes[c.nodes[c.g.At(id).Arg(0).ID()].root].level
			continue
		}
		for _, a := range c.operands(id) {
			if r, ok := c.fuses(id, a); ok {
				n.level = max(n.level, c.nodes[r].level)
				continue
			}
			bases := c.bases(a)
			if c.beyondGuard(id, a) {
				bases = nil
				for _, x := range c.operands(c.nodes[a].root) {
					bases = append(bases, c.bases(x)...)
				}
			}
			for _, b := range bases {
				if k := c.nodes[b].kind; k == elem || k == heavy || k == tail {
					n.level = max(n.level, c.nodes[b].level+1)
				}
			}
		}
	}
}

// operands are the nodes that filling id reads.
func (c *compiler) operands(id int) []int {
	if m := c.maker[id]; m != nil && m.copyOf != nil {
		ids := []int{m.copyOf.base}
		if m.copyOf.index >= 0 {
			ids = append(ids, m.copyOf.index)
		}
		return ids
	}
	v := c.g.At(id)
	if _, ok := v.Op().(graph.Const); ok {
		return nil
	}
	if c.isFill(id) {
		return nil
	}
	ids := make([]int, v.NumArgs())
	for i := range ids {
		ids[i] = v.Arg(i).ID()
	}
	return ids
}

// isFill reports whether an elem is a broadcast constant that had to be stored.
func (c *compiler) isFill(id int) bool {
	switch c.g.At(id).Op().(type) {
	case graph.Const, graph.Broadcast, graph.Reshape, graph.Permute, graph.Slice, graph.Stop:
		return c.nodes[id].kind == elem
	}
	return false
}

// sink moves an elementwise node that only later loops read down to the first
// of them: its operands are then read there instead of its result being stored.
func (c *compiler) sink() {
	for id := len(c.need) - 1; id >= 0; id-- {
		n := &c.nodes[id]
		if !c.need[id] || n.kind != elem || n.stored {
			continue
		}
		first := -1
		for _, u := range c.readers(id) {
			if r, ok := c.fuses(u, id); !ok || r != id {
				first = -1
				break
			}
			if l := c.nodes[u].level; first < 0 || l < first {
				first = l
			}
		}
		n.level = max(n.level, first)
	}
}

// readers are the nodes that use id, directly or behind reshapes.
func (c *compiler) readers(id int) []int {
	var out []int
	for _, u := range c.nodes[id].users {
		if c.nodes[u].kind == alias && c.nodes[u].root != u {
			out = append(out, c.readers(u)...)
		} else {
			out = append(out, u)
		}
	}
	return out
}

// loopKey names the loop an elementwise node belongs to. Nodes of one level,
// size and type depend on each other through registers only, so they can
// always share a loop.
type loopKey struct {
	level, size int
	dtype       tensor.DType
	guarded     bool
}

// group makes the instructions: a loop for each loopKey, one for each heavy node.
func (c *compiler) group() {
	loops := map[loopKey]*instr{}
	for id := range c.need {
		n := &c.nodes[id]
		if !c.need[id] {
			continue
		}
		switch n.kind {
		case heavy:
			m := c.maker[id]
			if m == nil {
				m = &instr{out: id}
				c.maker[id] = m
			}
			m.level = n.level
			c.instrs = append(c.instrs, m)
		case elem:
			k := c.key(id)
			m := loops[k]
			if m == nil {
				m = &instr{out: -1, level: n.level, loop: &loop{n: k.size, dtype: k.dtype}}
				loops[k] = m
				c.instrs = append(c.instrs, m)
			}
			m.loop.nodes = append(m.loop.nodes, id)
			c.maker[id] = m
		case tail:
			m := c.maker[c.nodes[c.g.At(id).Arg(0).ID()].root]
			m.loop.tails = append(m.loop.tails, id)
			m.loop.row = c.rowsOf(id)
			c.maker[id] = m
		}
	}
	for _, m := range c.instrs {
		if m.loop != nil {
			c.repeat(m)
		}
	}
	// What another loop or a differently shaped node reads must be in memory.
	for _, m := range c.instrs {
		if m.loop == nil {
			continue
		}
		for _, id := range m.loop.nodes {
			for _, a := range c.operands(id) {
				if m.loop.has(c.nodes[a].root) {
					continue
				}
				for _, b := range c.bases(a) {
					c.nodes[b].stored = true
				}
			}
		}
	}
	for _, m := range c.instrs {
		if m.loop != nil {
			c.prune(m)
		}
		m.note(c)
	}
}

// prune drops a loop's nodes that neither it nor anything else reads any more.
func (c *compiler) prune(m *instr) {
	used := map[int]bool{}
	for _, id := range m.loop.tails {
		used[c.nodes[c.g.At(id).Arg(0).ID()].root] = true
	}
	kept := m.loop.nodes[:0:0]
	for _, id := range slices.Backward(m.loop.nodes) {
		if !used[id] && !(c.nodes[id].stored && c.maker[id] == m) {
			continue
		}
		for _, a := range c.operands(id) {
			used[c.nodes[a].root] = true
		}
		kept = append(kept, id)
	}
	slices.Reverse(kept)
	m.loop.nodes = kept
}

// repeat lets a loop compute again what another loop has computed, if that is
// one cheap operation on memory that can be read in both: a sign that masks a
// gradient costs less than storing it.
func (c *compiler) repeat(m *instr) {
	var extra []int
	for _, id := range m.loop.nodes {
		for _, a := range c.operands(id) {
			r := c.nodes[a].root
			n := &c.nodes[r]
			if n.kind != elem || m.loop.has(r) || slices.Contains(extra, r) {
				continue
			}
			v := c.g.At(r)
			same := v.Size() == m.loop.n && v.DType() == m.loop.dtype
			if c.beyondGuard(id, a) || same && !n.stored && c.cheap(r) && c.readable(r) {
				extra = append(extra, r)
			}
		}
	}
	m.loop.nodes = append(m.loop.nodes, extra...)
	slices.Sort(m.loop.nodes)
}

// beyondGuard reports whether elem id, which the guard does not depend on,
// computes its operand a, which it does, once more, so that the two need not
// wait for each other.
func (c *compiler) beyondGuard(id, a int) bool {
	r := c.nodes[a].root
	if c.nodes[id].kind != elem || c.nodes[r].kind != elem || c.guarded[id] || !c.guarded[r] || !c.cheap(r) {
		return false
	}
	if v, w := c.g.At(id), c.g.At(r); v.Size() != w.Size() || v.DType() != w.DType() {
		return false
	}
	for _, x := range c.operands(r) {
		if n := &c.nodes[c.nodes[x].root]; n.kind == elem || n.kind == alias && n.view.index >= 0 {
			return false
		}
	}
	return true
}

// readable reports whether all of an elem's operands are in memory or numbers.
func (c *compiler) readable(id int) bool {
	for _, a := range c.operands(id) {
		n := &c.nodes[c.nodes[a].root]
		if n.kind == elem && !n.stored || n.kind == alias && n.view.index >= 0 {
			return false
		}
	}
	return true
}

// cheap reports whether an elem takes about as long as a load.
func (c *compiler) cheap(id int) bool {
	switch op := c.g.At(id).Op().(type) {
	case graph.Rectify, graph.Select:
		return true
	case graph.Unary:
		return op.Func == kernel.Neg || op.Func == kernel.Abs || op.Func == kernel.Sign
	case graph.Binary:
		return op.Func != kernel.Pow && op.Func != kernel.Div
	}
	return false
}
