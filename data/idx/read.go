package idx

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip" // takes 70% of the standard library's time, and MNIST is unpacked at every start

	"github.com/godescent/descent/tensor"
)

// DefaultMaxBytes is the limit of Options that set none: 4 GiB.
const DefaultMaxBytes = 4 << 30

// Options are what a reader may be told.
type Options struct {
	Name     string // the file, as errors print it
	MaxBytes int64  // most memory for the elements; 0 is DefaultMaxBytes
}

const (
	// trusted is how much a stream of unknown length may claim without showing
	// anything; for a larger claim that much must arrive before the rest is
	// allocated.
	trusted = 16 << 20
	// ratio is the most that a byte of deflate can unpack to: 258 bytes by two
	// codes of one bit.
	ratio = 1032
)

// ReadFile reads the IDX file at path.
func ReadFile(path string) (*tensor.Array, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Read(f, Options{Name: path})
}

// Read reads one IDX file, plain or compressed by gzip, to its end. int8 and
// int16 elements become Int32, the others keep their type.
//
// Nothing is allocated on the word of the header alone: its claim must keep to
// Options.MaxBytes and be possible for what r holds, if r tells its length (a
// file, a bytes.Reader).
func Read(r io.Reader, o Options) (*tensor.Array, error) {
	s := &source{options: o, length: remaining(r)}
	if err := s.open(r); err != nil {
		return nil, err
	}
	return s.array()
}

const gzipMagic = "\x1f\x8b"

// array reads the whole file.
func (s *source) array() (*tensor.Array, error) {
	if s.options.MaxBytes <= 0 {
		s.options.MaxBytes = DefaultMaxBytes
	}
	c, shape, err := s.header()
	if err != nil {
		return nil, err
	}
	a, err := s.elements(c, shape)
	if err != nil {
		return nil, err
	}
	return a, s.end()
}

// remaining is how many bytes r still holds, or -1 if it does not tell.
func remaining(r io.Reader) int64 {
	switch r := r.(type) {
	case interface{ Len() int }:
		return int64(r.Len())
	case *os.File:
		info, err := r.Stat()
		if err != nil || !info.Mode().IsRegular() {
			return -1
		}
		at, err := r.Seek(0, io.SeekCurrent)
		if err != nil {
			return -1
		}
		return max(0, info.Size()-at)
	}
	return -1
}

// source is an opened file: its unpacked bytes and how many were read.
type source struct {
	options Options
	r       io.Reader
	offset  int64
	length  int64 // bytes of the file, or -1
	packed  bool
}

func (s *source) fail(format string, args ...any) error {
	return s.failAt(s.offset, nil, format, args...)
}

func (s *source) failAt(offset int64, cause error, format string, args ...any) error {
	return &Error{File: s.options.Name, Offset: offset, Packed: s.packed, Problem: fmt.Sprintf(format, args...), Err: cause}
}

// read fills b, the beginning of what is left bytes long.
func (s *source) read(b []byte, left int, what string) error {
	n, err := io.ReadFull(s.r, b)
	s.offset += int64(n)
	switch {
	case err == nil:
		return nil
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return s.failAt(s.offset, io.ErrUnexpectedEOF, "the file ends here, %d bytes before the end of %s", left-n, what)
	}
	return s.damaged(err)
}

func (s *source) damaged(err error) error {
	if s.packed {
		return s.failAt(s.offset, err, "the compressed data is damaged: %v", err)
	}
	return s.failAt(s.offset, err, "%v", err)
}

// open finds out whether the file is compressed.
func (s *source) open(r io.Reader) error {
	buffered := bufio.NewReaderSize(r, 1<<16)
	s.r = buffered
	first, err := buffered.Peek(2)
	switch {
	case len(first) == 0 && err == io.EOF:
		return s.fail("the file is empty; an IDX header was expected")
	case err != nil && err != io.EOF:
		return s.damaged(err)
	case string(first) != gzipMagic:
		return nil
	}
	s.packed = true
	z, err := gzip.NewReader(buffered)
	if err != nil {
		return s.damaged(err)
	}
	s.r = z
	return nil
}

