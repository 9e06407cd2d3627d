package figures

import (
	"context"
	"fmt"
	"math"

	"github.com/godescent/descent/curvature"
	"github.com/godescent/descent/data"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/report"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/train"
)

// batch is how far gradients of batches lie from that of all examples.
func batch(ctx context.Context, s *session) (*Picture, error) {
	p, err := network("digits", func(in, out int) (nn.Layer, error) { return nn.MLP([]int{in, 32, out}, "relu", "none", 0) }, data.Standardise)
	if err != nil {
		return nil, err
	}
	w, err := p.net.Plan.Weights.Initial(tensor.Float32, s.seed)
	if err != nil {
		return nil, err
	}
	gradient := func(part train.Part) ([]float64, error) {
		src, err := train.On{Network: p.net, Part: part, Normalizer: p.norm}.Source()
		if err != nil {
			return nil, err
		}
		probe, err := curvature.New(src, curvature.Machine{Threads: 1, Kernel: s.kernel, Batch: part.Len()})
		if err != nil {
			return nil, err
		}
		defer probe.Close()
		out := make([]float64, probe.Size())
		if err := probe.Move(w.Float64s()); err != nil {
			return nil, err
		}
		_, err = probe.Gradient(ctx, out)
		return out, err
	}
	all := train.Part{Set: p.set}
	whole, err := gradient(all)
	if err != nil {
		return nil, err
	}
	size := 0.0
	for _, x := range whole {
		size += x * x
	}
	size = math.Sqrt(size)
	dots := report.Line{Name: "measured", Both: true}
	const draws = 24
	for b := 1; b <= 256; b *= 2 {
		sum := 0.0
		for k := range draws {
			part, err := all.Sample(b, s.seed*1000+int64(k))
			if err != nil {
				return nil, err
			}
			g, err := gradient(part)
			if err != nil {
				return nil, err
			}
			for i, x := range g {
				sum += (x - whole[i]) * (x - whole[i]) / draws
			}
		}
		dots.X, dots.Y = append(dots.X, float64(b)), append(dots.Y, math.Sqrt(sum)/size)
	}
	law := report.Line{Name: "1/√B through B = 1", X: dots.X, Style: 1}
	for _, b := range dots.X {
		law.Y = append(law.Y, dots.Y[0]/math.Sqrt(b))
	}
	curves := &report.Curves{X: "batch size B (examples)", Y: "error of the gradient ÷ its length", LogX: true, LogY: true, Lines: []report.Line{law, dots}}
	last := len(dots.X) - 1
	return &Picture{
		Figure: &report.Figure{Title: "Distance of a batch's gradient from that of all 1,797 examples", Panels: []report.Panel{curves}},
		Text: fmt.Sprintf("The gradient of a batch of B examples drawn at random is right on average, and its error falls as 1/√B: a hundred times the work for a tenth of the error. "+
			"Measured over %d draws of each size, the error falls as B^−%.3f up to B = 64; for one example the error is %.3g times the gradient itself, for 256 it is %.3g. (Drawn without returning, the error is 0 when B is all of them, so the last points lie below the line.)",
			draws, -slope(dots.X[:7], dots.Y[:7]), dots.Y[0], dots.Y[last]),
		Caption: fmt.Sprintf("a 64-32-10 perceptron on the digits at its first weights, seed %d; root of the mean squared distance.", s.seed),
	}, nil
}
