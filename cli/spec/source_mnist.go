package spec

import (
	"fmt"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/tensor"
)

// MNIST is the digits that are part of the program.
type MNIST struct {
	Limit int `spec:"limit" range:"[0,inf)" doc:"train on the first so many examples; 0 is all"`
}

// Defaults implements Source.
func (*MNIST) Defaults(s *Spec) {
	s.Normalisation.Scope = "all"
	s.Model = NewMLP()
	s.Loss = &CrossEntropy{}
	// The rate falls by the step and not by the length of the run, so that a run
	// that is extended is what a longer one would have been.
	s.Optimizer = Setting{Kind: "adam", Pairs: []pair{{Key: "lr", Value: "0.002"}}}
	s.Schedule = Setting{Kind: "power", Pairs: []pair{{Key: "scale", Value: "1000"}, {Key: "exponent", Value: "-2"}}}
}

// Load implements Source.
func (m *MNIST) Load(o Loading) (*Examples, error) { return loadShipped("mnist", o, m.Limit) }

// first is a set's first n examples, or all if n is 0. They share its memory.
func first(s *data.Set, n int) (*data.Set, error) {
	if n == 0 || s == nil || n == s.Len() {
		return s, nil
	}
	if n > s.Len() {
		return nil, fmt.Errorf("%d is more than the %d examples of %s", n, s.Len(), s.Name)
	}
	part := *s
	part.X = rows(s.X, n)
	part.Y = rows(s.Y, n)
	return &part, nil
}

func rows(a *tensor.Array, n int) *tensor.Array {
	if a == nil {
		return nil
	}
	shape := a.Shape().Clone()
	size := len(a.Raw()) / shape[0]
	shape[0] = n
	return tensor.Wrap(a.DType(), shape, a.Raw()[:n*size])
}
