package figures

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/report"
)

// stack is ten layers of ReLUs whose first weights are half as large as they should be.
func stack(norm string, out int) nn.Layer {
	all := []nn.Layer{nn.Flatten{}}
	for range 10 {
		l := nn.NewLinear(32)
		l.Init = &initial.Scaled{Gain: math.Sqrt2 / 2}
		all = append(all, l)
		switch norm {
		case "batch":
			all = append(all, nn.NewBatchNorm())
		case "layer":
			all = append(all, nn.NewLayerNorm())
		}
		all = append(all, nn.ReLU{})
	}
	return nn.NewSequential(append(all, nn.NewLinear(out))...)
}

// norms is one deep perceptron without and with normalisation, at two rates.
func norms(ctx context.Context, s *session) (*Picture, error) {
	const n = 400
	var panels []report.Panel
	var told []string
	for _, η := range []float64{0.01, 0.1} {
		curves := &report.Curves{Title: fmt.Sprintf("η = %v", η), X: "step", Y: "training loss (mean of 20 steps)", LogY: true}
		for i, norm := range []string{"none", "batch", "layer"} {
			p, err := network("digits", func(_, out int) (nn.Layer, error) {
				return stack(norm, out), nil
			}, data.Standardise)
			if err != nil {
				return nil, err
			}
			r, err := s.train(ctx, p, fmt.Sprintf("sgd:lr=%v", η), "constant", 64, n)
			if err != nil {
				return nil, err
			}
			name := norm + " norm"
			if norm == "none" {
				name = "no norm"
			}
			curves.Lines = append(curves.Lines, line(name, smooth(r.loss, 20), i))
			what := fmt.Sprintf("%.3f", r.end)
			if r.lost {
				what = "lost"
			}
			told = append(told, fmt.Sprintf("%s at η = %v %s", name, η, what))
		}
		panels = append(panels, curves)
	}
	return &Picture{
		Figure: &report.Figure{Title: "Ten layers of 32 ReLUs on the digits, with and without normalisation", Panels: panels},
		Text: "Here the first weights have half of the spread that a ReLU wants, so that after ten layers the signal is a thousandth and the gradient with it. " +
			"Normalising over the batch, or over the units of each example, keeps every layer's inputs at mean 0 and variance 1 whatever the weights before it do. " +
			"The loss over all digits after 400 steps: " + strings.Join(told, ", ") + ". (ln 10 = 2.303 is a guess.)",
		Caption: fmt.Sprintf("64 inputs, ten layers of 32, 10 outputs; std[w] = √(1/(2M)); sgd, batches of 64, 400 steps, seed %d; batch normalisation's loss at the end with its running statistics.", s.seed),
	}, nil
}
