package program

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// randomGraph grows a graph of every kind of operation that the compiler
// treats differently, over a few inputs.
type randomGraph struct {
	g      *graph.Graph
	t      *rapid.T
	values []graph.Value
	inputs []graph.Value

	seed, step graph.Value
}

func (r *randomGraph) pick(ok func(graph.Value) bool) (graph.Value, bool) {
	var fit []graph.Value
	for _, v := range r.values {
		if ok(v) {
			fit = append(fit, v)
		}
	}
	if len(fit) == 0 {
		return graph.Value{}, false
	}
	return fit[rapid.IntRange(0, len(fit)-1).Draw(r.t, "value")], true
}

func (r *randomGraph) input(d tensor.DType, dims ...int) {
	v := r.g.Input(fmt.Sprintf("in%d", len(r.inputs)), d, dims...)
	r.inputs = append(r.inputs, v)
	r.values = append(r.values, v)
}

func anyFloat(v graph.Value) bool { return v.DType().IsFloat() && v.Size() > 0 }

// grow adds one operation.
func (r *randomGraph) grow() {
	v, _ := r.pick(anyFloat)
	n := func(lo, hi int, what string) int { return rapid.IntRange(lo, hi).Draw(r.t, what) }
	var out graph.Value
	switch n(0, 24, "op") {
	case 0:
		out = v.Neg()
	case 21:
		out = []graph.Value{v.Tanh(), v.Sigmoid(), v.Scale(0.1).Exp(), v.Abs().Plus(0.1).Log(), v.Erf(), v.Cos()}[n(0, 5, "function")]
	case 22:
		out = r.g.Random(graph.Distribution(n(0, 1, "distribution")), fmt.Sprint(n(0, 1, "stream")), r.seed, r.step, v.DType(), v.Shape()...).Mul(v)
	case 1:
		out = v.Abs().Plus(1).Sqrt()
	case 2:
		out = v.Relu()
	case 3, 4, 5:
		w, ok := r.pick(func(w graph.Value) bool { return w.DType() == v.DType() && w.Shape().Equal(v.Shape()) })
		if !ok {
			return
		}
		out = []func(graph.Value) graph.Value{v.Add, v.Sub, v.Mul, v.Max, v.Less}[n(0, 4, "binary")](w)
	case 6:
		out = []graph.Value{v.Scale(0.5), v.Plus(-0.25), v.OneMinus(), v.Greater(r.g.Const(0.1))}[n(0, 3, "scalar")]
	case 7:
		if v.Rank() == 0 {
			return
		}
		a := n(0, v.Rank()-1, "axis")
		kept := v.Shape().Clone()
		kept[a] = 1
		s := []graph.Value{v.Sum(a), v.MaxOver(a), v.Mean(a)}[n(0, 2, "reduction")]
		r.values = append(r.values, s)
		out = v.Sub(s.Reshape(kept...))
	case 8:
		out = v.SumAll()
	case 9:
		if v.Rank() < 2 {
			return
		}
		out = v.Transpose()
	case 10:
		if v.Rank() < 1 || v.Dim(0) < 2 {
			return
		}
		a := n(0, v.Rank()-1, "axis")
		if v.Dim(a) < 2 {
			return
		}
		lo := n(0, v.Dim(a)-1, "lo")
		out = v.Slice(a, lo, n(lo+1, v.Dim(a), "hi"))
	case 11:
		if v.Rank() < 1 || v.Size() > 2000 {
			return
		}
		out = v.Pad(n(0, v.Rank()-1, "axis"), n(0, 2, "before"), n(0, 2, "after"))
	case 12:
		if v.Rank() < 1 || v.Size() > 2000 {
			return
		}
		out = graph.Concat(n(0, v.Rank()-1, "axis"), v, v.Neg(), v)
	case 13, 14:
		if v.Rank() < 2 {
			return
		}
		w, ok := r.pick(func(w graph.Value) bool {
			return w.DType() == v.DType() && w.Rank() == 2 && w.Dim(0) == v.Dim(-1)
		})
		if ok {
			out = v.MatMul(w)
		} else {
			out = v.MatMul(v.Transpose())
		}
	case 15:
		out = v.Reshape(-1)
	case 16:
		if v.Size() > 500 {
			return
		}
		out = v.BroadcastTo(append([]int{n(1, 3, "repeat")}, v.Shape()...)...)
	case 17:
		idx, ok := r.pick(func(w graph.Value) bool { return w.DType() == tensor.Int32 })
		if !ok || v.Rank() == 0 || v.Size() > 4000 {
			return
		}
		rows := v.Gather(idx)
		out = rows.Scale(2)
		if n(0, 1, "scatter") == 1 {
			out = rows.ScatterAdd(idx, v.Dim(0))
		}
	case 18:
		out = graph.Where(v.Greater(r.g.Const(0)), v, v.Zeros())
	case 19:
		if v.Rank() == 0 {
			return
		}
		out = v.ArgMax()
	case 23, 24: // a branch with work of its own
		if v.Rank() != 2 {
			return
		}
		s, ok := r.pick(func(w graph.Value) bool { return w.DType().IsFloat() && w.Rank() == 0 })
		if !ok {
			return
		}
		w, _ := r.pick(func(w graph.Value) bool { return w.DType() == v.DType() && w.Shape().Equal(v.Shape()) })
		x := v.Scale(0.3).MatMul(v.Transpose()).Tanh().Mul(s.Cast(v.DType())).MatMul(v)
		c := []graph.Value{s, s.Greater(r.g.Const(0)), s.Floor()}[n(0, 2, "condition")]
		out = []graph.Value{graph.Where(c, x, w), graph.Where(c, w, x), graph.Where(c, x, x.Neg()), graph.Where(c, graph.Where(s.Less(r.g.Const(0.5)), x, w), v)}[n(0, 3, "branches")]
	case 20:
		u, ok := r.pick(func(w graph.Value) bool { return w.DType() == tensor.Uint8 })
		if !ok {
			return
		}
		out = u.Cast(tensor.Float32).Scale(1.0 / 255)
	}
	if out.Valid() && out.Size() <= 100000 {
		r.values = append(r.values, out)
	}
}

