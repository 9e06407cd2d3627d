package nn

import (
	"fmt"
	"strings"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

// Context is what a layer sees of the graph it is applied in: its weights and
// running state by name, whether it trains, and random numbers. Names are
// relative to the path of the layer that is being applied. It is made by
// [Plan.Bind] for one application of the model.
type Context struct {
	g         *graph.Graph
	dtype     tensor.DType
	train     bool
	still     bool // random layers rest
	seed, tau graph.Value

	// While planning, layouts grow and each weight is an input of its own;
	// bound, they are fixed and weights are views of w.
	planning bool
	weights  arena
	state    arena
	kept     map[string]graph.Value

	normed     bool // within a WeightNorm
	path, kind string
}

// arena is a flat vector and its map.
type arena struct {
	word   string // what errors call its parts
	layout *weights.Layout
	flat   graph.Value
	places map[string]graph.Place // planning: where each was asked for first
}

// Graph is the graph that is being built.
func (c *Context) Graph() *graph.Graph { return c.g }

// Train reports whether this is a training pass: batch normalisation uses the
// batch's own statistics.
func (c *Context) Train() bool { return c.train }

// Draws reports whether random layers draw: in a training pass, unless they rest.
func (c *Context) Draws() bool { return c.train && !c.still }

// Rest makes random layers do in a training pass what they do in evaluation, so that
// E is a function of w alone while batch normalisation still uses the batch's statistics.
func (c *Context) Rest() { c.still = true }

// DType is the type of the weights.
func (c *Context) DType() tensor.DType { return c.dtype }

// Path is the path of the layer that is being applied; "" is the model itself.
func (c *Context) Path() string { return c.path }

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// Child applies a layer as the part of this one that name names: its weights,
// its errors and its random numbers then carry the path. The same name twice is
// the same layer, weights shared.
func (c *Context) Child(name string, l Layer, x graph.Value) graph.Value {
	if l == nil {
		return c.Fail("its part %q is nil; give it a layer", name)
	}
	if name == "" {
		return c.Fail("a part of it has no name")
	}
	return c.run(join(c.path, name), l, x)
}

// run applies a layer as the part of the model at a path.
func (c *Context) run(path string, l Layer, x graph.Value) graph.Value {
	before, k := c.path, c.kind
	c.path, c.kind = path, kind(l)
	scope := c.g.SetScope(path)
	y := l.Apply(c, x)
	if !y.Valid() && x.Valid() && c.g.Err() == nil {
		y = c.Fail("gave no value and no error; end Apply with the value, or with c.Fail(reason)")
	}
	c.g.SetScope(scope)
	c.path, c.kind = before, k
	return y
}

// Fail records a mistake of the layer that is being applied, unless one is
// recorded already, and returns a failed Value. The message says what is wrong,
// with both sides, and what would be right.
func (c *Context) Fail(format string, args ...any) graph.Value {
	return c.g.Fail(c.kind, format, args...)
}

// Weight is the layer's weight of a name, a part of w. FanIn and fanOut are
// those of a linear map, 0 otherwise; a nil init is zeros. The first asking fixes
// the place in w; the same name and shape asked again is the same weight,
// another shape a mistake.
func (c *Context) Weight(name string, role weights.Role, init weights.Initializer, fanIn, fanOut int, dims ...int) graph.Value {
	if init == nil {
		init = initial.NewZeros()
	}
	v := weights.View{Name: join(c.path, name), Shape: dims, Role: role, FanIn: fanIn, FanOut: fanOut, Init: init}
	if c.normed && role == weights.Weight && len(dims) > 0 {
		return c.normalised(v)
	}
	return c.ask(&c.weights, v)
}

// Matrix is the weight [in, out] of a linear map.
func (c *Context) Matrix(name string, init weights.Initializer, in, out int) graph.Value {
	return c.Weight(name, weights.Weight, init, in, out, in, out)
}

// State is the layer's running number or tensor of a name, which training
// carries along without a gradient: the value of the last step, or what this
// pass has given to Keep. At first it is filled with start.
func (c *Context) State(name string, start float64, dims ...int) graph.Value {
	v := weights.View{Name: join(c.path, name), Shape: dims, Init: initial.NewConstant(start)}
	last := c.ask(&c.state, v)
	if kept, ok := c.kept[v.Name]; ok && last.Valid() {
		return kept
	}
	return last
}

// Keep makes next the value of the state of a name for the next step. Its type
// and shape must be those that State asked for.
func (c *Context) Keep(name string, next graph.Value) {
	full := join(c.path, name)
	if !next.Valid() {
		return
	}
	if next.DType().IsFloat() {
		next = next.Cast(c.dtype)
	}
	v, ok := c.state.layout.Lookup(full)
	switch {
	case !ok:
		c.Fail("keeps the state %q, which it has not asked for; call State first", full)
	case !next.Shape().Equal(v.Shape) || next.DType() != c.dtype:
		c.Fail("keeps %v as the state %q, which is %v", next.Type(), full, graph.Type{DType: c.dtype, Shape: v.Shape})
	default:
		c.kept[full] = next
	}
}

// ask is the part of an arena that v describes.
func (c *Context) ask(a *arena, v weights.View) graph.Value {
	if c.planning {
		return c.plan(a, v)
	}
	if !a.flat.Valid() {
		return c.Fail("asks for the %s %q, and the plan has none; apply the model that was planned", a.word, v.Name)
	}
	if got, ok := a.layout.Lookup(v.Name); ok && !got.Shape.Equal(v.Shape) {
		return c.Fail("asks for the %s %q as %v, which was planned as %v; a %s must not depend on the batch", a.word, v.Name, v.Shape, got.Shape, a.word)
	}
	return a.layout.Of(a.flat, v.Name)
}

// plan adds v to the arena's layout. The weight itself is a lone input, since
// the length of w is not known yet.
func (c *Context) plan(a *arena, v weights.View) graph.Value {
	if got, ok := a.layout.Lookup(v.Name); ok && !got.Shape.Equal(v.Shape) {
		return c.Fail("asks for the %s %q as %v, but at %v it was %v; a shared %s has one shape, another one wants another name",
			a.word, v.Name, v.Shape, a.places[v.Name], got.Shape, a.word)
	} else if !ok {
		if _, err := a.layout.Add(v); err != nil {
			return c.Fail("%v", err)
		}
		a.places[v.Name] = here()
	}
	return c.g.Input(a.word+" "+v.Name, c.dtype, v.Shape...)
}

// here is the user's line, as errors name it.
func here() graph.Place {
	g := graph.New()
	g.Fail("", "")
	return g.Err().(*graph.Error).Place
}

// Random draws numbers for the layer: a function of (seed, path and name, τ,
// index), so a second application of the model at the same step draws the same
// ones. A layer that draws twice gives the draws two names.
func (c *Context) Random(name string, d graph.Distribution, dims ...int) graph.Value {
	if !c.seed.Valid() || !c.tau.Valid() {
		return c.Fail("draws random numbers, and the model was bound without a seed and a step τ; give Plan.Bind both")
	}
	return c.g.Random(d, "layer/"+join(c.path, name), c.seed, c.tau, c.dtype, dims...)
}

// NextState is the flat state after this pass: what was kept, and the last
// value of the rest. Without any state it is an invalid Value.
func (c *Context) NextState() graph.Value {
	a := &c.state
	if a.layout.Size() == 0 || !a.flat.Valid() || len(c.kept) == 0 {
		return a.flat
	}
	var parts []graph.Value
	from, at := 0, 0 // a.flat[from:at] is not in parts yet and stays as it was
	for _, v := range a.layout.Views() {
		next, ok := c.kept[v.Name]
		if ok && from < at {
			parts = append(parts, a.flat.Slice(0, from, at))
		}
		at += v.Size()
		if ok {
			parts = append(parts, next.Reshape(v.Size()))
			from = at
		}
	}
	if from < at {
		parts = append(parts, a.flat.Slice(0, from, at))
	}
	return graph.Concat(0, parts...)
}

// features checks that x is floats of the weights' type with a batch axis and
// features on the last, and gives their number; 0 says that it failed.
func (c *Context) features(x graph.Value) int {
	switch {
	case !x.Valid():
		return 0
	case x.DType() != c.dtype:
		c.Fail("x is %v and the weights are %v; cast one of them", x.Type(), c.dtype)
		return 0
	case x.Rank() < 2:
		c.Fail("x is %v; it wants a batch axis first and the features last, such as [%d %d]", x.Shape(), 128, max(1, x.Size()))
		return 0
	case x.Dim(-1) == 0:
		c.Fail("x is %v, which has no features", x.Shape())
		return 0
	}
	return x.Dim(-1)
}

// describe lists a layout's first names, for errors.
func describe(l *weights.Layout) string {
	var names []string
	for _, v := range l.Views() {
		if len(names) == 4 {
			names = append(names, "...")
			break
		}
		names = append(names, fmt.Sprintf("%s %v", v.Name, v.Shape))
	}
	return strings.Join(names, ", ")
}
