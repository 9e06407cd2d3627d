package autodiff_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// half is x/2 with no word on its derivative.
type half struct{}

func (half) Name() string                              { return "half" }
func (half) Infer(in []graph.Type) (graph.Type, error) { return in[0], nil }
func (half) Eval(in []*tensor.Array, out *tensor.Array) {
	for i := range out.Size() {
		out.SetAt(i, in[0].At(i)/2)
	}
}

// flatHalf is x/2 with a derivative that is declared to be zero.
type flatHalf struct{ half }

func (flatHalf) Flat() string { return "it is taken as a constant" }

// mayBeFlat is x/2, flat by its attribute.
type mayBeFlat struct {
	half
	flat bool
}

func (p mayBeFlat) Flat() string {
	if p.flat {
		return "its attribute says so"
	}
	return ""
}

func (p mayBeFlat) JVP(_ graph.Value, t []graph.Value) graph.Value { return t[0].Scale(0.5) }

func line() int {
	_, _, n, _ := runtime.Caller(1)
	return n
}

// TestNoDerivative: a primitive without a rule on the way from x to y is an error
// in every mode, at the place it was applied, and never zeros.
func TestNoDerivative(t *testing.T) {
	g := graph.New()
	x, v := g.Input("x", tensor.Float64, 3), g.Input("v", tensor.Float64, 3)
	y := g.Apply(half{}, x.Exp())
	at := line() - 1
	e := y.Mul(x).SumAll()
	modes := map[string]func() error{
		"Gradient": func() error { _, err := autodiff.Gradient(e, x); return err },
		"VJP": func() error {
			_, err := autodiff.VJP([]graph.Value{y}, []graph.Value{v}, []graph.Value{x})
			return err
		},
		"JVP": func() error {
			_, err := autodiff.JVP([]graph.Value{y}, []graph.Value{x}, []graph.Value{v})
			return err
		},
		"HVP":     func() error { _, err := autodiff.HVP(e, x, v); return err },
		"Hessian": func() error { _, err := autodiff.Hessian(e, x); return err },
	}
	for name, f := range modes {
		err := f()
		if err == nil {
			t.Errorf("%s gives a derivative of a primitive that has none", name)
			continue
		}
		for _, part := range []string{"rules_test.go:", "half has no derivative: give it a JVP, declare it flat, or stop the gradient before it"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q does not say %q", name, err, part)
			}
		}
		if p := y.Place(); p.Line != at || !strings.Contains(err.Error(), p.String()) {
			t.Errorf("%s: %q does not name %v, line %d", name, err, p, at)
		}
	}
	if g.Err() != nil {
		t.Errorf("the graph is spoilt: %v", g.Err())
	}
}

// TestNoDerivativeBeside: a primitive without a rule that no derivative goes
// through does no harm.
func TestNoDerivativeBeside(t *testing.T) {
	g := graph.New()
	x, c := g.Input("x", tensor.Float64, 2), g.Input("c", tensor.Float64, 2)
	e := x.Mul(g.Apply(half{}, c)).Add(g.Apply(half{}, x.StopGradient())).SumAll()
	grads, err := autodiff.Gradient(e, x)
	if err != nil {
		t.Fatal(err)
	}
	got := numbers(t, grads[0], feed{x: {1, 2}, c: {6, 8}})
	if got[0] != 3 || got[1] != 4 {
		t.Errorf("the gradient is %v, want c/2 = [3 4]", got)
	}
}

// TestDeclaredFlat: what is declared flat has zeros, in both modes, and an
// attribute may decide.
func TestDeclaredFlat(t *testing.T) {
	for _, c := range []struct {
		op   graph.Primitive
		want float64
	}{{flatHalf{}, 0}, {mayBeFlat{flat: true}, 0}, {mayBeFlat{}, 0.5}} {
		g := graph.New()
		x, v := g.Input("x", tensor.Float64, 2), g.Input("v", tensor.Float64, 2)
		y := g.Apply(c.op, x)
		grads, err := autodiff.Gradient(y.SumAll(), x)
		if err != nil {
			t.Fatal(err)
		}
		tangents, err := autodiff.JVP([]graph.Value{y}, []graph.Value{x}, []graph.Value{v})
		if err != nil {
			t.Fatal(err)
		}
		for name, d := range map[string]graph.Value{"gradient": grads[0], "tangent": tangents[0]} {
			for _, got := range numbers(t, d, feed{x: {3, 4}, v: {1, 1}}) {
				if got != c.want {
					t.Errorf("the %s of %#v is %v, want %v", name, c.op, got, c.want)
				}
			}
		}
	}
}

