package csv

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/internal/suggest"
	"github.com/godescent/descent/tensor"
)

// ReadFile reads the table at path, compressed by gzip or not, and finds its
// schema.
func ReadFile(path string, o Options) (*data.Set, *Schema, error) {
	if o.Name == "" {
		o.Name = path
	}
	return read(fileOpener(path), o)
}

// Read reads a table and finds its schema, which takes two or three passes: r
// is rewound if it can be, else its text is held in memory.
//
// X is [rows, features] of the Format's type, Y Int32 [rows] for
// classification and [rows, 1] of the Format's type for regression.
func Read(r io.Reader, o Options) (*data.Set, *Schema, error) {
	open, err := rewinder(r, o.Format)
	if err != nil {
		return nil, nil, err
	}
	return read(open, o)
}

// Infer finds the schema of a table without keeping its rows.
func Infer(r io.Reader, o Options) (*Schema, error) {
	open, err := rewinder(r, o.Format)
	if err != nil {
		return nil, err
	}
	if o, err = o.withDefaults(); err != nil {
		return nil, err
	}
	s, _, err := infer(open, o)
	return s, err
}

func (o Options) withDefaults() (Options, error) {
	f, err := o.Format.withDefaults()
	o.Format = f
	if o.Categorical == "" {
		o.Categorical = OneHot
	}
	if o.Missing == nil {
		o.Missing = DefaultMissing()
	}
	return o, err
}

func read(open opener, o Options) (*data.Set, *Schema, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, nil, err
	}
	s, rows, err := infer(open, o)
	if err != nil {
		return nil, nil, err
	}
	if bytes := int64(s.Width()+1) * int64(o.DType.Size()); int64(rows) > o.MaxBytes/bytes {
		return nil, nil, &Error{File: o.Name, Problem: fmt.Sprintf(
			"%d rows of %d features need more than %d bytes of memory; raise the limit, or use %q instead of %q",
			rows, s.Width(), o.MaxBytes, Index, OneHot)}
	}
	// One block of all rows: the arrays are allocated once.
	for set, err := range s.blocks(open, o.Format, rows) {
		if err == nil && set.Len() != rows {
			err = &Error{File: o.Name, Problem: "the file changed while it was read"}
		}
		if err != nil {
			return nil, nil, err
		}
		return set, s, nil
	}
	return nil, nil, &Error{File: o.Name, Problem: "the file changed while it was read"}
}

// ReadFile applies the schema to the table at path.
func (s *Schema) ReadFile(path string, f Format) (*data.Set, error) {
	if f.Name == "" {
		f.Name = path
	}
	return s.collect(fileOpener(path), f)
}

// Read applies the schema to a table. Columns are found by name; those that the
// schema does not use may be there too. A table without the target column gives
// a Set without Y. A category or class that the schema does not have is an
// error.
func (s *Schema) Read(r io.Reader, f Format) (*data.Set, error) {
	return s.collect(func() (io.ReadCloser, error) { return io.NopCloser(r), nil }, f)
}

func (s *Schema) collect(open opener, f Format) (*data.Set, error) {
	f, err := f.withDefaults()
	if err != nil {
		return nil, err
	}
	return data.Collect(source{s, open, f}, f.MaxBytes)
}

// File is the table at path as a source of blocks, encoded by the schema and
// read anew each time: for files larger than memory.
func (s *Schema) File(path string, f Format) data.Source {
	if f.Name == "" {
		f.Name = path
	}
	return source{s, fileOpener(path), f}
}

type source struct {
	schema *Schema
	open   opener
	format Format
}

func (s source) Blocks(rows int) iter.Seq2[*data.Set, error] {
	return s.schema.blocks(s.open, s.format, rows)
}

// blocks goes through a file and yields blocks of up to rows examples.
func (s *Schema) blocks(open opener, f Format, rows int) iter.Seq2[*data.Set, error] {
	return func(yield func(*data.Set, error) bool) {
		r, err := open()
		if err != nil {
			yield(nil, err)
			return
		}
		defer r.Close()
		e, err := s.encoder(r, f, rows)
		if err != nil {
			yield(nil, err)
			return
		}
		for {
			set, err := e.block()
			if err == io.EOF {
				return
			}
			if !yield(set, err) || err != nil {
				return
			}
		}
	}
}

// encoder turns rows of a table into examples.
type encoder struct {
	table  *table
	schema *Schema
	rows   int       // of a block
	set    *data.Set // the block, filled anew for each
	cells  []encoding
	target *encoding // nil if the table lacks it
	seen   bool      // a row was read
}

// encoding is what happens to one cell of a row.
type encoding struct {
	cell    int // its place in the row
	feature int // its first feature
	kind    Kind
	number  map[string]int // of each category
	texts   []string       // the categories in order
	what    string         // "category" or "class"
}

