package tensor

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// hostIsLittle reports whether the machine stores the low byte first, as the
// file formats do.
var hostIsLittle = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// LittleEndian is a's memory with the low byte of each element first, as files hold
// it: the memory itself on most machines, a copy on the others.
func (a *Array) LittleEndian() []byte {
	if hostIsLittle {
		return a.data
	}
	b := slices.Clone(a.data)
	reverseElements(b, a.dtype.Size())
	return b
}

// SetLittleEndian fills a from as many bytes, the low byte of each element first. It
// panics if they are not as many: that is the caller's own broken invariant.
func (a *Array) SetLittleEndian(b []byte) {
	if len(b) != len(a.data) {
		panic(fmt.Sprintf("tensor: %d bytes are no %v%v", len(b), a.dtype, a.shape))
	}
	copy(a.data, b)
	if !hostIsLittle {
		reverseElements(a.data, a.dtype.Size())
	}
}

// reverseElements reverses the bytes of each element of the given size.
func reverseElements(b []byte, size int) {
	if size == 1 {
		return
	}
	for ; len(b) >= size; b = b[size:] {
		slices.Reverse(b[:size])
	}
}

// readElements fills a from the little-endian bytes at offset.
func readElements(r io.ReaderAt, offset int64, a *Array) error {
	if err := readAt(r, a.data, offset); err != nil {
		return fmt.Errorf("reading %d bytes at byte %d: %w", len(a.data), offset, err)
	}
	if !hostIsLittle {
		reverseElements(a.data, a.dtype.Size())
	}
	return nil
}

// readAt fills b from r; a file that ends before is an error that says so.
func readAt(r io.ReaderAt, b []byte, offset int64) error {
	n, err := r.ReadAt(b, offset)
	if n == len(b) {
		return nil
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}
