package figures

import (
	"context"
	"fmt"

	"github.com/godescent/descent/internal/suggest"
	"github.com/godescent/descent/report"
)

// Figure is a picture of the lecture that can be drawn.
type Figure struct {
	Name, Title string
	draw        func(context.Context, *session) (*Picture, error)
}

// Picture is a figure after its runs.
type Picture struct {
	Figure  *report.Figure
	Text    string // what there is to see, with the numbers that were measured
	Caption string // what was run
	// Timed says that some of its numbers are times of this machine, which no seed repeats.
	Timed bool
}

// All lists the figures in the lecture's order.
func All() []Figure {
	return []Figure{
		{"bowl", "A quadratic bowl and its eigenvectors", bowl},
		{"rate", "A step too small, right, too large", rate},
		{"momentum", "What momentum does: damping, and a gain of 1/(1 − μ)", momentum},
		{"nesterov", "Momentum against Nesterov's", nesterov},
		{"schedules", "Rates that fall", schedules},
		{"adaptive", "AdaGrad, RMSProp, Adam", adaptive},
		{"batch", "Batch size and the noise of the gradient", batch},
		{"scaling", "Raw against normalised data", scaling},
		{"norms", "Batch and layer normalisation against none", norms},
		{"init", "The variance of first weights, through depth", depth},
		{"cost", "A gradient's O(W²) against Newton's O(W³)", cost},
	}
}

// Names are the names of the figures.
func Names() []string {
	var names []string
	for _, f := range All() {
		names = append(names, f.Name)
	}
	return names
}

// Lookup is the figure of that name.
func Lookup(name string) (*Figure, error) {
	for _, f := range All() {
		if f.Name == name {
			return &f, nil
		}
	}
	return nil, fmt.Errorf("no figure %q; %s", name, suggest.Hint(name, Names()))
}

// Draw makes the runs and the picture. The seed is of first weights, batches and
// examples; kernel "" is the fastest. All but times are the same bits on every machine.
func (f *Figure) Draw(ctx context.Context, seed int64, kernel string) (*Picture, error) {
	p, err := f.draw(ctx, &session{seed: seed, kernel: kernel})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	return p, nil
}
