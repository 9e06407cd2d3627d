// Package npy reads NumPy's files: .npy, one array, and .npz, a zip archive of
// them as numpy.savez and savez_compressed write it. The format of an array is
// tensor.ReadNpy's.
//
// Nothing is allocated on a header's word alone: an array's must match what the
// file holds behind it, and what a member of an archive claims to unpack to must
// keep to the limit and be possible for its compressed bytes.
package npy

import (
	"archive/zip"
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/internal/suggest"
	"github.com/godescent/descent/tensor"
)

// DefaultMaxBytes is the limit where none is set: 4 GiB.
const DefaultMaxBytes = 4 << 30

// ratio is the most that a byte of deflate can unpack to: 258 bytes by two codes
// of one bit.
const ratio = 1032

// ReadFile reads the .npy file at path, which may hold up to maxBytes, or
// DefaultMaxBytes if that is 0.
func ReadFile(path string, maxBytes int64) (*tensor.Array, error) {
	f, size, err := open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return read(f, size, path, maxBytes)
}

func read(r io.ReaderAt, size int64, name string, maxBytes int64) (*tensor.Array, error) {
	if most := limit(maxBytes); size > most {
		return nil, fmt.Errorf("%s: an array of %d bytes; the limit is %d bytes of memory", name, size, most)
	}
	a, err := tensor.ReadNpy(r, size)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return a, nil
}

func limit(maxBytes int64) int64 {
	if maxBytes <= 0 {
		return DefaultMaxBytes
	}
	return maxBytes
}

func open(path string) (*os.File, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: it is not a file", path)
	}
	if err != nil {
		_ = f.Close() // nothing was read
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// OpenRows opens the .npy file at path to be read a block of rows at a time. The
// caller closes the file.
func OpenRows(path string) (*data.FileRows, io.Closer, error) {
	f, size, err := open(path)
	if err != nil {
		return nil, nil, err
	}
	h, err := tensor.ReadNpyHeader(f, size)
	var info fs.FileInfo
	if err == nil {
		info, err = f.Stat()
	}
	switch {
	case err != nil:
		err = fmt.Errorf("%s: %w", path, err)
	case h.Fortran && h.Shape.Rank() > 1:
		err = fmt.Errorf("%s: the array is stored in Fortran order, so that a row lies all over the file; save it in C order (numpy.ascontiguousarray)", path)
	case h.Shape.Rank() == 0:
		err = fmt.Errorf("%s: the array is a single number; rows are wanted", path)
	}
	if err != nil {
		_ = f.Close() // it was only read
		return nil, nil, err
	}
	return &data.FileRows{Name: path, DType: h.DType, Shape: h.Shape, BigEndian: h.BigEndian, Offset: h.Offset, File: f, Opened: info}, f, nil
}

// Archive is an .npz file.
type Archive struct {
	name     string
	maxBytes int64
	size     int64
	file     io.Closer
	r        io.ReaderAt
	members  map[string]*zip.File
	names    []string
}

// OpenArchive opens the .npz file at path, of which each array may take maxBytes,
// or DefaultMaxBytes if that is 0.
func OpenArchive(path string, maxBytes int64) (*Archive, error) {
	f, size, err := open(path)
	if err != nil {
		return nil, err
	}
	a, err := NewArchive(f, size, path, maxBytes)
	if err != nil {
		_ = f.Close() // it was only read
		return nil, err
	}
	a.file = f
	return a, nil
}

// NewArchive is the archive in r; the name is the file's, as errors print it.
func NewArchive(r io.ReaderAt, size int64, name string, maxBytes int64) (*Archive, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("%s: an .npz file is a zip archive: %w", name, err)
	}
	a := &Archive{name: name, maxBytes: limit(maxBytes), size: size, r: r, members: map[string]*zip.File{}}
	for _, m := range z.File {
		key, ok := strings.CutSuffix(m.Name, ".npy")
		if !ok {
			return nil, fmt.Errorf("%s: member %q is no .npy file", name, m.Name)
		}
		if a.members[key] != nil {
			return nil, fmt.Errorf("%s: member %q is there twice", name, m.Name)
		}
		a.members[key] = m
		a.names = append(a.names, key)
	}
	return a, nil
}

// Close closes the file.
func (a *Archive) Close() error {
	if a.file == nil {
		return nil
	}
	return a.file.Close()
}

// Names are the names of the arrays, in the archive's order.
func (a *Archive) Names() []string { return slices.Clone(a.names) }

// Read reads the array of that name, and the checksum over it.
func (a *Archive) Read(name string) (*tensor.Array, error) {
	m := a.members[name]
	if m == nil {
		return nil, fmt.Errorf("%s: there is no array %q; %s", a.name, name, suggest.Hint(name, a.names))
	}
	file := fmt.Sprintf("%s: %s", a.name, m.Name)
	size, packed := m.UncompressedSize64, m.CompressedSize64
	switch {
	case m.Flags&1 != 0:
		return nil, fmt.Errorf("%s: it is encrypted", file)
	case m.Method != zip.Store && m.Method != zip.Deflate:
		return nil, fmt.Errorf("%s: it is compressed by method %d; numpy stores or deflates", file, m.Method)
	case packed > uint64(a.size):
		return nil, fmt.Errorf("%s: it claims %d bytes of a file of %d", file, packed, a.size)
	case size > uint64(a.maxBytes):
		return nil, fmt.Errorf("%s: it claims to unpack to %d bytes; the limit is %d bytes of memory", file, size, a.maxBytes)
	case m.Method == zip.Store && size != packed, size/ratio > packed:
		return nil, fmt.Errorf("%s: it claims to unpack to %d bytes; %d compressed bytes cannot hold that", file, size, packed)
	}
	if m.Method == zip.Store {
		return a.stored(m, file)
	}
	r, err := m.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	defer r.Close()
	var b bytes.Buffer
	if n, err := io.Copy(&b, io.LimitReader(r, int64(size)+1)); err != nil || n != int64(size) {
		return nil, fmt.Errorf("%s: it unpacks to %d bytes of %d: %w", file, n, size, orShort(err))
	}
	return read(bytes.NewReader(b.Bytes()), int64(size), file, a.maxBytes)
}

func orShort(err error) error {
	if err == nil {
		return io.ErrUnexpectedEOF
	}
	return err
}

// stored reads a member where it lies, without a copy of it.
func (a *Archive) stored(m *zip.File, file string) (*tensor.Array, error) {
	at, err := m.DataOffset()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	body := io.NewSectionReader(a.r, at, int64(m.CompressedSize64))
	sum := crc32.NewIEEE()
	if _, err := io.Copy(sum, body); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if sum.Sum32() != m.CRC32 {
		return nil, fmt.Errorf("%s: %w", file, zip.ErrChecksum)
	}
	return read(body, body.Size(), file, a.maxBytes)
}
