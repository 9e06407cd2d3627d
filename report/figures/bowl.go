package figures

import (
	"context"
	"fmt"
	"math"

	"github.com/godescent/descent/curvature"
	"github.com/godescent/descent/objective/functions"
	"github.com/godescent/descent/report"
)

// bowl is booth's function, a quadratic, with its Hessian's eigenvectors at the minimum.
func bowl(ctx context.Context, s *session) (*Picture, error) {
	f, err := functions.Lookup("booth")
	if err != nil {
		return nil, err
	}
	p, err := s.probe(f)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	least := f.Stationary[0].At
	if err := p.Move(least); err != nil {
		return nil, err
	}
	h, err := hessian(ctx, p)
	if err != nil {
		return nil, err
	}
	e, err := curvature.Dense(h, true)
	if err != nil {
		return nil, err
	}
	g, err := s.grid(ctx, f, [2]float64{-4, 6}, [2]float64{-2, 8}, 121)
	if err != nil {
		return nil, err
	}
	const level = 20.0
	c := &report.Contour{X: "x", Y: "y", Z: "E", Grid: g, Equal: true, Points: []report.Point{{Name: "minimum", X: least[0], Y: least[1]}},
		Scale: report.Scale{Levels: []float64{0, 5, 10, level, 40, 80, 120, 160, 200, 300, 400}}}
	for k, λ := range e.Values {
		half := math.Sqrt(2 * level / λ)
		c.Paths = append(c.Paths, report.Path{
			Name: fmt.Sprintf("eigenvector, λ = %.4g", λ), Style: 1 - k,
			X: []float64{least[0] - half*e.Vectors[k][0], least[0] + half*e.Vectors[k][0]}, Y: []float64{least[1] - half*e.Vectors[k][1], least[1] + half*e.Vectors[k][1]},
		})
	}
	angle := math.Atan(e.Vectors[1][1]/e.Vectors[1][0]) * 180 / math.Pi
	side := &report.Perspective{X: "x", Y: "y", Z: "E", Grid: g, Scale: c.Scale, Azimuth: -50, Elevation: 30}
	return &Picture{
		Figure: &report.Figure{Title: "E = " + f.Equation, Panels: []report.Panel{c, side}},
		Text: fmt.Sprintf("Near a minimum every smooth error is E(w) ≈ E(w*) + ½ Σ λᵢαᵢ², αᵢ being the distance along the Hessian's eigenvector i. "+
			"A line of constant E is an ellipse whose half axes are as long as 1/√λᵢ. Here the eigenvalues are %.6g and %.6g, and the steep direction lies at %.4g° to the axis of x: "+
			"the line E = %g reaches %.3g along one eigenvector and %.3g along the other, %.3g times as far.",
			e.Values[0], e.Values[1], angle, level, math.Sqrt(2*level/e.Values[1]), math.Sqrt(2*level/e.Values[0]), math.Sqrt(e.Values[1]/e.Values[0])),
		Caption: "booth's function; the Hessian at the minimum from two Hessian-vector products, its eigenvectors by a dense solver. The lines end on E = 20.",
	}, nil
}
