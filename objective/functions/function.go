package functions

import (
	"fmt"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/suggest"
)

// Kind is what a stationary point is.
type Kind string

// The kinds of stationary points.
const (
	Minimum Kind = "minimum"
	Maximum Kind = "maximum"
	Saddle  Kind = "saddle"
)

// Point is a stationary point: ∇E = 0 there, or E has a kink.
type Point struct {
	At         []float64
	E          float64
	Kind       Kind
	Global     bool   // E is nowhere smaller
	Degenerate bool   // the Hessian does not tell its kind
	Kink       bool   // E has no gradient there
	Source     string // how one knows
}

// Function is an error function of two weights x = w[0] and y = w[1].
type Function struct {
	Name       string
	Equation   string
	About      string // what it shows
	Source     string // who used it first
	Start      []float64
	Domain     [2][2]float64 // the region to draw: x from and to, y from and to
	Stationary []Point
	// E builds the function at w [2]; its result is rank 0, of w's type.
	E func(w graph.Value) graph.Value
}

// Dim is the number of weights.
func (f *Function) Dim() int { return len(f.Start) }

// All lists the functions.
func All() []*Function {
	return []*Function{
		rosenbrock(),
		beale(),
		himmelblau(),
		booth(),
		ravine(),
		saddle(),
		monkey(),
		rastrigin(),
		ackley(),
	}
}

// Lookup is the function of that name.
func Lookup(name string) (*Function, error) {
	var names []string
	for _, f := range All() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return nil, fmt.Errorf("function %q is unknown; %s", name, suggest.Hint(name, names))
}

// xy splits w into its two coordinates, each [1], so that numbers take w's type.
func xy(w graph.Value) (x, y graph.Value) { return w.Slice(0, 0, 1), w.Slice(0, 1, 2) }

// total adds up the coordinates: [2] → [1].
func total(v graph.Value) graph.Value { return v.SumAll().Reshape(1) }

// scalar ends an expression of [1] values.
func scalar(v graph.Value) graph.Value { return v.Reshape() }
