package figures

import (
	"context"
	"fmt"
	"math"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/objective/functions"
	"github.com/godescent/descent/report"
)

// slopeFunction has the same gradient everywhere.
func slopeFunction() *functions.Function {
	return &functions.Function{
		Name: "slope", Equation: "−x", Start: []float64{0, 0},
		E: func(w graph.Value) graph.Value { return w.Slice(0, 0, 1).Neg().Reshape() },
	}
}

// momentum is heavy ball on the ravine, and on a slope where its gain shows.
func momentum(ctx context.Context, s *session) (*Picture, error) {
	f, err := functions.Lookup("ravine")
	if err != nil {
		return nil, err
	}
	g, err := s.grid(ctx, f, [2]float64{-11, 11}, [2]float64{-3, 3}, 141)
	if err != nil {
		return nil, err
	}
	above := &report.Contour{X: "x", Y: "y", Z: "E", Grid: g, Points: []report.Point{{Name: "start", X: f.Start[0], Y: f.Start[1], Sign: report.Circle}, {Name: "minimum"}}}
	gain := &report.Curves{X: "step on a slope of constant gradient", Y: "step length ÷ η‖∇E‖"}
	var reached []int
	var gains []float64
	for i, μ := range []float64{0, 0.5, 0.9} {
		setting := fmt.Sprintf("momentum:lr=0.03,momentum=%v", μ)
		p, err := s.walk(f, setting, f.Start, 1000)
		if err != nil {
			return nil, err
		}
		reached = append(reached, below(p.Losses, 1e-6))
		p.Points = p.Points[:61]
		name := fmt.Sprintf("μ = %v", μ)
		above.Paths = append(above.Paths, path(name, p, i))
		const η = 0.03
		q, err := s.walk(slopeFunction(), setting, []float64{0, 0}, 80)
		if err != nil {
			return nil, err
		}
		l := report.Line{Name: name, Style: i}
		for k := 1; k < len(q.Points); k++ {
			l.X, l.Y = append(l.X, float64(k)), append(l.Y, math.Abs(q.Points[k][0]-q.Points[k-1][0])/η)
		}
		gain.Lines = append(gain.Lines, l)
		gains = append(gains, l.Y[len(l.Y)-1])
	}
	return &Picture{
		Figure: &report.Figure{Title: "Momentum on E = " + f.Equation + " (60 steps), and on E = −x; η = 0.03", Panels: []report.Panel{above, gain}},
		Text: fmt.Sprintf("Momentum adds μ times the last step to the new one: Δw ← μΔw − η∇E. Where gradients agree, steps grow to −η∇E(1 + μ + μ² + …) = −η∇E/(1 − μ): "+
			"on a slope of constant gradient the 80th step is %.4g, %.4g and %.4g times η‖∇E‖ for μ = 0, 0.5 and 0.9. Where gradients alternate, as across a ravine, "+
			"successive steps cancel and the effective rate stays near η. On the ravine E stays below 1e-6 from step %s with μ = 0, %s with μ = 0.5, and %s with μ = 0.9, whose path swings: more momentum is not always faster.",
			gains[0], gains[1], gains[2], steps(reached[0]), steps(reached[1]), steps(reached[2])),
		Caption: "momentum with η = 0.03 from (10, 1), 1,000 steps (60 drawn), and 80 steps on a slope, in float64.",
	}, nil
}
