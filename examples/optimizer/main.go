// An optimizer of one's own: the equation is the method's body. In the table of rules it
// has its flags, its help and its place in every command of descent.
//
//	go run ./examples/optimizer
//	go run ./examples/optimizer optimizers heun
//	go run ./examples/optimizer compare wine --optimizers sgd,heun --seeds 5
package main

import (
	"os"

	"github.com/godescent/descent/cli"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/optim"
)

// Heun follows the gradient flow dw/dt = −∇E by Heun's method, which looks where the
// gradient leads and takes a mean of both slopes:
//
//	w̃ = w − η∇E(w)     Δw = −η((1 − a)∇E(w) + a∇E(w̃))
//
// With a = ½ its error over a step is of third order in η, that of gradient descent of second.
type Heun struct {
	Share float64 `hyper:"share" symbol:"a" range:"[0,1]" doc:"how much the slope ahead counts"`
}

// NewHeun has a = ½.
func NewHeun() *Heun { return &Heun{0.5} }

// Update implements optim.Rule.
func (r *Heun) Update(s *optim.Step) graph.Value {
	η, a, g := s.Rate(), s.Hyper(&r.Share), s.Gradient()
	ahead := s.GradientAt(s.W().Sub(η.Mul(g)))
	return η.Neg().Mul(g.Mul(a.OneMinus()).Add(ahead.Mul(a)))
}

func main() {
	heun := optim.Entry{
		Name: "heun", New: func() optim.Rule { return NewHeun() }, DefaultLR: 0.05,
		Equation:  "w̃ = w − η∇E(w), Δw = −η((1 − a)∇E(w) + a∇E(w̃))",
		Latex:     `\tilde w = w - \eta \nabla E(w), \quad \Delta w = -\eta ((1-a) \nabla E(w) + a \nabla E(\tilde w))`,
		Reference: "Heun 1900, Zeitschrift für Mathematik und Physik 45",
	}
	args := os.Args[1:]
	if len(args) == 0 {
		args = []string{"trace", "booth", "--optimizer", "heun:lr=0.05", "--steps", "60"}
	}
	os.Exit(cli.Main(cli.Config{Rules: append(optim.Rules(), heun), Args: args}))
}
