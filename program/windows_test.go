package program

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/dispatch"
	"github.com/godescent/descent/tensor"
)

// tables are those that this machine can run.
func tables(t *testing.T) []*kernel.Table {
	t.Helper()
	var all []*kernel.Table
	for _, name := range dispatch.Names() {
		table, err := dispatch.Pick(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, table)
	}
	return all
}

// TestWindows: convolutions, pools and their derivatives of first and second
// order give the bits of the definitions, for every kernel table and number of threads.
func TestWindows(t *testing.T) {
	pools, tables := []*Pool{NewPool(1), NewPool(2)}, tables(t)
	defer pools[0].Close()
	defer pools[1].Close()
	for name, draw := range map[string]func(*rapid.T) []graph.Value{"conv": drawConv, "pool": drawPool, "rows": drawRows, "columns": drawColumns, "tails": drawTails} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				odd := rapid.SampledFrom([]float64{0.5, math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1)}).Draw(t, "odd")
				checkValues(t, pools, tables, draw(t), odd)
			})
		})
	}
}

func between(t *rapid.T, lo, hi int, what string) int { return rapid.IntRange(lo, hi).Draw(t, what) }

func drawType(t *rapid.T) tensor.DType {
	return rapid.SampledFrom([]tensor.DType{tensor.Float32, tensor.Float64}).Draw(t, "dtype")
}

// drawConv is a random convolution with everything that derivatives make of it.
func drawConv(t *rapid.T) []graph.Value {
	g, d, p := graph.New(), drawType(t), graph.NewConv()
	p.Groups = rapid.SampledFrom([]int{1, 1, 1, 2, 3}).Draw(t, "groups")
	k, x := tensor.Of(0, 0, 0, 0), tensor.Of(between(t, 0, 5, "batch"), 0, 0, 0)
	for a := range 2 {
		k[a] = between(t, 1, 4, "kernel")
		x[1+a] = between(t, 1, 13, "size")
		p.Stride[a] = rapid.SampledFrom([]int{1, 1, 1, 2, 3}).Draw(t, "stride")
		p.Dilation[a] = rapid.SampledFrom([]int{1, 1, 2}).Draw(t, "dilation")
		p.Spread[a] = rapid.SampledFrom([]int{1, 1, 1, 2, 3}).Draw(t, "spread")
		p.Lo[a] = between(t, -1, 3, "before")
		p.Hi[a] = between(t, -1, 3, "behind")
		// Room for the kernel at least.
		p.Hi[a] += max(0, (k[a]-1)*p.Dilation[a]-((x[1+a]-1)*p.Spread[a]+p.Lo[a]+p.Hi[a]))
	}
	k[2] = rapid.SampledFrom([]int{1, 2, 3, 5, 16, 33}).Draw(t, "channels")
	x[3], k[3] = k[2]*p.Groups, between(t, 1, 20, "outputs")*p.Groups
	if between(t, 0, 3, "depthwise") == 0 {
		p.Groups = rapid.SampledFrom([]int{8, 16, 19, 33}).Draw(t, "channels of their own")
		k[2], k[3], x[3] = 1, p.Groups, p.Groups
	}
	xv, kv := g.Input("x", d, x...), g.Input("k", d, k...)
	return convolve(t, p, xv, kv)
}

// convolve is a convolution with its derivatives.
func convolve(t rapid.TB, p graph.Conv, x, k graph.Value) []graph.Value {
	g := x.Graph()
	y := g.Apply(p, x, k)
	if g.Err() != nil {
		t.Fatal(g.Err())
	}
	ct := g.Input("ct", y.DType(), y.Shape()...)
	dk := g.Apply(graph.ConvKernel{Conv: p, Size: [2]int{k.Dim(0), k.Dim(1)}}, x, ct)
	return []graph.Value{x.Conv(k, p), dk, p.Transpose(y, ct, 0), k.FlipKernel(p.Groups)}
}

// TestManyPlaces: kernels' derivatives that are cut into runs and chunks, and
// images of many and of few places with many channels.
func TestManyPlaces(t *testing.T) {
	pools := []*Pool{NewPool(1), NewPool(2), NewPool(3)}
	for _, p := range pools {
		defer p.Close()
	}
	same := graph.NewConv()
	same.Lo, same.Hi = [2]int{1, 1}, [2]int{1, 1}
	two := same
	two.Stride = [2]int{2, 2}
	for i, c := range []struct {
		p    graph.Conv
		x, k tensor.Shape
	}{
		{graph.NewConv(), tensor.Of(1, 190, 190, 1), tensor.Of(2, 1, 1, 1)}, // runs of several chunks
		{two, tensor.Of(5, 62, 80, 3), tensor.Of(3, 3, 3, 2)},               //
		{same, tensor.Of(1, 24, 130, 16), tensor.Of(3, 1, 16, 3)},           // images of several blocks
		{two, tensor.Of(1, 60, 130, 16), tensor.Of(3, 2, 16, 3)},            //
		{same, tensor.Of(20, 3, 3, 40), tensor.Of(3, 3, 40, 5)},             // several images a block
	} {
		d := []tensor.DType{tensor.Float32, tensor.Float64}[i%2]
		g := graph.New()
		checkValues(t, pools, tables(t), convolve(t, c.p, g.Input("x", d, c.x...), g.Input("k", d, c.k...)), 0.5)
	}
}

