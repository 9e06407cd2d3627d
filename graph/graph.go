package graph

import (
	"encoding/binary"
	"fmt"

	"github.com/godescent/descent/tensor"
)

// Type is what is known of a value before it is computed.
type Type struct {
	DType tensor.DType
	Shape tensor.Shape
}

func (t Type) String() string { return fmt.Sprintf("%v%v", t.DType, t.Shape) }

// Primitive is an operation together with its attributes. The dynamic type
// must be comparable: equal primitives of equal operands are one node.
//
// A primitive has a derivative if it is a [Differentiable] or a [Flat];
// autodiff reports any other as an error. Whole-number operands have none.
type Primitive interface {
	// Name is the operation's name in errors and listings.
	Name() string
	// Infer is the result's type. Its error says what is wrong with the operands and the cure.
	Infer(in []Type) (Type, error)
	// Eval is the primitive's definition: it computes out, which is zeroed, from in.
	Eval(in []*tensor.Array, out *tensor.Array)
}

// Differentiable is a primitive with a derivative.
type Differentiable interface {
	Primitive
	// JVP is the tangent of v, a node of this primitive, given its operands'
	// tangents. An invalid (zero) tangent stands for zero; at least one is
	// valid. The result must be linear in the tangents.
	JVP(v Value, tangents []Value) Value
}

// Linear is a primitive that is linear in at least one operand.
type Linear interface {
	Differentiable
	// Transpose maps the cotangent of v to that of operand i, in which v is linear.
	Transpose(v, cotangent Value, i int) Value
}

// Flat is a primitive whose derivative is declared to be zero: comparisons,
// argmax, sources.
type Flat interface {
	Primitive
	// Flat says why it is; "" says that with these attributes it is not.
	Flat() string
}

// IsFlat reports whether v's derivative is zero by declaration: v is a whole
// number, or its primitive says so.
func (v Value) IsFlat() bool {
	f, ok := v.Op().(Flat)
	return !v.DType().IsFloat() || ok && f.Flat() != ""
}

// node is one interned expression.
type node struct {
	op    Primitive
	args  []int32
	typ   Type
	place Place
	scope int32
}

// key identifies equal nodes.
type key struct {
	op   Primitive
	n    int
	args [3]int32
	rest string
}

// Graph owns nodes. It is not safe for concurrent building.
type Graph struct {
	nodes  []node
	index  map[key]int32
	err    error
	origin int32 // node whose place and scope new nodes inherit, or -1
	scope  int32
	scopes []string
	labels map[string]int32
	places placeCache
}

// New is an empty graph.
func New() *Graph {
	return &Graph{index: map[key]int32{}, origin: -1, scopes: []string{""}, labels: map[string]int32{"": 0}}
}

// Err is the first mistake made while building, or nil.
func (g *Graph) Err() error { return g.err }

// Len is the number of nodes, dead ones included.
func (g *Graph) Len() int { return len(g.nodes) }

// At is the node with an id below Len. Operands have smaller ids than their users.
func (g *Graph) At(id int) Value { return Value{g, int32(id) + 1} }

// SetScope names the part of the model (a layer's path) that the nodes made
// from now on belong to, and returns the scope that was set before.
func (g *Graph) SetScope(path string) (before string) {
	before = g.scopes[g.scope]
	id, ok := g.labels[path]
	if !ok {
		id = int32(len(g.scopes))
		g.scopes = append(g.scopes, path)
		g.labels[path] = id
	}
	g.scope = id
	return before
}

// Inherit makes the nodes built from now on take their place and scope from v,
// until it is called again; an invalid v ends it. Derivatives use it, so that
// a gradient is reported at the line of the operation it belongs to.
func (g *Graph) Inherit(v Value) {
	g.origin = v.id - 1
}

// Value is a handle to a node of a graph. The zero Value is a failed one.
type Value struct {
	g  *Graph
	id int32 // index + 1
}

// Valid reports whether v is a node; an operation that failed returns an invalid Value.
func (v Value) Valid() bool { return v.id > 0 }

// Graph is the graph that owns v.
func (v Value) Graph() *Graph { return v.g }

// ID is the index of v's node, in topological order; -1 for a failed Value.
func (v Value) ID() int { return int(v.id) - 1 }

func (v Value) node() *node { return &v.g.nodes[v.id-1] }

// Type is v's type; that of a failed Value is invalid.
func (v Value) Type() Type {
	if !v.Valid() {
		return Type{}
	}
	return v.node().typ
}

