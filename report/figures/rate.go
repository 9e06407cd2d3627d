package figures

import (
	"context"
	"fmt"
	"math"

	"github.com/godescent/descent/objective/functions"
	"github.com/godescent/descent/report"
)

// rate is gradient descent on the ravine with three rates around 2/λmax.
func rate(ctx context.Context, s *session) (*Picture, error) {
	f, err := functions.Lookup("ravine")
	if err != nil {
		return nil, err
	}
	g, err := s.grid(ctx, f, [2]float64{-11, 11}, [2]float64{-3, 3}, 141)
	if err != nil {
		return nil, err
	}
	const best = 2.0 / 26 // of 2/(λmin + λmax)
	rates := []struct {
		name string
		η    float64
	}{{"too small", 0.01}, {"right", best}, {"too large", 0.081}}
	curves := &report.Curves{X: "step", Y: "E", LogY: true}
	var panels []report.Panel
	measured := make([]float64, len(rates))
	for i, r := range rates {
		const steps = 60
		p, err := s.walk(f, fmt.Sprintf("sgd:lr=%v", r.η), f.Start, steps)
		if err != nil {
			return nil, err
		}
		name := fmt.Sprintf("%s, η = %.3g", r.name, r.η)
		panels = append(panels, &report.Contour{Title: name, X: "x", Y: "y", Z: "E", Grid: g, Paths: []report.Path{path(name, p, i)},
			Points: []report.Point{{Name: "start", X: f.Start[0], Y: f.Start[1], Sign: report.Circle}, {Name: "minimum"}}})
		curves.Lines = append(curves.Lines, line(name, p.Losses, i))
		measured[i] = math.Sqrt(p.Losses[steps] / p.Losses[steps-1]) // E is quadratic: its root is the distance
	}
	return &Picture{
		Figure: &report.Figure{Title: "Gradient descent on E = " + f.Equation + ", 60 steps", Columns: 2, Panels: append(panels, curves)},
		Text: fmt.Sprintf("A step of gradient descent multiplies the distance along eigenvector i by 1 − ηλᵢ. Along the ravine λ = 1, across it λ = 25: "+
			"it converges for η < 2/λmax = 0.08, and fastest at η = 2/(λmin + λmax) = %.4f, where both factors are 24/26 = %.4f in size. "+
			"Measured at the last step: √(E/E before) is %.4f at η = 0.01 (1 − η·1 = 0.99), %.4f at the best rate, and %.4f at η = 0.081 (25η − 1 = 1.025), which diverges. "+
			"The condition number κ = λmax/λmin sets the pace: the best factor is (κ − 1)/(κ + 1).", best, 24.0/26, measured[0], measured[1], measured[2]),
		Caption: "sgd from (10, 1), 60 steps of each rate, in float64.",
	}, nil
}
