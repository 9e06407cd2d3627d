package functions

import "github.com/godescent/descent/graph"

// E = (1−x)² + 100(y−x²)²
func rosenbrock() *Function {
	return &Function{
		Name:     "rosenbrock",
		Equation: "(1 − x)² + 100 (y − x²)²",
		About:    "a curved valley with a flat floor: finding it is easy, following it is not",
		Source:   "Rosenbrock 1960, \"An automatic method for finding the greatest or least value of a function\"",
		Start:    []float64{-1.2, 1},
		Domain:   [2][2]float64{{-2, 2}, {-1, 3}},
		Stationary: []Point{
			{At: []float64{1, 1}, E: 0, Kind: Minimum, Global: true, Source: "both squares are zero"},
		},
		E: func(w graph.Value) graph.Value {
			x, y := xy(w)
			return scalar(x.OneMinus().Square().Add(y.Sub(x.Square()).Square().Scale(100)))
		},
	}
}