// DType is v's element type.
func (v Value) DType() tensor.DType { return v.Type().DType }

// Shape is v's shape; the caller must not change it.
func (v Value) Shape() tensor.Shape { return v.Type().Shape }

// Rank is the number of v's axes.
func (v Value) Rank() int { return len(v.Shape()) }

// Size is the number of v's elements.
func (v Value) Size() int { return v.Shape().Size() }

// Dim is the length of axis i, counted from the end if negative; 0 if there is none.
func (v Value) Dim(i int) int {
	s := v.Shape()
	if i < 0 {
		i += len(s)
	}
	if i < 0 || i >= len(s) {
		return 0
	}
	return s[i]
}

// Op is the primitive that makes v.
func (v Value) Op() Primitive { return v.node().op }

// NumArgs is the number of v's operands.
func (v Value) NumArgs() int { return len(v.node().args) }

// Arg is operand i.
func (v Value) Arg(i int) Value { return Value{v.g, v.node().args[i] + 1} }

// Place is where in the source v was made.
func (v Value) Place() Place { return v.node().place }

// Scope is the path of the layer that made v, or "".
func (v Value) Scope() string { return v.g.scopes[v.node().scope] }

// String is the node in one line: its id, type, primitive and operands.
func (v Value) String() string {
	if !v.Valid() {
		return "failed"
	}
	s := fmt.Sprintf("%%%d %v = %s(", v.ID(), v.Type(), v.Op().Name())
	for i := range v.NumArgs() {
		if i > 0 {
			s += ", "
		}
		s += fmt.Sprintf("%%%d", v.Arg(i).ID())
	}
	return s + ")"
}

// Apply makes the node op(args...), or returns the equal one that exists. The
// shipped primitives have methods and functions of their own; Apply is for
// primitives defined elsewhere.
func (g *Graph) Apply(op Primitive, args ...Value) Value {
	ids := make([]int32, len(args))
	for i, a := range args {
		if !a.Valid() {
			return Value{}
		}
		if a.g != g {
			return g.Fail(op.Name(), "operand %d belongs to another graph", i)
		}
		ids[i] = a.id - 1
	}
	k := makeKey(op, ids)
	if id, ok := g.index[k]; ok {
		return Value{g, id + 1}
	}
	in := make([]Type, len(args))
	for i, a := range args {
		in[i] = a.Type()
	}
	typ, err := op.Infer(in)
	if err == nil {
		err = typ.Shape.Check()
	}
	if err != nil {
		return g.Fail(op.Name(), "%v", err)
	}
	n := node{op: op, args: ids, typ: typ, scope: g.scope}
	if g.origin >= 0 {
		n.place, n.scope = g.nodes[g.origin].place, g.nodes[g.origin].scope
	} else {
		n.place = g.places.here(insideGraph)
	}
	id := int32(len(g.nodes))
	g.nodes = append(g.nodes, n)
	g.index[k] = id
	return Value{g, id + 1}
}

func makeKey(op Primitive, ids []int32) key {
	k := key{op: op, n: len(ids)}
	n := copy(k.args[:], ids)
	if n < len(ids) {
		rest := make([]byte, 0, 4*(len(ids)-n))
		for _, id := range ids[n:] {
			rest = binary.LittleEndian.AppendUint32(rest, uint32(id))
		}
		k.rest = string(rest)
	}
	return k
}

// Error is a mistake made while building a graph.
type Error struct {
	Place Place  // the caller's line
	Op    string // the operation or layer
	Scope string // the path of the layer it belongs to, or ""
	Msg   string
}

func (e *Error) Error() string {
	if e.Scope != "" {
		return fmt.Sprintf("%v: %s %q: %s", e.Place, e.Op, e.Scope, e.Msg)
	}
	return fmt.Sprintf("%v: %s: %s", e.Place, e.Op, e.Msg)
}

// Fail records a mistake at the caller's place, unless one is recorded
// already, and returns a failed Value.
func (g *Graph) Fail(op, format string, args ...any) Value {
	if g.err == nil {
		place, scope := g.places.here(insideLibrary), g.scope
		if g.origin >= 0 {
			place, scope = g.nodes[g.origin].place, g.nodes[g.origin].scope
		}
		g.err = &Error{Place: place, Op: op, Scope: g.scopes[scope], Msg: fmt.Sprintf(format, args...)}
	}
	return Value{}
}
