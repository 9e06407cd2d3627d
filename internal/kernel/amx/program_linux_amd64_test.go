package amx_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/amx"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/tensor"
)

// TestTilesProgram: compiled products and convolutions, with their derivatives' layouts, split
// among threads, have the same bits with any number of threads, and are those of emulated bf16 to within the sums' rounding.
func TestTilesProgram(t *testing.T) {
	table := amx.OnTiles(t)
	g := graph.New()
	var inputs []graph.Value
	input := func(key string, dims ...int) graph.Value {
		v := g.Input(key, tensor.Float32, dims...)
		inputs = append(inputs, v)
		return v
	}
	a, b := input("a", 130, 301), input("b", 301, 90)
	row, batch := input("row", 1, 301), input("batch", 9, 40, 30)
	same := graph.NewConv()
	same.Lo, same.Hi = [2]int{1, 1}, [2]int{1, 1}
	x, k := input("x", 3, 14, 14, 16), input("k", 3, 3, 16, 8)
	y := x.Conv(k, same)
	values := []graph.Value{a.MatMul(b), g.Apply(graph.MatMul{TransA: true, TransB: true}, b, a), g.Apply(graph.MatMul{TransB: true}, row, a),
		g.Apply(graph.MatMul{TransB: true}, batch, batch), g.Apply(graph.MatMul{TransA: true}, batch, batch),
		y, g.Apply(graph.ConvKernel{Conv: same, Size: [2]int{3, 3}}, x, y), same.Transpose(y, y, 0)}
	if err := g.Err(); err != nil {
		t.Fatal(err)
	}
	c, err := program.Compile(g, program.Spec{Outputs: values})
	if err != nil {
		t.Fatal(err)
	}
	run := func(table *kernel.Table, threads int) (out []*tensor.Array) {
		pool := program.NewPool(threads)
		defer pool.Close()
		in := c.NewInstance(pool, table)
		in.SetPrecision(program.BFloat16)
		r := rand.New(rand.NewPCG(51, 52))
		for _, v := range inputs {
			to := in.Input(v)
			for i := range to.Size() {
				to.SetAt(i, r.NormFloat64())
			}
		}
		if err := in.Step(); err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			out = append(out, in.Output(v).Clone())
		}
		return out
	}
	want, one := run(kernel.Portable(), 1), run(table, 1)
	for threads := 1; threads <= 3; threads++ {
		for n, got := range run(table, threads) {
			largest := 0.0
			for i := range got.Size() {
				largest = max(largest, math.Abs(want[n].At(i)))
			}
			for i := range got.Size() {
				if got.At(i) != one[n].At(i) {
					t.Fatalf("%v: element %d is %g with %d threads, %g with one", values[n], i, got.At(i), threads, one[n].At(i))
				}
				// The convolutions' derivatives read y, whose last bits differ: where that falls between two bf16 numbers, 2^−8 of a term.
				if bound := 0x1p-18 * largest; n < 6 && !(math.Abs(got.At(i)-want[n].At(i)) <= bound) || n >= 6 && !(math.Abs(got.At(i)-want[n].At(i)) <= 0x1p-8*largest) {
					t.Fatalf("%v: element %d is %g, emulated %g", values[n], i, got.At(i), want[n].At(i))
				}
			}
		}
	}
}
