package graph_test

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/graph/graphtest"
	"github.com/godescent/descent/tensor"
)

// garbage builds graphs of whatever the exported API takes.
type garbage struct {
	t      *rapid.T
	g      *graph.Graph
	values []graph.Value
	ops    []graph.Primitive // one of each type and function

	careless bool // makes mistakes
}

func (r *garbage) number() int {
	if rapid.IntRange(0, 30).Draw(r.t, "odd") == 0 {
		return rapid.SampledFrom([]int{min(1<<40, math.MaxInt), math.MaxInt, math.MinInt, 1 << 20, max(-1<<33, math.MinInt)}).Draw(r.t, "number")
	}
	return rapid.IntRange(-2, 4).Draw(r.t, "number")
}

func (r *garbage) value() graph.Value { return rapid.SampledFrom(r.values).Draw(r.t, "value") }

// fill draws something of a type: a parameter of a method, or a field of a primitive.
func (r *garbage) fill(to reflect.Value) {
	switch x := to.Addr().Interface().(type) {
	case *graph.Value:
		*x = r.value()
		return
	case *graph.Segments:
		lengths := make([]int, rapid.IntRange(0, 4).Draw(r.t, "pieces"))
		for i := range lengths {
			lengths[i] = r.number()
		}
		*x = graph.MakeSegments(lengths)
		return
	case *graph.Primitive:
		*x = r.primitive()
		return
	}
	switch to.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		to.SetInt(int64(r.number()))
	case reflect.Uint8, reflect.Uint64:
		to.SetUint(uint64(rapid.IntRange(0, 6).Draw(r.t, "kind")))
	case reflect.Float64:
		to.SetFloat(rapid.SampledFrom([]float64{0, 1, -1, 2, 0.5, math.NaN(), math.Inf(1), math.Copysign(0, -1)}).Draw(r.t, "number"))
	case reflect.Bool:
		to.SetBool(rapid.Bool().Draw(r.t, "flag"))
	case reflect.String:
		to.SetString(rapid.SampledFrom([]string{"", "a", "b"}).Draw(r.t, "name"))
	case reflect.Slice:
		to.Set(reflect.MakeSlice(to.Type(), rapid.IntRange(0, 10).Draw(r.t, "length"), 10))
		for i := range to.Len() {
			r.fill(to.Index(i))
		}
	case reflect.Array:
		for i := range to.Len() {
			r.fill(to.Index(i))
		}
	case reflect.Struct:
		for i := range to.NumField() {
			if to.Type().Field(i).IsExported() {
				r.fill(to.Field(i))
			}
		}
	default:
		r.t.Fatalf("a parameter or field of type %v: say here how to draw one", to.Type())
	}
}

// primitive draws a shipped primitive with random attributes, or as it is.
func (r *garbage) primitive() graph.Primitive {
	op := rapid.SampledFrom(r.ops).Draw(r.t, "primitive")
	if rapid.Bool().Draw(r.t, "as it is") {
		return op
	}
	p := reflect.New(reflect.TypeOf(op)).Elem()
	r.fill(p)
	return p.Interface().(graph.Primitive)
}

// call calls a function that builds in a graph, with drawn arguments. A careful
// run leaves out calls that would fail, so that graphs grow: whether one fails is
// found out in another graph, with inputs of the same types.
func (r *garbage) call(of func(*graph.Graph) reflect.Value) graph.Value {
	f := of(r.g)
	call := func(f reflect.Value, in []reflect.Value) graph.Value {
		if f.Type().IsVariadic() {
			return f.CallSlice(in)[0].Interface().(graph.Value)
		}
		return f.Call(in)[0].Interface().(graph.Value)
	}
	for range 8 {
		var in []reflect.Value
		for i := range f.Type().NumIn() {
			x := reflect.New(f.Type().In(i)).Elem()
			r.fill(x)
			in = append(in, x)
		}
		probe := graph.New()
		call(of(probe), r.moved(in, probe))
		if probe.Err() == nil || r.careless {
			return call(f, in)
		}
	}
	return graph.Value{}
}

// moved are arguments with inputs of another graph for the values of this one.
func (r *garbage) moved(in []reflect.Value, to *graph.Graph) []reflect.Value {
	move := func(v graph.Value) graph.Value {
		if v.Valid() && v.Graph() == r.g {
			return to.Input(fmt.Sprint("moved ", v.ID()), v.DType(), v.Shape()...)
		}
		return v
	}
	out := slices.Clone(in)
	for i, x := range in {
		switch x := x.Interface().(type) {
		case graph.Value:
			out[i] = reflect.ValueOf(move(x))
		case []graph.Value:
			list := slices.Clone(x)
			for j, v := range list {
				list[j] = move(v)
			}
			out[i] = reflect.ValueOf(list)
		}
	}
	return out
}

