package functions

import (
	"math"

	"github.com/godescent/descent/graph"
)

// E = −20 exp(−0.2s) − exp((cos 2πx + cos 2πy)/2) + 20 + e, s = √((x²+y²)/2)
//
// At the origin, the minimum, s has the tip of a cone and E no gradient: its
// slopes there are ±4/√2 along an axis. The gradient is defined as 0 at that
// one point, the middle of the slopes, where the formula would give 0/0.
func ackley() *Function {
	return &Function{
		Name:     "ackley",
		Equation: "−20 exp(−0.2√((x² + y²)/2)) − exp((cos 2πx + cos 2πy)/2) + 20 + e",
		About:    "a flat, rippled plain around a funnel: far out the gradient says little of where the minimum is",
		Source:   "Ackley 1987, \"A connectionist machine for genetic hillclimbing\"",
		Start:    []float64{1.5, -0.75},
		Domain:   [2][2]float64{{-5, 5}, {-5, 5}},
		Stationary: []Point{
			{At: []float64{0, 0}, E: 0, Kind: Minimum, Global: true, Kink: true, Source: "−20 − e + 20 + e"},
			{At: []float64{0.9521665459501717, 0}, E: 2.579927557029872, Kind: Minimum, Source: "Newton's iteration on ∂E/∂x = 0 at y = 0 in 40-digit arithmetic"},
		},
		E: func(w graph.Value) graph.Value {
			zero, one := w.Graph().Const(0), w.Graph().Const(1)
			mean := total(w.Square()).Scale(0.5)
			tip := mean.Equal(zero)
			s := graph.Where(tip, zero, graph.Where(tip, one, mean).Sqrt())
			ripples := total(w.Scale(2 * math.Pi).Cos()).Scale(0.5)
			return scalar(s.Scale(-0.2).Exp().Scale(-20).Sub(ripples.Exp()).Plus(20).Plus(math.E))
		},
	}
}
