package nn_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel/dispatch"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/tensor"
)

// hessian is a program of E, its gradient and a Hessian-vector product.
func hessian(tb testing.TB, k kit, pool *program.Pool) (*program.Instance, []graph.Value, map[graph.Value]*tensor.Array) {
	tb.Helper()
	check := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	check(k.err)
	g := graph.New()
	rng := rand.New(rand.NewPCG(1, 2))
	feeds := map[graph.Value]*tensor.Array{}
	input := func(key string, d tensor.DType, draw func() float64, dims ...int) graph.Value {
		v := g.Input(key, d, dims...)
		feeds[v] = tensor.New(d, dims...)
		for i := range v.Size() {
			feeds[v].SetAt(i, draw())
		}
		return v
	}
	class := func() float64 { return float64(rng.IntN(10)) }
	b := objective.Batch{Train: true}
	if k.symbols {
		b.X, b.Y = input("x", tensor.Int32, class, k.batch, k.length), input("y", tensor.Int32, class, k.batch, k.length)
	} else {
		b.X, b.Y = input("x", tensor.Float32, rng.NormFloat64, k.batch, k.length), input("y", tensor.Int32, class, k.batch)
	}
	net, err := objective.NewNetwork(k.model, b.X.Type(), loss.NewCrossEntropy(), tensor.Float32)
	check(err)
	if n := net.Plan.State.Size(); n > 0 {
		b.State = input("state", tensor.Float32, func() float64 { return 1 }, n)
	}
	w := g.Input("w", tensor.Float32, net.Plan.Weights.Size())
	feeds[w], err = net.Plan.Weights.Initial(tensor.Float32, 1)
	check(err)
	e := net.On(b).Loss(w)
	grads, err := autodiff.Gradient(e, w)
	check(err)
	hv, err := autodiff.HVP(e, w, input("v", tensor.Float32, rng.NormFloat64, w.Size()))
	check(err)
	values := []graph.Value{e, grads[0], hv}
	p, err := program.Compile(g, program.Spec{Outputs: values})
	check(err)
	table, err := dispatch.Pick("")
	check(err)
	in := p.NewInstance(pool, table)
	for v, a := range feeds {
		check(in.Bind(v, a))
	}
	return in, values, feeds
}

// TestHessianProductsHaveTheSameBits: the Hessian-vector products of whole
// models compile to the bits of their definitions.
func TestHessianProductsHaveTheSameBits(t *testing.T) {
	pool := program.NewPool(2)
	defer pool.Close()
	for name, k := range little() {
		in, values, feeds := hessian(t, k, pool)
		want, err := graph.Evaluate(values, feeds, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := in.Step(); err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			if fmt.Sprint(bits(in.Output(v))) != fmt.Sprint(bits(want[i])) {
				t.Errorf("%s: %s differs from its definition", name, []string{"E", "the gradient", "the product"}[i])
			}
		}
	}
}

// BenchmarkHessian is a Hessian-vector product of the convolutional and of the
// character model, with E and its gradient.
func BenchmarkHessian(b *testing.B) {
	for _, name := range []string{"cnn", "charlm"} {
		b.Run(name, func(b *testing.B) {
			pool := program.NewPool(1)
			defer pool.Close()
			in, _, _ := hessian(b, benchmarked(b, name), pool)
			for b.Loop() {
				if err := in.Step(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
