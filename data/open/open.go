// Package open turns what a user has, named by its kind, into examples: a table,
// arrays, a folder of images, a text, or a data set that is part of the program.
// With the examples comes a Schema, which is kept with a model and turns other
// data of that kind into the same features.
package open

import (
	"errors"
	"fmt"
	"io"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/internal/suggest"
	"github.com/godescent/descent/tensor"
)

// Opener is a kind of data with its settings: a pointer to a struct whose tags
// say what a specification calls each field, what it is and what it may be.
type Opener interface {
	Open(o Options) (*Data, error)
}

// Options are what does not depend on the kind of data.
type Options struct {
	DType    tensor.DType // of numbers: Float32 (also if Invalid) or Float64
	MaxBytes int64        // most memory for examples; 0 is DefaultMaxBytes

	// Stream is for examples that need not fit into memory: there are sources in place
	// of sets. What takes work to read, tables and images, is written to temporary files
	// first, see data.Spill, which Close removes.
	Stream bool
}

// DefaultMaxBytes is the limit of Options that set none: 4 GiB.
const DefaultMaxBytes = 4 << 30

func (o Options) withDefaults() Options {
	if o.DType == tensor.Invalid {
		o.DType = tensor.Float32
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	return o
}

// Data is what was opened.
type Data struct {
	Name  string
	Train *data.Set // all examples that are not Validation or Test

	Validation, Test *data.Set // parts that the data have of their own, or nil

	Sources Sources // in place of these three where the examples are streamed

	Schema Schema   // of other data of this kind
	Notes  []string // what a user should know, such as characters that were left out

	table *tableSchema // whose missing cells wait for the training part, or nil
	open  closers      // that sources read
}

// Sources are parts that are read whenever they are wanted; those that there are not are nil.
type Sources struct{ Train, Validation, Test data.RowSource }

// closers are files that are open.
type closers []io.Closer

// Close closes them all.
func (c *closers) Close() error {
	var err error
	for _, one := range *c {
		err = errors.Join(err, one.Close())
	}
	*c = nil
	return err
}

// worthTelling is the size of a temporary file that a user should know of.
const worthTelling = 16e6

// keep is what takes work to read, written to a temporary file.
func (d *Data) keep(src data.RowSource) (*data.Spilled, error) {
	kept, err := data.Spill(src, "", nil)
	if err != nil {
		return nil, err
	}
	d.open = append(d.open, kept)
	if n := kept.Bytes(); n >= worthTelling {
		rows, _, _ := kept.Count() // it knows
		d.Notes = append(d.Notes, fmt.Sprintf("%s: its %d examples are kept as numbers in a temporary file of %d MB in %s", d.Name, rows, n/1e6, data.SpillFolder()))
	}
	return kept, nil
}

// Close closes what sources keep open, and removes their temporary files.
func (d *Data) Close() error { return d.open.Close() }

// Fit tells which rows of Train, ascending, are the training part, nil for all:
// what missing cells become is found in them, and filled in everywhere. It must be
// called before the examples are used, and does nothing for most data.
func (d *Data) Fit(rows []int32) error {
	if d.table == nil {
		return nil
	}
	s := d.table.Table
	switch {
	case d.Train != nil:
		if err := s.Fit(d.Train, rows); err != nil {
			return err
		}
	case rows != nil:
		if err := s.FitSource(data.Part(d.Sources.Train, rows), 0); err != nil {
			return err
		}
	default:
		if err := s.FitSource(d.Sources.Train, 0); err != nil {
			return err
		}
	}
	for _, src := range []data.RowSource{d.Sources.Train, d.Sources.Validation, d.Sources.Test} {
		if spilled, ok := src.(*data.Spilled); ok {
			if err := spilled.Change(s.Complete); err != nil {
				return err
			}
		}
	}
	for _, set := range []*data.Set{d.Train, d.Validation, d.Test} {
		if set == nil {
			continue
		}
		if err := s.Complete(set); err != nil {
			return err
		}
	}
	return nil
}

// Kind is a kind of data by name.
type Kind struct {
	Name string
	Doc  string
	New  func() Opener // with the defaults of its settings
}

// Kinds are all kinds of data: formats of files, then the data sets that are part
// of the program.
func Kinds() []Kind {
	return append([]Kind{
		{"csv", "a table of text, also with tabs and as .gz", func() Opener { return NewTable() }},
		{"parquet", "a table in a Parquet file", func() Opener { return NewTable() }},
		{"npy", "arrays of examples and targets in NumPy's .npy files", func() Opener { return &Arrays{} }},
		{"npz", "arrays of examples and targets in one .npz file of NumPy's", func() Opener { return &Archive{} }},
		{"idx", "arrays of examples and targets in IDX files, as MNIST's", func() Opener { return &Arrays{} }},
		{"images", "a folder of PNG and JPEG images, a folder in it for each class", func() Opener { return NewImages() }},
		{"text", "a text, of which a model of characters predicts the next", func() Opener { return NewText() }},
	}, shippedKinds()...)
}

// Names are the names of the kinds.
func Names() []string {
	var names []string
	for _, k := range Kinds() {
		names = append(names, k.Name)
	}
	return names
}

// Lookup is the kind of that name.
func Lookup(name string) (Kind, error) {
	for _, k := range Kinds() {
		if k.Name == name {
			return k, nil
		}
	}
	return Kind{}, fmt.Errorf("unknown kind of data %q; %s", name, suggest.Hint(name, Names()))
}

// At is an error about one setting of a kind.
type At struct {
	Key string // as the tag spells it
	Err error
}

func (e *At) Error() string { return e.Key + ": " + e.Err.Error() }

// Unwrap is the error itself.
func (e *At) Unwrap() error { return e.Err }

func at(key, format string, args ...any) error { return &At{key, fmt.Errorf(format, args...)} }
