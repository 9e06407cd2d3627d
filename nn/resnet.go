package nn

import (
	"fmt"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/internal/suggest"
)

// ShortcutNames are the shortcuts that ResNet knows, where a block changes the shape.
func ShortcutNames() []string { return []string{"projection", "zeros"} }

// ResNet classifies images of a height, a width and channels, given as such or as rows of all their numbers, by the
// residual network for small images: of a depth of 6n + 2 it has
//
//	conv, norm, relu, stage1_block1 ... stage3_block<n>, mean, head
//
// in which stage s has n blocks of filters, 2·filters and 4·filters, and the first block of stages 2 and 3 halves the image.
// A block is a [Residual] of conv1 (3×3), norm1, relu, conv2 (3×3), norm2, and a relu behind the sum. Where it
// changes the shape, the shortcut is a "projection", a convolution of 1×1 and a norm (the paper's option B), or
// takes every second place and adds channels of "zeros" (option A, without weights). All norms are
// batch normalisations, before which no convolution has a bias.
//
// He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition, 2016, section 4.2, with 16 filters.
func ResNet(height, width, channels, depth, filters int, shortcut string, classes int) (Layer, error) {
	switch {
	case height < 1 || width < 1 || channels < 1 || filters < 1 || classes < 1:
		return nil, fmt.Errorf("resnet: images of %d×%d×%d, %d filters and %d classes; each wants one at least", height, width, channels, filters, classes)
	case depth < 8 || (depth-2)%6 != 0:
		return nil, fmt.Errorf("resnet: depth %d; it wants 6n + 2 layers: 8, 14, 20, 32, 44, 56 or 110", depth)
	case shortcut != "projection" && shortcut != "zeros":
		return nil, fmt.Errorf("resnet: no shortcut %q; %s", shortcut, suggest.Hint(shortcut, ShortcutNames()))
	}
	layers := []Layer{
		NewReshape(height, width, channels),
		Name("conv", convNoBias(filters, 3, 1)), Name("norm", NewBatchNorm()), Name("relu", ReLU{}),
	}
	in := filters
	for stage := 1; stage <= 3; stage++ {
		for i := 1; i <= (depth-2)/6; i++ {
			stride := 1
			if stage > 1 && i == 1 {
				stride = 2
			}
			out := filters << (stage - 1)
			name := fmt.Sprintf("stage%d_block%d", stage, i)
			layers = append(layers, Name(name, residualBlock(in, out, stride, shortcut)), Name("relu_"+name, ReLU{}))
			in = out
		}
	}
	head := &Linear{In: in, Out: classes, Bias: true, Init: initial.NewLeCunNormal()}
	return NewSequential(append(layers, Name("mean", GlobalAvgPool{}), Name("head", head))...), nil
}

// convNoBias is a convolution before a batch normalisation, padded as PyTorch pads it, so that the middle
// of its kernel meets the places that a shortcut takes.
func convNoBias(out, kernel, stride int) *Conv2d {
	l := NewConv2d(out, kernel)
	l.Stride, l.Padding, l.Bias = [2]int{stride, stride}, Pad(kernel/2), false
	return l
}

// residualBlock is a block of ResNet without the relu behind its sum.
func residualBlock(in, out, stride int, shortcut string) *Residual {
	r := NewResidual(
		Name("conv1", convNoBias(out, 3, stride)), Name("norm1", NewBatchNorm()), Name("relu", ReLU{}),
		Name("conv2", convNoBias(out, 3, 1)), Name("norm2", NewBatchNorm()),
	)
	switch {
	case in == out && stride == 1:
	case shortcut == "zeros":
		r.Shortcut = &everySecond{stride, out}
	default:
		r.Shortcut = NewSequential(Name("conv", convNoBias(out, 1, stride)), Name("norm", NewBatchNorm()))
	}
	return r
}

// everySecond is the shortcut without weights: each stride-th place along H and W, with
// channels of zeros behind those there are.
type everySecond struct{ stride, out int }

// Apply implements Layer.
func (l *everySecond) Apply(c *Context, x graph.Value) graph.Value {
	if _, ok := c.image(x); !ok {
		return graph.Value{}
	}
	w := graph.Window{Size: [2]int{1, 1}, Stride: [2]int{l.stride, l.stride}}
	return x.AvgPool(w, true).Pad(3, 0, l.out-x.Dim(3))
}
