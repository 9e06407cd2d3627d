package nn_test

import (
	"fmt"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

func ExampleNewPlan() {
	head := nn.NewLinear(10)
	head.Init = initial.NewLeCunNormal() // no ReLU behind it
	model := nn.NewSequential(
		nn.NewLinear(256),
		nn.NewBatchNorm(),
		nn.ReLU{},
		nn.Name("head", head),
	)
	plan, err := nn.NewPlan(model, graph.Type{DType: tensor.Float32, Shape: tensor.Of(128, 784)}, tensor.Float32)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, v := range plan.Weights.Views() {
		fmt.Println(v, v.Role)
	}
	fmt.Println(plan.Weights.Size(), "weights,", plan.State.Size(), "numbers of state, gives", plan.Out)
	// Output:
	// 0.linear.weight [784 256] at 0 weight
	// 0.linear.bias [256] at 200704 bias
	// 1.batchnorm.scale [256] at 200960 scale
	// 1.batchnorm.shift [256] at 201216 shift
	// head.weight [256 10] at 201472 weight
	// head.bias [10] at 204032 bias
	// 204042 weights, 512 numbers of state, gives float32[128 10]
}

// Gate is a layer of one's own: y = x · sigmoid(g), with a weight g for each
// feature that starts at 0.
type Gate struct{}

func (Gate) Apply(c *nn.Context, x graph.Value) graph.Value {
	if x.Rank() < 2 {
		return c.Fail("x is %v; it wants [batch, features]", x.Shape())
	}
	g := c.Weight("gate", weights.Scale, nil, 0, 0, x.Dim(-1))
	return x.Mul(g.Sigmoid())
}

func ExampleLayer() {
	plan, err := nn.NewPlan(nn.NewSequential(nn.NewLinear(4), Gate{}), graph.Type{DType: tensor.Float32, Shape: tensor.Of(32, 3)}, tensor.Float32)
	fmt.Println(plan.Weights.Views(), err)
	// Output:
	// [0.linear.weight [3 4] at 0 0.linear.bias [4] at 12 1.gate.gate [4] at 16] <nil>
}
