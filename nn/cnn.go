package nn

import (
	"fmt"

	"github.com/godescent/descent/initial"
)

// CNN classifies images of a height, a width and channels, given as such or as
// rows of all their numbers. For each number of filters, i from 1, it has
//
//	conv<i> (3×3, same), norm<i> (batch), relu<i>, pool<i> (largest of 2×2)
//
// then linear<i> and relu_linear<i> for each hidden size, and "head", a Linear that gives the
// classes' logits. A convolution before batch normalisation has no bias, which
// the normalisation would take away.
func CNN(height, width, channels int, filters, hidden []int, classes int) (Layer, error) {
	if height < 1 || width < 1 || channels < 1 || classes < 1 {
		return nil, fmt.Errorf("cnn: images of %d×%d×%d and %d classes; each wants one at least", height, width, channels, classes)
	}
	layers := []Layer{NewReshape(height, width, channels)}
	name := func(i int, part string, l Layer) { layers = append(layers, Name(fmt.Sprint(part, i), l)) }
	in := channels
	for i, n := range filters {
		if n < 1 {
			return nil, fmt.Errorf("cnn: filters %v; each wants one at least", filters)
		}
		if height, width = height/2, width/2; height < 1 || width < 1 {
			return nil, fmt.Errorf("cnn: filters %v; each halves the image, of which nothing is left after %d", filters, i)
		}
		conv := NewConv2d(n, 3)
		conv.In, conv.Bias, conv.Padding.Same = in, false, true
		name(i+1, "conv", conv)
		name(i+1, "norm", NewBatchNorm())
		name(i+1, "relu", ReLU{})
		name(i+1, "pool", NewMaxPool2d(2))
		in = n
	}
	layers = append(layers, Flatten{})
	in *= height * width
	for i, n := range hidden {
		if n < 1 {
			return nil, fmt.Errorf("cnn: hidden sizes %v; each wants one at least", hidden)
		}
		l := NewLinear(n)
		l.In = in
		name(i+1, "linear", l)
		name(i+1, "relu_linear", ReLU{})
		in = n
	}
	head := &Linear{In: in, Out: classes, Bias: true, Init: initial.NewLeCunNormal()}
	return NewSequential(append(layers, Name("head", head))...), nil
}
