package functions

import (
	"math"

	"github.com/godescent/descent/graph"
)

// E = 20 + (x²−10 cos 2πx) + (y²−10 cos 2πy)
func rastrigin() *Function {
	newton := "Newton's iteration on x + 10π sin 2πx = 0 in 40-digit arithmetic, one coordinate at a time"
	return &Function{
		Name:     "rastrigin",
		Equation: "20 + x² − 10 cos 2πx + y² − 10 cos 2πy",
		About:    "a bowl under an egg box: a minimum near every whole-numbered point, one of them the deepest",
		Source:   "Rastrigin 1974, \"Systems of extremal control\"",
		Start:    []float64{2.2, 1.85},
		Domain:   [2][2]float64{{-5.12, 5.12}, {-5.12, 5.12}},
		Stationary: []Point{
			{At: []float64{0, 0}, E: 0, Kind: Minimum, Global: true, Source: "every term has its least value"},
			{At: []float64{0.9949586376523348, 0}, E: 0.9949590570932914, Kind: Minimum, Source: newton},
			{At: []float64{0.5025460365546747, 0}, E: 20.251272990990113, Kind: Saddle, Source: newton},
			{At: []float64{0.5025460365546747, 0.5025460365546747}, E: 40.50254598198023, Kind: Maximum, Source: newton},
		},
		E: func(w graph.Value) graph.Value {
			return scalar(total(w.Square().Sub(w.Scale(2 * math.Pi).Cos().Scale(10))).Plus(20))
		},
	}
}
