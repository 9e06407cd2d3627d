// Package csv turns a table of text (comma, tab or semicolon between cells, a
// header row of column names) into a data.Set. How each column became features
// is kept as a Schema, so that another file, such as one to predict from, is
// turned into the same features.
//
// Columns of numbers become one feature each. Columns of texts are categorical:
// one-hot (a feature for each category, 1 where the cell holds it, else 0) or an
// index (one feature, the category's number). Every cell must be filled.
package csv

import (
	"fmt"

	"github.com/godescent/descent/tensor"
)

// Kind is what a column's cells become.
type Kind string

// The kinds of columns.
const (
	Numeric Kind = "numeric" // one feature, the number
	OneHot  Kind = "onehot"  // a feature for each category, 0 or 1
	Index   Kind = "index"   // one feature, the number of the category from 0
	Ignore  Kind = "ignore"  // nothing
)

func kinds() []string {
	return []string{string(Numeric), string(OneHot), string(Index), string(Ignore)}
}

// Task is what the target's cells become.
type Task string

// The tasks.
const (
	Classification Task = "classification" // a class index, the texts being class names
	Regression     Task = "regression"     // the number
)

// The limits of a Format that sets none.
const (
	DefaultMaxRowBytes   = 1 << 20
	DefaultMaxBytes      = 4 << 30
	DefaultMaxCategories = 1000
)

// Format is how a file is read. Its zero value reads any file this package can
// read, with the limits above.
type Format struct {
	Name      string       // the file, as errors print it
	Delimiter rune         // between cells; 0 takes the one of ',', '\t' and ';' that the header row has most of
	DType     tensor.DType // of features and regression targets: Float32 (also if Invalid) or Float64

	MaxRowBytes   int   // longest row, in bytes of text
	MaxBytes      int64 // most memory for the numbers, and for the text where it cannot be read twice
	MaxCategories int   // most categories of a column
}

// Options are how a file's columns are understood. Only Target has to be set;
// without it every column is a feature and the Set has no Y.
type Options struct {
	Format

	Target string // the name of the column to predict

	// Task is inferred if "": a column of numbers is regression, one of texts
	// classification.
	Task Task

	// Columns overrides what is inferred for the columns it names. A column is
	// numeric if all its cells are numbers and categorical if at least half of
	// them are not; in between, the first that is not a number is an error. A
	// column without a name is an error unless Columns[""] is Ignore.
	Columns map[string]Kind

	// Categorical is the kind of the columns inferred to be categorical: OneHot
	// (also if "") or Index.
	Categorical Kind

	// Missing are the texts besides the empty one that stand for a missing cell,
	// whatever their case; nil means DefaultMissing.
	Missing []string
}

// DefaultMissing are the texts that stand for a missing cell unless told
// otherwise.
func DefaultMissing() []string { return []string{"?", "NA", "N/A", "NaN", "null"} }

func (f Format) withDefaults() (Format, error) {
	if f.Name == "" {
		f.Name = "csv"
	}
	if f.DType == tensor.Invalid {
		f.DType = tensor.Float32
	}
	if f.MaxRowBytes <= 0 {
		f.MaxRowBytes = DefaultMaxRowBytes
	}
	if f.MaxBytes <= 0 {
		f.MaxBytes = DefaultMaxBytes
	}
	if f.MaxCategories <= 0 {
		f.MaxCategories = DefaultMaxCategories
	}
	if !f.DType.IsFloat() {
		return f, fmt.Errorf("%s: features are float32 or float64, not %v", f.Name, f.DType)
	}
	switch f.Delimiter {
	case 0, ',', '\t', ';', '|', ' ', ':':
		return f, nil
	}
	return f, fmt.Errorf("%s: cells cannot be delimited by %q; a comma, tab, semicolon, bar, colon or space can", f.Name, f.Delimiter)
}

// Error is a file that cannot be read as asked.
type Error struct {
	File    string
	Line    int    // from 1; 0 if the fault is not on one line
	Column  string // the name of the column, or ""
	Problem string // what was found and what would be right
	Err     error  // the cause, if another package reported one
}

func (e *Error) Error() string {
	at := e.File
	if e.Line > 0 {
		at = fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	if e.Column != "" {
		at = fmt.Sprintf("%s: column %q", at, e.Column)
	}
	return at + ": " + e.Problem
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// quote is a cell as errors print it, cut to a readable length.
func quote(cell string) string {
	const most = 40
	if r := []rune(cell[:min(len(cell), 4*most)]); len(r) > most {
		return fmt.Sprintf("%q...", string(r[:most]))
	}
	return fmt.Sprintf("%q", cell)
}
