package loss_test

import (
	"fmt"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/tensor"
)

// The gradient of the cross-entropy by the logits is the softmax minus the class.
func ExampleCrossEntropy() {
	g := graph.New()
	logits, class := g.Input("logits", tensor.Float64, 1, 3), g.Input("class", tensor.Int32, 1)
	e := loss.NewCrossEntropy().Loss(logits, class)
	grad, err := autodiff.Gradient(e, logits)
	if err != nil {
		fmt.Println(err)
		return
	}
	out, err := graph.Evaluate([]graph.Value{e, grad[0]}, map[graph.Value]*tensor.Array{
		logits: tensor.From([]float64{0, 0, 0}, 1, 3), class: tensor.From([]int32{1}, 1),
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("E = ln 3 = %.4f, gradient %.3f\n", out[0].At(0), out[1].Float64s())
	// Output: E = ln 3 = 1.0986, gradient [0.333 -0.667 0.333]
}