// header reads the element type and the axes.
func (s *source) header() (code, tensor.Shape, error) {
	var magic [4]byte
	if err := s.read(magic[:], 4, "the magic number"); err != nil {
		return code{}, nil, err
	}
	c, ok := codeOf(magic[2])
	if magic[0] != 0 || magic[1] != 0 || !ok {
		return code{}, nil, s.failAt(0, nil,
			"the magic number is % x; IDX has 00 00, an element type (08, 09, 0b, 0c, 0d or 0e) and the number of axes", magic[:])
	}
	rank := int(magic[3])
	if rank > tensor.MaxRank {
		return code{}, nil, s.failAt(3, nil, "the header claims %d axes; at most %d are supported", rank, tensor.MaxRank)
	}
	shape := make(tensor.Shape, rank)
	var axis [4]byte
	for i := range shape {
		if err := s.read(axis[:], 4, fmt.Sprintf("axis %d of %d", i, rank)); err != nil {
			return code{}, nil, err
		}
		shape[i] = int(binary.BigEndian.Uint32(axis[:]))
	}
	return c, shape, s.checkSize(c, shape)
}

// checkSize refuses a shape that the limit or the file's length rules out.
func (s *source) checkSize(c code, shape tensor.Shape) error {
	width := max(c.size, c.dtype.Size())
	if err := shape.Check(); err != nil || int64(shape.Size()) > s.options.MaxBytes/int64(width) {
		return s.failAt(4, nil, "the header claims %v elements of %s; the limit is %d bytes of memory", shape, c.name, s.options.MaxBytes)
	}
	if s.length < 0 {
		return nil
	}
	claim := s.offset + int64(shape.Size())*int64(c.size)
	switch {
	case !s.packed && claim > s.length:
		return s.failAt(s.length, io.ErrUnexpectedEOF,
			"the file ends here, at byte %d of the %d that its header claims (%v of %s)", s.length, claim, shape, c.name)
	case s.packed && claim/ratio > s.length:
		return s.failAt(4, io.ErrUnexpectedEOF,
			"the header claims %v elements of %s; %d compressed bytes cannot hold that", shape, c.name, s.length)
	}
	return nil
}

// elements reads what the header announced.
func (s *source) elements(c code, shape tensor.Shape) (*tensor.Array, error) {
	size := shape.Size() * c.size
	what := fmt.Sprintf("the elements (%v of %s, %d bytes in all)", shape, c.name, size)
	var early []byte
	if s.length < 0 && size > trusted {
		early = make([]byte, trusted)
		if err := s.read(early, size, what); err != nil {
			return nil, err
		}
	}
	a := tensor.New(c.dtype, shape...)
	if c.size == c.dtype.Size() {
		raw := a.Raw()
		n := copy(raw, early)
		if err := s.read(raw[n:], size-n, what); err != nil {
			return nil, err
		}
		swap(raw, c.size)
		return a, nil
	}
	to := tensor.Slice[int32](a)
	to = widen(to, early, c.size)
	chunk := make([]byte, min(size-len(early), 1<<16))
	for len(to) > 0 {
		part := chunk[:min(len(chunk), len(to)*c.size)]
		if err := s.read(part, len(to)*c.size, what); err != nil {
			return nil, err
		}
		to = widen(to, part, c.size)
	}
	return a, nil
}

// swap turns big-endian elements into the machine's, in place.
func swap(b []byte, size int) {
	switch size {
	case 4:
		for i, to := 0, tensor.View[int32](b); i < len(to); i++ {
			to[i] = int32(binary.BigEndian.Uint32(b[4*i:]))
		}
	case 8:
		for i, to := 0, tensor.View[int64](b); i < len(to); i++ {
			to[i] = int64(binary.BigEndian.Uint64(b[8*i:]))
		}
	}
}

// widen stores the int8 or int16 elements in b and returns the rest of to.
func widen(to []int32, b []byte, size int) []int32 {
	n := len(b) / size
	for i := range n {
		if size == 1 {
			to[i] = int32(int8(b[i]))
		} else {
			to[i] = int32(int16(binary.BigEndian.Uint16(b[2*i:])))
		}
	}
	return to[n:]
}

// end makes sure that nothing follows, which also checks gzip's checksum.
func (s *source) end() error {
	var more [1]byte
	switch _, err := io.ReadFull(s.r, more[:]); err {
	case io.EOF:
		return nil
	case nil:
		return s.fail("bytes follow the last element; the file should end here")
	default:
		return s.damaged(err)
	}
}
