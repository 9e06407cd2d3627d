package program

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// TestProductsLaidOut: products whose axes are permuted before they are read give
// the definition's bits, whatever else reads them and in whatever order.
func TestProductsLaidOut(t *testing.T) {
	pools := []*Pool{NewPool(1), NewPool(2)}
	defer pools[0].Close()
	defer pools[1].Close()
	rapid.Check(t, func(t *rapid.T) {
		r := &randomGraph{g: graph.New(), t: t}
		d := rapid.SampledFrom([]tensor.DType{tensor.Float32, tensor.Float64}).Draw(t, "dtype")
		dim := func(what string) int { return rapid.IntRange(1, 5).Draw(t, what) }
		a, b, m, k, n := dim("a"), dim("b"), dim("m"), dim("k"), dim("n")
		r.input(d, a, b, m, k)
		r.input(d, a, b, k, n)
		r.input(d, a*b*m, n)
		product := r.values[0].MatMul(r.values[1])
		perm := rapid.SampledFrom([][]int{{0, 2, 1, 3}, {2, 0, 1, 3}, {1, 0, 2, 3}, {2, 1, 0, 3}, {0, 1, 3, 2}, {3, 1, 2, 0}}).Draw(t, "perm")
		turned := product.Transpose(perm...)
		flat := turned.Reshape(-1, turned.Dim(3))
		readers := []graph.Value{flat, turned, flat.MatMul(flat.Transpose()), flat.Scale(2).Sum(0), turned.Slice(0, 0, 1).Scale(3),
			product.Scale(0.5), product, product.Reshape(a*b*m, n).MatMul(r.values[2].Transpose()), graph.Concat(0, flat, flat.Neg()), turned.Transpose(1, 0, 2, 3).Reshape(-1)}
		spec := Spec{}
		for range rapid.IntRange(1, 3).Draw(t, "readers") {
			spec.Outputs = append(spec.Outputs, rapid.SampledFrom(readers).Draw(t, "reader"))
		}
		if flat.Shape().Equal(r.values[2].Shape()) && rapid.Bool().Draw(t, "update") {
			spec.Updates = append(spec.Updates, Update{r.values[2], flat})
		}
		p, err := Compile(r.g, spec)
		if err != nil {
			t.Fatal(err)
		}
		for _, pool := range pools {
			compare(t, r, p, spec, pool, kernel.Portable())
		}
	})
}

// TestHeadsAreNotCopied: what attention does with its heads takes products alone.
func TestHeadsAreNotCopied(t *testing.T) {
	g := graph.New()
	p, v, w := g.Input("p", tensor.Float32, 2, 4, 8, 8), g.Input("v", tensor.Float32, 16, 32), g.Input("w", tensor.Float32, 32, 5)
	heads := v.Reshape(2, 8, 4, 8).Transpose(0, 2, 1, 3) // [B, T, heads, D] → [B, heads, T, D]
	out := p.MatMul(heads).Transpose(0, 2, 1, 3).Reshape(16, 32).MatMul(w)
	for _, in := range compile(t, g, Spec{Outputs: []graph.Value{out}}).instrs {
		if in.copyOf != nil {
			t.Errorf("node %d is a copy of node %d", in.out, in.copyOf.base)
		}
	}
}
