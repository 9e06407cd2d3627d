// A differential equation as the error of a network: y″ = −y with y(0) = 0 and y′(0) = 1,
// whose solution is sin t. The layer takes derivatives of its own part by t, the loss is
// the squared residual, and training differentiates through all of it.
//
//	go run ./examples/ode
package main

import (
	"context"
	"fmt"
	"log"
	"math"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/data"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/schedule"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/train"
)

// Solution is y(t) = t + t²·N(t), which has the right start whatever the network N is
// (Lagaris, Likas and Fotiadis 1998).
type Solution struct{ Net nn.Layer }

// Apply implements nn.Layer: t [B, 1] → y [B, 1].
func (l Solution) Apply(c *nn.Context, t graph.Value) graph.Value {
	return t.Add(t.Square().Mul(c.Child("net", l.Net, t)))
}

// Residual is y″ + y.
type Residual struct{ Of Solution }

// Apply implements nn.Layer.
func (l Residual) Apply(c *nn.Context, t graph.Value) graph.Value {
	y := l.Of.Apply(c, t)
	d := y
	for range 2 { // d/dt: along 1 for each t
		dot, err := autodiff.JVP([]graph.Value{d}, []graph.Value{t}, []graph.Value{c.Graph().Full(1, t.DType(), t.Shape()...)})
		if err != nil {
			return c.Fail("%v", err)
		}
		d = dot[0]
	}
	return d.Add(y)
}

const points, end = 64, 2 * math.Pi

func main() {
	mlp, err := nn.MLP([]int{1, 32, 32, 1}, "tanh", "none", 0)
	if err != nil {
		log.Fatal(err)
	}
	set := &data.Set{Name: "times", X: tensor.New(tensor.Float64, points, 1), Y: tensor.New(tensor.Float64, points, 1)}
	for i := range points {
		set.X.SetAt(i, end*float64(i)/(points-1))
	}
	solution := Solution{mlp}
	network := func(l nn.Layer) *objective.Network {
		n, err := objective.NewNetwork(l, graph.Type{DType: tensor.Float64, Shape: tensor.Of(points, 1)}, loss.NewSquaredError(), tensor.Float64)
		if err != nil {
			log.Fatal(err)
		}
		return n
	}
	t, err := train.New(train.Config{
		Network: network(Residual{solution}), Train: train.Part{Set: set}, Sampler: "full",
		Rule: optim.NewAdam(), Rate: 0.01, Schedule: schedule.NewCosine(8000), Batch: points, Steps: 8000, Seed: 1,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer t.Close()
	r, err := t.Run(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	// The same weights, by their names, without the derivatives around them.
	saved, err := t.Checkpoint()
	if err != nil {
		log.Fatal(err)
	}
	m, err := saved.Model(network(solution), train.Machine{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	y, err := m.Outputs(context.Background(), set)
	if err != nil {
		log.Fatal(err)
	}
	worst := 0.0
	for i := range points {
		worst = max(worst, math.Abs(y.At(i)-math.Sin(set.X.At(i))))
	}
	fmt.Printf("residual %.1e; y differs from sin t by at most %.1e on [0, 2π]\n", math.Sqrt(2*r.TrainLoss), worst)
}
