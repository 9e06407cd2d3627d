package figures

import (
	"context"
	"fmt"

	"github.com/godescent/descent/objective/functions"
	"github.com/godescent/descent/report"
)

// nesterov is both momenta on the ravine.
func nesterov(ctx context.Context, s *session) (*Picture, error) {
	f, err := functions.Lookup("ravine")
	if err != nil {
		return nil, err
	}
	g, err := s.grid(ctx, f, [2]float64{-11, 11}, [2]float64{-3, 3}, 141)
	if err != nil {
		return nil, err
	}
	above := &report.Contour{X: "x", Y: "y", Z: "E", Grid: g, Points: []report.Point{{Name: "start", X: f.Start[0], Y: f.Start[1], Sign: report.Circle}, {Name: "minimum"}}}
	curves := &report.Curves{X: "step", Y: "E", LogY: true}
	var reached []int
	for i, rule := range []string{"momentum", "nesterov"} {
		p, err := s.walk(f, rule+":lr=0.03,momentum=0.9", f.Start, 250)
		if err != nil {
			return nil, err
		}
		reached = append(reached, below(p.Losses, 1e-6))
		curves.Lines = append(curves.Lines, line(rule, p.Losses, i))
		p.Points = p.Points[:61]
		above.Paths = append(above.Paths, path(rule, p, i))
	}
	return &Picture{
		Figure: &report.Figure{Title: "E = " + f.Equation + "; η = 0.03, μ = 0.9", Panels: []report.Panel{above, curves}},
		Text: fmt.Sprintf("Nesterov's momentum takes the gradient where momentum alone would carry the weights, at w + μΔw, and so corrects a step before it is made. "+
			"Across the ravine that damps what heavy ball swings: E stays below 1e-6 from step %s instead of %s.", steps(reached[1]), steps(reached[0])),
		Caption: "momentum and nesterov, η = 0.03, μ = 0.9, from (10, 1), 250 steps (60 drawn above), in float64.",
	}, nil
}
