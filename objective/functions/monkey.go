package functions

import "github.com/godescent/descent/graph"

// E = x³−3xy²
func monkey() *Function {
	return &Function{
		Name:     "monkey",
		Equation: "x³ − 3xy²",
		About:    "a saddle with three ways down, where the Hessian is zero: curvature says nothing",
		Source:   "the monkey saddle, the real part of (x + iy)³",
		Start:    []float64{0.5, 0.1},
		Domain:   [2][2]float64{{-1.5, 1.5}, {-1.5, 1.5}},
		Stationary: []Point{
			{At: []float64{0, 0}, E: 0, Kind: Saddle, Degenerate: true, Source: "∇E = (3x² − 3y², −6xy)"},
		},
		E: func(w graph.Value) graph.Value {
			x, y := xy(w)
			return scalar(x.Mul(x.Square().Sub(y.Square().Scale(3))))
		},
	}
}