// builders are the methods of a Value that give a Value; all that build are.
func builders() []reflect.Method {
	var out []reflect.Method
	v := reflect.TypeFor[graph.Value]()
	for i := range v.NumMethod() {
		if m := v.Method(i); m.Type.NumOut() == 1 && m.Type.Out(0) == v && m.Name != "Arg" {
			out = append(out, m)
		}
	}
	return out
}

// TestGarbage: whatever is built of whatever, nothing panics; the first mistake
// sticks, and a graph without one can be computed and has derivatives or says why
// not.
func TestGarbage(t *testing.T) {
	var ops []graph.Primitive
	for _, c := range graphtest.Primitives() {
		for _, op := range graphtest.Subjects(c) {
			if !slices.ContainsFunc(ops, func(o graph.Primitive) bool { return o.Name() == op.Name() }) {
				ops = append(ops, op)
			}
		}
	}
	methods := builders()
	if len(methods) < 40 {
		t.Fatalf("only %d methods of a Value build", len(methods))
	}
	rapid.Check(t, func(t *rapid.T) {
		r := &garbage{t: t, g: graph.New(), ops: ops, careless: rapid.Bool().Draw(t, "careless")}
		for _, in := range []graph.Type{
			{DType: tensor.Float32, Shape: tensor.Of()}, {DType: tensor.Float32, Shape: tensor.Of(3)},
			{DType: tensor.Float32, Shape: tensor.Of(2, 3)}, {DType: tensor.Float32, Shape: tensor.Of(3, 3)},
			{DType: tensor.Float32, Shape: tensor.Of(1, 3, 2)}, {DType: tensor.Float32, Shape: tensor.Of(0, 3)},
			{DType: tensor.Float64, Shape: tensor.Of()}, {DType: tensor.Float64, Shape: tensor.Of(3, 3)},
			{DType: tensor.Int32, Shape: tensor.Of()}, {DType: tensor.Int32, Shape: tensor.Of(3)},
			{DType: tensor.Int64, Shape: tensor.Of()}, {DType: tensor.Uint8, Shape: tensor.Of(2, 3)},
		} {
			r.values = append(r.values, r.g.Input(in.String(), in.DType, in.Shape...))
		}
		r.values = append(r.values, graph.Value{}, graph.New().Input("elsewhere", tensor.Float32, 2), r.g.Const(1), r.g.Const(0))
		functions := func(g *graph.Graph) []any {
			return []any{graph.Where, graph.Concat, g.Apply, g.Const, g.Full, g.Iota, g.Input, g.Random, g.Bernoulli}
		}
		for range rapid.IntRange(1, 30).Draw(t, "operations") {
			before := r.g.Err()
			i := rapid.IntRange(0, len(methods)+len(functions(r.g))-1).Draw(t, "operation")
			v := r.call(func(g *graph.Graph) reflect.Value {
				if i < len(methods) {
					return methods[i].Func
				}
				return reflect.ValueOf(functions(g)[i-len(methods)])
			})
			if before != nil && r.g.Err() != before {
				t.Fatalf("the error was %q and is %q", before, r.g.Err())
			}
			if v.Valid() && v.Graph() == r.g {
				checkNode(t, v)
				r.values = append(r.values, v)
			}
		}
		r.compute()
	})
}

// checkNode: a valid value has a type that memory can hold.
func checkNode(t *rapid.T, v graph.Value) {
	if err := v.Shape().Check(); err != nil || v.DType().Size() == 0 {
		t.Fatalf("%v is of the type %v: %v", v, v.Type(), err)
	}
	if v.String() == "" || v.Op().Name() == "" || v.Place().Line == 0 {
		t.Fatalf("%v does not say what it is", v)
	}
}

// compute evaluates the last values, if no mistake was made and they are small,
// and their gradients by all floats before them.
func (r *garbage) compute() {
	if r.g.Err() != nil {
		return
	}
	var out, xs []graph.Value
	e := r.g.Const(0)
	for i, v := range r.values {
		if !v.Valid() || v.Graph() != r.g {
			continue
		}
		if i >= len(r.values)-5 {
			out = append(out, v)
			if v.DType().IsFloat() {
				e = e.Add(v.SumAll().Cast(tensor.Float64))
			}
		}
		if v.DType().IsFloat() {
			xs = append(xs, v)
		}
	}
	grads, err := autodiff.Gradient(e, xs...)
	if err != nil {
		r.t.Fatal(err)
	}
	out = append(out, grads...)
	feeds := map[graph.Value]*tensor.Array{}
	size := 0
	for id, needed := range graph.Ancestors(out...) {
		n := r.g.At(id)
		if !needed {
			continue
		}
		if size += n.Size(); n.Size() > 1<<16 || size > 1<<18 {
			return
		}
		if _, ok := n.Op().(graph.Input); ok {
			feeds[n] = tensor.New(n.DType(), n.Shape()...)
			for i := range n.Size() {
				feeds[n].SetAt(i, float64(i%7)-2)
			}
		}
	}
	if _, err := graph.Evaluate(out, feeds, nil); err != nil {
		r.t.Fatal(err)
	}
}
