package idx

import (
	"fmt"
	"io"
	"os"

	"github.com/godescent/descent/data"
)

// OpenRows opens the IDX file at path to be read a block of rows at a time. The
// file must be plain, and its elements of a type that memory has: not int8 or
// int16. The caller closes it.
func OpenRows(path string) (*data.FileRows, io.Closer, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	rows, err := openRows(f, path)
	if err != nil {
		_ = f.Close() // it was only read
		return nil, nil, err
	}
	return rows, f, nil
}

func openRows(f *os.File, path string) (*data.FileRows, error) {
	s := &source{options: Options{Name: path, MaxBytes: 1 << 62}, length: remaining(f)}
	if err := s.open(f); err != nil {
		return nil, err
	}
	if s.packed {
		return nil, fmt.Errorf("%s: the file is compressed, so that reading cannot start at any row; unpack it", path)
	}
	c, shape, err := s.header()
	switch {
	case err != nil:
		return nil, err
	case c.size != c.dtype.Size():
		return nil, fmt.Errorf("%s: elements of %s are read as a whole only", path, c.name)
	case shape.Rank() == 0:
		return nil, fmt.Errorf("%s: the array is a single number; rows are wanted", path)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return &data.FileRows{Name: path, DType: c.dtype, Shape: shape, BigEndian: true, Offset: s.offset, File: f, Opened: info}, nil
}
