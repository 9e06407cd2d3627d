// Package idx reads and writes IDX files, the format of MNIST: a magic number
// that names the element type and the number of axes, the axes, then the
// elements, all big-endian. Files compressed by gzip are recognised by their
// first bytes.
//
//	offset  bytes  what
//	0       2      0
//	2       1      element type: 08 uint8, 09 int8, 0B int16, 0C int32,
//	               0D float32, 0E float64
//	3       1      number of axes R
//	4       4R     each axis, the outermost first
//	4+4R    ...    the elements, row-major
//
// Source: the description on the MNIST database's page by Y. LeCun, C. Cortes
// and C. J. C. Burges.
package idx

import (
	"fmt"

	"github.com/godescent/descent/tensor"
)

// code is an element type as the third byte of a file names it.
type code struct {
	value byte
	name  string
	size  int          // bytes of an element in the file
	dtype tensor.DType // what it is read as
}

// codes is every element type of the format. The two that tensor lacks are
// widened to int32.
var codes = [...]code{
	{0x08, "uint8", 1, tensor.Uint8},
	{0x09, "int8", 1, tensor.Int32},
	{0x0b, "int16", 2, tensor.Int32},
	{0x0c, "int32", 4, tensor.Int32},
	{0x0d, "float32", 4, tensor.Float32},
	{0x0e, "float64", 8, tensor.Float64},
}

func codeOf(value byte) (code, bool) {
	for _, c := range codes {
		if c.value == value {
			return c, true
		}
	}
	return code{}, false
}

// Error is a file that is not what the format says.
type Error struct {
	File    string // as the reader was told, or ""
	Offset  int64  // where it went wrong, in bytes of the file or of what it unpacks to
	Packed  bool   // the file is compressed and Offset counts unpacked bytes
	Problem string // what was found and what was expected
	Err     error  // the cause, if another package reported one
}

func (e *Error) Error() string {
	name := e.File
	if name == "" {
		name = "idx"
	}
	unpacked := ""
	if e.Packed {
		unpacked = " (uncompressed)"
	}
	return fmt.Sprintf("%s: byte %d%s: %s", name, e.Offset, unpacked, e.Problem)
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }
