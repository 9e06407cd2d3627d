package open

import (
	"strings"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/images"
	"github.com/godescent/descent/data/mnist"
	"github.com/godescent/descent/data/shipped"
	"github.com/godescent/descent/data/table"
	"github.com/godescent/descent/data/text"
)

// Shipped is a data set that is part of the program.
type Shipped struct {
	Limit int `spec:"limit" range:"[0,inf)" doc:"train on the first so many examples; 0 is all"`

	collection shipped.Collection
}

// ShippedText is a text that is part of the program.
type ShippedText struct {
	Context    int     `spec:"context" range:"[1,1048576]" doc:"characters that a window shows"`
	Stride     int     `spec:"stride" range:"[0,inf)" doc:"how far windows lie apart; 0 is context"`
	Validation float64 `spec:"validation" range:"[0,1)" doc:"share of the text, before that for the test"`
	Test       float64 `spec:"test" range:"[0,1)" doc:"share of the text, at its end"`

	collection shipped.Collection
}

func shippedKinds() []Kind {
	var kinds []Kind
	for _, c := range shipped.All() {
		k := Kind{c.Name, c.Title + "; part of the program", func() Opener { return &Shipped{collection: c} }}
		if c.Task == shipped.Text {
			k.New = func() Opener {
				t := NewText()
				return &ShippedText{Context: t.Context, Validation: t.Validation, Test: t.Test, collection: c}
			}
		}
		kinds = append(kinds, k)
	}
	return kinds
}

// Open implements Opener.
func (s *Shipped) Open(o Options) (*Data, error) {
	o = o.withDefaults()
	train, test, err := s.collection.Load(o.DType)
	if err != nil {
		return nil, err
	}
	d := &Data{Name: s.collection.Name, Train: train, Test: test}
	if s.Limit < 0 || s.Limit > train.Len() {
		return nil, at("limit", "%s has %d examples, not %d", d.Name, train.Len(), s.Limit)
	}
	if s.Limit > 0 {
		first := make([]int32, s.Limit)
		for i := range first {
			first[i] = int32(i)
		}
		if d.Train, err = train.Subset(first); err != nil {
			return nil, err
		}
	}
	if err := s.schema(d); err != nil {
		return nil, err
	}
	if o.Stream {
		d.Sources.Train, d.Train = d.Train, nil
		if d.Test != nil {
			d.Sources.Test, d.Test = d.Test, nil
		}
	}
	return d, nil
}

// schema is that of a table with the collection's columns, or of arrays of its
// images; mnist's can be image files too.
func (s *Shipped) schema(d *Data) error {
	if len(d.Train.Features) > 0 {
		t, err := table.Of(d.Train)
		d.Schema = &tableSchema{Table: t}
		return err
	}
	a, err := schemaOf(d, data.Arrays{Name: d.Name})
	if err == nil && d.Name == "mnist" {
		a.Image = &images.Schema{Height: mnist.Rows, Width: mnist.Columns, Grey: true, Fit: images.Stretch, Resize: true, Classes: d.Train.Classes}
	}
	return err
}

// Open implements Opener.
func (s *ShippedText) Open(o Options) (*Data, error) {
	o = o.withDefaults()
	content, err := s.collection.Text()
	if err != nil {
		return nil, err
	}
	t := Text{Context: s.Context, Stride: s.Stride, Validation: s.Validation, Test: s.Test, Unknown: string(text.Skip)}
	c, err := text.Read(strings.NewReader(content), t.options(s.collection.Name, o))
	if err != nil {
		return nil, err
	}
	return ofCorpus(s.collection.Name, c, o)
}
