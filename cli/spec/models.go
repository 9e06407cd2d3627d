package spec

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/tensor"
)

// Fitted is a Model with an optimizer, a schedule and a length of the run that suit
// it better than what suits the data's own default model.
type Fitted interface {
	Model
	// Defaults are what suits the model, where the document says nothing.
	Defaults(s *Spec)
}

// Tasked is a Model that is for classes, or for numbers, alone.
type Tasked interface {
	// Predicts is nil if the model is meant for classes, else numbers, to predict.
	Predicts(classes bool) error
}

// Symbolic is a Model that reads symbols, such as a text's characters. Its Layer is for numbers.
type Symbolic interface {
	Model
	// Symbols is the network for examples of a shape, each number one of so many symbols, of
	// which it predicts the next at every place.
	Symbols(in tensor.Shape, symbols int) (nn.Layer, error)
}

// layerOf is a model's network for numbers or for symbols.
func layerOf(m Model, symbols bool, in tensor.Shape, out int) (nn.Layer, error) {
	if !symbols {
		return m.Layer(in, out)
	}
	if s, ok := m.(Symbolic); ok {
		return s.Symbols(in, out)
	}
	return nil, errors.New("it reads numbers, and the data are a text's characters; take charlm or rnn")
}

// CNN is nn.CNN on images.
type CNN struct {
	Filters  []int `spec:"filters" range:"[1,1e5]" doc:"of each 3×3 convolution; batch norm, relu and a pooling of 2×2 follow it"`
	Hidden   []int `spec:"hidden" range:"[1,1e6]" doc:"widths of the linear layers behind them"`
	Height   int   `spec:"height" range:"[0,1e5]" doc:"of the images, where the data are rows of pixels; 0 is a square"`
	Width    int   `spec:"width" range:"[0,1e5]" doc:"likewise"`
	Channels int   `spec:"channels" range:"[1,1e5]" doc:"numbers of a pixel, where the data are rows of pixels"`
}

// NewCNN has two convolutions and one hidden layer.
func NewCNN() *CNN { return &CNN{Filters: []int{32, 64}, Hidden: []int{128}, Channels: 1} }

// Defaults implements Fitted.
func (c *CNN) Defaults(s *Spec) {
	s.Model = c
	s.Optimizer = Setting{Kind: "adamw", Pairs: []pair{{Key: "lr", Value: "0.002"}, {Key: "weight_decay", Value: "0.1"}}}
	s.Schedule = Setting{Kind: "cosine"}
	s.Batch = 64
	if l, ok := s.Loss.(*CrossEntropy); ok { // of data that are images, which are always classes
		l.Smoothing = 0.1
	}
	if s.Normalisation.Scope == "feature" { // a pixel's own scale would undo what its neighbours share
		s.Normalisation.Scope = "all"
	}
}

// Layer implements Model.
func (c *CNN) Layer(in tensor.Shape, out int) (nn.Layer, error) {
	h, w, channels, err := picture(in, c.Height, c.Width, c.Channels)
	if err != nil {
		return nil, err
	}
	return nn.CNN(h, w, channels, c.Filters, c.Hidden, out)
}

// picture is what examples of images are: images as such, or rows of all their numbers, then of
// the size that is given, or a square.
func picture(in tensor.Shape, h, w, c int) (height, width, channels int, err error) {
	switch n := in.Size(); {
	case in.Rank() == 3:
		return in[0], in[1], in[2], nil
	case in.Rank() == 2:
		return in[0], in[1], 1, nil
	case h > 0 && w > 0 && h*w*c == n:
		return h, w, c, nil
	case h == 0 && w == 0:
		side := int(math.Sqrt(float64(n / c)))
		if side*side*c == n {
			return side, side, c, nil
		}
		return 0, 0, 0, fmt.Errorf("%d numbers an example are no square image of %d channels; give model.height, model.width and model.channels, or take model mlp", n, c)
	}
	return 0, 0, 0, fmt.Errorf("an image of %d×%d×%d does not have the %d numbers of an example", h, w, c, in.Size())
}

// Title implements Model.
func (c *CNN) Title(in tensor.Shape, out int) string {
	h, w, n, err := picture(in, c.Height, c.Width, c.Channels)
	if err != nil {
		return "cnn"
	}
	return fmt.Sprintf("cnn %d×%d×%d, filters %s, %s", h, w, n, dashed(c.Filters), dashed(append(append([]int{}, c.Hidden...), out)))
}

