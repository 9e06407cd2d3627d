package open

import (
	"fmt"
	"path/filepath"

	"github.com/godescent/descent/data/text"
)

// Text is a text, whose end is held back to validate and to test with.
type Text struct {
	Path       string  `spec:"path" doc:"the text, UTF-8, also as .gz"`
	Context    int     `spec:"context" range:"[1,1048576]" doc:"characters that a window shows"`
	Stride     int     `spec:"stride" range:"[0,inf)" doc:"how far windows lie apart; 0 is context"`
	Validation float64 `spec:"validation" range:"[0,1)" doc:"share of the text, before that for the test"`
	Test       float64 `spec:"test" range:"[0,1)" doc:"share of the text, at its end"`
	Unknown    string  `spec:"unknown" values:"skip,error" doc:"what becomes of a character that the training part lacks"`
}

// NewText holds back a twentieth twice.
func NewText() *Text {
	return &Text{Context: text.DefaultContext, Validation: 0.05, Test: 0.05, Unknown: string(text.Skip)}
}

func (t *Text) options(name string, o Options) text.Options {
	return text.Options{
		Name: name, Context: t.Context, Stride: t.Stride, Validation: t.Validation, Test: t.Test,
		Unknown: text.Unknown(t.Unknown), MaxBytes: o.MaxBytes,
	}
}

// Open implements Opener.
func (t *Text) Open(o Options) (*Data, error) {
	o = o.withDefaults()
	if t.Path == "" {
		return nil, at("path", "data of kind text want a path: the text's file")
	}
	c, err := text.ReadFile(t.Path, t.options("", o))
	if err != nil {
		return nil, err
	}
	return ofCorpus(filepath.Base(t.Path), c, o)
}

// ofCorpus are the windows of a text. With Stream they are made as they are
// needed, from the text in memory.
func ofCorpus(name string, c *text.Corpus, o Options) (*Data, error) {
	d := &Data{Name: name, Schema: &textSchema{c.Schema}}
	for _, m := range c.Missing {
		d.Notes = append(d.Notes, m.String())
	}
	var err error
	if o.Stream {
		d.Sources.Train = c.Train
		if c.Validation != nil {
			d.Sources.Validation = c.Validation
		}
		if c.Test != nil {
			d.Sources.Test = c.Test
		}
		return d, nil
	}
	if d.Train, err = c.Train.Set(o.MaxBytes); err != nil {
		return nil, err
	}
	if c.Validation != nil {
		if d.Validation, err = c.Validation.Set(o.MaxBytes); err != nil {
			return nil, err
		}
	}
	if c.Test != nil {
		d.Test, err = c.Test.Set(o.MaxBytes)
	}
	return d, err
}

// textSchema is the Schema of a text.
type textSchema struct{ *text.Schema }

// Kind implements Schema.
func (textSchema) Kind() string { return "text" }

// Read implements Schema: the windows of another text, each with what follows.
func (s *textSchema) Read(path string, o ReadOptions) (*Rows, error) {
	set, missing, err := s.Schema.ReadFile(path, o.withDefaults().MaxBytes)
	if err != nil {
		return nil, err
	}
	r := &Rows{Set: set} // a text is in memory in any case
	for _, m := range missing {
		r.Notes = append(r.Notes, m.String())
	}
	if o.Predict {
		set.Y = nil
	}
	return r, nil
}

// Vocabulary is the schema of the text that a model of characters was trained on,
// to encode and decode by.
func Vocabulary(s Schema) (*text.Schema, error) {
	t, ok := s.(*textSchema)
	if !ok {
		return nil, fmt.Errorf("the model was trained on %s, not on a text", s.Kind())
	}
	return t.Schema, nil
}
