package autodiff_test

import (
	"fmt"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// The gradient and the Hessian of Rosenbrock's function (1−x)² + 100(y−x²)².
func Example() {
	g := graph.New()
	w := g.Input("w", tensor.Float64, 2)
	x, y := w.Slice(0, 0, 1), w.Slice(0, 1, 2)
	e := x.OneMinus().Square().Add(y.Sub(x.Square()).Square().Scale(100)).SumAll()

	grads, err := autodiff.Gradient(e, w)
	if err != nil {
		fmt.Println(err)
		return
	}
	h, err := autodiff.Hessian(e, w)
	if err != nil {
		fmt.Println(err)
		return
	}
	at := map[graph.Value]*tensor.Array{w: tensor.From([]float64{-1, 1}, 2)}
	out, err := graph.Evaluate([]graph.Value{e, grads[0], h}, at, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("E ", out[0].Float64s())
	fmt.Println("∇E", out[1].Float64s())
	fmt.Println("H ", out[2].Float64s())
	// Output:
	// E  [4]
	// ∇E [-4 0]
	// H  [802 400 400 200]
}

// A derivative is an ordinary value, so that a penalty on the gradient's length
// has a gradient itself.
func ExampleGradient() {
	g := graph.New()
	w := g.Input("w", tensor.Float64, 2)
	e := w.Pow(g.Const(3)).SumAll()
	grads, err := autodiff.Gradient(e, w) // 3w²
	if err != nil {
		fmt.Println(err)
		return
	}
	penalised, err := autodiff.Gradient(grads[0].Square().SumAll(), w) // of 9w⁴: 36w³
	if err != nil {
		fmt.Println(err)
		return
	}
	out, err := graph.Evaluate(penalised, map[graph.Value]*tensor.Array{w: tensor.From([]float64{1, 2}, 2)}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(out[0].Float64s())
	// Output: [36 288]
}

// Without a rule there is no derivative, and never a silent zero.
func ExampleVJP_noDerivative() {
	g := graph.New()
	x := g.Input("x", tensor.Float64, 3)
	e := g.Apply(half{}, x).SumAll()
	_, err := autodiff.Gradient(e, x)
	fmt.Println(err)
	// Output: autodiff: example_test.go:72: half has no derivative: give it a JVP, declare it flat, or stop the gradient before it
}

// The product of the Hessian with a vector costs about two gradients, however
// long the vector, and never forms the Hessian.
func ExampleHVP() {
	g := graph.New()
	w, v := g.Input("w", tensor.Float64, 3), g.Input("v", tensor.Float64, 3)
	e := w.Square().Square().SumAll() // H = diag(12w²)
	hv, err := autodiff.HVP(e, w, v)
	if err != nil {
		fmt.Println(err)
		return
	}
	out, err := graph.Evaluate([]graph.Value{hv}, map[graph.Value]*tensor.Array{
		w: tensor.From([]float64{1, 2, 3}, 3), v: tensor.From([]float64{1, 1, 10}, 3),
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(out[0].Float64s())
	// Output: [12 48 1080]
}
