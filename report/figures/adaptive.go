package figures

import (
	"context"
	"fmt"
	"strings"

	"github.com/godescent/descent/objective/functions"
	"github.com/godescent/descent/report"
)

// adaptive is rules with a rate of its own for each weight, beside plain descent.
func adaptive(ctx context.Context, s *session) (*Picture, error) {
	f, err := functions.Lookup("ravine")
	if err != nil {
		return nil, err
	}
	g, err := s.grid(ctx, f, [2]float64{-3, 11}, [2]float64{-4, 4}, 141)
	if err != nil {
		return nil, err
	}
	start := []float64{10, 3.5}
	above := &report.Contour{X: "x", Y: "y", Z: "E", Grid: g, Points: []report.Point{{Name: "start", X: start[0], Y: start[1], Sign: report.Circle}, {Name: "minimum"}}}
	curves := &report.Curves{X: "step", Y: "E", LogY: true, Lo: 1e-12, Hi: 1e3}
	var told []string
	for i, setting := range []string{"sgd:lr=0.02", "adagrad:lr=1", "rmsprop:lr=0.2", "adam:lr=0.5"} {
		p, err := s.walk(f, setting, start, 200)
		if err != nil {
			return nil, err
		}
		name, rest, _ := strings.Cut(setting, ":lr=")
		title := name + ", η = " + rest
		curves.Lines = append(curves.Lines, line(title, p.Losses, i))
		told = append(told, fmt.Sprintf("%s %.2g", name, p.Losses[200]))
		p.Points = p.Points[:41]
		above.Paths = append(above.Paths, path(title, p, i))
	}
	return &Picture{
		Figure: &report.Figure{Title: "E = " + f.Equation + " from (10, 3.5)", Panels: []report.Panel{above, curves}},
		Text: "Rules that divide each weight's step by the size of its past gradients see little of the ravine: the first step of AdaGrad, RMSProp and Adam is as long in both directions, " +
			"where plain descent's is 8.75 times longer across than along. AdaGrad's sum of squares only grows, so its rate falls like 1/√τ; RMSProp forgets, and so keeps moving by about η around the minimum; " +
			"Adam adds momentum and corrects its averages for their start at 0. E after 200 steps: " + strings.Join(told, ", ") + ".",
		Caption: "200 steps of each (40 drawn above), in float64.",
	}, nil
}
