package table

import (
	"fmt"
	"math"
	"slices"

	"github.com/godescent/descent/data"
)

// Fitted reports whether it is known what every missing cell becomes.
func (s *Schema) Fitted() bool {
	for i := range s.Columns {
		if c := &s.Columns[i]; c.fills() && c.Value == nil {
			return false
		}
	}
	return true
}

// Fit finds what missing cells become from the rows of set, as Read gave it,
// that indices name: the training part, or all rows if indices is nil. A column
// without any cell in these rows is an error. Columns that are fitted already
// are left alone.
func (s *Schema) Fit(set *data.Set, indices []int32) error {
	f, err := s.fitter(set, DefaultMaxBytes)
	if err != nil || f == nil {
		return err
	}
	if err := f.add(set, indices); err != nil {
		return fmt.Errorf("%s: %w", set.Name, err)
	}
	return f.finish(set.Name)
}

// FitSource is Fit over all rows of a source, a block at a time. A median, and
// the mode of numbers, need all of a column's numbers at once: they may take
// maxBytes, or DefaultMaxBytes if it is 0.
func (s *Schema) FitSource(src data.Source, maxBytes int64) error {
	if s.Fitted() {
		return nil
	}
	if maxBytes <= 0 {
		maxBytes = DefaultMaxBytes
	}
	var f *fitter
	name := ""
	for block, err := range src.Blocks(256) {
		if err != nil {
			return err
		}
		if name = block.Name; f == nil {
			if f, err = s.fitter(block, maxBytes); err != nil {
				return err
			}
		}
		if err := f.add(block, nil); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if f == nil {
		return fmt.Errorf("cannot say what missing cells become: the source has no rows")
	}
	return f.finish(name)
}

// Complete fills the missing cells of a set that was read before the schema was
// fitted.
func (s *Schema) Complete(set *data.Set) error {
	if err := s.fits(set); err != nil {
		return err
	}
	width, x := set.Width(), set.X
	for i, at := 0, 0; i < len(s.Columns); i++ {
		c := &s.Columns[i]
		for row := range set.Len() {
			if v := x.At(row*width + at); !c.fills() || v == v {
				continue
			}
			if c.Value == nil {
				return fmt.Errorf("%s: column %q: what a missing cell becomes is not known; fit the schema to the training part first", set.Name, c.Name)
			}
			if c.Kind == OneHot {
				x.SetAt(row*width+at, 0)
				x.SetAt(row*width+at+int(*c.Value), 1)
			} else {
				x.SetAt(row*width+at, *c.Value)
			}
		}
		at += c.Width()
	}
	return nil
}

// fits is nil if the set's features can be the schema's.
func (s *Schema) fits(set *data.Set) error {
	if set.X == nil || set.X.Shape().Rank() != 2 || set.Width() != s.Width() || !set.X.DType().IsFloat() {
		return fmt.Errorf("%s: examples of %d features are not those of the schema, which has %d", set.Name, set.Width(), s.Width())
	}
	return nil
}

// fitter gathers columns that are to be filled.
type fitter struct {
	schema  *Schema
	columns []*gathered
	room    int64 // numbers that may still be kept
}

// gathered is what is known of a column's cells.
type gathered struct {
	column  *Column
	at      int // its first feature
	n       int
	sum     float64
	numbers []float64 // for a median or mode of numbers
	counts  []int     // of categories
}

// fitter is what gathers for the columns that are not fitted, or nil if there
// are none.
func (s *Schema) fitter(set *data.Set, maxBytes int64) (*fitter, error) {
	if err := s.fits(set); err != nil {
		return nil, err
	}
	f := &fitter{schema: s, room: maxBytes / 8}
	for i, at := 0, 0; i < len(s.Columns); i++ {
		c := &s.Columns[i]
		if c.fills() && c.Value == nil {
			f.columns = append(f.columns, &gathered{column: c, at: at, counts: make([]int, len(c.Categories))})
		}
		at += c.Width()
	}
	if len(f.columns) == 0 {
		return nil, nil
	}
	return f, nil
}

func (f *fitter) add(set *data.Set, indices []int32) error {
	n, width := set.Len(), set.Width()
	rows := n
	if indices != nil {
		rows = len(indices)
	}
	for k := range rows {
		i := k
		if indices != nil {
			if i = int(indices[k]); i < 0 || i >= n {
				return fmt.Errorf("index %d at position %d is outside the %d rows", i, k, n)
			}
		}
		for _, g := range f.columns {
			if err := f.cell(g, set, i*width+g.at); err != nil {
				return err
			}
		}
	}
	return nil
}

// cell takes in the column's cell that starts at a place of X.
func (f *fitter) cell(g *gathered, set *data.Set, at int) error {
	v := set.X.At(at)
	if v != v {
		return nil
	}
	g.n++
	switch c := g.column; {
	case c.Kind == OneHot:
		for k := range c.Categories {
			if set.X.At(at+k) != 0 {
				g.counts[k]++
			}
		}
	case c.Kind == Index:
		g.counts[int(v)]++
	case c.Fill == Mean:
		g.sum += v
	default:
		if f.room--; f.room < 0 {
			return fmt.Errorf("column %q: its %s needs more memory than the limit for all its numbers at once; take the %s", c.Name, c.Fill, Mean)
		}
		g.numbers = append(g.numbers, v)
	}
	return nil
}

// finish puts what was found into the schema.
func (f *fitter) finish(file string) error {
	values := make([]float64, len(f.columns))
	for i, g := range f.columns {
		if g.n == 0 {
			return &Error{File: file, Column: g.column.Name, Problem: "every cell of the training part is missing; ignore the column"}
		}
		values[i] = g.value()
		if v := values[i]; v-v != 0 {
			return &Error{File: file, Column: g.column.Name, Problem: fmt.Sprintf("the %s of its numbers is too large", g.column.Fill)}
		}
	}
	for i, g := range f.columns {
		g.column.Value = &values[i]
	}
	return nil
}

func (g *gathered) value() float64 {
	switch {
	case g.column.Kind != Numeric:
		most := 0
		for k, n := range g.counts {
			if n > g.counts[most] {
				most = k
			}
		}
		return float64(most)
	case g.column.Fill == Mean:
		return g.sum / float64(g.n)
	}
	slices.Sort(g.numbers)
	if g.column.Fill == Median {
		mid := len(g.numbers) / 2
		if len(g.numbers)%2 == 1 {
			return g.numbers[mid]
		}
		a, b := g.numbers[mid-1], g.numbers[mid]
		return a + (b-a)/2 // cannot overflow where a + b does, if both are of one sign
	}
	value, best := math.NaN(), 0
	for i := 0; i < len(g.numbers); {
		j := i
		for j < len(g.numbers) && g.numbers[j] == g.numbers[i] {
			j++
		}
		if j-i > best {
			value, best = g.numbers[i], j-i
		}
		i = j
	}
	return value
}