// TestIndependent: the xs are independent of each other, also where one is
// computed from another, and in both modes.
func TestIndependent(t *testing.T) {
	g := graph.New()
	x, v, u := g.Input("x", tensor.Float64), g.Input("v", tensor.Float64), g.Input("u", tensor.Float64)
	z := x.Square()
	e := z.Mul(x) // ∂e/∂x with z held = z, ∂e/∂z = x
	grads, err := autodiff.Gradient(e, x, z)
	if err != nil {
		t.Fatal(err)
	}
	jvp, err := autodiff.JVP([]graph.Value{e, z, x}, []graph.Value{x, z}, []graph.Value{v, u})
	if err != nil {
		t.Fatal(err)
	}
	at := feed{x: {3}, v: {10}, u: {100}}
	for i, want := range []float64{9, 3} {
		if got := numbers(t, grads[i], at)[0]; got != want {
			t.Errorf("gradient %d is %v, want %v", i, got, want)
		}
	}
	for i, want := range []float64{9*10 + 3*100, 100, 10} {
		if got := numbers(t, jvp[i], at)[0]; got != want {
			t.Errorf("tangent %d is %v, want %v", i, got, want)
		}
	}
}

// TestRepeated: an x named twice has the gradient twice, and its tangents add up,
// so that ⟨p, Jt⟩ = Σ⟨x̄ᵢ, tᵢ⟩ holds; a y named twice has its cotangents added.
func TestRepeated(t *testing.T) {
	g := graph.New()
	x, v, u := g.Input("x", tensor.Float64), g.Input("v", tensor.Float64), g.Input("u", tensor.Float64)
	y := x.Square()
	grads, err := autodiff.VJP([]graph.Value{y, y}, []graph.Value{v, u}, []graph.Value{x, x})
	if err != nil {
		t.Fatal(err)
	}
	jvp, err := autodiff.JVP([]graph.Value{y}, []graph.Value{x, x}, []graph.Value{v, u})
	if err != nil {
		t.Fatal(err)
	}
	at := feed{x: {3}, v: {10}, u: {100}}
	for i, d := range append(grads, jvp...) {
		if got := numbers(t, d, at)[0]; got != 2*3*110 {
			t.Errorf("derivative %d is %v, want 660", i, got)
		}
	}
}

// TestUnrelated: what y does not depend on has zeros of its own type and shape.
func TestUnrelated(t *testing.T) {
	g := graph.New()
	x, other := g.Input("x", tensor.Float64, 2), g.Input("other", tensor.Float32, 3, 1)
	y := x.SumAll()
	later := x.Exp()
	grads, err := autodiff.Gradient(y, x, other, later)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range []graph.Value{x, other, later} {
		if grads[i].DType() != v.DType() || !grads[i].Shape().Equal(v.Shape()) {
			t.Errorf("gradient %d is %v, want the type of %v", i, grads[i], v)
		}
	}
	for _, got := range append(numbers(t, grads[1], nil), numbers(t, grads[2], nil)...) {
		if got != 0 {
			t.Errorf("the gradient by what does not matter is %v", got)
		}
	}
	if same, err := autodiff.Gradient(y, y); err != nil || numbers(t, same[0], nil)[0] != 1 {
		t.Errorf("∂y/∂y is %v, %v", same, err)
	}
}

