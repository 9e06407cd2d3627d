package data

import (
	"errors"
	"fmt"
	"iter"

	"github.com/godescent/descent/tensor"
)

// Source is where examples come from, in a fixed order and a block at a time,
// so that what is read may be larger than memory. A file format is one Source;
// a Set is one too.
type Source interface {
	// Blocks starts at the first example each time it is called and yields
	// blocks of the given number of rows, the last one shorter. Every block has
	// the same names, classes, types and row shapes. A block belongs to the
	// source, which may fill it anew for the next one: copy what must stay. An
	// error ends the sequence.
	Blocks(rows int) iter.Seq2[*Set, error]
}

var _ Source = (*Set)(nil)

// Blocks yields the set's examples in order, as Source says.
func (s *Set) Blocks(rows int) iter.Seq2[*Set, error] { return s.BlocksFrom(0, rows) }

// BlocksFrom implements RowSource.
func (s *Set) BlocksFrom(row, rows int) iter.Seq2[*Set, error] {
	return func(yield func(*Set, error) bool) {
		if rows < 1 {
			yield(nil, fmt.Errorf("%s: blocks of %d rows; at least 1 is needed", s.Name, rows))
			return
		}
		n := s.Len()
		block := *s
		for from := row; from < n; from += rows {
			k := min(rows, n-from)
			if from == row || k != rows {
				block.X = likeRows(s.X, k)
				if s.Y != nil {
					block.Y = likeRows(s.Y, k)
				}
			}
			copyRows(block.X, s.X, from)
			if s.Y != nil {
				copyRows(block.Y, s.Y, from)
			}
			if !yield(&block, nil) {
				return
			}
		}
	}
}

// copyRows fills dst with the rows of src that start at row from.
func copyRows(dst, src *tensor.Array, from int) {
	copy(dst.Raw(), src.Raw()[from*width(src)*src.DType().Size():])
}

// Collect reads a whole source into memory. It stops with an error as soon as
// the examples need more than limit bytes.
func Collect(src Source, limit int64) (*Set, error) {
	if s, ok := src.(*Set); ok {
		return s, nil
	}
	var parts []*Set
	var size int64
	n := 0
	for block, err := range src.Blocks(256) {
		if err != nil {
			return nil, err
		}
		size += int64(len(block.X.Raw()))
		if block.Y != nil {
			size += int64(len(block.Y.Raw()))
		}
		if size > limit {
			return nil, fmt.Errorf("%s: the examples need more than %d bytes of memory; raise the limit or stream them",
				block.Name, limit)
		}
		part := *block
		part.X = block.X.Clone()
		if block.Y != nil {
			part.Y = block.Y.Clone()
		}
		parts = append(parts, &part)
		n += part.Len()
	}
	if n == 0 {
		return nil, errors.New("the source has no examples")
	}
	all := *parts[0]
	all.X = likeRows(parts[0].X, n)
	if all.Y != nil {
		all.Y = likeRows(parts[0].Y, n)
	}
	x, y := all.X.Raw(), []byte(nil)
	if all.Y != nil {
		y = all.Y.Raw()
	}
	for i, p := range parts {
		x = x[copy(x, p.X.Raw()):]
		if all.Y != nil {
			y = y[copy(y, p.Y.Raw()):]
		}
		parts[i] = nil // the pieces go as they are joined
	}
	return &all, nil
}
