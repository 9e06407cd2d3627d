package spec

import (
	"github.com/godescent/descent/data/open"
	"github.com/godescent/descent/data/shipped"
	"github.com/godescent/descent/data/text"
)

// Shipped is a small collection that is part of the program.
type Shipped struct {
	Limit int `spec:"limit" range:"[0,inf)" doc:"train on the first so many examples; 0 is all"`

	collection shipped.Collection
}

// shippedKinds are the collections of examples, MNIST first.
func shippedKinds() []Kind[Source] {
	out := []Kind[Source]{{"mnist", "70,000 handwritten digits, part of the program", func() Source { return &MNIST{} }}}
	for _, c := range shipped.All() {
		switch {
		case c.Task == shipped.Text:
			out = append(out, Kind[Source]{c.Name, c.Title, func() Source { return &Book{Context: text.DefaultContext, collection: c} }})
		case c.Name != "mnist":
			out = append(out, Kind[Source]{c.Name, c.Title, func() Source { return &Shipped{collection: c} }})
		}
	}
	return out
}

// KindName implements Named.
func (s *Shipped) KindName() string { return s.collection.Name }

// Defaults implements Source.
func (s *Shipped) Defaults(to *Spec) { smallTable(to) }

// smallTable are the defaults for some hundred or thousand rows: a strong decay
// of the weights, which so few rows want.
func smallTable(s *Spec) {
	s.Split.Test = 0.2
	s.Model = &MLP{Hidden: []int{64, 32}, Activation: "tanh", Norm: "none", Init: "auto"}
	s.Optimizer = Setting{Kind: "adamw", Pairs: []pair{{Key: "lr", Value: "0.01"}, {Key: "weight_decay", Value: "1"}}}
	s.Schedule = Setting{Kind: "cosine"}
	s.Batch, s.Epochs = 32, 200
}

// Load implements Source.
func (s *Shipped) Load(o Loading) (*Examples, error) {
	return loadShipped(s.collection.Name, o, s.Limit)
}

func loadShipped(name string, o Loading, limit int) (*Examples, error) {
	k, err := open.Lookup(name)
	if err != nil {
		return nil, err
	}
	return opened(k.New(), o, limit)
}
