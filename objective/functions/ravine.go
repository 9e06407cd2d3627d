package functions

import "github.com/godescent/descent/graph"

// E = (x²+25y²)/2
func ravine() *Function {
	return &Function{
		Name:     "ravine",
		Equation: "(x² + 25y²)/2",
		About:    "a long valley: gradient descent oscillates across it and crawls along it; it converges for η < 2/25",
		Source:   "the quadratic with eigenvalues 1 and 25 in its own axes",
		Start:    []float64{10, 1},
		Domain:   [2][2]float64{{-11, 11}, {-4, 4}},
		Stationary: []Point{
			{At: []float64{0, 0}, E: 0, Kind: Minimum, Global: true, Source: "both squares are zero"},
		},
		E: func(w graph.Value) graph.Value {
			x, y := xy(w)
			return scalar(x.Square().Add(y.Square().Scale(25)).Scale(0.5))
		},
	}
}