func (s *Schema) encoder(r io.Reader, f Format, rows int) (*encoder, error) {
	f, err := f.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := s.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	if rows < 1 {
		return nil, fmt.Errorf("%s: blocks of %d rows; at least 1 is needed", f.Name, rows)
	}
	t, err := openTable(r, f)
	if err != nil {
		return nil, err
	}
	e := &encoder{table: t, schema: s, rows: rows, set: &data.Set{Name: f.Name, Features: s.Features()}}
	feature := 0
	for _, c := range s.Columns {
		at, err := t.find(c.Name)
		if err != nil {
			return nil, err
		}
		if at < 0 {
			return nil, t.noColumn("column", c.Name)
		}
		e.cells = append(e.cells, newEncoding(at, feature, c.Kind, c.Categories, "category"))
		feature += c.Width()
	}
	if s.Target != nil {
		at, err := t.find(s.Target.Name)
		if err != nil {
			return nil, err
		}
		if at >= 0 {
			kind := Numeric
			if s.classification() {
				kind, e.set.Classes = Index, s.Target.Classes
			}
			target := newEncoding(at, 0, kind, s.Target.Classes, "class")
			e.target, e.set.Targets = &target, []string{s.Target.Name}
		}
	}
	return e, nil
}

func newEncoding(cell, feature int, kind Kind, categories []string, what string) encoding {
	e := encoding{cell: cell, feature: feature, kind: kind, texts: categories, what: what}
	if kind != Numeric {
		e.number = make(map[string]int, len(categories))
		for i, c := range categories {
			e.number[c] = i
		}
	}
	return e
}

// allocate makes the block's arrays for n rows.
func (e *encoder) allocate(n int) {
	d := e.table.format.DType
	e.set.X = tensor.New(d, n, e.schema.Width())
	switch {
	case e.target == nil:
	case e.target.kind == Index:
		e.set.Y = tensor.New(tensor.Int32, n)
	default:
		e.set.Y = tensor.New(d, n, 1)
	}
}

// block is the next block, or io.EOF. A file without rows is an error.
func (e *encoder) block() (*data.Set, error) {
	if e.set.X == nil || e.set.Len() != e.rows {
		e.allocate(e.rows)
	}
	clear(e.set.X.Raw())
	for i := range e.rows {
		record, err := e.table.next()
		switch {
		case err == io.EOF && !e.seen:
			return nil, e.table.fail(0, "", nil, "there are no rows after the header")
		case err == io.EOF && i == 0:
			return nil, io.EOF
		case err == io.EOF:
			return e.shorten(i), nil
		case err != nil:
			return nil, err
		}
		e.seen = true
		if err := e.row(record, i); err != nil {
			return nil, err
		}
	}
	return e.set, nil
}

// shorten is the block's first n rows.
func (e *encoder) shorten(n int) *data.Set {
	x, y := e.set.X, e.set.Y
	e.allocate(n)
	copy(e.set.X.Raw(), x.Raw())
	if y != nil {
		copy(e.set.Y.Raw(), y.Raw())
	}
	return e.set
}

// row stores a record as example i of the block, whose features are zero.
func (e *encoder) row(record []string, i int) error {
	width := e.set.X.Shape()[1]
	for k := range e.cells {
		c := &e.cells[k]
		v, err := e.cell(c, record)
		if err != nil {
			return err
		}
		at := i*width + c.feature
		if c.kind == OneHot {
			at, v = at+int(v), 1
		}
		if err := e.store(c, e.set.X, at, v, record); err != nil {
			return err
		}
	}
	if e.target == nil {
		return nil
	}
	v, err := e.cell(e.target, record)
	if err != nil {
		return err
	}
	return e.store(e.target, e.set.Y, i, v, record)
}

// cell is the number of a cell, or of its category.
func (e *encoder) cell(c *encoding, record []string) (float64, error) {
	text := strings.TrimSpace(record[c.cell])
	if c.kind == Numeric {
		if v, ok := number(text); ok {
			return v, nil
		}
		if missing(text, e.schema.Missing) {
			return 0, e.table.failCell(c.cell, "%s", sayMissing(text))
		}
		return 0, e.table.failCell(c.cell, "%s is not a number", quote(text))
	}
	if v, ok := c.number[text]; ok {
		return float64(v), nil
	}
	if missing(text, e.schema.Missing) {
		return 0, e.table.failCell(c.cell, "%s", sayMissing(text))
	}
	return 0, e.table.failCell(c.cell, "the %s %s was not among those the schema was made from; %s",
		c.what, quote(text), suggest.Hint(text, c.texts))
}

// store puts v in its place, if the array's type holds it.
func (e *encoder) store(c *encoding, a *tensor.Array, at int, v float64, record []string) error {
	a.SetAt(at, v)
	if s := a.At(at); s-s != 0 {
		return e.table.failCell(c.cell, "%s is outside the range of %v", quote(strings.TrimSpace(record[c.cell])), a.DType())
	}
	return nil
}

func fileOpener(path string) opener {
	return func() (io.ReadCloser, error) { return os.Open(path) }
}

// rewinder is an opener for text that is read more than once.
func rewinder(r io.Reader, f Format) (opener, error) {
	if s, ok := r.(io.ReadSeeker); ok {
		if start, err := s.Seek(0, io.SeekCurrent); err == nil {
			return func() (io.ReadCloser, error) {
				_, err := s.Seek(start, io.SeekStart)
				return io.NopCloser(s), err
			}, nil
		}
	}
	f, err := f.withDefaults()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(r, f.MaxBytes+1))
	if err != nil {
		return nil, &Error{File: f.Name, Problem: err.Error(), Err: err}
	}
	if int64(len(text)) > f.MaxBytes {
		return nil, &Error{File: f.Name, Problem: fmt.Sprintf("the text is longer than the limit of %d bytes", f.MaxBytes)}
	}
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }, nil
}
