package data

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"

	"github.com/godescent/descent/tensor"
)

// Spilled are the rows of a source in a temporary file, as they lie in memory: a
// source that cannot start at any row, such as a table of text, is read once, and from
// then on as fast as a disk gives numbers. Close removes the file.
type Spilled struct {
	like *Set // the first row, with names and classes
	x, y *FileRows
	n    int
	file [2]*os.File
}

var _ RowSource = (*Spilled)(nil)

// Spill reads a source and writes its rows to files in a folder, "" for the system's
// own for such files. See, if it is not nil, is shown every block.
func Spill(src Source, dir string, see func(*Set) error) (*Spilled, error) {
	s := &Spilled{}
	if err := s.write(src, dir, see); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Spilled) write(src Source, dir string, see func(*Set) error) error {
	for block, err := range src.Blocks(256) {
		if err == nil && see != nil {
			err = see(block)
		}
		if err != nil {
			return err
		}
		if s.like == nil {
			one := *block
			one.X = likeRows(block.X, 1)
			if block.Y != nil {
				one.Y = likeRows(block.Y, 1)
			}
			s.like = &one
		}
		for i, a := range []*tensor.Array{block.X, block.Y} {
			if a == nil {
				continue
			}
			if s.file[i] == nil {
				if s.file[i], err = os.CreateTemp(dir, "descent-*.rows"); err != nil {
					return err
				}
				// Where an open file needs no name, nothing is left even by a process that is killed.
				_ = os.Remove(s.file[i].Name())
			}
			if _, err := s.file[i].Write(a.Raw()); err != nil {
				return fmt.Errorf("%s: its rows are kept in a temporary file: %w", block.Name, err)
			}
		}
		s.n += block.Len()
	}
	if s.like == nil {
		return errors.New("the source has no examples")
	}
	s.x = s.rows(0, s.like.X)
	if s.like.Y != nil {
		s.y = s.rows(1, s.like.Y)
	}
	return nil
}

func (s *Spilled) rows(file int, like *tensor.Array) *FileRows {
	shape := like.Shape().Clone()
	shape[0] = s.n
	return &FileRows{Name: s.like.Name, DType: like.DType(), Shape: shape, File: s.file[file]}
}

// Bytes is the size of the files.
func (s *Spilled) Bytes() int64 { return int64(s.n) * exampleBytes(s.like) }

// Close removes the files.
func (s *Spilled) Close() error {
	var err error
	for i, f := range s.file {
		if f != nil {
			err = errors.Join(err, f.Close())
			if gone := os.Remove(f.Name()); !errors.Is(gone, fs.ErrNotExist) {
				err = errors.Join(err, gone)
			}
		}
		s.file[i] = nil
	}
	return err
}

// Count implements RowSource.
func (s *Spilled) Count() (rows int, seekable bool, err error) { return s.n, true, nil }

// Blocks implements Source.
func (s *Spilled) Blocks(rows int) iter.Seq2[*Set, error] { return s.BlocksFrom(0, rows) }

// BlocksFrom implements RowSource.
func (s *Spilled) BlocksFrom(row, size int) iter.Seq2[*Set, error] {
	return func(yield func(*Set, error) bool) {
		if size < 1 {
			yield(nil, fmt.Errorf("%s: blocks of %d rows; at least 1 is needed", s.like.Name, size))
			return
		}
		block := *s.like
		for n := 0; row < s.n; row += n {
			if k := min(size, s.n-row); k != n {
				n = k
				if block.X = likeRows(s.like.X, n); s.y != nil {
					block.Y = likeRows(s.like.Y, n)
				}
			}
			err := s.x.Read(row, block.X)
			if err == nil && s.y != nil {
				err = s.y.Read(row, block.Y)
			}
			if !yield(&block, err) || err != nil {
				return
			}
		}
	}
}
