package program

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/dispatch"
	"github.com/godescent/descent/internal/kernel/native"
	"github.com/godescent/descent/tensor"
)

// nativeTables are the tables of this processor for whose loops machine code is made.
func nativeTables(t testing.TB) []*kernel.Table {
	var tables []*kernel.Table
	for _, name := range dispatch.Names() {
		if _, ok := native.New(name); !ok {
			continue
		}
		table, err := dispatch.Pick(name)
		if err != nil {
			t.Fatal(err)
		}
		tables = append(tables, table)
	}
	if len(tables) == 0 {
		t.Skip("no native code on this machine")
	}
	return tables
}

// elementwise is a random graph of fused loops: arithmetic that becomes machine
// code, functions that stay calls, operands of every kind, rows that are
// reduced, and state that is updated in place while others read its old value.
type elementwise struct {
	g      *graph.Graph
	t      *rapid.T
	d      tensor.DType
	rows   int
	cols   int
	inputs []graph.Value
	values []graph.Value // all [rows, cols]
	spec   Spec
}

var hardNumbers = []float64{0, math.Copysign(0, -1), 1, -1, 2, 0.25, -2.5, 1e-40, -1e-310, 3e38, -1e300, math.Inf(1), math.Inf(-1), math.NaN()}

func newElementwise(t *rapid.T) *elementwise {
	e := &elementwise{g: graph.New(), t: t}
	n := func(lo, hi int, what string) int { return rapid.IntRange(lo, hi).Draw(t, what) }
	e.d = rapid.SampledFrom([]tensor.DType{tensor.Float32, tensor.Float64}).Draw(t, "dtype")
	e.rows = n(1, 9, "rows")
	e.cols = n(1, 40, "cols")
	if rapid.Bool().Draw(t, "wide") {
		e.cols = rapid.SampledFrom([]int{64, 128, 255, 256, 257, 300, 512, 784}).Draw(t, "wide cols")
	}
	tall := n(0, 3, "tall") == 0 // so that loops add up their columns
	if tall {
		e.rows = rapid.SampledFrom([]int{256, 300, 517}).Draw(t, "tall rows")
		e.cols = min(e.cols, 300)
	}
	in := func(d tensor.DType, dims ...int) graph.Value {
		v := e.g.Input(fmt.Sprint("in", len(e.inputs)), d, dims...)
		e.inputs = append(e.inputs, v)
		return v
	}
	state := []graph.Value{in(e.d, e.rows, e.cols), in(e.d, e.rows, e.cols), in(e.d, e.rows, e.cols)}
	e.values = append(e.values, state...)
	e.values = append(e.values,
		in(e.d, e.cols).BroadcastTo(e.rows, e.cols),
		in(e.d, e.rows, 1).BroadcastTo(e.rows, e.cols),
		in(e.d).BroadcastTo(e.rows, e.cols),
		in(tensor.Float64).Cast(e.d).BroadcastTo(e.rows, e.cols),
		in(tensor.Uint8, e.rows, e.cols).Cast(e.d),
		in(e.d, e.cols, e.rows).Transpose(),
		e.g.Const(0.75).Cast(e.d).BroadcastTo(e.rows, e.cols))
	for range n(1, 40, "ops") {
		e.grow(n(0, 21, "op"))
	}
	last := func() graph.Value { return e.values[len(e.values)-n(1, min(6, len(e.values)), "back")] }
	for _, s := range state {
		if rapid.Bool().Draw(t, "update") {
			e.spec.Updates = append(e.spec.Updates, Update{s, last()})
		}
	}
	for range n(1, 3, "outputs") {
		if v := last(); v.Op().Name() != "input" {
			e.spec.Outputs = append(e.spec.Outputs, v)
		}
	}
	for range n(0, 6, "columns") {
		if tall {
			e.spec.Outputs = append(e.spec.Outputs, []graph.Value{last().Sum(0), last().MaxOver(0)}[n(0, 1, "of columns")])
		}
	}
	if rapid.Bool().Draw(t, "sum") {
		e.spec.Outputs = append(e.spec.Outputs, last().Square().SumAll())
	}
	return e
}

