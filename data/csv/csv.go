// Package csv reads a table of text: a comma, tab or semicolon between cells, with or
// without a header row of column names, plain or compressed by gzip. What becomes of its
// columns is package table's: Read finds a table.Schema, which Apply and Source
// use to turn other files into the same features.
package csv

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/table"
	"github.com/godescent/descent/tensor"
)

// The names of package table that reading a file of text needs.
type (
	Schema = table.Schema
	Kind   = table.Kind
	Task   = table.Task
	Fill   = table.Fill
)

// The kinds of columns and the tasks.
const (
	Numeric = table.Numeric
	OneHot  = table.OneHot
	Index   = table.Index
	Ignore  = table.Ignore

	Classification = table.Classification
	Regression     = table.Regression
)

// The limits of a Format that sets none.
const (
	DefaultMaxRowBytes   = 1 << 20
	DefaultMaxBytes      = table.DefaultMaxBytes
	DefaultMaxCategories = table.DefaultMaxCategories
)

// Format is how a file is read. Its zero value reads a file with a header row and
// numbers with a point, with the limits above.
//
// A Delimiter of 0 is the one of ',', '\t' and ';' that the first row has most of; if
// it has none of them, a '|' or ' ' that it has as often as the row after it.
type Format struct {
	Name      string       // the file, as errors print it
	Delimiter rune         // between cells; 0 tells it from the first rows, see below
	Decimal   rune         // between the whole part of a number and the rest: '.' (also if 0) or ','
	NoHeader  bool         // the first row is an example: columns are named column1, column2, ..
	DType     tensor.DType // of features and regression targets: Float32 (also if Invalid) or Float64

	MaxRowBytes   int   // longest row, in bytes of text
	MaxBytes      int64 // most memory for the numbers, and for the text where it cannot be read twice
	MaxCategories int   // most categories of a column

	Predict bool // as table.Limits says
}

// Options are how a file's columns are understood. Only Target has to be set;
// without it every column is a feature and the Set has no Y. The fields are those
// of table.Options.
type Options struct {
	Format

	Target      string          // the name of the column to predict
	Task        Task            // inferred if ""
	Columns     map[string]Kind // what is not to be inferred
	Categorical Kind            // OneHot (also if "") or Index
	Missing     []string        // nil is table.DefaultMissing
	Fill        Fill            // of missing cells; "" is table.Refuse
	FillColumns map[string]Fill // of single columns
	Indicator   bool            // a feature for where cells were missing
}

func (f Format) limits() table.Limits {
	return table.Limits{DType: f.DType, MaxBytes: f.MaxBytes, MaxCategories: f.MaxCategories, Predict: f.Predict}
}

func (o Options) table() table.Options {
	return table.Options{
		Limits: o.limits(), Target: o.Target, Task: o.Task, Columns: o.Columns, Categorical: o.Categorical,
		Missing: o.Missing, Fill: o.Fill, FillColumns: o.FillColumns, Indicator: o.Indicator,
	}
}

func (f Format) withDefaults() (Format, error) {
	if f.Name == "" {
		f.Name = "csv"
	}
	if f.MaxRowBytes <= 0 {
		f.MaxRowBytes = DefaultMaxRowBytes
	}
	if f.MaxBytes <= 0 {
		f.MaxBytes = DefaultMaxBytes
	}
	switch f.Delimiter {
	case 0, ',', '\t', ';', '|', ' ', ':':
	default:
		return f, fmt.Errorf("%s: cells cannot be delimited by %q; a comma, tab, semicolon, bar, colon or space can", f.Name, f.Delimiter)
	}
	switch {
	case f.Decimal != 0 && f.Decimal != '.' && f.Decimal != ',':
		return f, fmt.Errorf("%s: the decimal mark of numbers cannot be %q; a point or a comma can", f.Name, f.Decimal)
	case f.Decimal == ',' && f.Delimiter == ',':
		return f, fmt.Errorf("%s: a comma cannot stand between cells and in numbers", f.Name)
	}
	return f, nil
}