func dashed(n []int) string { return strings.Trim(strings.ReplaceAll(fmt.Sprint(n), " ", "-"), "[]") }

// CharLM is nn.CharLM: what character of a text comes next.
type CharLM struct {
	Dim     int     `spec:"dim" range:"[1,1e5]" doc:"numbers that stand for a character"`
	Layers  int     `spec:"layers" range:"[1,1000]" doc:"blocks of attention and a perceptron"`
	Heads   int     `spec:"heads" range:"[1,1e5]" doc:"of the attention; they share dim evenly"`
	Dropout float64 `spec:"dropout" range:"[0,1)" doc:"in the blocks"`
}

// NewCharLM has four blocks of 128 features.
func NewCharLM() *CharLM { return &CharLM{Dim: 128, Layers: 4, Heads: 4} }

// Defaults implements Fitted.
func (m *CharLM) Defaults(s *Spec) {
	s.Model = m
	s.Optimizer = Setting{Kind: "adamw", Pairs: []pair{{Key: "lr", Value: "0.001"}, {Key: "weight_decay", Value: "0.1"}, {Key: "clip_norm", Value: "1"}}}
	s.Schedule = Setting{Kind: "cosine"}
	s.Batch, s.Epochs = 32, 4
}

// Layer implements Model.
func (m *CharLM) Layer(in tensor.Shape, _ int) (nn.Layer, error) {
	if m.Dim%m.Heads != 0 {
		return nil, At("heads", fmt.Errorf("%d heads do not share dim %d evenly", m.Heads, m.Dim))
	}
	return nil, fmt.Errorf("charlm reads characters [context], not %v; take data of kind text", in)
}

// Symbols implements Symbolic.
func (m *CharLM) Symbols(in tensor.Shape, symbols int) (nn.Layer, error) {
	if in.Rank() != 1 {
		return nil, fmt.Errorf("charlm reads characters [context], not %v; take data of kind text", in)
	}
	return nn.CharLM(symbols, m.Dim, m.Layers, m.Heads, in[0], m.Dropout)
}

// Title implements Model.
func (m *CharLM) Title(in tensor.Shape, out int) string {
	return fmt.Sprintf("charlm of %d characters, context %d, dim %d, %d layers, %d heads", out, in.Size(), m.Dim, m.Layers, m.Heads)
}

// Logistic is logistic regression: one linear map to the classes' logits.
type Logistic struct{}

// Defaults implements Fitted.
func (m *Logistic) Defaults(s *Spec) {
	linear(s)
	s.Model = m
	s.Optimizer = Setting{Kind: "adamw", Pairs: []pair{{Key: "lr", Value: "0.01"}, {Key: "weight_decay", Value: "0.1"}}}
}

// Layer implements Model.
func (*Logistic) Layer(in tensor.Shape, out int) (nn.Layer, error) {
	return nn.MLP([]int{in.Size(), out}, "relu", "none", 0)
}

// Predicts implements Tasked.
func (*Logistic) Predicts(classes bool) error {
	if !classes {
		return fmt.Errorf("model logistic predicts classes, and there are numbers to predict; take linear")
	}
	return nil
}

// Title implements Model.
func (*Logistic) Title(in tensor.Shape, out int) string {
	return fmt.Sprintf("logistic regression %d-%d", in.Size(), out)
}

// Linear is linear regression: least squares, by descent.
type Linear struct{}

// linear are the defaults of a problem with one minimum: a rate that falls to
// nothing ends in it.
func linear(s *Spec) {
	s.Schedule = Setting{Kind: "cosine"}
}

// Defaults implements Fitted.
func (m *Linear) Defaults(s *Spec) {
	linear(s)
	s.Model = m
	s.Optimizer = Setting{Kind: "adam", Pairs: []pair{{Key: "lr", Value: "0.03"}}}
}

// Layer implements Model.
func (*Linear) Layer(in tensor.Shape, out int) (nn.Layer, error) {
	return nn.MLP([]int{in.Size(), out}, "relu", "none", 0)
}

// Predicts implements Tasked.
func (*Linear) Predicts(classes bool) error {
	if classes {
		return fmt.Errorf("model linear predicts numbers, and there are classes to predict; take logistic")
	}
	return nil
}

// Title implements Model.
func (*Linear) Title(in tensor.Shape, out int) string {
	return fmt.Sprintf("linear regression %d-%d", in.Size(), out)
}
