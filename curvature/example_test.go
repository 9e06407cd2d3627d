package curvature_test

import (
	"context"
	"fmt"

	"github.com/godescent/descent/curvature"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/tensor"
)

// A ravine, E = ½(x² + 25y²), has the Hessian diag(1, 25): by products alone for its ends, whole for all of its
// eigenvalues. Gradient descent on it diverges from a rate of 2/25 on.
func Example() {
	ravine := objective.Func{W: 2, Type: tensor.Float64, E: func(w graph.Value) graph.Value {
		x, y := w.Slice(0, 0, 1), w.Slice(0, 1, 2)
		return x.Square().Add(y.Square().Scale(25)).SumAll().Scale(0.5)
	}}
	p, err := curvature.New(curvature.Of(ravine), curvature.Machine{Threads: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.Close()
	if err := p.Move([]float64{5, 1}); err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	along, _, err := p.AlongGradient(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("E = %.4g, gradient %.4g, the parabola along it has its bottom at a rate of %.4g\n", along.E, along.Norm, along.Quadratic)
	ends, err := curvature.Extremes(ctx, p.HVP, p.Size(), curvature.NewLanczos())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("λmax = %.4g and λmin = %.4g by %d products; rates below %.4g converge\n",
		ends.Largest[0].Value, ends.Smallest[0].Value, ends.Products, 2/ends.Largest[0].Value)
	h, err := p.Spectrum(ctx, true, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("condition number %.4g, %+v\n", h.Condition(), h.Inertia(h.Error))
	// Output:
	// E = 25, gradient 25.5, the parabola along it has its bottom at a rate of 0.04153
	// λmax = 25 and λmin = 1 by 2 products; rates below 0.08 converge
	// condition number 25, {Negative:0 Zero:0 Positive:2}
}
