package optim_test

import (
	"fmt"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/optim/optimtest"
	"github.com/godescent/descent/tensor"
)

// A spec names a rule, its hyper-parameters and the rate; a transform's
// hyper-parameter adds the transform.
func ExampleParse() {
	rule, lr, err := optim.Parse("rmsprop:lr=0.01,beta=0.99,clip_norm=1")
	if err != nil {
		fmt.Println(err)
		return
	}
	infos, err := optim.Describe(rule)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("lr", lr)
	for _, h := range infos {
		fmt.Printf("%s %s = %v, default %v, in %s\n", h.Name, h.Symbol, h.Value, h.Default, h.Range)
	}
	_, _, err = optim.Parse("rmsprop:bata=0.99")
	fmt.Println(err)
	// Output:
	// lr 0.01
	// beta β = 0.99, default 0.9, in [0,1)
	// eps ε = 1e-08, default 1e-08, in [0,inf)
	// form  = lecture, default lecture, in lecture or optax or keras
	// clip_norm c = 1, default 1, in (0,inf)
	// optimizer rmsprop: "bata" is not one of its hyper-parameters; did you mean "beta"?
}

// SignMomentum is a rule of one's own: the sign of a moving average.
//
//	m ← βm + (1−β)g     Δw = −η sign m
type SignMomentum struct {
	Beta float64 `hyper:"beta" symbol:"β" range:"[0,1) log1m" doc:"memory of the mean gradient"`
}

func (r *SignMomentum) Update(s *optim.Step) graph.Value {
	η, β := s.Rate(), s.Hyper(&r.Beta)
	m := s.Slot("m").Average(β, s.Gradient())
	return η.Neg().Mul(m.Sign())
}

// A rule of one's own is one struct and one method.
func ExampleRule() {
	bowl := func(w graph.Value) graph.Value { return w.Square().SumAll() }
	run, err := optimtest.NewRunner(&SignMomentum{Beta: 0.5}, bowl, tensor.Float64, 1, -2)
	if err != nil {
		fmt.Println(err)
		return
	}
	points, err := run.Run(0.5, 0.25, 0.25)
	fmt.Println(points, err)
	// Output: [[1 -2] [0.5 -1.5] [0.25 -1.25] [0 -1]] <nil>
}
