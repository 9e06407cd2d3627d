package functions

import "github.com/godescent/descent/graph"

// E = (1.5−x+xy)² + (2.25−x+xy²)² + (2.625−x+xy³)²
func beale() *Function {
	return &Function{
		Name:     "beale",
		Equation: "(1.5 − x + xy)² + (2.25 − x + xy²)² + (2.625 − x + xy³)²",
		About:    "plateaus between steep walls at the corners: one rate does not fit both",
		Source:   "Beale 1958, \"On an iterative method for finding a local minimum of a function of more than one variable\"; start: Moré, Garbow and Hillstrom 1981, problem 5",
		Start:    []float64{1, 1},
		Domain:   [2][2]float64{{-4.5, 4.5}, {-4.5, 4.5}},
		Stationary: []Point{
			{At: []float64{3, 0.5}, E: 0, Kind: Minimum, Global: true, Source: "all squares are zero"},
			{At: []float64{0, 1}, E: 14.203125, Kind: Saddle, Source: "E is 1.5² + 2.25² + 2.625² along y = 1 and along x = 0"},
		},
		E: func(w graph.Value) graph.Value {
			x, y := xy(w)
			var e graph.Value
			power := y
			for i, c := range []float64{1.5, 2.25, 2.625} {
				square := x.Mul(power).Sub(x).Plus(c).Square() // (c − x + xyⁱ)²
				if i == 0 {
					e = square
				} else {
					e = e.Add(square)
				}
				power = power.Mul(y)
			}
			return scalar(e)
		},
	}
}
