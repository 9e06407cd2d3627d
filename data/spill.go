package data

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"

	"github.com/godescent/descent/tensor"
)

// Spilled are the rows of a source in a temporary file, as they lie in memory: what
// takes work to read, such as a table of text, is read once, and from then on as fast
// as a disk gives numbers. Close removes the file, and so does the system if the process
// is killed.
type Spilled struct {
	like *Set // the first row, with names and classes
	x, y *FileRows
	n    int
	file [2]*os.File
}

var _ RowSource = (*Spilled)(nil)

// SpillError is a temporary file that could not be written.
type SpillError struct {
	Name   string // of the examples
	Folder string
	Bytes  int64 // written so far
	Err    error
}

func (e *SpillError) Error() string {
	err := e.Err
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		err = p.Err
	}
	return fmt.Sprintf("%s: its examples are kept in a temporary file in %s, which failed after %d bytes: %v; name a folder with more room by TMPDIR",
		e.Name, e.Folder, e.Bytes, err)
}

// Unwrap is the cause.
func (e *SpillError) Unwrap() error { return e.Err }

// SpillFolder is where temporary files that may be large belong: the folder that
// TMPDIR names, else /var/tmp, which unlike /tmp is never a part of the memory, else the
// system's own.
func SpillFolder() string {
	if dir := os.Getenv("TMPDIR"); dir != "" || runtime.GOOS == "windows" {
		return os.TempDir()
	}
	if info, err := os.Stat("/var/tmp"); err == nil && info.IsDir() {
		return "/var/tmp"
	}
	return os.TempDir()
}

// Spill reads a source and writes its rows to files in a folder, "" for SpillFolder.
// See, if it is not nil, is shown every block.
func Spill(src Source, dir string, see func(*Set) error) (*Spilled, error) {
	if dir == "" {
		dir = SpillFolder()
	}
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
			s.like = block.like(1)
		}
		if err := s.append(block, dir); err != nil {
			return &SpillError{block.Name, dir, s.Bytes(), err}
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

// append writes a block behind the others.
func (s *Spilled) append(block *Set, dir string) (err error) {
	for i, a := range []*tensor.Array{block.X, block.Y} {
		if a == nil {
			continue
		}
		if s.file[i] == nil {
			name := filepath.Join(dir, fmt.Sprintf("descent-%d-%016x.rows", os.Getpid(), rand.Uint64()))
			if s.file[i], err = os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL|deleteOnClose, 0o600); err != nil {
				return err
			}
			_ = os.Remove(s.file[i].Name()) // it stays as long as it is open; elsewhere Close removes it
		}
		if _, err := s.file[i].Write(a.Raw()); err != nil {
			return err
		}
	}
	return nil
}

// Change rewrites the rows: every block is changed in place and written back where it was.
// Nobody else may be reading.
func (s *Spilled) Change(change func(*Set) error) error {
	row := 0
	for block, err := range s.Blocks(256) {
		if err == nil {
			err = change(block)
		}
		if err != nil {
			return err
		}
		for i, a := range []*tensor.Array{block.X, block.Y} {
			if a == nil {
				continue
			}
			b := a.Raw()
			if _, err := s.file[i].WriteAt(b, int64(row)*int64(len(b)/block.Len())); err != nil {
				return &SpillError{block.Name, filepath.Dir(s.file[i].Name()), s.Bytes(), err}
			}
		}
		row += block.Len()
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
