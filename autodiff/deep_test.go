package autodiff_test

import (
	"runtime"
	"testing"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// chains are deep graphs of n steps.
var chains = map[string]func(g *graph.Graph, x graph.Value, n int) graph.Value{
	"one after another": func(_ *graph.Graph, x graph.Value, n int) graph.Value {
		for range n {
			x = x.Tanh()
		}
		return x
	},
	// Each step uses the one before twice: 2ⁿ paths lead back.
	"diamonds": func(_ *graph.Graph, x graph.Value, n int) graph.Value {
		for range n {
			x = x.Sin().Mul(x.Cos())
		}
		return x
	},
	// Each uses the two before: about 1.6ⁿ paths.
	"Fibonacci": func(_ *graph.Graph, x graph.Value, n int) graph.Value {
		a, b := x, x.Sin()
		for range n {
			a, b = b, a.Add(b).Scale(0.5)
		}
		return b
	},
	// Every step uses x itself, of which an older derivative has been taken.
	"a shared operand": func(g *graph.Graph, x graph.Value, n int) graph.Value {
		if _, err := autodiff.Gradient(x.Exp(), x); err != nil {
			panic(err)
		}
		y := x
		for range n {
			y = y.Mul(x).Plus(0.1)
		}
		return y
	},
	// A vector's parts, each used once and put back side by side.
	"parts of a vector": func(g *graph.Graph, x graph.Value, n int) graph.Value {
		w := x.BroadcastTo(n)
		sum := g.Const(0)
		for i := range n {
			sum = sum.Add(w.Slice(0, i, i+1).Square().SumAll())
		}
		return sum
	},
}

// TestDeepGraphs: the derivatives of a graph of n steps have a number of nodes,
// and take an amount of memory to build, that grow like n.
func TestDeepGraphs(t *testing.T) {
	const n = 2000
	for name, chain := range chains {
		var nodes, bytes [2]float64
		for i, n := range []int{n / 2, n} {
			g := graph.New()
			x, v := g.Input("x", tensor.Float64), g.Input("v", tensor.Float64)
			y := chain(g, x, n)
			before := allocated()
			if _, err := autodiff.Gradient(y, x); err != nil {
				t.Fatal(err)
			}
			if _, err := autodiff.HVP(y, x, v); err != nil {
				t.Fatal(err)
			}
			nodes[i], bytes[i] = float64(g.Len()), float64(allocated()-before)
		}
		if nodes[1] > 2.1*nodes[0] {
			t.Errorf("%s: with %d steps the graph has %v nodes, with twice as many %v", name, n/2, nodes[0], nodes[1])
		}
		// Tables that double in size make a little more than twice.
		if bytes[1] > 2.8*bytes[0] {
			t.Errorf("%s: the derivatives of %d steps take %v bytes, those of twice as many %v", name, n/2, bytes[0], bytes[1])
		}
		if nodes[1] > 60*n {
			t.Errorf("%s: a gradient and a Hessian-vector product of %d steps have %v nodes", name, n, nodes[1])
		}
	}
}

// allocated is the number of bytes that were ever allocated.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// TestDeepValues: a deep gradient is also right: n times x ← sin x is told by the
// chain rule.
func TestDeepValues(t *testing.T) {
	const n = 2000
	g := graph.New()
	x := g.Input("x", tensor.Float64)
	grads, err := autodiff.Gradient(chains["one after another"](g, x, n), x)
	if err != nil {
		t.Fatal(err)
	}
	got := numbers(t, grads[0], feed{x: {0.9}})
	y, want := g.Input("y", tensor.Float64), 1.0
	step := y.Tanh()
	for at, i := 0.9, 0; i < n; i++ {
		at = numbers(t, step, feed{y: {at}})[0]
		want *= 1 - at*at
	}
	isClose(t, "n times tanh", got, []float64{want})
}

// TestSideBySide: the gradient by a vector whose parts are used apart is one
// concatenation, with zeros where nothing is used; parts that overlap are added up.
func TestSideBySide(t *testing.T) {
	g := graph.New()
	w := g.Input("w", tensor.Float64, 10)
	at := feed{w: {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}}
	square := func(lo, hi int) graph.Value { return w.Slice(0, lo, hi).Square().SumAll() }
	shared := w.Slice(0, 5, 8)
	for name, c := range map[string]struct {
		e      graph.Value
		want   []float64
		joined bool
	}{
		"all of it":         {square(0, 4).Add(square(4, 10)), []float64{2, 4, 6, 8, 10, 12, 14, 16, 18, 20}, true},
		"with gaps":         {square(7, 9).Add(square(2, 4)), []float64{0, 0, 6, 8, 0, 0, 0, 16, 18, 0}, true},
		"one used twice":    {square(0, 5).Add(shared.Mul(shared).SumAll()).Add(shared.SumAll()), []float64{2, 4, 6, 8, 10, 13, 15, 17, 0, 0}, true},
		"with an empty one": {square(0, 5).Add(square(3, 3)).Add(square(5, 6)), []float64{2, 4, 6, 8, 10, 12, 0, 0, 0, 0}, true},
		"overlapping":       {square(0, 6).Add(square(4, 10)), []float64{2, 4, 6, 8, 20, 24, 14, 16, 18, 20}, false},
		"one in another":    {square(0, 10).Add(square(3, 5)), []float64{2, 4, 6, 16, 20, 12, 14, 16, 18, 20}, false},
		"same start":        {square(0, 3).Add(square(0, 5)).Add(square(0, 3).Square().Scale(0)), []float64{4, 8, 12, 8, 10, 0, 0, 0, 0, 0}, false},
	} {
		grads, err := autodiff.Gradient(c.e, w)
		if err != nil {
			t.Fatal(err)
		}
		isClose(t, name, numbers(t, grads[0], at), c.want)
		if _, joined := grads[0].Op().(graph.Join); joined != c.joined {
			t.Errorf("%s: the gradient is %v; that it is laid side by side is %v, want %v", name, grads[0], joined, c.joined)
		}
	}
}

// TestEmpty: derivatives by nothing and of nothing.
func TestEmpty(t *testing.T) {
	g := graph.New()
	x := g.Input("x", tensor.Float64, 0)
	h, err := autodiff.Hessian(x.Square().SumAll(), x)
	if err != nil || !h.Shape().Equal(tensor.Of(0, 0)) {
		t.Errorf("the Hessian by no numbers is %v, %v", h, err)
	}
	if none, err := autodiff.Gradient(x.SumAll()); len(none) != 0 || err != nil {
		t.Errorf("a gradient by nothing is %v, %v", none, err)
	}
	if none, err := autodiff.VJP(nil, nil, []graph.Value{x}); err != nil || !none[0].Shape().Equal(x.Shape()) {
		t.Errorf("the cotangent of no values is %v, %v", none, err)
	}
	if none, err := autodiff.JVP(nil, []graph.Value{x}, []graph.Value{x}); err != nil || len(none) != 0 {
		t.Errorf("the tangent of no values is %v, %v", none, err)
	}
}
