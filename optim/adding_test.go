package optim_test

import (
	"fmt"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/optim/optimtest"
	"github.com/godescent/descent/tensor"
)

// AdaMod (Ding et al. 2019) is Adam with rates that may not exceed their own
// moving average:
//
//	a = η/(√v̂ + ε)     s ← β3·s + (1−β3)a     Δw = −min(a, s)·m̂
type AdaMod struct {
	Beta1 float64 `hyper:"beta1" symbol:"β1" range:"[0,1) log1m" doc:"memory of the mean gradient"`
	Beta2 float64 `hyper:"beta2" symbol:"β2" range:"[0,1) log1m" doc:"memory of the mean squared gradient"`
	Beta3 float64 `hyper:"beta3" symbol:"β3" range:"[0,1) log1m" doc:"memory of the rates"`
	Eps   float64 `hyper:"eps" symbol:"ε" range:"(0,inf) log" doc:"added to the root"`
}

func NewAdaMod() *AdaMod { return &AdaMod{0.9, 0.999, 0.999, 1e-8} }

func (r *AdaMod) Update(s *optim.Step) graph.Value {
	η, t, g, ε := s.Rate(), s.Tau(), s.Gradient(), s.Hyper(&r.Eps)
	β1, β2, β3 := s.Hyper(&r.Beta1), s.Hyper(&r.Beta2), s.Hyper(&r.Beta3)
	m := s.Slot("m").Average(β1, g)
	v := s.Slot("v").Average(β2, g.Square())
	a := η.Div(v.Div(β2.Pow(t).OneMinus()).Sqrt().Add(ε))
	limit := s.Slot("rate").Average(β3, a)
	return a.Min(limit).Neg().Mul(m).Div(β1.Pow(t).OneMinus())
}

func adaModEntry() optim.Entry {
	return optim.Entry{
		Name: "adamod", New: func() optim.Rule { return NewAdaMod() }, DefaultLR: 0.001,
		Equation:  "a = η/(√v̂ + ε), s ← β3·s + (1−β3)a, Δw = −min(a, s)·m̂",
		Latex:     `a = \frac{\eta}{\sqrt{\hat v} + \varepsilon}, \quad s \leftarrow \beta_3 s + (1-\beta_3) a, \quad \Delta w = -\min(a, s)\, \hat m`,
		Reference: "Ding, Ren, Luo and Sun 2019, arXiv:1910.12249",
	}
}

// A user's rule is parsed, described and run like the shipped ones.
func Example_adding() {
	table := append(optim.Rules(), adaModEntry())
	rule, lr, err := table.Parse("adamod:beta1=0,beta2=0,beta3=0.5,eps=1e-12,lr=0.5")
	if err != nil {
		fmt.Println(err)
		return
	}
	bowl := func(w graph.Value) graph.Value { return w.Square().SumAll() }
	run, err := optimtest.NewRunner(rule, bowl, tensor.Float64, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	// g = 2w, so a = 0.5/2w: 0.25, and s = 0.125; then w = 0.75, a = 1/3 and s = 0.2292.
	points, err := run.Run(lr, lr)
	fmt.Printf("%.3f %v\n", points, err)
	// Output: [[1.000] [0.750] [0.406]] <nil>
}
