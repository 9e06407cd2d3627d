package figures

import (
	"context"
	"fmt"

	"github.com/godescent/descent/curvature"
	"github.com/godescent/descent/data"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/report"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/train"
)

// scaling is logistic regression on wine, its features as they are and standardised.
func scaling(ctx context.Context, s *session) (*Picture, error) {
	curves := &report.Curves{X: "step", Y: "training loss E", LogY: true}
	var largest, ends []float64
	for i, method := range []data.Method{data.None, data.Standardise} {
		p, err := network("wine", func(in, out int) (nn.Layer, error) { return nn.MLP([]int{in, out}, "relu", "none", 0) }, method)
		if err != nil {
			return nil, err
		}
		λ, err := s.steepest(ctx, p)
		if err != nil {
			return nil, err
		}
		η := 1 / λ
		r, err := s.train(ctx, p, fmt.Sprintf("sgd:lr=%v", η), "constant", 1<<20, 1000)
		if err != nil {
			return nil, err
		}
		name := []string{"as they are", "standardised"}[i]
		curves.Lines = append(curves.Lines, line(fmt.Sprintf("%s, η = %.2g", name, η), r.loss, 1-i))
		largest, ends = append(largest, λ), append(ends, r.end)
	}
	return &Picture{
		Figure: &report.Figure{Title: "Logistic regression on wine, gradient descent at η = 1/λmax", Panels: []report.Panel{curves}},
		Text: fmt.Sprintf("Among the thirteen measurements of the wines, proline goes into the thousands and hue lies around one. The Hessian's largest eigenvalue is then set by one feature, and so is the largest rate: "+
			"λmax is %.3g with raw features and %.3g with features of mean 0 and variance 1. At η = 1/λmax each, 1,000 steps come to a loss of %.3g with raw features, whose other directions hardly move, and of %.3g with standardised ones.",
			largest[0], largest[1], ends[0], ends[1]),
		Caption: fmt.Sprintf("all 178 wines in one batch, weights drawn with seed %d, λmax at w = 0 by Lanczos's method.", s.seed),
	}, nil
}

// steepest is λmax of the problem's error at w = 0, where the classes are alike.
func (s *session) steepest(ctx context.Context, p *problem) (float64, error) {
	src, err := train.On{Network: p.net, Part: train.Part{Set: p.set}, Normalizer: p.norm, DType: tensor.Float64}.Source()
	if err != nil {
		return 0, err
	}
	probe, err := curvature.New(src, curvature.Machine{Threads: 1, Kernel: s.kernel})
	if err != nil {
		return 0, err
	}
	defer probe.Close()
	o := curvature.NewLanczos()
	o.Smallest, o.Seed = 0, s.seed
	ends, err := curvature.Extremes(ctx, probe.HVP, probe.Size(), o)
	if err != nil {
		return 0, err
	}
	return ends.Largest[0].Value, nil
}
