package spec

import (
	"fmt"

	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/tensor"
)

// Transformer is nn.Encoder on tables, sequences and images.
type Transformer struct {
	Dim      int     `spec:"dim" range:"[1,1e5]" doc:"numbers that stand for a place: a feature, a row of a matrix, a patch of an image"`
	Layers   int     `spec:"layers" range:"[1,1000]" doc:"blocks of attention and a perceptron"`
	Heads    int     `spec:"heads" range:"[1,1e5]" doc:"of the attention; they share dim evenly"`
	Dropout  float64 `spec:"dropout" range:"[0,1)" doc:"in the blocks"`
	DropPath float64 `spec:"drop_path" range:"[0,1)" doc:"share of examples that skip the last block; less in those before"`
	Patch    int     `spec:"patch" range:"[0,1e5]" doc:"side of the squares that images are cut into; 0 makes a place of each number of a row and each row of a matrix, and cuts images into 64 squares at most"`
	Height   int     `spec:"height" range:"[0,1e5]" doc:"of the images, where the data are rows of pixels and patch is not 0; 0 is a square"`
	Width    int     `spec:"width" range:"[0,1e5]" doc:"likewise"`
	Channels int     `spec:"channels" range:"[1,1e5]" doc:"numbers of a pixel, where the data are rows of pixels"`
}

// NewTransformer has four blocks of 64 features.
func NewTransformer() *Transformer {
	return &Transformer{Dim: 64, Layers: 4, Heads: 4, Channels: 1}
}

// Defaults implements Fitted.
func (m *Transformer) Defaults(s *Spec) {
	if _, ok := s.Data.(*MNIST); ok {
		m.Patch = 4
	}
	s.Model = m
	s.Optimizer = Setting{Kind: "adamw", Pairs: []pair{{Key: "lr", Value: "0.001"}, {Key: "weight_decay", Value: "0.1"}, {Key: "clip_norm", Value: "1"}}}
	s.Schedule = Setting{Kind: "cosine"}
	s.Batch, s.Epochs = min(s.Batch, 64), min(s.Epochs, 40)
}

// squares is the side of the squares that an image is cut into if nothing else is said: the least that makes
// 16 to 64 of them and is more than a pixel, or else 64 at most; 0 if there is none.
func squares(h, w int) int {
	for _, least := range []int{2, 1} {
		for side := least; side <= min(h, w); side++ {
			if n := h / side * (w / side); h%side == 0 && w%side == 0 && n <= 64 && (n >= 16 || least == 1) {
				return side
			}
		}
	}
	return 0
}

// tokens is the layer that makes a sequence of an example, what comes before it, and the number
// of places, 0 if they need no positions.
func (m *Transformer) tokens(in tensor.Shape) (layers []nn.Layer, places int, err error) {
	switch {
	case in.Rank() == 1 && m.Patch == 0:
		return []nn.Layer{nn.NewFeatureTokens(m.Dim)}, 0, nil
	case in.Rank() == 2 && m.Patch == 0:
		linear := nn.NewLinear(m.Dim)
		linear.Init = initial.NewLeCunNormal()
		return []nn.Layer{linear}, in[0], nil
	}
	h, w, c, err := picture(in, m.Height, m.Width, m.Channels)
	if err != nil {
		return nil, 0, err
	}
	side := m.Patch
	if side == 0 {
		if side = squares(h, w); side == 0 {
			return nil, 0, fmt.Errorf("images of %d×%d cannot be cut into a few squares; bring them to another height and width, such as multiples of 16", h, w)
		}
	}
	if h%side != 0 || w%side != 0 {
		return nil, 0, fmt.Errorf("squares of %d do not fill images of %d×%d; take a patch that divides both", side, h, w)
	}
	patches := nn.NewPatches(side, m.Dim)
	if in.Rank() == 3 {
		return []nn.Layer{patches}, h / side * (w / side), nil
	}
	return []nn.Layer{nn.NewReshape(h, w, c), patches}, h / side * (w / side), nil
}

// Layer implements Model.
func (m *Transformer) Layer(in tensor.Shape, out int) (nn.Layer, error) {
	if m.Dim%m.Heads != 0 {
		return nil, At("heads", fmt.Errorf("%d heads do not share dim %d evenly", m.Heads, m.Dim))
	}
	layers, places, err := m.tokens(in)
	if err != nil {
		return nil, err
	}
	last := len(layers) - 1
	encoder, err := nn.Encoder(layers[last], places, m.Dim, m.Layers, m.Heads, m.Dropout, m.DropPath, out)
	if err != nil || last == 0 {
		return encoder, err
	}
	seq, ok := encoder.(*nn.Sequential)
	if !ok {
		return nil, fmt.Errorf("transformer: an encoder is a %T, not a sequence of layers", encoder)
	}
	return nn.NewSequential(append(layers[:last], seq.Layers...)...), nil
}

// Title implements Model.
func (m *Transformer) Title(in tensor.Shape, out int) string {
	_, places, err := m.tokens(in)
	if err != nil {
		return "transformer"
	}
	what := fmt.Sprintf("%d places", places)
	if places == 0 {
		what = fmt.Sprintf("%d features", in.Size())
	} else if in.Rank() != 2 || m.Patch > 0 {
		what = fmt.Sprintf("%d patches", places)
	}
	return fmt.Sprintf("transformer of %s, dim %d, %d layers, %d heads, %d", what, m.Dim, m.Layers, m.Heads, out)
}
