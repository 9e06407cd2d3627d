package cli_test

import (
	"fmt"

	"github.com/godescent/descent/cli"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/optim"
)

// SignDescent follows the sign of the gradient: Δw = −η sign ∇E(w).
type SignDescent struct{}

func (*SignDescent) Update(s *optim.Step) graph.Value {
	return s.Rate().Neg().Mul(s.Gradient().Sign())
}

// A program of one's own has every command of descent, and what it adds.
func ExampleMain() {
	sign := optim.Entry{
		Name: "sign", New: func() optim.Rule { return &SignDescent{} }, DefaultLR: 0.001,
		Equation: "Δw = −η sign ∇E(w)", Reference: "this program",
	}
	code := cli.Main(cli.Config{
		Rules: append(optim.Rules(), sign),
		Args:  []string{"trace", "booth", "--optimizer", "sign:lr=0.5", "--start", "0,0", "--steps", "4"},
	})
	fmt.Println("exit code", code)
	// Output:
	// booth: (x + 2y − 7)² + (2x + y − 5)²
	// E = 0 is its minimum, at 1, 3
	// step  x    y    E
	// 0     0    0    74
	// 1     0.5  0.5  42.5
	// 2     1    1    20
	// 3     1.5  1.5  6.5
	// 4     2    2    2
	// exit code 0
}
