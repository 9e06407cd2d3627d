package nntest

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/tensor"
)

// Case is a layer and the inputs that it is tried on.
type Case struct {
	Name string
	Make func(t *rapid.T) nn.Layer
	// Shape is the input's, batch first; nil is [2..4, 1..5].
	Shape func(t *rapid.T) tensor.Shape
	// Away keeps inputs this far from 0, for a layer with a kink there.
	Away float64
	// Apart keeps inputs 1/16 apart from each other, for a layer that takes the largest.
	Apart bool
	// Symbols, if not 0, makes x whole numbers below it.
	Symbols int
}

// Dims draws a shape of a batch and features, with axes between for a rank over 2.
func Dims(t *rapid.T, rank int) tensor.Shape {
	s := tensor.Of(rapid.IntRange(2, 4).Draw(t, "batch"))
	for len(s) < rank {
		s = append(s, rapid.IntRange(1, 5).Draw(t, "axis"))
	}
	return s
}

// Check runs the suite on a case, in training and in evaluation: derivatives of
// first and second order in weights and input, the same layout from every
// planning, the same graph from every application, other batch sizes, and
// float32 beside float64.
func Check(t *testing.T, c Case) {
	rapid.Check(t, func(t *rapid.T) { check(t, c, rapid.Bool().Draw(t, "train")) })
}

// trial is one graph of a layer with everything it is fed.
type trial struct {
	g       *graph.Graph
	plan    *nn.Plan
	w, x, y graph.Value
	xs      []graph.Value // w, if there are weights, and x
	state   graph.Value
	seed    graph.Value
	tau     graph.Value
	feeds   map[graph.Value]*tensor.Array
}

func check(t *rapid.T, c Case, train bool) {
	layer := c.Make(t)
	shape := Dims(t, 2)
	if c.Shape != nil {
		shape = c.Shape(t)
	}
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "numbers"), 0))
	a := build(t, c, layer, shape, tensor.Float64, train, rng)

	p := a.g.Input("projection", tensor.Float64, a.y.Shape()...)
	a.feeds[p] = numbers(rng, tensor.Float64, p.Shape(), 0)
	e := p.Mul(a.y).SumAll()
	var at, dir []*tensor.Array
	for _, x := range a.xs {
		at = append(at, a.feeds[x])
		dir = append(dir, numbers(rng, tensor.Float64, x.Shape(), 0))
	}
	if err := Derivatives(e, a.xs, at, dir, a.feeds); err != nil {
		t.Fatal(err)
	}
	again := a.plan.Apply(a.plan.Bind(a.g, a.w, a.state, a.seed, a.tau, train), a.x)
	if again != a.y {
		t.Fatalf("a second application at the same point is another value: %v, then %v", a.y, again)
	}
	single(t, c, layer, a, train)
}

// build plans the layer and applies it to a batch one longer than it was planned for.
func build(t *rapid.T, c Case, layer nn.Layer, shape tensor.Shape, d tensor.DType, train bool, rng *rand.Rand) *trial {
	of := d
	if c.Symbols > 0 {
		of = tensor.Int32
	}
	plan, err := nn.NewPlan(layer, graph.Type{DType: of, Shape: shape}, d)
	if err != nil {
		t.Fatal(err)
	}
	g := graph.New()
	a := &trial{g: g, plan: plan, feeds: map[graph.Value]*tensor.Array{}}
	a.seed, a.tau = g.Input("seed", tensor.Int64), g.Input("tau", tensor.Float64)
	a.feeds[a.seed], a.feeds[a.tau] = tensor.From([]int64{7}), tensor.From([]float64{3})
	if n := plan.Weights.Size(); n > 0 {
		a.w = g.Input("w", d, n)
		a.feeds[a.w] = numbers(rng, d, a.w.Shape(), 0)
		a.xs = append(a.xs, a.w)
	}
	if n := plan.State.Size(); n > 0 {
		a.state = g.Input("state", d, n)
		s := tensor.New(d, n)
		for i := range n {
			s.SetAt(i, 0.5+rng.Float64()) // as a variance, positive
		}
		a.feeds[a.state] = s
	}
	longer := shape.Clone()
	longer[0]++
	a.x = g.Input("x", of, longer...)
	if c.Symbols > 0 {
		a.feeds[a.x] = tensor.New(of, longer...)
		for i := range a.x.Size() {
			a.feeds[a.x].SetAt(i, float64(rng.IntN(c.Symbols)))
		}
	} else {
		a.feeds[a.x] = numbers(rng, d, longer, c.Away)
		if c.Apart {
			for i, p := range rng.Perm(a.x.Size()) {
				a.feeds[a.x].SetAt(i, (float64(p)-float64(a.x.Size())/2)/16)
			}
		}
		a.xs = append(a.xs, a.x)
	}
	a.y = plan.Apply(plan.Bind(g, a.w, a.state, a.seed, a.tau, train), a.x)
	if g.Err() != nil {
		t.Fatal(g.Err())
	}
	if want := plan.Out.Shape[1:]; a.y.DType() != d || !tensor.Shape(a.y.Shape()[1:]).Equal(want) {
		t.Fatalf("gives %v, and %v when planned", a.y.Type(), plan.Out)
	}
	return a
}

// numbers are normal numbers, moved away from 0.
func numbers(rng *rand.Rand, d tensor.DType, s tensor.Shape, away float64) *tensor.Array {
	a := tensor.New(d, s...)
	for i := range a.Size() {
		v := rng.NormFloat64()
		if v < 0 {
			v -= away
		} else {
			v += away
		}
		a.SetAt(i, v)
	}
	return a
}

// single compares the layer in float32 with a, the float64 one: a layer is the
// same code in both. What it draws differs, so a layer that draws is left out.
func single(t *rapid.T, c Case, layer nn.Layer, a *trial, train bool) {
	if graph.Ancestors(a.y)[a.seed.ID()] {
		return
	}
	shape := a.x.Shape().Clone()
	shape[0]--
	b := build(t, c, layer, shape, tensor.Float32, train, rand.New(rand.NewPCG(1, 1)))
	if x, y := len(a.plan.Weights.Views()), len(b.plan.Weights.Views()); x != y {
		t.Fatalf("has %d weights in float64 and %d in float32", x, y)
	}
	for i, v := range a.plan.Weights.Views() {
		if u := b.plan.Weights.Views()[i]; v.String() != u.String() {
			t.Fatalf("weight %d is %v in one planning and %v in another", i, v, u)
		}
	}
	for _, p := range [][2]graph.Value{{a.w, b.w}, {a.x, b.x}, {a.state, b.state}} {
		if p[0].Valid() {
			for i := range p[0].Size() {
				b.feeds[p[1]].SetAt(i, a.feeds[p[0]].At(i))
			}
		}
	}
	want, err := graph.Evaluate([]graph.Value{a.y}, a.feeds, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := graph.Evaluate([]graph.Value{b.y}, b.feeds, nil)
	if err != nil {
		t.Fatal(err)
	}
	scale := 1.0
	for i := range want[0].Size() {
		scale = max(scale, want[0].At(i), -want[0].At(i))
	}
	for i := range want[0].Size() {
		// 24 bits, a few of them lost to conditioning.
		if d := got[0].At(i) - want[0].At(i); !(d < 1e-3*scale && d > -1e-3*scale) {
			t.Fatalf("element %d is %v in float32 and %v in float64", i, got[0].At(i), want[0].At(i))
		}
	}
}
