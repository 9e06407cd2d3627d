package program

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// productsOf is every kind of product, then what is none, of fresh inputs.
func productsOf(t *testing.T, d tensor.DType) (inputs, products, others []graph.Value) {
	t.Helper()
	g := graph.New()
	input := func(key string, dims ...int) graph.Value {
		v := g.Input(key, d, dims...)
		inputs = append(inputs, v)
		return v
	}
	a, b := input("a", 130, 301), input("b", 301, 90)
	row, batch := input("row", 1, 301), input("batch", 9, 40, 30)
	products = append(products, a.MatMul(b), g.Apply(graph.MatMul{TransA: true, TransB: true}, b, a), g.Apply(graph.MatMul{TransB: true}, row, a),
		g.Apply(graph.MatMul{TransB: true}, batch, batch), g.Apply(graph.MatMul{TransA: true}, batch, batch))
	others = append(others, a.Mul(a), a.Exp(), a.SumAll(), a.Transpose().Add(b.Sum(1).Reshape(301, 1)))
	same := graph.NewConv()
	same.Lo, same.Hi = [2]int{1, 1}, [2]int{1, 1}
	for i, c := range []struct{ x, k tensor.Shape }{
		{tensor.Of(3, 14, 14, 1), tensor.Of(3, 3, 1, 8)},   // flat patches
		{tensor.Of(3, 14, 14, 16), tensor.Of(3, 3, 16, 8)}, // deep ones that lines share
		{tensor.Of(9, 5, 5, 16), tensor.Of(3, 3, 16, 8)},   // several images a block
	} {
		n := string(rune('0' + i))
		x, k, ct := input("x"+n, c.x...), input("k"+n, c.k...), input("ct"+n, c.x[0], c.x[1], c.x[2], c.k[3])
		y := x.Conv(k, same)
		products = append(products, y, g.Apply(graph.ConvKernel{Conv: same, Size: [2]int{c.k[0], c.k[1]}}, x, ct), same.Transpose(y, ct, 0))
		others = append(others, k.FlipKernel(1))
	}
	if err := g.Err(); err != nil {
		t.Fatal(err)
	}
	return inputs, products, others
}

// feed gives inputs values made of random ones.
func feed(inputs []graph.Value, f func(x float64) float64) map[graph.Value]*tensor.Array {
	r := rand.New(rand.NewPCG(3, 4))
	m := map[graph.Value]*tensor.Array{}
	for _, v := range inputs {
		m[v] = tensor.New(v.DType(), v.Shape()...)
		for i := range m[v].Size() {
			m[v].SetAt(i, f(float64(float32(r.NormFloat64()))))
		}
	}
	return m
}

func evaluate(t *testing.T, values []graph.Value, feeds map[graph.Value]*tensor.Array) []*tensor.Array {
	t.Helper()
	out, err := graph.Evaluate(values, feeds, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func runOnce(t *testing.T, values []graph.Value, feeds map[graph.Value]*tensor.Array, pool *Pool, table *kernel.Table, p Precision) []*tensor.Array {
	t.Helper()
	c, err := Compile(values[0].Graph(), Spec{Outputs: values})
	if err != nil {
		t.Fatal(err)
	}
	in := c.NewInstance(pool, table)
	in.SetPrecision(p)
	for v, a := range feeds {
		if err := in.Bind(v, a); err != nil {
			t.Fatal(err)
		}
	}
	if err := in.Step(); err != nil {
		t.Fatal(err)
	}
	var out []*tensor.Array
	for _, v := range values {
		out = append(out, in.Output(v).Clone())
	}
	return out
}

// TestBFloat16Products: each is that of rounded operands within the error of
// float32 sums (2^−24 an addition, of the sum of sizes) and has the same bits with
// any number of threads; what is no product has the bits it has in float32. Emulated
// products are the same bits under every table.
func TestBFloat16Products(t *testing.T) {
	inputs, products, others := productsOf(t, tensor.Float32)
	values := append(append([]graph.Value(nil), products...), others...)
	feeds := feed(inputs, func(x float64) float64 { return x })
	round := func(x float64) float64 { return float64(kernel.RoundBF16(float32(x))) }
	rounded := evaluate(t, products, feed(inputs, round))
	sizes := evaluate(t, products, feed(inputs, func(x float64) float64 { return math.Abs(round(x)) }))
	terms := evaluate(t, products, feed(inputs, func(float64) float64 { return 1 }))
	plain := evaluate(t, others, feeds)
	var emulated []*tensor.Array
	for _, table := range tables(t) {
		var first []*tensor.Array
		if table.GemmBF16 == nil {
			first = emulated
		}
		for threads := 1; threads <= 3; threads++ {
			pool := NewPool(threads)
			got := runOnce(t, values, feeds, pool, table, BFloat16)
			pool.Close()
			for i := range products {
				for j := range got[i].Size() {
					// Both sides added, and a pair of products can be added at a time.
					bound := 4 * (terms[i].At(j) + 1) * 0x1p-24 * sizes[i].At(j)
					if x, want := got[i].At(j), rounded[i].At(j); !(math.Abs(x-want) <= bound) {
						t.Fatalf("%s, %v: element %d is %g, of rounded operands %g", table.Name, products[i], j, x, want)
					}
				}
			}
			for i := range others {
				if at, ok := differ(got[len(products)+i], plain[i]); !ok {
					t.Fatalf("%s: %v, which is no product, changed at %d", table.Name, others[i], at)
				}
			}
			if first == nil {
				first = got
			}
			if table.GemmBF16 == nil {
				emulated = first
			}
			for i := range got {
				if at, ok := differ(got[i], first[i]); !ok {
					t.Fatalf("%s: %v differs at %d with %d threads", table.Name, values[i], at, threads)
				}
			}
		}
	}
}

// Unrounded operands are further away than the bound above allows, so it
// would notice a product that does not round; and float64 is left alone.
func TestPrecisionChangesFloat32Alone(t *testing.T) {
	pool := NewPool(1)
	defer pool.Close()
	for _, d := range []tensor.DType{tensor.Float32, tensor.Float64} {
		inputs, products, _ := productsOf(t, d)
		feeds := feed(inputs, func(x float64) float64 { return x })
		for _, table := range tables(t) {
			full, half := runOnce(t, products, feeds, pool, table, Float32), runOnce(t, products, feeds, pool, table, BFloat16)
			for i := range products {
				if _, same := differ(full[i], half[i]); same != (d == tensor.Float64) {
					t.Errorf("%s, %v: the same in both precisions: %v", table.Name, products[i], same)
				}
			}
		}
	}
}

func TestParsePrecision(t *testing.T) {
	for _, name := range PrecisionNames() {
		if p, err := ParsePrecision(name); err != nil || p.String() != name {
			t.Errorf("ParsePrecision(%q) = %v, %v", name, p, err)
		}
	}
	if _, err := ParsePrecision("fp8"); err == nil {
		t.Error("fp8 is known")
	}
}