// drawPool is random pools with everything that derivatives make of them.
func drawPool(t *rapid.T) []graph.Value {
	g, d := graph.New(), drawType(t)
	var w graph.Window
	x := tensor.Of(between(t, 0, 3, "batch"), 0, 0, between(t, 1, 40, "channels"))
	kind := between(t, 0, 3, "kind") // side by side, or within x, or anything
	for a := range 2 {
		w.Size[a] = between(t, 1, 4, "window")
		w.Stride[a] = w.Size[a]
		if kind > 0 {
			w.Stride[a] = between(t, 1, 5, "stride")
		}
		if kind > 1 {
			w.Lo[a] = between(t, 0, w.Size[a]-1, "before")
			w.Hi[a] = between(t, 0, w.Size[a]-1, "behind")
		}
		x[1+a] = between(t, max(1, w.Size[a]-w.Lo[a]-w.Hi[a]), 12, "size")
	}
	xv := g.Input("x", d, x...)
	y := xv.MaxPool(w)
	if g.Err() != nil {
		t.Fatal(g.Err())
	}
	ct, to := g.Input("ct", d, y.Shape()...), [2]int{x[1], x[2]}
	index := y.Arg(1)
	all := []graph.Value{y, g.Apply(graph.PoolPut{Window: w, To: to}, ct, index), index,
		g.Apply(graph.PoolTake{Window: w}, g.Input("tangent", d, x...), index),
		g.Apply(graph.WindowSum{Window: w}, xv), g.Apply(graph.WindowSpread{Window: w, To: to}, ct)}
	var values []graph.Value
	for _, v := range all {
		if rapid.Bool().Draw(t, "is wanted") {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return all
	}
	return values
}

// drawRows is rows taken by index for a product, and added by index.
func drawRows(t *rapid.T) []graph.Value {
	g, d := graph.New(), drawType(t)
	n, row := between(t, 1, 9, "rows"), between(t, 0, 150, "row")
	x, index := g.Input("x", d, n, row), g.Input("index", tensor.Int32, between(t, 0, 40, "taken"))
	ct := g.Input("ct", d, index.Dim(0), row)
	return []graph.Value{x.Gather(index), x.Gather(index).MatMul(ct.Transpose()), ct.ScatterAdd(index, n)}
}

// drawColumns is reductions over columns, of several chunks or of none.
func drawColumns(t *rapid.T) []graph.Value {
	g, d := graph.New(), drawType(t)
	x := g.Input("x", d, between(t, 0, 3, "outer"), rapid.SampledFrom([]int{1, 2, 63, 64, 65, 130, 300, 450}).Draw(t, "rows"), between(t, 0, 300, "columns"))
	return []graph.Value{x.Sum(1), x.MaxOver(1), x.MinOver(1), x.Transpose().Sum(0, 2), x.Sum(0)}
}

// drawTails is reductions of columns and rows by the loop that computes them,
// with what else the loop reads and keeps.
func drawTails(t *rapid.T) []graph.Value {
	g, d := graph.New(), drawType(t)
	n := rapid.SampledFrom([]int{256, 257, 320, 500, 1000}).Draw(t, "rows")
	c := rapid.SampledFrom([]int{2, 3, 10, 32, 50, 64, 65, 256, 300}).Draw(t, "columns")
	x, y, of := g.Input("x", d, n, c), g.Input("y", d, n, c), g.Input("of columns", d, c)
	z := x.Sub(of).Mul(y)
	all := []graph.Value{z.Sum(0), z.Abs().Sum(0), z.MaxOver(0), z.Sum(1), z.MinOver(1), z.SumAll(), z.Relu(),
		z.Sub(z.Sum(1).Reshape(n, 1)).Sum(0)}
	if n*c%2 == 0 {
		all = append(all, z.Reshape(-1, 2).Sum(0))
	}
	var values []graph.Value
	for _, v := range all {
		if rapid.Bool().Draw(t, "is wanted") {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return all
	}
	return values
}

// checkValues compares a program of the values with their definitions, on
// numbers of which some are equal, zeros or odd.
func checkValues(t rapid.TB, pools []*Pool, tables []*kernel.Table, values []graph.Value, odd float64) {
	g := values[0].Graph()
	p, err := Compile(g, Spec{Outputs: values})
	if err != nil {
		t.Fatal(err)
	}
	feeds := map[graph.Value]*tensor.Array{}
	for id, needed := range graph.Ancestors(values...) {
		v := g.At(id)
		if _, ok := v.Op().(graph.Input); !ok || !needed {
			continue
		}
		a := tensor.New(v.DType(), v.Shape()...)
		for i := range a.Size() {
			a.SetAt(i, float64((i*7+id*13)%31)/8-1.5+float64((i*5)%7)/3)
			if !v.DType().IsFloat() {
				a.SetAt(i, float64(i*5%11-1)) // some outside
				continue
			}
			switch (i*11 + id) % 37 {
			case 3, 4, 5, 6:
				a.SetAt(i, 0)
			case 8:
				a.SetAt(i, odd)
			}
		}
		feeds[v] = a
	}
	want, err := graph.Evaluate(values, feeds, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		for _, pool := range pools {
			inst := p.NewInstance(pool, table)
			for v, a := range feeds {
				if err := inst.Bind(v, a); err != nil {
					t.Fatal(err)
				}
			}
			for step := range 4 {
				if step == 2 {
					inst.Interpret(true) // without machine code
				}
				if err := inst.Step(); err != nil {
					t.Fatal(err)
				}
				for i, v := range values {
					if at, ok := differ(inst.Output(v), want[i]); !ok {
						t.Fatalf("%s, step %d, %d threads: %v of %+v differs at %d: %v, want %v",
							table.Name, step, pool.Threads(), v, v.Op(), at, inst.Output(v).At(at), want[i].At(at))
					}
				}
			}
		}
	}
}
