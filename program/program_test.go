package program

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/dispatch"
	"github.com/godescent/descent/tensor"

	"pgregory.net/rapid"
)

// TestRandomGraphsOnEveryKernel: as TestRandomGraphs, on the tables of this processor.
func TestRandomGraphsOnEveryKernel(t *testing.T) {
	pools := []*Pool{NewPool(1), NewPool(3)}
	defer pools[0].Close()
	defer pools[1].Close()
	for _, name := range dispatch.Names() {
		table, err := dispatch.Pick(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { checkRandom(t, pools, table) })
		})
	}
}

func compile(t testing.TB, g *graph.Graph, s Spec) *Program {
	t.Helper()
	p, err := Compile(g, s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func instance(t testing.TB, p *Program, threads int) *Instance {
	t.Helper()
	pool := NewPool(threads)
	t.Cleanup(pool.Close)
	return p.NewInstance(pool, kernel.Portable())
}

// TestGuard: a step whose guard is not finite writes no state, although the
// update alone would be fine, and the next step goes on.
func TestGuard(t *testing.T) {
	g := graph.New()
	w, x := g.Input("w", tensor.Float32, 1000), g.Input("x", tensor.Float32)
	loss := x.Log().Add(w.Square().SumAll())
	p := compile(t, g, Spec{Outputs: []graph.Value{loss}, Guard: []graph.Value{loss}, Updates: []Update{{w, w.Plus(1)}}})
	in := instance(t, p, 2)
	for i, x0 := range []float64{1, -1, 0, 2} {
		in.Input(x).SetAt(0, x0)
		err := in.Step()
		var nf *NonFinite
		if bad := x0 <= 0; bad != errors.As(err, &nf) {
			t.Errorf("step %d, x = %v: %v", i, x0, err)
		}
		if want := []float64{1, 1, 1, 2}[i]; in.Input(w).At(999) != want {
			t.Errorf("step %d: w = %v, want %v", i, in.Input(w).At(999), want)
		}
	}
}

// TestUpdatesInPlace: an elementwise update is one loop that writes its slots
// where they are, and needs no memory beside the gradient.
func TestUpdatesInPlace(t *testing.T) {
	g := graph.New()
	n := 5000
	w, m, x := g.Input("w", tensor.Float32, n), g.Input("m", tensor.Float32, n), g.Input("x", tensor.Float32, n)
	next := m.Scale(0.9).Add(x.Scale(0.1))
	p := compile(t, g, Spec{Updates: []Update{{m, next}, {w, w.Sub(next.Scale(0.01))}}})
	if len(p.instrs) != 1 || p.ArenaBytes() != 0 || len(p.copies) != 0 {
		t.Errorf("an update of two slots takes %d instructions, %d copies and %d bytes:\n%v", len(p.instrs), len(p.copies), p.ArenaBytes(), p)
	}
}

// TestKeptCopies: what a slot keeps of an instruction's result, of an input or of state
// is the value from before the step, copied by the loop that reads the slot where that can be.
func TestKeptCopies(t *testing.T) {
	const n = 300
	column := func(i int) float64 { return float64(i%7) - 2 }
	g := graph.New()
	a, b := g.Input("a", tensor.Float32, n, 1), g.Input("b", tensor.Float32, 1, 1)
	w, last, given, before := g.Input("w", tensor.Float32, n), g.Input("last", tensor.Float32, n), g.Input("given", tensor.Float32, n), g.Input("before", tensor.Float32, n)
	product := a.MatMul(b).Reshape(n) // what this loop cannot compute
	late := product.Sub(last).Add(given.Sub(before))
	p := compile(t, g, Spec{Updates: []Update{{w, w.Add(late)}, {last, product}, {given, w}, {before, given}}})
	if loops := strings.Count(p.String(), "loop of 300"); loops > 2 {
		t.Errorf("%d loops, want one, and one for the copy of w at most:\n%s", loops, p)
	}
	for _, interpret := range []bool{false, true} {
		in := instance(t, p, 2)
		in.Interpret(interpret)
		var want [4][n]float64 // w, last, given, before
		for i := range n {
			in.Input(a).SetAt(i, column(i))
		}
		for step := range 4 {
			in.Input(b).SetAt(0, float64(step+1))
			if err := in.Step(); err != nil {
				t.Fatal(err)
			}
			for i := range n {
				x := column(i) * float64(step+1)
				w, last, given, before := want[0][i], want[1][i], want[2][i], want[3][i]
				want[0][i], want[1][i], want[2][i], want[3][i] = w+x-last+given-before, x, w, given
			}
			for k, v := range []graph.Value{w, last, given, before} {
				for i, got := range Slice[float32](in, v) {
					if float64(got) != want[k][i] {
						t.Fatalf("step %d, slot %d: element %d is %v, want %v\n%s", step, k, i, got, want[k][i], p)
					}
				}
			}
		}
	}
}

// TestGradientPlaces: the gradients of a layer's weights are computed within
// the flat gradient, without a copy.
func TestGradientPlaces(t *testing.T) {
	g := graph.New()
	w, x := g.Input("w", tensor.Float32, 20*30+30), g.Input("x", tensor.Float32, 64, 20)
	y := x.MatMul(w.Slice(0, 0, 600).Reshape(20, 30)).Add(w.Slice(0, 600, 630))
	grad, err := autodiff.Gradient(y.Square().SumAll(), w)
	if err != nil {
		t.Fatal(err)
	}
	p := compile(t, g, Spec{Outputs: grad})
	if len(p.sub) != 2 {
		t.Errorf("%d of 2 parts are computed in place:\n%v", len(p.sub), p)
	}
}

// TestMemoryIsReused: a chain of products needs two buffers, however long it is.
func TestMemoryIsReused(t *testing.T) {
	g := graph.New()
	x, w := g.Input("x", tensor.Float32, 64, 64), g.Input("w", tensor.Float32, 64, 64)
	y := x
	for range 40 {
		y = y.MatMul(w)
	}
	if p := compile(t, g, Spec{Outputs: []graph.Value{y}}); p.ArenaBytes() != 2*64*64*4 {
		t.Errorf("40 products take %d bytes, want two buffers of %d", p.ArenaBytes(), 64*64*4)
	}
}

// TestMistakes: each gets one line that names the input.
func TestMistakes(t *testing.T) {
	g := graph.New()
	w, x := g.Input("w", tensor.Float32, 3), g.Input("x", tensor.Float32, 4)
	y := w.Square()
	for _, test := range []struct {
		name string
		spec Spec
		want string
	}{
		{"no input", Spec{Updates: []Update{{y, w}}}, "only an input holds state"},
		{"twice", Spec{Updates: []Update{{w, y}, {w, y.Neg()}}}, `input "w" is updated twice`},
		{"shape", Spec{Updates: []Update{{w, x}}}, `input "w" is float32[3] and its next value float32[4]`},
		{"guard", Spec{Guard: []graph.Value{y}}, "want a float scalar"},
		{"failed", Spec{Outputs: []graph.Value{{}}}, "output 0 is a failed value"},
		{"foreign", Spec{Outputs: []graph.Value{graph.New().Const(1)}}, "another graph"},
	} {
		if _, err := Compile(g, test.spec); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
	in := instance(t, compile(t, g, Spec{Outputs: []graph.Value{y}}), 1)
	if err := in.Bind(w, tensor.New(tensor.Float32, 4)); err == nil || !strings.Contains(err.Error(), `input "w" is float32[3] and is bound to float32[4]`) {
		t.Errorf("a wrong shape: got %v", err)
	}
	if err := in.Bind(y, tensor.New(tensor.Float32, 3)); err == nil {
		t.Error("a value that is no input was bound")
	}
}

// TestBoundMemory: instances that share state see each other's steps.
func TestBoundMemory(t *testing.T) {
	g := graph.New()
	w := g.Input("w", tensor.Float64, 2)
	p := compile(t, g, Spec{Outputs: []graph.Value{w.SumAll()}, Updates: []Update{{w, w.Scale(2)}}})
	shared := tensor.From([]float64{1, 2}, 2)
	a, b := instance(t, p, 1), instance(t, p, 1)
	for _, in := range []*Instance{a, b} {
		if err := in.Bind(w, shared); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		if err := errors.Join(a.Step(), b.Step()); err != nil {
			t.Fatal(err)
		}
	}
	if got := shared.At(1); got != 2*64 {
		t.Errorf("after six doublings %v, want %v", got, 2*64)
	}
	if got := Slice[float64](b, w)[0]; got != 64 {
		t.Errorf("the input reads %v, want 64", got)
	}
}

// TestUserPrimitive: a primitive that the compiler does not know is computed by
// its definition.
func TestUserPrimitive(t *testing.T) {
	g := graph.New()
	x := g.Input("x", tensor.Float32, 4)
	p := compile(t, g, Spec{Outputs: []graph.Value{g.Apply(reversed{}, x.Neg()).Plus(1)}})
	in := instance(t, p, 1)
	for i := range 4 {
		in.Input(x).SetAt(i, float64(i))
	}
	if err := in.Step(); err != nil {
		t.Fatal(err)
	}
	for i, v := range Slice[float32](in, p.spec.Outputs[0]) {
		if want := float32(1 - (3 - i)); v != want {
			t.Errorf("element %d is %v, want %v", i, v, want)
		}
	}
}

type reversed struct{}

func (reversed) Name() string                              { return "reversed" }
func (reversed) Infer(in []graph.Type) (graph.Type, error) { return in[0], nil }
func (reversed) Eval(in []*tensor.Array, out *tensor.Array) {
	for i := range out.Size() {
		out.SetAt(i, in[0].At(out.Size()-1-i))
	}
}

// TestProfile names each instruction and its line.
func TestProfile(t *testing.T) {
	g := graph.New()
	x := g.Input("x", tensor.Float32, 64, 64)
	y := x.MatMul(x).Tanh()
	in := instance(t, compile(t, g, Spec{Outputs: []graph.Value{y}}), 1)
	costs, err := in.Profile(3)
	if err != nil || len(costs) != 2 {
		t.Fatalf("got %v, %v", costs, err)
	}
	if c := costs[1]; c.What != "loop of 4096: tanh" || c.Median <= 0 || !strings.HasSuffix(c.Place.File, "program_test.go") {
		t.Errorf("got %+v", c)
	}
}

// TestPoolRunsEveryUnitOnce, also when it has slept, and tells what is left to finish.
func TestPoolRunsEveryUnitOnce(t *testing.T) {
	pool := NewPool(4)
	defer pool.Close()
	for round := range 300 {
		c := &counting{hits: make([]int32, 1+round%37)}
		pool.do(c, 1+round%9)
		for i, h := range c.hits {
			if h != 1 {
				t.Fatalf("round %d: unit %d ran %d times", round, i, h)
			}
		}
		if !c.finished {
			t.Fatal("not finished")
		}
	}
	if pool.Threads() != 4 {
		t.Errorf("%d threads, want 4", pool.Threads())
	}
}

type counting struct {
	hits     []int32
	finished bool
}

func (c *counting) units() int { return len(c.hits) }
func (c *counting) run(_ *worker, lo, hi int) {
	for i := lo; i < hi; i++ {
		c.hits[i]++
	}
}
func (c *counting) finish(*worker) { c.finished = true }

// TestStepAllocatesNothing, on one thread and on two.
func TestStepAllocatesNothing(t *testing.T) {
	g := graph.New()
	x, w := g.Input("x", tensor.Float32, 128, 64), g.Input("w", tensor.Float32, 64*64)
	y := x.MatMul(w.Reshape(64, 64)).Relu()
	e := y.Square().Mean(0, 1).Add(y.Sum(0).MaxOver(0))
	grad, err := autodiff.Gradient(e, w)
	if err != nil {
		t.Fatal(err)
	}
	p := compile(t, g, Spec{Outputs: []graph.Value{e}, Guard: []graph.Value{e}, Updates: []Update{{w, w.Sub(grad[0].Scale(0.1))}}})
	for _, threads := range []int{1, 2} {
		in := instance(t, p, threads)
		if n := testing.AllocsPerRun(10, func() { _ = in.Step() }); n != 0 {
			t.Errorf("%d threads: a step allocates %v times", threads, n)
		}
		if math.IsNaN(in.Scalar(e)) {
			t.Error("the loss is NaN")
		}
	}
}