// TestMistakes: what is asked wrongly is told in one line.
func TestMistakes(t *testing.T) {
	g, other := graph.New(), graph.New()
	x, y := g.Input("x", tensor.Float64, 3), g.Input("y", tensor.Float32, 3)
	n := g.Input("n", tensor.Int32, 3)
	e := x.SumAll()
	foreign := other.Input("x", tensor.Float64, 3)
	none := graph.Value{}
	list := func(v ...graph.Value) []graph.Value { return v }
	gradient := func(y graph.Value, xs ...graph.Value) error { _, err := autodiff.Gradient(y, xs...); return err }
	jvp := func(ys, xs, ts []graph.Value) error { _, err := autodiff.JVP(ys, xs, ts); return err }
	vjp := func(ys, cts, xs []graph.Value) error { _, err := autodiff.VJP(ys, cts, xs); return err }
	hessian := func(y, x graph.Value) error { _, err := autodiff.Hessian(y, x); return err }
	hvp := func(y, x, v graph.Value) error { _, err := autodiff.HVP(y, x, v); return err }
	for want, err := range map[string]error{
		"autodiff: no value belongs to a graph":                                         gradient(none, none),
		"autodiff: y 0 is a failed value or belongs to another graph":                   gradient(none, x),
		"autodiff: x 1 is a failed value or belongs to another graph":                   gradient(e, x, none),
		"a gradient is of a scalar, and y is float64[3]; sum it or take its mean first": gradient(x, x),
		"a gradient is of a scalar, and y is int32[]; sum it or take its mean first":    gradient(n.ArgMax(), x),
		"x 0 is int32[3]; a derivative is with respect to float32 or float64":           gradient(e, n),
		"autodiff: there are 1 tangents and 2 xs; want one for each":                    jvp(list(e), list(x, y), list(x)),
		"autodiff: tangent 0 is float32[3]; it must be float64[3] like its x":           jvp(list(e), list(x), list(y)),
		"autodiff: tangent 0 is float64[]; it must be float64[3] like its x":            hvp(e, x, e),
		"autodiff: tangent 1 is a failed value or belongs to another graph":             jvp(list(e), list(x, y), list(x, none)),
		"autodiff: tangent 0 is a failed value or belongs to another graph":             jvp(list(e), list(x), list(foreign)),
		"autodiff: there are 0 cotangents and 1 ys; want one for each":                  vjp(list(e), nil, list(x)),
		"autodiff: cotangent 0 is float64[3]; it must be float64[] like its y":          vjp(list(e), list(x), list(x)),
		"autodiff: cotangent 0 is a failed value or belongs to another graph":           vjp(list(x), list(foreign), list(x)),
		"a Hessian is with respect to a vector, and x is float64[]; reshape it":         hessian(e, e),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if err := hessian(e, none); err == nil {
		t.Error("a Hessian by nothing is no error")
	}
	if err := vjp(list(e, foreign), list(e, foreign), list(x)); err == nil || !strings.Contains(err.Error(), "another graph") {
		t.Errorf("values of two graphs: %v", err)
	}
	x.Add(g.Input("z", tensor.Float64, 4))
	if err := gradient(e, x); err == nil || err != g.Err() {
		t.Errorf("after a mistake in the graph: %v, want %v", err, g.Err())
	}
}

// TestPlaces: each node of a derivative is of the line and the layer of the
// operation whose derivative it is, in every order.
func TestPlaces(t *testing.T) {
	g := graph.New()
	x, v := g.Input("x", tensor.Float64, 3, 3), g.Input("v", tensor.Float64, 3, 3)
	g.SetScope("body")
	h := x.MatMul(x.Transpose())
	first := line() - 1
	g.SetScope("head")
	y := h.Tanh().Mul(x).Div(x.Exp())
	last := line() - 1
	g.SetScope("loss")
	e := y.SumAll()
	sum := line() - 1
	// The parts of an x's gradient are added up at the x.
	scopes := map[int]string{x.Place().Line: "", first: "body", last: "head", sum: "loss"}
	from := g.Len()
	before := g.SetScope("optimizer")
	if before != "loss" {
		t.Fatalf("the scope was %q", before)
	}
	grads, err := autodiff.Gradient(e, x)
	if err != nil {
		t.Fatal(err)
	}
	hv, err := autodiff.JVP(grads, []graph.Value{x}, []graph.Value{v})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for id, needed := range graph.Ancestors(append(hv, grads...)...) {
		if !needed || id < from {
			continue
		}
		n := g.At(id)
		switch n.Op().(type) {
		case graph.Const, graph.Broadcast: // 1 of dy/dy, and zeros, are nobody's
			continue
		}
		p := n.Place()
		if want, ok := scopes[p.Line]; !ok || n.Scope() != want || !strings.HasSuffix(p.File, "/rules_test.go") {
			t.Errorf("%v is of %v in %q, want one of the lines %v", n, p, n.Scope(), scopes)
		}
		seen[n.Scope()]++
	}
	if seen["body"] == 0 || seen["head"] == 0 {
		t.Errorf("nodes of the derivatives by layer: %v", seen)
	}
	// What is built afterwards is its own again.
	if after := x.Log(); after.Scope() != "optimizer" || after.Place().Line != line() {
		t.Errorf("a node built afterwards is of %v in %q", after.Place(), after.Scope())
	}
}

// TestInheritanceIsKept: a derivative taken while nodes inherit from another leaves
// it at that.
func TestInheritanceIsKept(t *testing.T) {
	g := graph.New()
	x := g.Input("x", tensor.Float64)
	y := x.Exp()
	g.Inherit(y)
	if _, err := autodiff.Gradient(y, x); err != nil {
		t.Fatal(err)
	}
	if _, err := autodiff.JVP([]graph.Value{y}, []graph.Value{x}, []graph.Value{y}); err != nil {
		t.Fatal(err)
	}
	if before := g.Inherit(graph.Value{}); before != y {
		t.Errorf("nodes inherit from %v, want %v", before, y)
	}
}
