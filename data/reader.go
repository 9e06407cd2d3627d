package data

import (
	"errors"
	"fmt"
	"iter"

	"github.com/godescent/descent/tensor"
)

// Reader reads single rows of a source into memory of the caller's: fast where
// they ascend or the source can start at any row, else by starting again.
type Reader struct{ puller }

// NewReader is a reader of a source. A Reader serves one goroutine; the source may
// have others.
func NewReader(src Source) (*Reader, error) {
	r := &Reader{puller{src: src, size: readerBlock}}
	if s, ok := src.(RowSource); ok {
		_, seekable, err := s.Count()
		if err != nil {
			return nil, err
		}
		r.seekable = seekable
	}
	return r, nil
}

// readerBlock is how many rows are read at a time.
const readerBlock = 256

// Read makes the first rows of a set those that indices name, in their order. The
// set has room for them, and the types and shapes of the source's rows.
func (r *Reader) Read(to *Set, indices []int32) error {
	for i, row := range indices {
		if err := r.readRow(to, i, row); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reader) readRow(to *Set, i int, row int32) error {
	if row < 0 {
		return fmt.Errorf("%s: row %d at position %d of the rows to read", to.Name, row, i)
	}
	block, k, err := r.row(int(row))
	if err != nil {
		return err
	}
	return to.CopyRow(i, block, k)
}

// Close ends the reading.
func (r *Reader) Close() { r.close() }

// Like is a set for n rows of a source.
func Like(src Source, n int) (*Set, error) {
	set, err := example(src)
	if err != nil {
		return nil, err
	}
	return set.like(n), nil
}

// like is a set for n rows as the set's own.
func (s *Set) like(n int) *Set {
	set := *s
	set.X = likeRows(s.X, n)
	if s.Y != nil {
		set.Y = likeRows(s.Y, n)
	}
	return &set
}

// example is a source's first row.
func example(src Source) (*Set, error) {
	for block, err := range src.Blocks(1) {
		if err != nil {
			return nil, err
		}
		if block.X == nil || block.X.Shape().Rank() < 2 || block.Width() == 0 {
			return nil, fmt.Errorf("%s: X must be [N, features...]", block.Name)
		}
		one := *block // what the source fills anew is not needed
		return &one, nil
	}
	return nil, errors.New("the source has no examples")
}

func exampleBytes(one *Set) int64 {
	n := int64(len(one.X.Raw()) / one.Len())
	if one.Y != nil {
		n += int64(len(one.Y.Raw()) / one.Len())
	}
	return n
}

// count is the number of rows of a source, and whether it can start at any.
func count(src Source) (int, bool, error) {
	if r, ok := src.(RowSource); ok {
		return r.Count()
	}
	n := 0
	for block, err := range src.Blocks(256) {
		if err != nil {
			return 0, false, err
		}
		n += block.Len()
	}
	return n, false, nil
}

// CopyRow makes row i that of another set, which has the same types and shapes.
func (s *Set) CopyRow(i int, from *Set, k int) error {
	for _, a := range []struct{ to, from *tensor.Array }{{s.X, from.X}, {s.Y, from.Y}} {
		if a.to == nil && a.from == nil {
			continue
		}
		if a.to == nil || a.from == nil || a.to.DType() != a.from.DType() || !a.to.Shape()[1:].Equal(a.from.Shape()[1:]) {
			return fmt.Errorf("%s: its blocks differ in what they hold", from.Name)
		}
		size := width(a.to) * a.to.DType().Size()
		copy(a.to.Raw()[i*size:(i+1)*size], a.from.Raw()[k*size:])
	}
	return nil
}

// puller gives single rows of a source, best in ascending order.
type puller struct {
	src      Source
	seekable bool
	size     int // rows of a block
	next     func() (*Set, error, bool)
	stop     func()
	block    *Set
	first    int // the row that block starts with
	end      int // the row after it
}

// row is a block and the place of a row in it.
func (p *puller) row(r int) (*Set, int, error) {
	for p.next == nil || r < p.first || r >= p.end {
		if p.next == nil || r < p.first || p.seekable && r >= p.end+p.size {
			p.start(r)
		}
		block, err, ok := p.next()
		switch {
		case !ok:
			p.close()
			return nil, 0, fmt.Errorf("the source ended before row %d; did it change while it was read?", r)
		case err != nil:
			p.close()
			return nil, 0, err
		}
		p.block, p.first, p.end = block, p.end, p.end+block.Len()
	}
	return p.block, r - p.first, nil
}

// start goes to a row, or the first.
func (p *puller) start(r int) {
	p.close()
	p.first, p.end = 0, 0
	if s, ok := p.src.(RowSource); ok && p.seekable {
		p.first, p.end = r, r
		p.next, p.stop = iter.Pull2(s.BlocksFrom(r, p.size))
		return
	}
	p.next, p.stop = iter.Pull2(p.src.Blocks(p.size))
}

func (p *puller) close() {
	if p.stop != nil {
		p.stop()
	}
	p.next, p.stop, p.block = nil, nil, nil
}

// Part is some rows of a source, ascending, as a source: what is fitted to the
// training part of a source that does not fit into memory is fitted to it.
func Part(src Source, rows []int32) Source { return part{src, rows} }

type part struct {
	src  Source
	rows []int32
}

// Blocks implements Source.
func (p part) Blocks(size int) iter.Seq2[*Set, error] {
	return func(yield func(*Set, error) bool) {
		first, err := example(p.src)
		if err == nil && size < 1 {
			err = fmt.Errorf("%s: blocks of %d rows; at least 1 is needed", first.Name, size)
		}
		if err != nil {
			yield(nil, err)
			return
		}
		from, err := NewReader(p.src)
		if err != nil {
			yield(nil, err)
			return
		}
		defer from.Close()
		var block *Set
		for rows := p.rows; len(rows) > 0; rows = rows[min(size, len(rows)):] {
			n := min(size, len(rows))
			if block == nil || block.Len() != n {
				block = first.like(n)
			}
			err := from.Read(block, rows[:n])
			if !yield(block, err) || err != nil {
				return
			}
		}
	}
}
