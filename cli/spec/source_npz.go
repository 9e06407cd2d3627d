package spec

import (
	"fmt"
	"slices"

	"github.com/godescent/descent/data/npy"
	"github.com/godescent/descent/data/open"
)

// NPZ is examples and their targets in one archive of NumPy arrays.
type NPZ struct {
	Path         Path     `spec:"path" doc:"a .npz file; relative to this file"`
	Examples     string   `spec:"examples" doc:"the name of the array [N, ...] in it; auto is x_train, X, x or data"`
	Labels       string   `spec:"labels" doc:"of the array of classes or numbers; auto is y_train, y, labels or target"`
	TestExamples string   `spec:"test_examples" doc:"likewise, measured at the end; auto is x_test, where it is"`
	TestLabels   string   `spec:"test_labels" doc:"likewise; auto is y_test, where it is"`
	Classes      []string `spec:"classes" doc:"the names of the classes 0, 1 and so on; [] is their numbers"`
	Limit        int      `spec:"limit" range:"[0,inf)" doc:"train on the first so many examples; 0 is all"`
}

// NewNPZ looks for the usual names.
func NewNPZ() *NPZ {
	return &NPZ{Examples: "auto", Labels: "auto", TestExamples: "auto", TestLabels: "auto"}
}

// Defaults implements Source. Whether there is a test set is seen in the file alone.
func (n *NPZ) Defaults(s *Spec) {
	if n.TestExamples == "auto" && !n.tested() {
		s.Split.Test = 0.2
	}
	s.Model = NewMLP()
	s.Epochs = 10
}

// tested reports whether the archive has test examples, as far as it can be read.
func (n *NPZ) tested() bool {
	if n.Path == "" {
		return false
	}
	a, err := npy.OpenArchive(string(n.Path), 0)
	if err != nil {
		return false // Load says so
	}
	defer func() { _ = a.Close() }()
	return slices.Contains(a.Names(), "x_test") || slices.Contains(a.Names(), "X_test")
}

// Load implements Source.
func (n *NPZ) Load(o Loading) (*Examples, error) {
	if n.Path == "" {
		return nil, At("path", fmt.Errorf("data of kind npz want a path: the archive's file"))
	}
	opener := &open.Archive{
		Path: n.Path.Shown(), Examples: n.Examples, Labels: n.Labels, TestExamples: n.TestExamples, TestLabels: n.TestLabels, Classes: n.Classes,
	}
	return opened(opener, o, n.Limit, file{"path", n.Path})
}
