package table

import (
	"io"
	"iter"

	"github.com/godescent/descent/data"
)

// Source is a table as a source of blocks, encoded by a schema and read anew
// each time: for tables larger than memory.
type Source struct {
	schema *Schema
	open   Opener
	file   string
	limits Limits
	index  *index
}

// Source is the table that open gives as a source of blocks. A missing cell that
// is to be filled is NaN as long as the schema is not fitted.
func (s *Schema) Source(open Opener, file string, l Limits) *Source {
	return &Source{schema: s, open: open, file: file, limits: l}
}

// Read applies the schema to a table. Columns are found by name; those that the
// schema does not use may be there too. A table without the target column gives
// a Set without Y. A category or class that the schema does not have is an
// error.
func (s *Schema) Read(open Opener, file string, l Limits) (*data.Set, error) {
	l, err := l.withDefaults(file)
	if err != nil {
		return nil, err
	}
	set, err := data.Collect(s.Source(open, file, l), l.MaxBytes)
	if err == nil && set == nil {
		err = &Error{File: file, Problem: "there are no rows after the header"}
	}
	return set, err
}

// Blocks implements data.Source.
func (s *Source) Blocks(rows int) iter.Seq2[*data.Set, error] { return s.from(nil, 0, rows) }

// from yields blocks of up to size examples, from the mark on and after skipping
// some.
func (s *Source) from(at *Mark, skip, size int) iter.Seq2[*data.Set, error] {
	return func(yield func(*data.Set, error) bool) {
		rows, err := s.open(at)
		if err != nil {
			yield(nil, err)
			return
		}
		defer rows.Close()
		e, err := s.schema.encoder(rows, s.limits, size)
		for ; err == nil && skip > 0; skip-- {
			err = e.next()
		}
		if err != nil {
			if err != io.EOF {
				yield(nil, err)
			}
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

// every is how many rows lie between two marks of an index.
const every = 1024

// index is where a table's rows start.
type index struct {
	rows   int
	marks  []Mark // of every 1024th row
	marked bool   // the format has marks
}

// Count is the number of rows, found by reading the table once, and whether
// BlocksFrom is about as fast as its rows alone.
func (s *Source) Count() (rows int, seekable bool, err error) {
	if s.index == nil {
		if s.index, err = s.count(); err != nil {
			return 0, false, err
		}
	}
	return s.index.rows, s.index.marked, nil
}

func (s *Source) count() (*index, error) {
	rows, err := s.open(nil)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	e, err := s.schema.encoder(rows, s.limits, 1)
	if err != nil {
		return nil, err
	}
	x := &index{marked: true}
	for {
		mark, ok := rows.Mark()
		x.marked = x.marked && ok
		err := e.next()
		if err == io.EOF {
			return x, nil
		}
		if err != nil {
			return nil, err
		}
		if x.marked && x.rows%every == 0 {
			x.marks = append(x.marks, mark)
		}
		x.rows++
	}
}

// BlocksFrom is Blocks from a row on.
func (s *Source) BlocksFrom(row, size int) iter.Seq2[*data.Set, error] {
	if _, _, err := s.Count(); err != nil {
		return func(yield func(*data.Set, error) bool) { yield(nil, err) }
	}
	if k := row / every; s.index.marked && k < len(s.index.marks) {
		return s.from(&s.index.marks[k], row-k*every, size)
	}
	return s.from(nil, row, size)
}
