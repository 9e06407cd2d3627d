package functions

import "github.com/godescent/descent/graph"

// E = (x²+y−11)² + (x+y²−7)²
func himmelblau() *Function {
	newton := "Newton's iteration on ∇E = 0 in 40-digit arithmetic"
	return &Function{
		Name:     "himmelblau",
		Equation: "(x² + y − 11)² + (x + y² − 7)²",
		About:    "four minima of equal depth: where one ends depends on the start and the steps",
		Source:   "Himmelblau 1972, \"Applied Nonlinear Programming\"",
		Start:    []float64{0, 0},
		Domain:   [2][2]float64{{-5, 5}, {-5, 5}},
		Stationary: []Point{
			{At: []float64{3, 2}, E: 0, Kind: Minimum, Global: true, Source: "both squares are zero"},
			{At: []float64{-2.805118086952745, 3.131312518250573}, E: 0, Kind: Minimum, Global: true, Source: newton},
			{At: []float64{-3.779310253377747, -3.2831859912861696}, E: 0, Kind: Minimum, Global: true, Source: newton},
			{At: []float64{3.5844283403304917, -1.8481265269644036}, E: 0, Kind: Minimum, Global: true, Source: newton},
			{At: []float64{-0.2708445906673476, -0.9230385564799815}, E: 181.6165215225827, Kind: Maximum, Source: newton},
			{At: []float64{0.08667750455539636, 2.884254701174776}, E: 67.71915008752615, Kind: Saddle, Source: newton},
			{At: []float64{3.385154183607021, 0.07385187983774928}, E: 13.31192627040559, Kind: Saddle, Source: newton},
			{At: []float64{-3.0730257507643897, -0.08135304428796751}, E: 104.0151629175581, Kind: Saddle, Source: newton},
			{At: []float64{-0.12796134673068008, -1.9537149802445763}, E: 178.33723920192747, Kind: Saddle, Source: newton},
		},
		E: func(w graph.Value) graph.Value {
			x, y := xy(w)
			a := x.Square().Add(y).Plus(-11)
			b := x.Add(y.Square()).Plus(-7)
			return scalar(a.Square().Add(b.Square()))
		},
	}
}
