package spec

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/idx"
	"github.com/godescent/descent/tensor"
)

// IDX is examples and their targets in a pair of IDX files: whole numbers to
// predict are classes, others are numbers.
type IDX struct {
	Examples     Path `spec:"examples" doc:"an IDX file [N, ...], also as .gz; relative to this file"`
	Labels       Path `spec:"labels" doc:"an IDX file [N] of classes, or [N] or [N, K] of numbers"`
	TestExamples Path `spec:"test_examples" doc:"likewise, measured at the end"`
	TestLabels   Path `spec:"test_labels" doc:"likewise"`
	Limit        int  `spec:"limit" range:"[0,inf)" doc:"train on the first so many examples; 0 is all"`
}

// Defaults implements Source.
func (i *IDX) Defaults(s *Spec) {
	if i.TestExamples == "" {
		s.Split.Test = 0.2
	}
	s.Normalisation.Scope = "all"
	s.Model = NewMLP()
	s.Epochs = 10
}

// Load implements Source.
func (i *IDX) Load(d tensor.DType) (*Examples, error) {
	switch {
	case i.Examples == "":
		return nil, At("examples", fmt.Errorf("data of kind idx want examples: an IDX file"))
	case i.Labels == "":
		return nil, At("labels", fmt.Errorf("data of kind idx want labels: an IDX file"))
	case (i.TestExamples == "") != (i.TestLabels == ""):
		return nil, At("test_labels", fmt.Errorf("test_examples and test_labels come together"))
	}
	e := &Examples{Name: filepath.Base(string(i.Examples))}
	var err error
	if e.Train, err = loadIDX("", i.Examples, i.Labels, d); err != nil {
		return nil, err
	}
	if e.Train, err = first(e.Train, i.Limit); err != nil {
		return nil, At("limit", err)
	}
	if i.TestExamples == "" {
		return e, nil
	}
	if e.Test, err = loadIDX("test_", i.TestExamples, i.TestLabels, d); err != nil {
		return nil, err
	}
	a, b := e.Train, e.Test
	if a.Classification() != b.Classification() || !a.X.Shape()[1:].Equal(b.X.Shape()[1:]) || !a.Classification() && !a.Y.Shape()[1:].Equal(b.Y.Shape()[1:]) {
		return nil, At("test_examples", fmt.Errorf("the test examples are %v and %v, those to train on %v and %v", b.X.Shape(), b.Y.Shape(), a.X.Shape(), a.Y.Shape()))
	}
	if len(b.Classes) > len(a.Classes) {
		return nil, At("test_labels", fmt.Errorf("%s has a class %d; those to train on end at %d", i.TestLabels.shown(), len(b.Classes)-1, len(a.Classes)-1))
	}
	b.Classes = a.Classes
	return e, nil
}

// loadIDX reads a pair of files; their keys begin with a prefix.
func loadIDX(prefix string, examplesPath, labelsPath Path, d tensor.DType) (*data.Set, error) {
	examples, labels := examplesPath.shown(), labelsPath.shown()
	x, err := idx.ReadFile(examples)
	if err != nil {
		return nil, unreadable(prefix+"examples", err)
	}
	y, err := idx.ReadFile(labels)
	if err != nil {
		return nil, unreadable(prefix+"labels", err)
	}
	if x.Shape().Rank() < 2 || y.Shape().Rank() < 1 || x.Shape()[0] != y.Shape()[0] {
		return nil, fmt.Errorf("%s is %v and %s is %v; want [N, ...] and [N] of one N", examples, x.Shape(), labels, y.Shape())
	}
	set := &data.Set{Name: filepath.Base(examples), X: x, Y: y, Targets: []string{"label"}}
	if x.DType() == tensor.Int32 { // int8 and int16 files too: numbers, no vocabulary
		set.X = convertTo(x, d)
	}
	switch {
	case y.DType().IsFloat():
		set.Y = convertTo(y, d)
		if y.Shape().Rank() == 1 {
			set.Y = set.Y.Reshape(y.Shape()[0], 1)
		}
		set.Targets = nil
	case y.Shape().Rank() != 1:
		return nil, fmt.Errorf("%s is %v of whole numbers; classes are [N]", labels, y.Shape())
	default:
		set.Y = convertTo(y, tensor.Int32)
		set.Classes, err = classes(set.Labels())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", labels, err)
		}
	}
	return set, nil
}

// maxClasses bounds the classes of a file that names none.
const maxClasses = 100_000

func classes(labels []int32) ([]string, error) {
	if len(labels) == 0 {
		return nil, fmt.Errorf("it holds no labels")
	}
	last := int(slices.Max(labels))
	if lo := slices.Min(labels); lo < 0 || last >= maxClasses {
		return nil, fmt.Errorf("labels from %d to %d; classes are numbers from 0 to %d", lo, last, maxClasses-1)
	}
	out := make([]string, last+1)
	for c := range out {
		out[c] = strconv.Itoa(c)
	}
	return out, nil
}

func convertTo(a *tensor.Array, d tensor.DType) *tensor.Array {
	if a.DType() == d {
		return a
	}
	out := tensor.New(d, a.Shape()...)
	for i := range a.Size() {
		out.SetAt(i, a.At(i))
	}
	return out
}