func (e *elementwise) grow(op int) {
	pick := func() graph.Value { return e.values[rapid.IntRange(0, len(e.values)-1).Draw(e.t, "value")] }
	x, y := pick(), pick()
	c := e.g.Const(rapid.SampledFrom(hardNumbers[:13]).Draw(e.t, "const"))
	var v graph.Value
	switch op {
	case 0:
		v = x.Neg()
	case 1:
		v = x.Abs()
	case 2:
		v = x.Sqrt()
	case 3:
		v = x.Sign()
	case 4:
		v = x.Relu()
	case 5:
		v = x.Mul(y)
	case 6:
		v = x.Add(y)
	case 7:
		v = x.Sub(y)
	case 8:
		v = x.Div(y)
	case 9:
		v = x.Max(y)
	case 10:
		v = x.Min(y)
	case 11:
		v = graph.Where(x.Less(y), pick(), pick())
	case 12:
		v = graph.Where(x, y, pick())
	case 13:
		v = x.Less(y)
	case 14:
		v = x.Mul(c)
	case 15:
		v = x.Max(c)
	case 16:
		v = x.Div(c)
	case 17:
		v = x.Exp()
	case 18:
		v = x.Tanh()
	case 19:
		v = x.Pow(y)
	case 20:
		v = x.Sub(x.MaxOver(1).Reshape(e.rows, 1))
	case 21:
		v = x.Sum(1).Reshape(e.rows, 1).BroadcastTo(e.rows, e.cols)
	}
	e.values = append(e.values, v)
}

// fill gives an instance's inputs numbers of every kind.
func (e *elementwise) fill(in *Instance) {
	for k, v := range e.inputs {
		x := in.Input(v)
		for i := range x.Size() {
			h := (i*31 + k*17) % 97
			switch {
			case !v.DType().IsFloat():
				x.SetAt(i, float64(h))
			case h < 6:
				x.SetAt(i, hardNumbers[(i+k)%len(hardNumbers)])
			default:
				x.SetAt(i, float64(h-48)/16)
			}
		}
	}
}

// TestNativeLoops: machine code gives the bits of the table's routines, on any number of threads.
func TestNativeLoops(t *testing.T) {
	tables := nativeTables(t)
	pools := []*Pool{NewPool(1), NewPool(2)}
	defer pools[0].Close()
	defer pools[1].Close()
	rapid.Check(t, func(t *rapid.T) {
		e := newElementwise(t)
		if len(e.spec.Outputs)+len(e.spec.Updates) == 0 {
			return
		}
		p, err := Compile(e.g, e.spec)
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range tables {
			for _, pool := range pools {
				e.compare(t, p, pool, table)
			}
		}
	})
}

func (e *elementwise) compare(t *rapid.T, p *Program, pool *Pool, table *kernel.Table) {
	made, plain := p.NewInstance(pool, table), p.NewInstance(pool, table)
	plain.Interpret(true)
	e.fill(made)
	e.fill(plain)
	for step := range 2 {
		for _, in := range []*Instance{made, plain} {
			if err := in.Step(); err != nil {
				t.Fatal(err)
			}
		}
		if made.interpret {
			t.Fatal("the system refused executable memory")
		}
		for _, v := range append(append([]graph.Value(nil), e.spec.Outputs...), e.inputs...) {
			if at, ok := differ(made.Output(v), plain.Output(v)); !ok {
				t.Fatalf("%s, step %d, %d threads: %v differs at %d: %v, interpreted %v\n%v", table.Name, step, pool.Threads(), v, at,
					made.Output(v).At(at), plain.Output(v).At(at), p)
			}
		}
	}
}

// TestInterpret: machine code is made for every loop of arithmetic alone, unless it is turned off.
func TestInterpret(t *testing.T) {
	table := nativeTables(t)[0]
	g := graph.New()
	x := g.Input("x", tensor.Float32, 1000)
	p := compile(t, g, Spec{Outputs: []graph.Value{x.Square().Plus(1).Sqrt()}})
	pool := NewPool(1)
	defer pool.Close()
	in := p.NewInstance(pool, table)
	for _, off := range []bool{false, true, false} {
		in.Interpret(off)
		if err := in.Step(); err != nil {
			t.Fatal(err)
		}
		l := in.tasks[0].task.(*loopTask[float32])
		if got := l.parts[0].native != nil; got == off || len(in.tasks) != 1 {
			t.Errorf("interpreted %v: machine code %v, %d instructions", off, got, len(in.tasks))
		}
	}
}
