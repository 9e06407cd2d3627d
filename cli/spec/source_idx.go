package spec

import (
	"fmt"

	"github.com/godescent/descent/data/open"
)

// Arrays is examples and their targets in a pair of IDX or of npy files: whole
// numbers to predict are classes, others are numbers.
type Arrays struct {
	Examples     Path     `spec:"examples" doc:"an array [N, ...] in an IDX file, also as .gz, or a .npy file; relative to this file"`
	Labels       Path     `spec:"labels" doc:"likewise: [N] of whole numbers are classes, [N] or [N, K] of others numbers"`
	TestExamples Path     `spec:"test_examples" doc:"likewise, measured at the end"`
	TestLabels   Path     `spec:"test_labels" doc:"likewise"`
	Classes      []string `spec:"classes" doc:"the names of the classes 0, 1 and so on; [] is their numbers"`
	Limit        int      `spec:"limit" range:"[0,inf)" doc:"train on the first so many examples; 0 is all"`

	kind string
}

// KindName implements Named.
func (a *Arrays) KindName() string { return a.kind }

// Defaults implements Source.
func (a *Arrays) Defaults(s *Spec) {
	if a.TestExamples == "" {
		s.Split.Test = 0.2
	}
	if a.kind == "idx" {
		s.Normalisation.Scope = "all" // a format of images
	}
	s.Model = NewMLP()
	s.Epochs = 10
}

// Load implements Source.
func (a *Arrays) Load(o Loading) (*Examples, error) {
	what := map[string]string{"idx": "an IDX file", "npy": "an NPY file"}[a.kind]
	switch {
	case a.Examples == "":
		return nil, At("examples", fmt.Errorf("data of kind %s want examples: %s", a.kind, what))
	case a.Labels == "":
		return nil, At("labels", fmt.Errorf("data of kind %s want labels: %s", a.kind, what))
	}
	opener := &open.Arrays{
		Examples: orNone(a.Examples), Labels: orNone(a.Labels), TestExamples: orNone(a.TestExamples), TestLabels: orNone(a.TestLabels),
		Classes: a.Classes,
	}
	return opened(opener, o, a.Limit, file{"examples", a.Examples}, file{"labels", a.Labels},
		file{"test_examples", a.TestExamples}, file{"test_labels", a.TestLabels})
}