// TestRandomGraphs: a compiled program, with any number of threads and state
// updated in place, gives the bits of the definitions.
func TestRandomGraphs(t *testing.T) {
	pools := []*Pool{NewPool(1), NewPool(2)}
	defer pools[0].Close()
	defer pools[1].Close()
	rapid.Check(t, func(t *rapid.T) { checkRandom(t, pools, kernel.Portable()) })
}

func checkRandom(t *rapid.T, pools []*Pool, table *kernel.Table) {
	r := &randomGraph{g: graph.New(), t: t}
	d := rapid.SampledFrom([]tensor.DType{tensor.Float32, tensor.Float64}).Draw(t, "dtype")
	dim := func() int { return rapid.IntRange(1, 19).Draw(t, "dim") }
	a, b, c := dim(), dim(), dim()
	r.input(d, a, b)
	r.input(d, b, c)
	r.input(d, rapid.IntRange(1, 3).Draw(t, "batch"), a, b)
	r.input(d, rapid.IntRange(1, 700).Draw(t, "long"))
	r.input(tensor.Float64)
	r.seed, r.step = r.g.Input("seed", tensor.Int64), r.values[len(r.values)-1].Abs().Floor()
	r.inputs = append(r.inputs, r.seed)
	r.input(tensor.Int32, dim())
	r.input(tensor.Uint8, a, b)
	for range rapid.IntRange(1, 30).Draw(t, "ops") {
		r.grow()
	}
	if err := r.g.Err(); err != nil {
		t.Fatal(err)
	}
	spec := Spec{}
	for range 4 {
		v, _ := r.pick(func(graph.Value) bool { return true })
		if _, ok := v.Op().(graph.Input); !ok {
			spec.Outputs = append(spec.Outputs, v)
		}
	}
	if v, ok := r.pick(func(v graph.Value) bool { return anyFloat(v) && v.Rank() == 0 }); ok {
		spec.Guard = append(spec.Guard, v)
	}
	for _, in := range r.inputs {
		next, ok := r.pick(func(v graph.Value) bool { return v.DType() == in.DType() && v.Shape().Equal(in.Shape()) })
		if ok && rapid.Bool().Draw(t, "update") {
			spec.Updates = append(spec.Updates, Update{in, next})
		}
	}
	p, err := Compile(r.g, spec)
	if err != nil {
		t.Fatal(err)
	}
	for _, pool := range pools {
		compare(t, r, p, spec, pool, table)
	}
}

func compare(t *rapid.T, r *randomGraph, p *Program, spec Spec, pool *Pool, table *kernel.Table) {
	inst := p.NewInstance(pool, table)
	feeds := map[graph.Value]*tensor.Array{}
	for k, in := range r.inputs {
		x := inst.Input(in)
		for i := range x.Size() {
			x.SetAt(i, float64((i*7+k*13)%31)/8-1.5)
			if !in.DType().IsFloat() {
				x.SetAt(i, float64((i*7+k)%11))
			}
		}
	}
	for step := range 2 {
		for _, in := range r.inputs {
			feeds[in] = inst.Input(in).Clone()
		}
		want := append([]graph.Value(nil), spec.Outputs...)
		for _, u := range spec.Updates {
			want = append(want, u.Next)
		}
		ref, err := graph.Evaluate(want, feeds, nil)
		if err != nil {
			t.Fatal(err)
		}
		guard, err := graph.Evaluate(spec.Guard, feeds, nil)
		if err != nil {
			t.Fatal(err)
		}
		stepErr := inst.Step()
		if len(guard) > 0 && (math.IsNaN(guard[0].At(0)) || math.IsInf(guard[0].At(0), 0)) {
			unchanged(t, r, inst, feeds, stepErr)
			return
		}
		if stepErr != nil {
			t.Fatal(stepErr)
		}
		for i, v := range want {
			got := v
			if i >= len(spec.Outputs) {
				got = spec.Updates[i-len(spec.Outputs)].Slot
			}
			if at, ok := differ(inst.Output(got), ref[i]); !ok {
				t.Fatalf("step %d, %d threads: %v differs at %d: %v, want %v\n%v", step, pool.Threads(), v, at, inst.Output(got).At(at), ref[i].At(at), p)
			}
		}
	}
}

// unchanged: a step that its guard stopped has an error and leaves every input.
func unchanged(t *rapid.T, r *randomGraph, inst *Instance, feeds map[graph.Value]*tensor.Array, err error) {
	if _, ok := err.(*NonFinite); !ok {
		t.Fatalf("the guard is not finite and the step's error is %v", err)
	}
	for _, in := range r.inputs {
		if at, ok := differ(inst.Input(in), feeds[in]); !ok {
			t.Fatalf("the guard is not finite, and %v changed at %d", in, at)
		}
	}
}

// differ is the first element in which two arrays' bits differ; any NaN equals any NaN.
func differ(a, b *tensor.Array) (int, bool) {
	for i := range a.Size() {
		x, y := a.At(i), b.At(i)
		if math.Float64bits(x) != math.Float64bits(y) && (x == x || y == y) {
			return i, false
		}
	}
	return 0, true
}
