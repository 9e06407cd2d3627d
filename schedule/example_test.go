package schedule_test

import (
	"fmt"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/schedule"
	"github.com/godescent/descent/tensor"
)

// A schedule is an expression of the step: 10 steps up, then half a cosine down.
func ExampleParse() {
	s, err := schedule.Parse("cosine:warmup=10", 100)
	if err != nil {
		fmt.Println(err)
		return
	}
	g := graph.New()
	η, τ := g.Input("lr", tensor.Float64), g.Input("step", tensor.Float64)
	rate := s.Rate(g, η, τ)
	for _, step := range []float64{0, 5, 10, 55, 100} {
		out, err := graph.Evaluate([]graph.Value{rate}, map[graph.Value]*tensor.Array{η: tensor.From([]float64{0.1}), τ: tensor.From([]float64{step})}, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%-3.0f  %.4f\n", step, out[0].At(0))
	}
	// Output:
	// 0    0.0000
	// 5    0.0500
	// 10   0.1000
	// 55   0.0500
	// 100  0.0000
}
