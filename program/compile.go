package program

import (
	"fmt"

	"github.com/godescent/descent/graph"
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
	choices []choice
	when    []int // by node: the choice under which it is needed
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
	c.choose()
	c.place()
	c.levels()
	for c.splitTails() {
		c.levels()
	}
	c.sink()
	c.sinkCopies()
	c.group()
	p := &Program{g: g, spec: spec, nodes: c.nodes, choices: c.choices, snapshots: copies}
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
// keeps the last w) where these are overwritten before they are read, and what a
// slot keeps of an instruction's result, so that a loop which reads the slot's last
// value stores the next one as it goes. It drops updates that change nothing, and
// returns the copies by what they are of.
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
		if keepsCopy(u.Next) {
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

// keepsCopy reports whether a slot's next value must be copied to it: that of an
// input is, and floating-point numbers that no loop computes, which could else be
// copied only when all else is done.
func keepsCopy(next graph.Value) bool {
	switch behindViews(next).Op().(type) {
	case graph.Input:
		return true
	case graph.Unary, graph.Binary, graph.Select, graph.Rectify, graph.Iota, graph.Random, graph.SegmentSpread, graph.Cast, graph.Const, graph.Reduce:
		return false
	}
	return next.DType().IsFloat()
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

// snapshot is its operand, in memory of its own. Loops multiply it by 1.
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
