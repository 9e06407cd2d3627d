package onnx

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// Function is an expression of inputs, built for one size of batch.
type Function struct {
	Inputs    []Port // each an input of the graph
	Outputs   []Port
	Constants []Constant
}

// Port is an input or an output by the name that the file gives it.
type Port struct {
	Name  string
	Value graph.Value
	Doc   string
}

// Constant is a value whose numbers are known: a weight, a statistic, a table. What the
// value is made from is not looked at, so that a part of a flat vector is one.
type Constant struct {
	Name  string
	Value graph.Value
	Array *tensor.Array // of the value's type and size; the file has its shape
}

// Options are what a file says beside the function.
type Options struct {
	Name     string // of the function; "" is "network"
	Doc      string
	Version  string            // of the program that writes
	Metadata map[string]string // for whoever reads it
	// Batch is the only size that the file computes; 0 leaves it open.
	Batch int
}

// Error is a part of a function that has no form in ONNX.
type Error struct {
	Place graph.Place
	Op    string // the primitive
	Scope string // the path of its layer, or ""
	Err   error
}

func (e *Error) Error() string {
	at := e.Op
	if e.Scope != "" {
		at += fmt.Sprintf(" %q", e.Scope)
	}
	return fmt.Sprintf("onnx: %v: %s: %v", e.Place, at, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

func errorAt(v graph.Value, err error) error {
	return &Error{Place: v.Place(), Op: v.Op().Name(), Scope: v.Scope(), Err: err}
}

// Write writes the function that build makes of a batch of a size. With the size left
// open it is built twice, and must be the same expression both times but for the
// lengths of axes.
func Write(w io.Writer, build func(batch int) (*Function, error), o Options) error {
	e := &exporter{results: map[int]*result{}, own: map[int][]dim{}, dims: map[dim]string{}, kept: map[string]string{}, turned: map[string]turn{}, names: map[string]int{}}
	pair := sizes
	if o.Batch > 0 {
		pair = [2]int{o.Batch, o.Batch}
	}
	for i, n := range pair {
		f, err := build(n)
		if err != nil {
			return err
		}
		if err := f.check(); err != nil {
			return err
		}
		e.f[i] = f
		if o.Batch > 0 {
			e.f[1] = f
			break
		}
	}
	if err := e.run(); err != nil {
		return err
	}
	return e.write(w, o)
}

func (f *Function) check() error {
	if len(f.Inputs) == 0 || len(f.Outputs) == 0 {
		return errors.New("onnx: a function has an input and an output at least")
	}
	var g *graph.Graph
	for _, p := range slices.Concat(f.Inputs, f.Outputs) {
		if !p.Value.Valid() || g != nil && p.Value.Graph() != g {
			return fmt.Errorf("onnx: %q is a failed value or one of another graph", p.Name)
		}
		g = p.Value.Graph()
	}
	if err := g.Err(); err != nil {
		return err
	}
	for _, c := range f.Constants {
		if !c.Value.Valid() || c.Value.Graph() != g {
			return fmt.Errorf("onnx: the constant %q is a failed value or one of another graph", c.Name)
		}
		if c.Array == nil || c.Array.DType() != c.Value.DType() || c.Array.Size() != c.Value.Size() {
			return fmt.Errorf("onnx: the array of the constant %q is not %v", c.Name, c.Value.Type())
		}
	}
	return nil
}

// result is a value's form in the file. What it is used as decides which of its
// names are made.
type result struct {
	name   string
	truth  string // the value as a boolean, or ""
	stored string // the constant with its numbers in the shape of the file, or ""
	file   tensor.Shape
	shape  []dim // that it has; the value's own is what it broadcasts to
	dtype  tensor.DType
}

// exporter makes nodes of values.
type exporter struct {
	f       [2]*Function
	results map[int]*result
	own     map[int][]dim // the shapes of the values themselves
	nodes   []message
	consts  []Constant // initialisers; their Values do not matter
	names   map[string]int
	scope   string            // of the value that is being written
	dims    map[dim]string    // made lengths, [1] int64
	kept    map[string]string // constants by their contents
	turned  map[string]turn   // values that are transposed ones
	batch   string            // the open length, [1] int64
	err     error             // of an operand
}

// turn is a transposition that made a value.
type turn struct {
	from string
	perm []int
}

// run makes all nodes.
func (e *exporter) run() error {
	inputs := [2]map[graph.Value]int{{}, {}}
	bound := [2]map[graph.Value]int{{}, {}}
	var all [2][]graph.Value
	for k, f := range e.f {
		var outputs []graph.Value
		for i, p := range f.Inputs {
			inputs[k][p.Value] = i
		}
		for i, c := range f.Constants {
			bound[k][c.Value] = i
		}
		for _, p := range f.Outputs {
			outputs = append(outputs, p.Value)
		}
		all[k] = live(outputs, func(v graph.Value) bool {
			_, in := inputs[k][v]
			_, known := bound[k][v]
			return in || known
		})
	}
	// The names of ports and constants are promised; others make way.
	for _, p := range slices.Concat(e.f[0].Inputs, e.f[0].Outputs) {
		if e.names[p.Name]++; e.names[p.Name] > 1 || p.Name == "" {
			return fmt.Errorf("onnx: two inputs or outputs are named %q, or one is not named", p.Name)
		}
	}
	for _, c := range e.f[0].Constants {
		e.names[c.Name]++
	}
	if len(all[0]) != len(all[1]) {
		return fmt.Errorf("onnx: the network is another expression for a batch of %d than for one of %d; export it for one size of batch", sizes[0], sizes[1])
	}
	for i, v := range all[0] {
		u := all[1][i]
		shape, err := shapeThrough(v.Shape(), u.Shape())
		if err != nil {
			return errorAt(v, err)
		}
		e.own[v.ID()] = shape
		e.scope = v.Scope()
		var r *result
		in, isIn := inputs[0][v]
		constant, known := bound[0][v]
		in2, isIn2 := inputs[1][u]
		constant2, known2 := bound[1][u]
		switch {
		case isIn != isIn2 || known != known2 || in != in2 || constant != constant2:
			return errorAt(v, errDiffers)
		case isIn:
			r = &result{name: e.f[0].Inputs[in].Name, shape: shape}
			if err := e.openBatch(r.name, shape); err != nil {
				return err
			}
		case known:
			if r, err = e.constant(v, e.f[0].Constants[constant], shape); err != nil {
				return errorAt(v, err)
			}
		default:
			if err := alike(v, u, all); err != nil {
				return errorAt(v, err)
			}
			n := &node{exporter: e, v: v, shape: shape}
			if r, err = n.translate(); err == nil {
				err = e.err
			}
			if err != nil {
				return errorAt(v, err)
			}
		}
		r.dtype = v.DType()
		e.results[v.ID()] = r
	}
	return e.outputs()
}

// constant keeps what the caller gave.
func (e *exporter) constant(v graph.Value, c Constant, shape []dim) (*result, error) {
	if opened(shape) > 0 {
		return nil, fmt.Errorf("the constant %q depends on the size of the batch", c.Name)
	}
	e.consts = append(e.consts, c)
	r := &result{stored: c.Name, file: c.Array.Shape(), shape: shape}
	if c.Array.Shape().Equal(v.Shape()) {
		r.name = c.Name
	}
	return r, nil
}

var errDiffers = errors.New("what it computes depends on the size of the batch; export the network for one size")

// alike is an error if two values differ in more than the size of the batch.
func alike(v, u graph.Value, all [2][]graph.Value) error {
	if v.DType() != u.DType() || v.NumArgs() != u.NumArgs() {
		return errDiffers
	}
	for i := range v.NumArgs() {
		a, _ := slices.BinarySearchFunc(all[0], v.Arg(i).ID(), byID)
		b, _ := slices.BinarySearchFunc(all[1], u.Arg(i).ID(), byID)
		if a != b {
			return errDiffers
		}
	}
	same := v.Op() == u.Op()
	// Of these the shape says all, and it is looked at.
	switch p := v.Op().(type) {
	case graph.Reshape:
		_, same = u.Op().(graph.Reshape)
	case graph.Broadcast:
		_, same = u.Op().(graph.Broadcast)
	case graph.Iota:
		q, ok := u.Op().(graph.Iota)
		same = ok && p.Axis == q.Axis && p.DType == q.DType
	}
	if !same {
		return errDiffers
	}
	return nil
}

func byID(v graph.Value, id int) int { return v.ID() - id }

// openBatch finds the batch among the axes of an input.
func (e *exporter) openBatch(name string, shape []dim) error {
	for i, d := range shape {
		if d.open() && d != (dim{1, 0}) {
			return fmt.Errorf("onnx: axis %d of the input %q is %d·batch + %d; it wants to be the batch itself", i, name, d.a, d.b)
		}
		if d.open() && e.batch == "" {
			e.batch = e.op("Shape", []string{name}, attribute{name: "start", i: i}, attribute{name: "end", i: i + 1})
			e.dims[dim{1, 0}] = e.batch
		}
	}
	return nil
}

// outputs gives the results of the outputs their names.
func (e *exporter) outputs() error {
	for i, p := range e.f[0].Outputs {
		e.scope = ""
		r := e.results[p.Value.ID()]
		shape, err := shapeThrough(p.Value.Shape(), e.f[1].Outputs[i].Value.Shape())
		if err != nil {
			return errorAt(p.Value, err)
		}
		name := e.full(r, shape)
		if e.err != nil {
			return errorAt(p.Value, e.err)
		}
		var m message
		m.text(nodeInput, name)
		m.text(nodeOutput, p.Name)
		m.text(nodeName, e.unique("output "+p.Name))
		m.text(nodeOp, "Identity")
		e.nodes = append(e.nodes, m)
	}
	return nil
}

// unique is a name that no other value has.
func (e *exporter) unique(name string) string {
	n := e.names[name]
	e.names[name]++
	if n == 0 {
		return name
	}
	return e.unique(name + "_" + strconv.Itoa(n+1))
}

// op adds a node and gives the name of its output.
func (e *exporter) op(op string, in []string, attributes ...attribute) string {
	name := op
	if e.scope != "" {
		name = e.scope + "." + op
	}
	name = e.unique(name)
	var m message
	for _, x := range in {
		m.text(nodeInput, x)
	}
	m.text(nodeOutput, name)
	m.text(nodeName, name)
	m.text(nodeOp, op)
	for _, a := range attributes {
		m.message(nodeAttribute, a.encode())
	}
	e.nodes = append(e.nodes, m)
	return name
}

// array is a constant of the function itself; equal ones are one.
func (e *exporter) array(a *tensor.Array) string {
	key := a.DType().String() + a.Shape().String() + string(a.Raw())
	if name, ok := e.kept[key]; ok {
		return name
	}
	name := e.unique("constant")
	e.consts = append(e.consts, Constant{Name: name, Array: a})
	e.kept[key] = name
	return name
}

// ints is a list as int64 [n].
func (e *exporter) ints(v ...int) string {
	a := tensor.New(tensor.Int64, len(v))
	for i, x := range v {
		tensor.Slice[int64](a)[i] = int64(x)
	}
	return e.array(a)
}

// scalar is a number as rank-0 array.
func (e *exporter) scalar(d tensor.DType, v float64) string {
	a := tensor.New(d)
	a.SetAt(0, v)
	return e.array(a)
}

// shapeOf is a shape as int64 [rank], computed where it depends on the batch.
func (e *exporter) shapeOf(s []dim) string {
	if opened(s) == 0 {
		v := make([]int, len(s))
		for i, d := range s {
			v[i] = d.b
		}
		return e.ints(v...)
	}
	parts := make([]string, len(s))
	for i, d := range s {
		parts[i] = e.length(d)
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return e.op("Concat", parts, attribute{name: "axis", i: 0})
}

// length is one dim as int64 [1].
func (e *exporter) length(d dim) string {
	if !d.open() {
		return e.ints(d.b)
	}
	if name, ok := e.dims[d]; ok {
		return name
	}
	name := e.batch
	if d.a != 1 {
		name = e.op("Mul", []string{name, e.ints(d.a)})
	}
	if d.b != 0 {
		name = e.op("Add", []string{name, e.ints(d.b)})
	}
	e.dims[d] = name
	return name
}

// number is a result as numbers of its type.
func (e *exporter) number(r *result) string {
	switch {
	case r.name != "":
	case r.stored != "":
		r.name = e.op("Reshape", []string{r.stored, e.shapeOf(r.shape)})
	case r.truth == "":
		e.err = errors.New("it uses the index of a pooling, which has no form in ONNX but in the pooling itself")
	default:
		r.name = e.op("Cast", []string{r.truth}, attribute{name: "to", i: int(elementType(r.dtype))})
	}
	return r.name
}

// full is a result that has the whole shape.
func (e *exporter) full(r *result, shape []dim) string {
	if slices.Equal(r.shape, shape) {
		return e.number(r)
	}
	return e.op("Expand", []string{e.number(r), e.shapeOf(shape)})
}

// write puts the model together.
func (e *exporter) write(w io.Writer, o Options) error {
	name := o.Name
	if name == "" {
		name = "network"
	}
	var body message
	body.text(graphName, name)
	for _, n := range e.nodes {
		body.message(graphNode, n)
	}
	for k, ports := range [2][]Port{e.f[0].Inputs, e.f[0].Outputs} {
		for i, p := range ports {
			twin := [2][]Port{e.f[1].Inputs, e.f[1].Outputs}[k][i]
			shape, err := shapeThrough(p.Value.Shape(), twin.Value.Shape())
			if err != nil {
				return errorAt(p.Value, err)
			}
			body.message([2]protowire.Number{graphInput, graphOutput}[k], info(p, shape))
		}
	}
	parts, total := [][]byte{body}, len(body)
	for _, c := range e.consts {
		raw := c.Array.LittleEndian()
		var m, head message
		for _, d := range c.Array.Shape() {
			m.integer(tensorDims, uint64(d))
		}
		m.integer(tensorType, elementType(c.Array.DType()))
		m.text(tensorName, c.Name)
		m.open(tensorRaw, len(raw))
		head.open(graphInitializer, len(m)+len(raw))
		head = append(head, m...)
		parts = append(parts, head, raw)
		total += len(head) + len(raw)
	}
	if total > math.MaxInt32-1<<20 {
		return fmt.Errorf("onnx: the model has %d bytes; a protobuf message holds less than 2 GiB", total)
	}
	head := e.head(o)
	head.open(modelGraph, total)
	for _, p := range append([][]byte{head}, parts...) {
		if _, err := w.Write(p); err != nil {
			return fmt.Errorf("onnx: %w", err)
		}
	}
	return nil
}

// head is all of the model but its graph.
func (e *exporter) head(o Options) message {
	var m message
	m.integer(modelIR, irVersion)
	m.text(modelProducer, "descent")
	if o.Version != "" {
		m.text(modelProducerVersion, o.Version)
	}
	if o.Doc != "" {
		m.text(modelDoc, o.Doc)
	}
	var set message
	set.integer(opsetVersion, opset)
	m.message(modelOpset, set)
	for _, k := range slices.Sorted(maps.Keys(o.Metadata)) {
		var entry message
		entry.text(entryKey, k)
		entry.text(entryValue, o.Metadata[k])
		m.message(modelMetadata, entry)
	}
	return m
}

// info is the type of an input or output.
func info(p Port, shape []dim) message {
	var dims, elem, typ, m message
	for _, d := range shape {
		var x message
		switch {
		case d == dim{1, 0}:
			x.text(dimParam, "batch")
		case d.open():
			x.text(dimParam, fmt.Sprintf("%d*batch + %d", d.a, d.b))
		default:
			x.integer(dimValue, uint64(d.b))
		}
		dims.message(shapeDim, x)
	}
	elem.integer(tensorElem, elementType(p.Value.DType()))
	elem.message(tensorShape, dims)
	typ.message(typeTensor, elem)
	m.text(infoName, p.Name)
	m.message(infoType, typ)
	if p.Doc != "" {
		m.text(infoDoc, p.Doc)
	}
	return m
}
