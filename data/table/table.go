// Package table turns rows of named cells, whatever file they stand in, into a
// data.Set. How each column became features is kept as a Schema, so that
// another file, such as one to predict from, is turned into the same features.
//
// Columns of numbers become one feature each. Columns of texts are categorical:
// one-hot (a feature for each category, 1 where the cell holds it, else 0) or an
// index (one feature, the category's number). A missing cell is an error unless
// the column has a Fill: its row is dropped, or it is given the mean, median or
// mode of the column's cells in the training part.
package table

import (
	"fmt"
	"strings"

	"github.com/godescent/descent/data"
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

// Kinds are the names of the kinds of columns.
func Kinds() []string {
	return []string{string(Numeric), string(OneHot), string(Index), string(Ignore)}
}

// Task is what the target's cells become.
type Task string

// The tasks.
const (
	Classification Task = "classification" // a class index, the texts being class names
	Regression     Task = "regression"     // the number
)

// Fill is what becomes of a missing cell.
type Fill string

// What can become of a missing cell. Mean, Median and Mode are those of the
// column's other cells in the training part; Mode is the most frequent number or
// category, the smallest or first of equally frequent ones. Where the cells are
// categories, Mean and Median are Mode.
const (
	Refuse Fill = "error"
	Drop   Fill = "drop" // its row is left out
	Mean   Fill = "mean"
	Median Fill = "median"
	Mode   Fill = "mode"
)

// Fills are the names of what can become of a missing cell.
func Fills() []string {
	return []string{string(Refuse), string(Drop), string(Mean), string(Median), string(Mode)}
}

// The limits of Limits that set none.
const (
	DefaultMaxBytes      = 4 << 30
	DefaultMaxCategories = 1000
)

// Limits are what reading a table may take and make.
type Limits struct {
	DType         tensor.DType // of features and regression targets: Float32 (also if Invalid) or Float64
	MaxBytes      int64        // most memory for the numbers; 0 is DefaultMaxBytes
	MaxCategories int          // most categories of a column; 0 is DefaultMaxCategories

	// Predict says that the rows are to be predicted from: no target is read, and
	// a row that would be dropped is an error, since each row wants an answer.
	Predict bool
}

// Options are how a table's columns are understood. Only Target has to be set;
// without it every column is a feature and the Set has no Y.
type Options struct {
	Limits

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

	// Fill is what becomes of missing cells; "" is Refuse. Of the target's, only
	// Refuse and Drop: what is to be learned is not made up, so a Mean is a Refuse
	// there.
	Fill Fill

	// FillColumns overrides Fill for the columns it names.
	FillColumns map[string]Fill

	// Indicator gives each column that had a missing cell and is filled one more
	// feature: 1 where the cell was missing, else 0.
	Indicator bool

	gaps gaps // Missing, prepared
}

// DefaultMissing are the texts that stand for a missing cell unless told
// otherwise.
func DefaultMissing() []string { return []string{"?", "NA", "N/A", "NaN", "null"} }

// Rows is a table that is being read, a row at a time.
type Rows interface {
	// File is the file's name, as errors print it.
	File() string
	// Names are the columns' names.
	Names() []string
	// Use says which cells will be asked for. It is called once, before Next; a
	// column that cannot be read is an error.
	Use(columns []int) error
	// Next goes to the next row, or is io.EOF after the last.
	Next() error
	// Number is cell i of the row as a number, if it is one: NaN stands for no
	// value, and a number that float64 does not hold is ±Inf.
	Number(i int) (v float64, ok bool)
	// Text is cell i of the row as a text, "" if there is no value. It is valid
	// until Next.
	Text(i int) string
	// Line is the line that cell i of the row stands on, or that the names stand on
	// if i is −1, counted from 1; 0 if the format has no lines.
	Line(i int) int
	// Row is the number of rows read.
	Row() int
	// Mark is where the next row starts, in whatever way the format finds it
	// again, and false if it cannot.
	Mark() (Mark, bool)
	Close() error
}

// Mark is a place in a table that reading can start at.
type Mark struct {
	Offset int64 // as the format counts
	Line   int   // lines before it
	Row    int   // rows before it
}

// Opener starts a pass over a table: from a place that Rows.Mark gave, or from
// its first row if at is nil.
type Opener func(at *Mark) (Rows, error)

func (l Limits) withDefaults(file string) (Limits, error) {
	if l.DType == tensor.Invalid {
		l.DType = tensor.Float32
	}
	if l.MaxBytes <= 0 {
		l.MaxBytes = DefaultMaxBytes
	}
	if l.MaxCategories <= 0 {
		l.MaxCategories = DefaultMaxCategories
	}
	if !l.DType.IsFloat() {
		return l, fmt.Errorf("%s: features are float32 or float64, not %v", file, l.DType)
	}
	return l, nil
}

func (o Options) withDefaults(file string) (Options, error) {
	l, err := o.Limits.withDefaults(file)
	o.Limits = l
	if o.Categorical == "" {
		o.Categorical = OneHot
	}
	if o.Missing == nil {
		o.Missing = DefaultMissing()
	}
	if o.Fill == "" {
		o.Fill = Refuse
	}
	o.gaps = newGaps(o.Missing)
	return o, err
}

// Error is a table that cannot be read as asked.
type Error struct {
	File    string
	Line    int    // from 1; 0 if the fault is not on one line
	Row     int    // from 1, of a format without lines; 0 if the fault is not in one row
	Column  string // the name of the column, or ""
	Problem string // what was found and what would be right
	Err     error  // the cause, if another package reported one
}

func (e *Error) Error() string {
	at := e.File
	switch {
	case e.Line > 0:
		at = fmt.Sprintf("%s:%d", e.File, e.Line)
	case e.Row > 0:
		at = fmt.Sprintf("%s: row %d", e.File, e.Row)
	}
	if e.Column != "" {
		at = fmt.Sprintf("%s: column %q", at, e.Column)
	}
	// What a cause says may span lines; an error is one.
	return at + ": " + strings.ReplaceAll(e.Problem, "\n", " ")
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Quote is a cell as errors print it, cut to a readable length.
func Quote(cell string) string {
	const most = 40
	if r := []rune(cell[:min(len(cell), 4*most)]); len(r) > most {
		return fmt.Sprintf("%q...", string(r[:most]))
	}
	return fmt.Sprintf("%q", cell)
}

// Read reads a table and finds its schema, which takes two or three passes.
//
// X is [rows, features] of the limits' type, Y Int32 [rows] for classification
// and [rows, 1] of the limits' type for regression. A missing cell that is to be
// filled is NaN until Schema.Fit has seen which rows are the training part and
// Schema.Complete has filled it.
func Read(open Opener, file string, o Options) (*data.Set, *Schema, error) {
	o, err := o.withDefaults(file)
	if err != nil {
		return nil, nil, err
	}
	s, rows, err := infer(open, file, o)
	if err != nil {
		return nil, nil, err
	}
	if bytes := int64(s.Width()+1) * int64(o.DType.Size()); int64(rows) > o.MaxBytes/bytes {
		return nil, nil, &Error{File: file, Problem: fmt.Sprintf(
			"%d rows of %d features need more than %d bytes of memory; raise the limit, or use %q instead of %q",
			rows, s.Width(), o.MaxBytes, Index, OneHot)}
	}
	// One block of all rows: the arrays are allocated once.
	for set, err := range s.Source(open, file, o.Limits).Blocks(rows) {
		if err == nil && set.Len() != rows {
			err = &Error{File: file, Problem: "the file changed while it was read"}
		}
		if err != nil {
			return nil, nil, err
		}
		return set, s, nil
	}
	return nil, nil, &Error{File: file, Problem: "the file changed while it was read"}
}

// Infer finds the schema of a table, and its number of rows, without keeping
// them.
func Infer(open Opener, file string, o Options) (*Schema, int, error) {
	o, err := o.withDefaults(file)
	if err != nil {
		return nil, 0, err
	}
	return infer(open, file, o)
}
