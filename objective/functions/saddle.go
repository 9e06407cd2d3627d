package functions

import "github.com/godescent/descent/graph"

// E = x²−y²
func saddle() *Function {
	return &Function{
		Name:     "saddle",
		Equation: "x² − y²",
		About:    "down to a saddle point along x, away from it along y, and no minimum",
		Source:   "the simplest function with a non-degenerate saddle point",
		Start:    []float64{1, 0.001},
		Domain:   [2][2]float64{{-1.5, 1.5}, {-1.5, 1.5}},
		Stationary: []Point{
			{At: []float64{0, 0}, E: 0, Kind: Saddle, Source: "∇E = (2x, −2y)"},
		},
		E: func(w graph.Value) graph.Value {
			x, y := xy(w)
			return scalar(x.Square().Sub(y.Square()))
		},
	}
}
