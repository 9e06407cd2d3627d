package autodiff

import (
	"fmt"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// Gradient is ∇ of the scalar y with respect to each x, of x's type and shape.
// One backward pass costs a small multiple of y itself, however many numbers x
// has. An x on which y does not depend gets zeros.
func Gradient(y graph.Value, xs ...graph.Value) ([]graph.Value, error) {
	g, err := check([]graph.Value{y}, xs)
	if err != nil {
		return nil, err
	}
	if err := scalar(y); err != nil {
		return nil, err
	}
	one := g.Full(1, y.DType())
	return VJP([]graph.Value{y}, []graph.Value{one}, xs)
}

// scalar is an error if y has no gradient.
func scalar(y graph.Value) error {
	if y.Rank() != 0 || !y.DType().IsFloat() {
		return fmt.Errorf("autodiff: %v: a gradient is of a scalar, and y is %v; sum it or take its mean first", y.Place(), y.Type())
	}
	return nil
}

// VJP pulls cotangents of the ys back to the xs:
//
//	x̄ = Σⱼ (∂yⱼ/∂x)ᵀ ȳⱼ   (vector-Jacobian product)
//
// An x on which no y depends gets zeros.
func VJP(ys, cts, xs []graph.Value) ([]graph.Value, error) { return pullBack(ys, cts, xs, false) }

// Cotangents is the derivative of the scalar y with respect to values on the way to it, such as what every
// layer of a network gives, in one backward pass. Unlike Gradient's the xs may depend on each other: the
// derivative by one is taken through those computed from it.
func Cotangents(y graph.Value, xs ...graph.Value) ([]graph.Value, error) {
	if _, err := check([]graph.Value{y}, xs); err != nil {
		return nil, err
	}
	if err := scalar(y); err != nil {
		return nil, err
	}
	return pullBack([]graph.Value{y}, []graph.Value{y.Graph().Full(1, y.DType())}, xs, true)
}

// pullBack is VJP, or, if through, with the derivative by an x taken through other xs.
func pullBack(ys, cts, xs []graph.Value, through bool) ([]graph.Value, error) {
	g, err := check(ys, xs)
	if err != nil {
		return nil, err
	}
	if err := match(g, "cotangent", cts, "y", ys); err != nil {
		return nil, err
	}
	defer g.Inherit(g.Inherit(graph.Value{}))
	b := backward{g: g, start: g.Len(), active: dependents(g, ys, xs)}
	b.cts = make([][]graph.Value, len(b.active))
	for i, y := range ys {
		b.add(y, cts[i])
	}
	given := make([]bool, len(b.active))
	for _, x := range xs {
		if x.ID() < len(given) {
			given[x.ID()] = true
		}
	}
	for id := len(b.active) - 1; id >= 0; id-- {
		if b.active[id] && (through || !given[id]) && len(b.cts[id]) > 0 {
			if err := b.pull(g.At(id)); err != nil {
				return nil, err
			}
			if !given[id] {
				b.cts[id] = nil
			}
		}
	}
	out := make([]graph.Value, len(xs))
	for i, x := range xs {
		g.Inherit(x)
		if x.ID() < len(b.cts) && len(b.cts[x.ID()]) > 0 {
			out[i] = total(b.cts[x.ID()])
		} else {
			out[i] = x.Zeros()
		}
	}
	if err := g.Err(); err != nil {
		return nil, err
	}
	return out, b.leftover(out)
}

// backward is one reverse pass.
type backward struct {
	g      *graph.Graph
	start  int             // nodes from here on are made by the pass
	active []bool          // by id: between the xs and the ys
	cts    [][]graph.Value // by id: cotangents to be added up
	parts  [][]graph.Value // pull's, kept for the next one
	linear []bool          // likewise
}

func (b *backward) add(v, ct graph.Value) { b.cts[v.ID()] = append(b.cts[v.ID()], ct) }

// dependents marks, by id, the values from the xs to the ys that carry a
// derivative.
func dependents(g *graph.Graph, ys, xs []graph.Value) []bool {
	need := graph.Ancestors(ys...)
	on := make([]bool, len(need))
	first := len(on)
	for _, x := range xs {
		if id := x.ID(); id < len(on) {
			on[id] = need[id]
			first = min(first, id)
		}
	}
	for id := first; id < len(on); id++ {
		if on[id] || !need[id] {
			continue
		}
		v := g.At(id)
		for i := range v.NumArgs() {
			if on[v.Arg(i).ID()] {
				on[id] = !v.IsFlat()
				break
			}
		}
	}
	return on
}

// pull takes v's cotangent to its active operands. It writes v's tangent for
// placeholders in their places, an expression that is linear in them, and
// transposes that from its result down: of its nodes, all made just now, those
// that no placeholder reaches are coefficients.
func (b *backward) pull(v graph.Value) error {
	g := b.g
	g.Inherit(v)
	ct := total(b.cts[v.ID()])
	first := g.Len()
	var operands []graph.Value
	t, err := tangent(v, func(a graph.Value) graph.Value {
		if !b.active[a.ID()] {
			return graph.Value{}
		}
		for i, o := range operands {
			if o == a {
				return g.At(first + i)
			}
		}
		operands = append(operands, a)
		return g.Apply(placeholder{g.Len(), v.ID(), a.DType(), graph.MakeInts(a.Shape())})
	})
	if err != nil || !t.Valid() {
		return err
	}
	last := t.ID()
	b.reach(first, last, len(operands))
	if last < first || !b.linear[last-first] {
		if isZero(t) {
			return nil
		}
		return notLinear(v)
	}
	b.parts[last-first] = append(b.parts[last-first], ct)
	for id := last; id >= first; id-- {
		cts := b.parts[id-first]
		if len(cts) == 0 {
			continue
		}
		sum := total(cts)
		if i := id - first; i < len(operands) {
			b.add(operands[i], sum)
			continue
		}
		if err := b.transpose(g.At(id), sum, first); err != nil {
			return err
		}
	}
	return nil
}

// reach marks the nodes from first to last that depend on one of n
// placeholders, which are the first of them.
func (b *backward) reach(first, last, n int) {
	b.linear, b.parts = b.linear[:0], b.parts[:0]
	for id := first; id <= last; id++ {
		on := id-first < n
		v := b.g.At(id)
		for i := 0; i < v.NumArgs() && !on; i++ {
			a := v.Arg(i).ID() - first
			on = a >= 0 && b.linear[a]
		}
		b.linear = append(b.linear, on)
		b.parts = append(b.parts, nil)
	}
}

// transpose gives the operands of v that depend on a placeholder their parts.
func (b *backward) transpose(v, ct graph.Value, first int) error {
	op, ok := v.Op().(graph.Linear)
	for i := range v.NumArgs() {
		a := v.Arg(i).ID() - first
		if a < 0 || !b.linear[a] {
			continue
		}
		if !ok {
			return fmt.Errorf("autodiff: %v: a tangent runs through %s, which has no transpose; a JVP must be linear in the tangents", v.Place(), v.Op().Name())
		}
		c := op.Transpose(v, ct, i)
		if err := b.g.Err(); err != nil {
			return err
		}
		if want := v.Arg(i).Type(); !c.Valid() || c.Graph() != b.g || !c.Shape().Equal(want.Shape) || c.DType() != want.DType {
			return fmt.Errorf("autodiff: %v: the transpose of %s by operand %d is %v; it must be %v like the operand", v.Place(), op.Name(), i, c.Type(), want)
		}
		b.parts[a] = append(b.parts[a], c)
	}
	return nil
}

// leftover is an error if a placeholder remains in the pass's results: then
// some tangent was not linear.
func (b *backward) leftover(out []graph.Value) error {
	need := graph.Ancestors(out...)
	for id := b.start; id < len(need); id++ {
		if p, ok := b.g.At(id).Op().(placeholder); ok && need[id] {
			return notLinear(b.g.At(p.user))
		}
	}
	return nil
}

func notLinear(v graph.Value) error {
	return fmt.Errorf("autodiff: %v: the JVP of %s is not linear in the tangents", v.Place(), v.Op().Name())
}

// isZero reports whether v is known to be zeros.
func isZero(v graph.Value) bool {
	if _, ok := v.Op().(graph.Broadcast); ok {
		v = v.Arg(0)
	}
	c, ok := v.Op().(graph.Const)
	return ok && c.V() == 0
}

// placeholder stands for the tangent of a node while its derivative is
// transposed; it never remains in a result. Each is a node of its own: an older
// one would put older nodes among those that a tangent has made.
type placeholder struct {
	id    int // its own
	user  int // the node whose tangent is written
	dtype tensor.DType
	dims  graph.Ints
}

func (p placeholder) Name() string { return "tangent" }

func (p placeholder) Infer([]graph.Type) (graph.Type, error) {
	return graph.Type{DType: p.dtype, Shape: p.dims.Shape()}, nil
}

func (p placeholder) Eval([]*tensor.Array, *tensor.Array) {
	panic("autodiff: a placeholder tangent was evaluated")
}

func (p placeholder) Flat() string { return "a placeholder depends on nothing" }
