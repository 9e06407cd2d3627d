package figures

import (
	"context"
	"fmt"
	"strings"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/report"
	"github.com/godescent/descent/train"
)

// depth is the spread of what the layers give before training, for three variances of the weights.
func depth(_ context.Context, s *session) (*Picture, error) {
	const layers, width = 20, 256
	curves := &report.Curves{X: "layer", Y: "standard deviation of a layer's outputs", LogY: true}
	var told []string
	for i, c := range []struct {
		name string
		gain float64 // std[w]·√fan in
	}{{"std[w] = √(1/M)", 1}, {"std[w] = √(2/M) (He)", 1.4142135623730951}, {"std[w] = √(4/M)", 2}} {
		p, err := network("digits", func(_, out int) (nn.Layer, error) {
			all := []nn.Layer{nn.Flatten{}}
			for range layers {
				l := nn.NewLinear(width)
				l.Init = &initial.Scaled{Gain: c.gain}
				all = append(all, l, nn.ReLU{})
			}
			return nn.NewSequential(append(all, nn.NewLinear(out))...), nil
		}, data.Standardise)
		if err != nil {
			return nil, err
		}
		begin, err := train.Begin(p.net, p.norm, nil, s.seed)
		if err != nil {
			return nil, err
		}
		m, err := begin.Model(p.net, train.Machine{Threads: 1, Kernel: s.kernel})
		if err != nil {
			return nil, err
		}
		outputs, err := m.Layers(train.Part{Set: p.set})
		m.Close()
		if err != nil {
			return nil, err
		}
		l := report.Line{Name: c.name, Style: i, Both: true}
		for _, o := range outputs {
			if strings.Contains(o.Name, "relu") {
				l.X, l.Y = append(l.X, float64(len(l.X)+1)), append(l.Y, o.Output.Std)
			}
		}
		if len(l.Y) != layers {
			return nil, fmt.Errorf("%d layers gave outputs, want %d", len(l.Y), layers)
		}
		curves.Lines = append(curves.Lines, l)
		told = append(told, fmt.Sprintf("%.3g with %s", l.Y[layers-1]/l.Y[0], c.name))
	}
	return &Picture{
		Figure: &report.Figure{Title: "Twenty layers of 256 ReLUs before any training", Panels: []report.Panel{curves}},
		Text: "A ReLU passes half of the variance on, so a layer keeps the variance of its inputs if the weights have var[w] = 2/M for M inputs (He et al. 2015). Half of that, and the signal of twenty layers dies as 2^(−20/2) = 1/1024; twice that, and it grows as much. " +
			"Measured, the outputs of layer 20 have a spread of that of layer 1 times " + strings.Join(told, ", ") + ". Gradients on their way back fare alike.",
		Caption: fmt.Sprintf("outputs for the first 256 digits, seed %d.", s.seed),
	}, nil
}
