package program

import (
	"github.com/godescent/descent/graph"
)

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
		case graph.Unary, graph.Binary, graph.Select, graph.Rectify, graph.Iota, graph.Random, graph.SegmentSpread, snapshot:
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
			if n.kind == heavy && c.isTail(id) {
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
	for _, k := range c.when {
		for _, id := range c.conditions(k) {
			c.dense(id)
		}
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
	return rn.view.reshape(c.g.At(id).Shape())
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

// copyTogether makes an alias contiguous: the product that it shows is laid out as it
// wants, or an instruction copies it to memory of its own.
func (c *compiler) copyTogether(r int) {
	n := &c.nodes[r]
	if c.layOut(r) {
		return
	}
	from := n.view
	n.kind, n.stored = heavy, true
	n.view = contiguousView(r, c.g.At(r).Shape())
	c.maker[r] = &instr{out: r, copyOf: from}
}

// layOut has a product write its result in the order in which r, a permutation of its
// axes and all that reads it, shows it, and reports whether that can be: rows stay in line.
func (c *compiler) layOut(r int) bool {
	n := &c.nodes[r]
	if n.kind != alias || n.view.index >= 0 || n.view.offset != 0 {
		return false
	}
	b := n.view.base
	v := c.g.At(b)
	if _, ok := v.Op().(graph.MatMul); !ok || c.nodes[b].kind != heavy || !c.nodes[b].view.contiguous() || v.Size() != c.g.At(r).Size() {
		return false
	}
	for _, u := range c.readers(b) {
		if u != r {
			return false
		}
	}
	for _, u := range c.spec.all() {
		if c.nodes[u.ID()].root == b {
			return false
		}
	}
	for id := range c.nodes {
		if w := c.nodes[id].view; w != nil && w.base == b && id != b && id != r {
			return false
		}
	}
	old, to := c.nodes[b].view, contiguousView(b, c.g.At(r).Shape())
	strides := make([]int, len(old.dims))
	for i, d := range old.dims {
		if d == 1 {
			strides[i] = 1
			continue
		}
		for k, s := range n.view.strides {
			if s == old.strides[i] && n.view.dims[k] == d {
				strides[i] = to.strides[k]
			}
		}
		if strides[i] == 0 {
			return false // r has cut the axis
		}
	}
	if strides[len(strides)-1] != 1 {
		return false
	}
	c.nodes[b].view = &view{base: b, dims: old.dims, strides: strides, index: -1}
	n.view = to
	return true
}

func (c *compiler) placeOperands(v graph.Value) {
	switch v.Op().(type) {
	case graph.Unary, graph.Binary, graph.Select, graph.Rectify, graph.Cast, graph.Iota, snapshot:
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
