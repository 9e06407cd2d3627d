package functions

import "github.com/godescent/descent/graph"

// E = (x+2y−7)² + (2x+y−5)²
func booth() *Function {
	return &Function{
		Name:     "booth",
		Equation: "(x + 2y − 7)² + (2x + y − 5)²",
		About:    "a quadratic bowl whose axes lie at 45°, with curvatures 2 and 18",
		Source:   "Jamil and Yang 2013, \"A literature survey of benchmark functions for global optimization problems\", function 17",
		Start:    []float64{0, 0},
		Domain:   [2][2]float64{{-10, 10}, {-10, 10}},
		Stationary: []Point{
			{At: []float64{1, 3}, E: 0, Kind: Minimum, Global: true, Source: "both squares are zero"},
		},
		E: func(w graph.Value) graph.Value {
			x, y := xy(w)
			a := x.Add(y.Scale(2)).Plus(-7)
			b := x.Scale(2).Add(y).Plus(-5)
			return scalar(a.Square().Add(b.Square()))
		},
	}
}
