package program

import (
	"fmt"
	"strings"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// choice is a branch of a Select whose condition is one number. What no one else
// needs is computed only where the branch is taken: graph.Where(due, f(x), last) pays for f when it is due.
type choice struct {
	cond   int  // the node of the number
	taken  bool // whether the branch is that of cond ≠ 0
	within int  // the choice that must be taken too; 0, the first of all, always is
	depth  int
}

// choose finds for every node the choice under which it is needed.
func (c *compiler) choose() {
	c.choices = []choice{{}}
	c.when = make([]int, len(c.need))
	known := make([]bool, len(c.need))
	want := func(id, k int) {
		if known[id] {
			k = c.common(c.when[id], k)
		}
		c.when[id], known[id] = k, true
	}
	for _, v := range c.spec.all() {
		want(v.ID(), 0)
	}
	for id := len(c.need) - 1; id >= 0; id-- {
		if !c.need[id] {
			continue
		}
		v := c.g.At(id)
		for i := range v.NumArgs() {
			want(v.Arg(i).ID(), c.branch(v, i))
		}
	}
	c.keepWorthwhile()
}

// branch is the choice under which v needs its operand i.
func (c *compiler) branch(v graph.Value, i int) int {
	within := c.when[v.ID()]
	if _, ok := v.Op().(graph.Select); !ok || i == 0 || v.Arg(1) == v.Arg(2) {
		return within
	}
	cond, ok := oneNumber(v.Arg(0))
	if !ok {
		return within
	}
	// Rows taken by index are read by v's own loop, which would look up an index that was not computed.
	if x := behindViews(v.Arg(i)); c.nodes[x.ID()].kind == alias {
		return within
	}
	for k := within; k != 0; k = c.choices[k].within {
		if c.choices[k].cond == cond && c.choices[k].taken == (i == 1) {
			return within
		}
	}
	next := choice{cond, i == 1, within, c.choices[within].depth + 1}
	for k, old := range c.choices {
		if k > 0 && old == next {
			return k
		}
	}
	c.choices = append(c.choices, next)
	return len(c.choices) - 1
}

// oneNumber is the node behind a condition that is the same for all elements and known at run time only.
func oneNumber(v graph.Value) (id int, ok bool) {
	for {
		switch op := v.Op().(type) {
		case graph.Broadcast, graph.Reshape, graph.Stop:
			v = v.Arg(0)
			continue
		case graph.Cast:
			if b, ok := v.Arg(0).Op().(graph.Binary); ok && b.Flat() != "" && op.To.IsFloat() { // 0 or 1 in any type
				v = v.Arg(0)
				continue
			}
		case graph.Const:
			return 0, false
		}
		return v.ID(), v.Size() == 1 && v.DType().IsFloat()
	}
}

// common is the innermost choice that two have in common.
func (c *compiler) common(a, b int) int {
	for a != b {
		if c.choices[a].depth < c.choices[b].depth {
			a, b = b, a
		}
		a = c.choices[a].within
	}
	return a
}

// keepWorthwhile drops the choice of elementwise work that no product needs or is needed by: it is better
// done in the loop that chooses.
func (c *compiler) keepWorthwhile() {
	needs, feeds := make([]bool, len(c.need)), make([]bool, len(c.need)) // costly work, itself included
	for id := range c.need {
		if c.when[id] != 0 {
			v := c.g.At(id)
			needs[id] = isCostly(v.Op())
			for i := range v.NumArgs() {
				needs[id] = needs[id] || needs[v.Arg(i).ID()]
			}
		}
	}
	for id := len(c.need) - 1; id >= 0; id-- {
		v := c.g.At(id)
		if c.when[id] == 0 || !feeds[id] && !isCostly(v.Op()) {
			continue
		}
		for i := range v.NumArgs() {
			feeds[v.Arg(i).ID()] = true
		}
	}
	for id := len(c.need) - 1; id >= 0; id-- {
		if !c.need[id] {
			continue
		}
		if !needs[id] && !feeds[id] {
			c.when[id] = 0
		}
		v := c.g.At(id)
		for i := range v.NumArgs() { // what is always computed reads nothing that is not
			a := v.Arg(i).ID()
			c.when[a] = c.common(c.when[a], c.branch(v, i))
		}
	}
}

// isCostly reports whether an operation takes more than a pass over its operands.
func isCostly(op graph.Primitive) bool {
	switch op.(type) {
	case graph.MatMul, graph.Conv, graph.ConvKernel, graph.Eigenvectors, graph.InverseRoot, graph.Orthonormal, graph.Cholesky, graph.SolveUpper:
		return true
	}
	return false
}

// conditions are the nodes of the numbers on which a choice depends, the outermost last.
func (c *compiler) conditions(k int) (ids []int) {
	for ; k != 0; k = c.choices[k].within {
		ids = append(ids, c.choices[k].cond)
	}
	return ids
}

// condition is a number in memory that decides whether an instruction runs.
type condition struct {
	f32   []float32 // one of the two has it
	f64   []float64
	taken bool
}

// skips reports whether the instruction is not needed in this step. The numbers of inner choices may not have
// been computed where an outer one is not taken, so that one comes first.
func (s *step) skips() bool {
	for _, c := range s.conditions {
		x := false
		if c.f32 != nil {
			x = c.f32[0] != 0
		} else {
			x = c.f64[0] != 0
		}
		if x != c.taken {
			return true
		}
	}
	return false
}

// conditions are those of an instruction, the outermost first.
func (in *Instance) conditions(m *instr) (out []condition) {
	for k := m.when; k != 0; k = in.p.choices[k].within {
		ch := in.p.choices[k]
		a := in.array(in.p.g.At(ch.cond))
		c := condition{taken: ch.taken}
		if a.DType() == tensor.Float32 {
			c.f32 = tensor.Slice[float32](a)
		} else {
			c.f64 = tensor.Slice[float64](a)
		}
		out = append([]condition{c}, out...)
	}
	return out
}

// unless says under which conditions an instruction runs, for listings.
func (p *Program) unless(m *instr) string {
	var b strings.Builder
	for k := m.when; k != 0; k = p.choices[k].within {
		word := "unless"
		if p.choices[k].taken {
			word = "if"
		}
		fmt.Fprintf(&b, " %s %%%d", word, p.choices[k].cond)
	}
	return b.String()
}