// ReadFile reads the table at path, compressed by gzip or not, and finds its
// schema.
func ReadFile(path string, o Options) (*data.Set, *Schema, error) {
	f, err := o.Format.at(path)
	if err != nil {
		return nil, nil, err
	}
	return table.Read(f.file(path), f.Name, o.table())
}

// Read reads a table and finds its schema, as table.Read does: r is rewound if
// it can be, else its text is held in memory.
func Read(r io.Reader, o Options) (*data.Set, *Schema, error) {
	f, open, err := o.Format.rewind(r)
	if err != nil {
		return nil, nil, err
	}
	return table.Read(open, f.Name, o.table())
}

// InferFile finds the schema of the table at path without keeping its rows, whose
// number it gives too.
func InferFile(path string, o Options) (*Schema, int, error) {
	f, err := o.Format.at(path)
	if err != nil {
		return nil, 0, err
	}
	return table.Infer(f.file(path), f.Name, o.table())
}

// ProfileFile tells what is in the columns of the table at path, and the number of its rows.
func ProfileFile(path string, f Format) ([]table.Profile, int, error) {
	f, err := f.at(path)
	if err != nil {
		return nil, 0, err
	}
	return table.MakeProfile(f.file(path), nil)
}

// ApplyFile applies a schema to the table at path.
func ApplyFile(s *Schema, path string, f Format) (*data.Set, error) {
	f, err := f.at(path)
	if err != nil {
		return nil, err
	}
	return s.Read(f.file(path), f.Name, f.limits())
}

// Apply applies a schema to a table.
func Apply(s *Schema, r io.Reader, f Format) (*data.Set, error) {
	f, err := f.withDefaults()
	if err != nil {
		return nil, err
	}
	open := func(at *table.Mark) (table.Rows, error) { return openRows(io.NopCloser(r), f) }
	return s.Read(open, f.Name, f.limits())
}

// Source is the table at path as a source of blocks, encoded by a schema and
// read anew each time: for files larger than memory.
func Source(s *Schema, path string, f Format) (*table.Source, error) {
	f, err := f.at(path)
	if err != nil {
		return nil, err
	}
	return s.Source(f.file(path), f.Name, f.limits()), nil
}

// at is the format with its defaults for the file at path.
func (f Format) at(path string) (Format, error) {
	if f.Name == "" {
		f.Name = path
	}
	return f.withDefaults()
}

// file opens the table at path.
func (f Format) file(path string) table.Opener {
	return f.opener(func() (io.ReadCloser, error) { return os.Open(path) })
}

// opener opens a table whose text a function gives.
func (f Format) opener(text func() (io.ReadCloser, error)) table.Opener {
	return func(at *table.Mark) (table.Rows, error) {
		r, err := text()
		if err != nil {
			return nil, err
		}
		t, err := openRows(r, f)
		if err == nil && at != nil {
			err = t.seek(*at)
		}
		if err != nil {
			_ = r.Close() // it was only read
			return nil, err
		}
		return t, nil
	}
}

// rewind opens a text that is read more than once.
func (f Format) rewind(r io.Reader) (Format, table.Opener, error) {
	f, err := f.withDefaults()
	if err != nil {
		return f, nil, err
	}
	if s, ok := r.(io.ReadSeeker); ok {
		if start, err := s.Seek(0, io.SeekCurrent); err == nil {
			return f, f.opener(func() (io.ReadCloser, error) {
				_, err := s.Seek(start, io.SeekStart)
				return io.NopCloser(s), err
			}), nil
		}
	}
	text, err := io.ReadAll(io.LimitReader(r, f.MaxBytes+1))
	if err != nil {
		return f, nil, &table.Error{File: f.Name, Problem: err.Error(), Err: err}
	}
	if int64(len(text)) > f.MaxBytes {
		return f, nil, &table.Error{File: f.Name, Problem: fmt.Sprintf("the text is longer than the limit of %d bytes", f.MaxBytes)}
	}
	return f, f.opener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }), nil
}
