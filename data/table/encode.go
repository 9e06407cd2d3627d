package table

import (
	"fmt"
	"io"
	"math"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/internal/suggest"
	"github.com/godescent/descent/tensor"
)

// encoder turns rows of a table into examples.
type encoder struct {
	rows   Rows
	schema *Schema
	limits Limits
	gaps   gaps
	size   int       // of a block
	set    *data.Set // the block, filled anew for each
	cells  []encoding
	target *encoding // nil if the table lacks it
	drops  bool      // a missing cell can drop a row
}

// encoding is what happens to one cell of a row.
type encoding struct {
	cell    int // its place in the row
	feature int // its first feature
	kind    Kind
	number  map[string]int // of each category
	texts   []string       // the categories in order
	what    string         // "category" or "class"
	fill    Fill
	value   float64 // of a missing cell, NaN if it is not known yet
	flag    int     // the feature that says that the cell was missing, or −1
}

func (s *Schema) encoder(rows Rows, l Limits, size int) (*encoder, error) {
	l, err := l.withDefaults(rows.File())
	if err != nil {
		return nil, err
	}
	if err := s.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", rows.File(), err)
	}
	if size < 1 {
		return nil, fmt.Errorf("%s: blocks of %d rows; at least 1 is needed", rows.File(), size)
	}
	e := &encoder{rows: rows, schema: s, limits: l, gaps: newGaps(s.Missing), size: size}
	e.set = &data.Set{Name: rows.File(), Features: s.Features()}
	names := newNames(rows)
	feature := 0
	for i := range s.Columns {
		c := &s.Columns[i]
		at, err := names.find(c.Name)
		if err != nil {
			return nil, err
		}
		if at < 0 {
			return nil, names.missing("column", c.Name)
		}
		cell := newEncoding(at, feature, c.Kind, c.Categories, "category")
		cell.fill = c.Fill
		if c.Value != nil {
			cell.value = *c.Value
		}
		feature += c.Width()
		if c.Indicator {
			cell.flag = feature - 1
		}
		e.drops = e.drops || c.Fill == Drop
		e.cells = append(e.cells, cell)
	}
	if err := e.findTarget(names); err != nil {
		return nil, err
	}
	var used []int
	for i := range e.cells {
		used = append(used, e.cells[i].cell)
	}
	if e.target != nil {
		used = append(used, e.target.cell)
	}
	return e, rows.Use(used)
}

func (e *encoder) findTarget(names *names) error {
	t := e.schema.Target
	if t == nil || e.limits.Predict {
		return nil
	}
	at, err := names.find(t.Name)
	if err != nil || at < 0 {
		return err
	}
	kind := Numeric
	if e.schema.classification() {
		kind, e.set.Classes = Index, t.Classes
	}
	target := newEncoding(at, 0, kind, t.Classes, "class")
	target.fill = t.Fill
	e.drops = e.drops || t.Fill == Drop
	e.target, e.set.Targets = &target, []string{t.Name}
	return nil
}

func newEncoding(cell, feature int, kind Kind, categories []string, what string) encoding {
	e := encoding{cell: cell, feature: feature, kind: kind, texts: categories, what: what, value: math.NaN(), flag: -1}
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
	d := e.limits.DType
	e.set.X = tensor.New(d, n, e.schema.Width())
	switch {
	case e.target == nil:
	case e.target.kind == Index:
		e.set.Y = tensor.New(tensor.Int32, n)
	default:
		e.set.Y = tensor.New(d, n, 1)
	}
}

// next goes to the next row that is kept.
func (e *encoder) next() error {
	for {
		if err := e.rows.Next(); err != nil {
			if err == io.EOF && e.rows.Row() == 0 {
				return &Error{File: e.rows.File(), Problem: "there are no rows after the header"}
			}
			return err
		}
		if !e.drops {
			return nil
		}
		at := e.missing()
		if at < 0 {
			return nil
		}
		if e.limits.Predict {
			return failCell(e.rows, at, "the cell is missing, and rows without it were dropped from training; fill it in")
		}
	}
}

// missing is the place of the row's first missing cell that drops it, or −1.
func (e *encoder) missing() int {
	for k := range e.cells {
		if c := &e.cells[k]; c.fill == Drop && e.gaps.at(e.rows, c.cell) {
			return c.cell
		}
	}
	if c := e.target; c != nil && c.fill == Drop && e.gaps.at(e.rows, c.cell) {
		return c.cell
	}
	return -1
}

// block is the next block, or io.EOF. A table without rows is an error.
func (e *encoder) block() (*data.Set, error) {
	if e.set.X == nil || e.set.Len() != e.size {
		e.allocate(e.size)
	}
	clear(e.set.X.Raw())
	for i := range e.size {
		err := e.next()
		switch {
		case err == io.EOF && i == 0:
			return nil, io.EOF
		case err == io.EOF:
			return e.shorten(i), nil
		case err != nil:
			return nil, err
		}
		if err := e.row(i); err != nil {
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

// row stores the row as example i of the block, whose features are zero.
func (e *encoder) row(i int) error {
	width := e.set.X.Shape()[1]
	for k := range e.cells {
		c := &e.cells[k]
		v, known, err := e.cell(c)
		if err != nil {
			return err
		}
		at := i*width + c.feature
		switch {
		case !known && c.value != c.value: // Complete will know
			e.set.X.SetAt(at, c.value)
		case c.kind == OneHot:
			e.set.X.SetAt(at+int(v), 1)
		default:
			if err := e.store(c, e.set.X, at, v); err != nil {
				return err
			}
		}
		if !known && c.flag >= 0 {
			e.set.X.SetAt(i*width+c.flag, 1)
		}
	}
	if e.target == nil {
		return nil
	}
	v, _, err := e.cell(e.target)
	if err != nil {
		return err
	}
	return e.store(e.target, e.set.Y, i, v)
}

// cell is the number of a cell, or of its category, or what a missing one is
// filled with.
func (e *encoder) cell(c *encoding) (v float64, known bool, err error) {
	if c.kind == Numeric && !e.gaps.numbers {
		if v, ok := e.rows.Number(c.cell); ok && v == v {
			return v, true, nil
		}
	} else if c.kind != Numeric {
		if v, ok := c.number[e.rows.Text(c.cell)]; ok {
			return float64(v), true, nil
		}
	}
	if e.gaps.at(e.rows, c.cell) {
		switch c.fill {
		case Mean, Median, Mode:
			return c.value, false, nil
		}
		return 0, false, failCell(e.rows, c.cell, "the cell is missing (%s), and the column was to have none; fill it in, or train with a way to fill missing cells", whyMissing(e.rows.Text(c.cell)))
	}
	if c.kind == Numeric {
		if v, ok := e.rows.Number(c.cell); ok {
			return v, true, nil
		}
		return 0, false, failCell(e.rows, c.cell, "%s is not a number", Quote(e.rows.Text(c.cell)))
	}
	text := e.rows.Text(c.cell)
	return 0, false, failCell(e.rows, c.cell, "the %s %s was not among those trained on; %s",
		c.what, Quote(text), suggest.Hint(text, c.texts))
}

// store puts v in its place, if the array's type holds it.
func (e *encoder) store(c *encoding, a *tensor.Array, at int, v float64) error {
	a.SetAt(at, v)
	if s := a.At(at); s-s != 0 {
		cure := ""
		if v-v == 0 {
			cure = "; float64 would hold it (dtype)"
		}
		return failCell(e.rows, c.cell, "%s is outside the range of %v%s", Quote(e.rows.Text(c.cell)), a.DType(), cure)
	}
	return nil
}
