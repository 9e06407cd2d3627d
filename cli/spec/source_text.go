package spec

import (
	"fmt"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/open"
	"github.com/godescent/descent/data/shipped"
	"github.com/godescent/descent/data/text"
)

// Divided is data that cut themselves into parts, since examples that lie beside
// each other must not come into different ones.
type Divided interface {
	Source
	// Divide reads the examples in the parts that are asked for.
	Divide(s Split, o Loading) (*Examples, error)
}

// Text is a text whose next character is predicted.
type Text struct {
	Path    Path   `spec:"path" doc:"a text in UTF-8, also as .gz; relative to this file"`
	Context int    `spec:"context" range:"[1,1e6]" doc:"characters that the next one is predicted from"`
	Stride  int    `spec:"stride" range:"[0,1e6]" doc:"characters from one example to the next; 0 is the context"`
	Unknown string `spec:"unknown" values:"skip,error" doc:"characters that the training part lacks"`
}

// NewText has the usual context.
func NewText() *Text { return &Text{Context: text.DefaultContext, Unknown: string(text.Skip)} }

// Defaults implements Source.
func (t *Text) Defaults(s *Spec) { textDefaults(s) }

func textDefaults(s *Spec) {
	NewCharLM().Defaults(s)
	s.Loss = &CrossEntropy{}
	s.Split = Split{Validation: 0.05, Test: 0.05, Seed: -1}
	s.Normalisation.Method, s.Normalisation.Targets = string(data.None), string(data.None)
}

// Load implements Source.
func (t *Text) Load(o Loading) (*Examples, error) { return t.Divide(Split{}, o) }

// Divide implements Divided.
func (t *Text) Divide(s Split, o Loading) (*Examples, error) {
	if t.Path == "" {
		return nil, At("path", fmt.Errorf("data of kind text want a path: the text's file"))
	}
	opener := &open.Text{Path: t.Path.Shown(), Context: t.Context, Stride: t.Stride, Validation: s.Validation, Test: s.Test, Unknown: t.Unknown}
	return opened(opener, o, 0, file{"path", t.Path})
}

// Book is a text that is part of the program.
type Book struct {
	Context int `spec:"context" range:"[1,1e6]" doc:"characters that the next one is predicted from"`
	Stride  int `spec:"stride" range:"[0,1e6]" doc:"characters from one example to the next; 0 is the context"`

	collection shipped.Collection
}

// KindName implements Named.
func (b *Book) KindName() string { return b.collection.Name }

// Defaults implements Source.
func (b *Book) Defaults(s *Spec) { textDefaults(s) }

// Load implements Source.
func (b *Book) Load(o Loading) (*Examples, error) { return b.Divide(Split{}, o) }

// Divide implements Divided.
func (b *Book) Divide(s Split, o Loading) (*Examples, error) {
	k, err := open.Lookup(b.collection.Name)
	if err != nil {
		return nil, err
	}
	opener := k.New()
	if t, ok := opener.(*open.ShippedText); ok {
		t.Context, t.Stride, t.Validation, t.Test = b.Context, b.Stride, s.Validation, s.Test
	}
	return opened(opener, o, 0)
}
