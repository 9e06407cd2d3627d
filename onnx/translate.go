package onnx

import (
	"errors"
	"fmt"
	"slices"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// node is a value that is being written.
type node struct {
	*exporter
	v     graph.Value
	shape []dim // the value's own
}

func (n *node) arg(i int) *result { return n.results[n.v.Arg(i).ID()] }

// in is operand i as numbers, of a shape that may yet have to be broadcast.
func (n *node) in(i int) string { return n.number(n.arg(i)) }

// whole is operand i with all its axes.
func (n *node) whole(i int) string { return n.full(n.arg(i), n.argShape(i)) }

// argShape is the shape of operand i, for every size of batch.
func (n *node) argShape(i int) []dim { return n.own[n.v.Arg(i).ID()] }

// elementwise is a result of all operands, broadcast.
func (n *node) elementwise(name string) *result {
	shapes := make([][]dim, n.v.NumArgs())
	for i := range shapes {
		shapes[i] = n.arg(i).shape
	}
	return &result{name: name, shape: meet(shapes...)}
}

// made is a result with all its axes.
func (n *node) made(name string) *result { return &result{name: name, shape: n.shape} }

// errNone is of a primitive that evaluation has no use for.
var errNone = errors.New("it has no form in ONNX")

// translate writes a value by its primitive.
func (n *node) translate() (*result, error) {
	switch p := n.v.Op().(type) {
	case graph.Const:
		return &result{name: n.scalar(p.DType, p.V()), shape: []dim{}}, nil
	case graph.Input:
		return nil, errors.New("the file has no input for it and its numbers are not known")
	case graph.Iota:
		return n.iota(p)
	case graph.Unary:
		return n.unary(p)
	case graph.Rectify:
		return n.elementwise(n.op("Relu", []string{n.in(0)})), nil
	case graph.Binary:
		return n.binary(p)
	case graph.Cast:
		return n.cast(p), nil
	case graph.Select:
		return n.elementwise(n.op("Where", []string{n.truth(0), n.in(1), n.in(2)})), nil
	case graph.Stop:
		r := *n.arg(0)
		return &r, nil
	case graph.Broadcast:
		r := *n.arg(0)
		if r.name == "" {
			r.name = n.in(0)
		}
		return &r, nil
	case graph.Reshape:
		return n.reshape(), nil
	case graph.Permute:
		return n.made(n.transpose(n.whole(0), p.Perm.Slice())), nil
	case graph.Slice:
		return n.slice(p), nil
	case graph.Pad:
		lo, hi := make([]int, n.v.Rank()), make([]int, n.v.Rank())
		lo[p.Axis], hi[p.Axis] = p.Lo, p.Hi
		return n.made(n.pad(n.whole(0), lo, hi)), nil
	case graph.Join:
		parts := make([]string, n.v.NumArgs())
		for i := range parts {
			parts[i] = n.whole(i)
		}
		return n.made(n.op("Concat", parts, attribute{name: "axis", i: p.Axis})), nil
	case graph.Reduce:
		return n.reduce(p), nil
	case graph.MatMul:
		return n.matMul(p), nil
	case graph.Gather:
		return n.gather()
	case graph.ArgMax:
		index := n.op("ArgMax", []string{n.whole(0)}, attribute{name: "axis", i: -1}, attribute{name: "keepdims", i: 0})
		return n.made(n.castTo(index, tensor.Int32)), nil
	case graph.Conv:
		return n.conv(p)
	case graph.FlipKernel:
		return n.made(n.flip(p)), nil
	case graph.PoolTake:
		return n.maxPool(p)
	case graph.PoolIndex:
		return &result{shape: n.shape}, nil // a part of a MaxPool, which refuses it elsewhere
	case graph.WindowSum:
		return n.made(n.sumPool(p.Window)), nil
	case graph.Random:
		return nil, errors.New("it draws random numbers, which evaluation does not")
	}
	return nil, errNone
}

// iota counts along its axis; along the others the numbers are broadcast.
func (n *node) iota(p graph.Iota) (*result, error) {
	d := n.shape[p.Axis]
	if d.open() {
		return nil, errors.New("it counts the examples of a batch; export the network for one size of batch")
	}
	s := make(tensor.Shape, n.v.Rank()-p.Axis)
	shape := ones(len(s))
	for i := range s {
		s[i] = 1
	}
	s[0], shape[0] = d.b, d
	a := tensor.New(p.DType, s...)
	for i := range d.b {
		a.SetAt(i, float64(i))
	}
	return &result{name: n.array(a), shape: shape}, nil
}

// unaryOps are the operators that are a function of ours.
var unaryOps = map[kernel.Unary]string{
	kernel.Neg: "Neg", kernel.Abs: "Abs", kernel.Sign: "Sign", kernel.Sqrt: "Sqrt", kernel.Exp: "Exp", kernel.Log: "Log",
	kernel.Tanh: "Tanh", kernel.Sigmoid: "Sigmoid", kernel.Erf: "Erf", kernel.Sin: "Sin", kernel.Cos: "Cos", kernel.Floor: "Floor",
}

func (n *node) unary(p graph.Unary) (*result, error) {
	x := n.in(0)
	if op, ok := unaryOps[p.Func]; ok {
		return n.elementwise(n.op(op, []string{x})), nil
	}
	number := func(v float64) string { return n.scalar(n.v.DType(), v) }
	switch p.Func {
	case kernel.Rsqrt:
		return n.elementwise(n.op("Reciprocal", []string{n.op("Sqrt", []string{x})})), nil
	case kernel.Cbrt:
		root := n.op("Pow", []string{n.op("Abs", []string{x}), number(1.0 / 3)})
		return n.elementwise(n.op("Mul", []string{root, n.op("Sign", []string{x})})), nil
	case kernel.Expm1:
		// Near 0 it is 2t/(1 − t) with t = tanh(x/2), which loses no digits there.
		t := n.op("Tanh", []string{n.op("Mul", []string{x, number(0.5)})})
		near := n.op("Div", []string{n.op("Add", []string{t, t}), n.op("Sub", []string{number(1), t})})
		far := n.op("Sub", []string{n.op("Exp", []string{x}), number(1)})
		isNear := n.op("Less", []string{n.op("Abs", []string{x}), number(1)})
		return n.elementwise(n.op("Where", []string{isNear, near, far})), nil
	case kernel.Log1p:
		// ln(u)·x/(u − 1) with u the rounded 1 + x, and x where that is 1 (Kahan).
		u := n.op("Add", []string{x, number(1)})
		log := n.op("Log", []string{u})
		near := n.op("Div", []string{n.op("Mul", []string{log, x}), n.op("Sub", []string{u, number(1)})})
		near = n.op("Where", []string{n.op("Equal", []string{u, number(1)}), x, near})
		isFar := n.op("Less", []string{number(1), x}) // where u may be infinite
		return n.elementwise(n.op("Where", []string{isFar, log, near})), nil
	}
	return nil, errNone
}

// binaryOps are the operators that are a function of ours, but for comparisons.
var binaryOps = map[kernel.Binary]string{
	kernel.Add: "Add", kernel.Sub: "Sub", kernel.Mul: "Mul", kernel.Div: "Div", kernel.Max: "Max", kernel.Min: "Min", kernel.Pow: "Pow",
}

// comparisons are those that give a boolean.
var comparisons = map[kernel.Binary]string{kernel.Eq: "Equal", kernel.Ne: "Equal", kernel.Lt: "Less", kernel.Le: "LessOrEqual"}

func (n *node) binary(p graph.Binary) (*result, error) {
	in := []string{n.in(0), n.in(1)}
	if op, ok := binaryOps[p.Func]; ok {
		return n.elementwise(n.op(op, in)), nil
	}
	op, ok := comparisons[p.Func]
	if !ok {
		return nil, errNone
	}
	truth := n.op(op, in)
	if p.Func == kernel.Ne {
		truth = n.op("Not", []string{truth})
	}
	r := n.elementwise("")
	r.truth = truth
	return r, nil
}

// truth is operand i as a boolean: whether it is not 0.
func (n *node) truth(i int) string {
	r := n.arg(i)
	if r.truth == "" {
		r.truth = n.op("Cast", []string{n.number(r)}, attribute{name: "to", i: boolean})
	}
	return r.truth
}

func (n *node) castTo(x string, d tensor.DType) string {
	return n.op("Cast", []string{x}, attribute{name: "to", i: int(elementType(d))})
}

func (n *node) cast(p graph.Cast) *result {
	if from := n.arg(0); from.truth != "" {
		return &result{truth: from.truth, shape: from.shape}
	}
	return n.elementwise(n.castTo(n.in(0), p.To))
}

// reshape reads the same numbers under another shape. The one axis that depends on
// the batch, if there is one, is whatever fills it.
func (n *node) reshape() *result {
	from := n.arg(0)
	source := from.stored
	if source != "" && from.file.Equal(n.v.Shape()) {
		return &result{name: source, stored: source, file: from.file, shape: n.shape}
	}
	if source == "" || !slices.Equal(from.shape, n.argShape(0)) {
		source = n.whole(0)
	}
	return n.made(n.reshapeTo(source, n.shape))
}

func (n *node) reshapeTo(x string, shape []dim) string {
	if opened(shape) != 1 {
		return n.op("Reshape", []string{x, n.shapeOf(shape)})
	}
	dims := make([]int, len(shape))
	for i, d := range shape {
		if dims[i] = d.b; d.open() {
			dims[i] = -1
		}
	}
	return n.op("Reshape", []string{x, n.ints(dims...)})
}

// transpose reorders axes; a transposition that undoes the last one leaves nothing.
func (n *node) transpose(x string, perm []int) string {
	if t, ok := n.turned[x]; ok && len(t.perm) == len(perm) {
		joined := make([]int, len(perm))
		same := true
		for i, a := range perm {
			joined[i] = t.perm[a]
			same = same && joined[i] == i
		}
		if same {
			return t.from
		}
		x, perm = t.from, joined
	}
	y := n.op("Transpose", []string{x}, attribute{name: "perm", ints: slices.Clone(perm)})
	n.turned[y] = turn{x, slices.Clone(perm)}
	return y
}

func (n *node) slice(p graph.Slice) *result {
	from := n.arg(0)
	back := n.v.Rank() - p.Axis // the axis from the end, which broadcasting does not move
	if at := len(from.shape) - back; at < 0 || from.shape[at] == one && n.argShape(0)[p.Axis] != one {
		return &result{name: n.in(0), shape: from.shape}
	}
	shape := slices.Clone(from.shape)
	shape[len(shape)-back] = n.shape[p.Axis]
	return &result{name: n.cut(n.in(0), -back, p.Lo, p.Hi, 1), shape: shape}
}

// cut is elements lo to hi−1 of an axis, with a step.
func (n *node) cut(x string, axis, lo, hi, step int) string {
	return n.op("Slice", []string{x, n.ints(lo), n.ints(hi), n.ints(axis), n.ints(step)})
}

// pad puts zeros around.
func (n *node) pad(x string, lo, hi []int) string {
	return n.op("Pad", []string{x, n.ints(slices.Concat(lo, hi)...)})
}

func (n *node) reduce(p graph.Reduce) *result {
	op := map[kernel.Reduce]string{kernel.ReduceSum: "ReduceSum", kernel.ReduceMax: "ReduceMax", kernel.ReduceMin: "ReduceMin"}[p.Func]
	return n.made(n.op(op, []string{n.whole(0), n.ints(p.Axes.Slice()...)}, attribute{name: "keepdims", i: 0}))
}

// matMul is a product. Axes before the last two broadcast, as ours do.
func (n *node) matMul(p graph.MatMul) *result {
	x, a := n.matrix(0, p.TransA)
	y, b := n.matrix(1, p.TransB)
	z := n.op("MatMul", []string{x, y})
	last := n.shape[n.v.Rank()-2:]
	return &result{name: z, shape: append(meet(a[:len(a)-2], b[:len(b)-2]), last...)}
}

// matrix is operand i with its last two axes whole, transposed if so wanted, and its
// shape before that.
func (n *node) matrix(i int, turned bool) (string, []dim) {
	r, whole := n.arg(i), n.argShape(i)
	k := len(r.shape)
	var x string
	shape := r.shape
	if k >= 2 && slices.Equal(shape[k-2:], whole[len(whole)-2:]) {
		x = n.number(r)
	} else {
		x, shape = n.whole(i), whole
	}
	if !turned {
		return x, shape
	}
	perm := make([]int, len(shape))
	for j := range perm {
		perm[j] = j
	}
	k = len(perm)
	perm[k-2], perm[k-1] = k-1, k-2
	return n.transpose(x, perm), shape
}

// gather takes rows; an index outside is the first or the last.
func (n *node) gather() (*result, error) {
	rows := n.argShape(0)[0]
	if rows.open() {
		return nil, errors.New("it takes rows of a batch; export the network for one size of batch")
	}
	index := n.op("Clip", []string{n.whole(1), n.scalar(tensor.Int32, 0), n.scalar(tensor.Int32, float64(rows.b-1))})
	return n.made(n.op("Gather", []string{n.whole(0), index}, attribute{name: "axis", i: 0})), nil
}

// flip mirrors a kernel and exchanges its channels and outputs, see graph.FlipKernel.
func (n *node) flip(p graph.FlipKernel) string {
	s := n.v.Arg(0).Shape() // [KH, KW, C, G·O]
	x := n.mirrored(n.whole(0))
	x = n.op("Reshape", []string{x, n.ints(s[0], s[1], s[2], p.Groups, s[3]/p.Groups)})
	x = n.transpose(x, []int{0, 1, 4, 3, 2})
	return n.op("Reshape", []string{x, n.ints(n.v.Shape()...)})
}

// mirrored is a kernel with the taps of both axes reversed.
func (n *node) mirrored(x string) string {
	const end = -1 << 31
	return n.op("Slice", []string{x, n.ints(-1, -1), n.ints(end, end), n.ints(0, 1), n.ints(-1, -1)})
}

// unsupported is an error about attributes.
func unsupported(format string, args ...any) (*result, error) {
	return nil, fmt.Errorf(format, args...)
}
