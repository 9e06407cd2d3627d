package graph

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"

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
	// Infer is the result's type. Its error says what is wrong with the operands
	// and the cure. It must bear any number of operands of any type.
	Infer(in []Type) (Type, error)
	// Eval is the primitive's definition: it computes out, which is zeroed, from in.
	Eval(in []*tensor.Array, out *tensor.Array)
}

// Differentiable is a primitive with a derivative.
type Differentiable interface {
	Primitive
	// JVP is the tangent of v, a node of this primitive, given its operands'
	// tangents. An invalid (zero) tangent stands for zero; at least one is
	// valid. The result is linear in the tangents, so it reaches them through
	// linear operands of [Linear] primitives alone, and has v's type and shape.
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

// operands is an error if a primitive that wants n operands has another number.
func operands(in []Type, n int) error {
	if len(in) != n {
		return fmt.Errorf("has %d operands and wants %d", len(in), n)
	}
	return nil
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
	inputs map[string]int32 // by key
	err    error
	origin int32 // node whose place and scope new nodes inherit, or -1
	scope  int32
	scopes []string
	labels map[string]int32
	places placeCache
}

// New is an empty graph.
func New() *Graph {
	return &Graph{
		index: map[key]int32{}, inputs: map[string]int32{}, origin: -1,
		scopes: []string{""}, labels: map[string]int32{"": 0}, places: placeCache{},
	}
}

// Err is the first mistake made while building, or nil.
func (g *Graph) Err() error { return g.err }

// Len is the number of nodes, dead ones included.
func (g *Graph) Len() int { return len(g.nodes) }

// At is the node with an id below Len. Operands have smaller ids than their
// users. There is none with the id −1: that Value is invalid.
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
// a gradient is reported at the line of the operation it belongs to. It returns
// what was inherited from before.
func (g *Graph) Inherit(v Value) (before Value) {
	before = g.At(int(g.origin))
	g.origin = v.id - 1
	return before
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

// Size is the number of v's elements; 1 if v failed.
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

// Op is the primitive that makes v; nil if v failed.
func (v Value) Op() Primitive {
	if !v.Valid() {
		return nil
	}
	return v.node().op
}

// NumArgs is the number of v's operands.
func (v Value) NumArgs() int {
	if !v.Valid() {
		return 0
	}
	return len(v.node().args)
}

// Arg is operand i, which must be below NumArgs.
func (v Value) Arg(i int) Value { return Value{v.g, v.node().args[i] + 1} }

// Place is where in the source v was made.
func (v Value) Place() Place {
	if !v.Valid() {
		return Place{}
	}
	return v.node().place
}

// Scope is the path of the layer that made v, or "".
func (v Value) Scope() string {
	if !v.Valid() {
		return ""
	}
	return v.g.scopes[v.node().scope]
}

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
	if op == nil || !reflect.TypeOf(op).Comparable() {
		return g.Fail("apply", "the primitive is a %T; want a comparable type, with lists packed as graph.Ints", op)
	}
	var few [4]int32
	ids := few[:0]
	for i, a := range args {
		if !a.Valid() {
			return g.missing(op.Name(), i)
		}
		if a.g != g {
			return g.Fail(op.Name(), "operand %d belongs to another graph", i)
		}
		ids = append(ids, a.id-1)
	}
	k := makeKey(op, ids)
	if id, ok := g.index[k]; ok {
		return Value{g, id + 1}
	}
	typ, err := g.infer(op, args)
	if err != nil {
		return g.Fail(op.Name(), "%v", err)
	}
	n := node{op: op, args: slices.Clone(ids), typ: typ, scope: g.scope}
	if g.origin >= 0 {
		n.place, n.scope = g.nodes[g.origin].place, g.nodes[g.origin].scope
	} else {
		n.place = g.places.here(insideGraph)
	}
	id := int32(len(g.nodes))
	g.nodes = append(g.nodes, n)
	g.index[k] = id
	if in, ok := op.(Input); ok {
		g.inputs[in.Key] = id
	}
	return Value{g, id + 1}
}

// infer is a new node's type.
func (g *Graph) infer(op Primitive, args []Value) (Type, error) {
	if in, ok := op.(Input); ok {
		if id, ok := g.inputs[in.Key]; ok {
			return Type{}, fmt.Errorf("is %v here but was %v at %v", Type{in.DType, in.Dims.Shape()}, g.nodes[id].typ, g.nodes[id].place)
		}
	}
	in := make([]Type, len(args))
	for i, a := range args {
		in[i] = a.Type()
	}
	typ, err := op.Infer(in)
	if err == nil && typ.DType.Size() == 0 {
		err = fmt.Errorf("the result would be of the element type %v; want uint8, int32, int64, float32 or float64", typ.DType)
	}
	if err == nil {
		err = typ.Shape.Check()
	}
	return typ, err
}

// missing is the result of an operation on a Value that is none. It is silent
// if a mistake is recorded, since that explains it; otherwise it is one.
func (g *Graph) missing(op string, i int) Value {
	if g.err != nil {
		return Value{}
	}
	return g.Fail(op, "operand %d is a zero Value; it was never set, or failed in another graph", i)
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
