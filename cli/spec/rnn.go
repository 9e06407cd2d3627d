package spec

import (
	"errors"
	"fmt"

	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/tensor"
)

var _ Symbolic = (*RNN)(nil)

// RNN is nn.RNN on sequences, and on texts.
type RNN struct {
	Cell          string  `spec:"cell" values:"lstm,gru" doc:"what reads a sequence: lstm or gru"`
	Hidden        int     `spec:"hidden" range:"[1,1e5]" doc:"numbers that it holds"`
	Layers        int     `spec:"layers" range:"[1,100]" doc:"cells above each other"`
	Bidirectional bool    `spec:"bidirectional" doc:"reads backwards too (not for texts, whose next character is asked for)"`
	Dropout       float64 `spec:"dropout" range:"[0,1)" doc:"between the layers and before the output"`
	Dim           int     `spec:"dim" range:"[1,1e5]" doc:"numbers that stand for a character (texts)"`
	Step          int     `spec:"step" range:"[1,1e6]" doc:"numbers of a place, where the data are rows: 28 reads an image of 28×28 line by line"`
}

// NewRNN has one layer of 128 units.
func NewRNN() *RNN { return &RNN{Cell: "lstm", Hidden: 128, Layers: 1, Dim: 64, Step: 1} }

// Defaults implements Fitted.
func (m *RNN) Defaults(s *Spec) {
	if _, ok := s.Data.(*MNIST); ok {
		m.Step = 28
	}
	s.Model = m
	s.Optimizer = Setting{Kind: "adamw", Pairs: []pair{{Key: "lr", Value: "0.003"}, {Key: "weight_decay", Value: "0.01"}, {Key: "clip_norm", Value: "1"}}}
	s.Schedule = Setting{Kind: "cosine"}
	s.Batch, s.Epochs = min(s.Batch, 64), min(s.Epochs, 40)
}

// places is how an example of numbers is read: so many places of so many numbers.
func (m *RNN) places(in tensor.Shape) (places, each int, err error) {
	switch in.Rank() {
	case 2:
		return in[0], in[1], nil
	case 3: // images, line by line
		return in[0], in[1] * in[2], nil
	}
	if n := in.Size(); n%m.Step != 0 {
		return 0, 0, fmt.Errorf("steps of %d numbers do not fill rows of %d; take a model.step that divides it", m.Step, n)
	}
	return in.Size() / m.Step, m.Step, nil
}

// cell is the recurrent layer.
func (m *RNN) cell(last bool) nn.Layer {
	if m.Cell == "gru" {
		l := nn.NewGRU(m.Hidden)
		l.Layers, l.Bidirectional, l.Dropout, l.Last = m.Layers, m.Bidirectional, m.Dropout, last
		return l
	}
	l := nn.NewLSTM(m.Hidden)
	l.Layers, l.Bidirectional, l.Dropout, l.Last = m.Layers, m.Bidirectional, m.Dropout, last
	return l
}

// Layer implements Model.
func (m *RNN) Layer(in tensor.Shape, out int) (nn.Layer, error) {
	places, each, err := m.places(in)
	if err != nil {
		return nil, err
	}
	numbers, err := nn.RNN(m.cell(true), 0, 0, m.Dropout, out)
	if err != nil {
		return nil, err
	}
	return nn.NewSequential(nn.NewReshape(places, each), nn.Name("rnn", numbers)), nil
}

// Symbols implements Symbolic.
func (m *RNN) Symbols(_ tensor.Shape, symbols int) (nn.Layer, error) {
	if m.Bidirectional {
		return nil, At("bidirectional", errors.New("it reads a text backwards too, and so the character that it is asked for; set it to false"))
	}
	l, err := nn.RNN(m.cell(false), symbols, m.Dim, m.Dropout, symbols)
	if err != nil {
		return nil, err
	}
	return nn.NewSequential(nn.Name("rnn", l)), nil
}

// Title implements Model.
func (m *RNN) Title(in tensor.Shape, out int) string {
	both := ""
	if m.Bidirectional {
		both = "bidirectional "
	}
	return fmt.Sprintf("rnn of %d %s%s layers of %d, %d", m.Layers, both, m.Cell, m.Hidden, out)
}
