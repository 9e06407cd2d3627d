package data

import (
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"time"

	"github.com/godescent/descent/tensor"
)

// RowSource is a Source that can start at any row.
type RowSource interface {
	Source

	// Count is the number of rows, and whether BlocksFrom takes about as long as
	// the rows that it gives: if not, it passes over all before them.
	Count() (rows int, seekable bool, err error)
	// BlocksFrom is Blocks from a row on.
	BlocksFrom(row, size int) iter.Seq2[*Set, error]
}

var _ RowSource = (*Set)(nil)

// Count implements RowSource.
func (s *Set) Count() (rows int, seekable bool, err error) { return s.Len(), true, nil }

// FileRows are the rows of an array that lies in a file as it would in memory.
type FileRows struct {
	Name      string // the file, as errors print it
	DType     tensor.DType
	Shape     tensor.Shape
	BigEndian bool // the elements' bytes are the other way round
	Offset    int64
	File      io.ReaderAt
	// Opened is what the file was when its header was read: one that is written to or cut
	// since then is an error. nil is a file that nobody else knows.
	Opened fs.FileInfo
}

// Read fills a with rows from a row on.
func (f *FileRows) Read(row int, a *tensor.Array) error {
	want := f.Shape.Clone()
	want[0] = a.Shape()[0]
	if a.DType() != f.DType || !a.Shape().Equal(want) || row < 0 || row+want[0] > f.Shape[0] {
		return fmt.Errorf("%s: cannot read %d rows from row %d of %v %v into %v %v", f.Name, want[0], row, f.DType, f.Shape, a.DType(), a.Shape())
	}
	if err := f.same(); err != nil {
		return err
	}
	size := int64(f.Shape[1:].Size() * f.DType.Size())
	b := a.Raw()
	at := f.Offset + int64(row)*size
	if n, err := f.File.ReadAt(b, at); n < len(b) {
		if err == io.EOF {
			return fmt.Errorf("%s: byte %d: the file ends here, in row %d of %d", f.Name, at+int64(n), int64(row)+int64(n)/max(1, size), f.Shape[0])
		}
		return fmt.Errorf("%s: byte %d: %w", f.Name, at+int64(n), err)
	}
	swap(b, f.DType.Size(), f.BigEndian)
	return nil
}

// same is nil if the file is what it was.
func (f *FileRows) same() error {
	file, ok := f.File.(interface{ Stat() (fs.FileInfo, error) })
	if f.Opened == nil || !ok {
		return nil
	}
	now, err := file.Stat()
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", f.Name, err)
	case now.Size() != f.Opened.Size():
		return fmt.Errorf("%s: the file changed while it was read: it had %d bytes and has %d", f.Name, f.Opened.Size(), now.Size())
	case !now.ModTime().Equal(f.Opened.ModTime()):
		return fmt.Errorf("%s: the file changed while it was read: it was written to at %s", f.Name, now.ModTime().Format(time.TimeOnly))
	}
	return nil
}

// swap turns elements of another byte order into the machine's, in place.
func swap(b []byte, size int, big bool) {
	one := [2]byte{1, 0}
	if machine := binary.NativeEndian.Uint16(one[:]) != 1; size == 1 || machine == big {
		return
	}
	for i := 0; i+size <= len(b); i += size {
		for j := range size / 2 {
			b[i+j], b[i+size-1-j] = b[i+size-1-j], b[i+j]
		}
	}
}

// Source is the set of the examples x, read a block at a time, and their targets
// y, which are in memory, or nil: Set for arrays larger than memory.
func (a Arrays) Source(x *FileRows, y *tensor.Array) (RowSource, error) {
	if x.Shape.Rank() == 0 || x.Shape[0] == 0 {
		return nil, fmt.Errorf("%s: the examples are %v; [N, ...] is wanted", x.Name, x.Shape)
	}
	first := likeShape(x.DType, x.Shape, 1)
	if err := x.Read(0, first); err != nil {
		return nil, err
	}
	// The targets are judged and converted at once, the examples by the first.
	row, err := a.examples(first)
	if err != nil {
		return nil, err
	}
	set := &Set{Name: a.Name, X: row}
	if y != nil {
		if y.Shape().Rank() == 0 || y.Shape()[0] != x.Shape[0] {
			return nil, fmt.Errorf("%s: the examples are %v and the targets %v; both must have one row an example", a.Name, x.Shape, y.Shape())
		}
		if err := a.targets(set, y); err != nil {
			return nil, err
		}
	}
	return &arraySource{a, x, set}, nil
}

func likeShape(d tensor.DType, s tensor.Shape, n int) *tensor.Array {
	shape := s.Clone()
	shape[0] = n
	return tensor.New(d, shape...)
}

type arraySource struct {
	arrays Arrays
	x      *FileRows
	set    *Set // one example, and all targets
}

func (s *arraySource) Count() (int, bool, error) { return s.x.Shape[0], true, nil }

func (s *arraySource) Blocks(rows int) iter.Seq2[*Set, error] { return s.BlocksFrom(0, rows) }

func (s *arraySource) BlocksFrom(row, size int) iter.Seq2[*Set, error] {
	return func(yield func(*Set, error) bool) {
		if size < 1 {
			yield(nil, fmt.Errorf("%s: blocks of %d rows; at least 1 is needed", s.arrays.Name, size))
			return
		}
		block := *s.set
		var raw *tensor.Array
		for n := s.x.Shape[0]; row < n; row += size {
			k := min(size, n-row)
			if raw == nil || raw.Shape()[0] != k {
				raw = likeShape(s.x.DType, s.x.Shape, k)
				if s.set.Y != nil {
					block.Y = likeRows(s.set.Y, k)
				}
			}
			err := s.x.Read(row, raw)
			if err == nil {
				block.X, err = s.arrays.examples(raw)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if s.set.Y != nil {
				copyRows(block.Y, s.set.Y, row)
			}
			if !yield(&block, nil) {
				return
			}
		}
	}
}
