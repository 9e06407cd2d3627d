package graph_test

import (
	"fmt"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// A layer of a network, built and computed.
func Example() {
	g := graph.New()
	x := g.Input("x", tensor.Float32, 2, 3)
	w := g.Input("weight", tensor.Float32, 3, 2)
	b := g.Input("bias", tensor.Float32, 2)
	y := x.MatMul(w).Add(b).Relu() // [2, 3]·[3, 2] → [2, 2]
	if err := g.Err(); err != nil {
		fmt.Println(err)
		return
	}
	out, err := graph.Evaluate([]graph.Value{y}, map[graph.Value]*tensor.Array{
		x: tensor.From([]float32{1, 2, 3, 4, 5, 6}, 2, 3),
		w: tensor.From([]float32{1, 0, 0, 1, -1, 1}, 3, 2),
		b: tensor.From([]float32{0.5, -10}, 2),
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(y.Type(), out[0].Float64s())
	// Output: float32[2 2] [0 0 0 1]
}

// Building never stops at a mistake: it sticks to the graph, with the line that
// made it, and what follows it is silent.
func ExampleGraph_Err() {
	g := graph.New()
	x := g.Input("x", tensor.Float32, 2, 3)
	w := g.Input("weight", tensor.Float32, 4, 2)
	y := x.MatMul(w).Relu().SumAll()
	fmt.Println(y.Valid())
	fmt.Println(g.Err())
	// Output:
	// false
	// example_test.go:40: matmul: x is [2 3] and y is [4 2]: the inner axes 3 and 4 differ; a product is [M K]·[K N], so transpose or reshape one
}

// cube is a primitive of one's own: x³, with its derivative.
type cube struct{}

func (cube) Name() string { return "cube" }

func (cube) Infer(in []graph.Type) (graph.Type, error) {
	if len(in) != 1 || in[0].DType != tensor.Float64 {
		return graph.Type{}, fmt.Errorf("wants one float64 operand")
	}
	return in[0], nil
}

func (cube) Eval(in []*tensor.Array, out *tensor.Array) {
	x, y := tensor.Slice[float64](in[0]), tensor.Slice[float64](out)
	for i, x := range x {
		y[i] = x * x * x
	}
}

// JVP is d(x³) = 3x² dx; every other derivative, of any order, follows from it.
func (cube) JVP(v graph.Value, t []graph.Value) graph.Value {
	return t[0].Mul(v.Arg(0).Square().Scale(3))
}

func ExamplePrimitive() {
	g := graph.New()
	x := g.Input("x", tensor.Float64, 2)
	y := g.Apply(cube{}, x)
	out, err := graph.Evaluate([]graph.Value{y}, map[graph.Value]*tensor.Array{x: tensor.From([]float64{2, 3}, 2)}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(y, out[0].Float64s())
	// Output: %1 float64[2] = cube(%0) [8 27]
}
