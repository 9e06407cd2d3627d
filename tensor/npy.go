package tensor

import (
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	npyMagic = "\x93NUMPY"

	// maxNpyHeader bounds the header, which for at most MaxRank axes needs a few
	// hundred bytes.
	maxNpyHeader = 1 << 20

	// npyAlign is what NumPy aligns the start of the data to.
	npyAlign = 64

	// npyGrowth is the width NumPy leaves for the first axis, so that a file can
	// be appended to in place.
	npyGrowth = 21
)

// npyTypes are the element types and what NumPy calls them behind the byte order.
var npyTypes = [...]struct {
	name  string
	dtype DType
}{
	{"f4", Float32},
	{"f8", Float64},
	{"i4", Int32},
	{"i8", Int64},
	{"u1", Uint8},
}

// WriteNpy writes a in NumPy's .npy format, version 1.0, little-endian and in C
// order, with the bytes that NumPy itself writes:
//
//	6 bytes   "\x93NUMPY", then the version 1, 0
//	2 bytes   length of the header, little-endian
//	          "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", padded with
//	          spaces and a line feed so that the data start at a multiple of 64
//	          the elements
//
// Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
func WriteNpy(w io.Writer, a *Array) error {
	descr := ""
	for _, t := range npyTypes {
		if t.dtype == a.dtype {
			descr = "<" + t.name
		}
	}
	switch descr {
	case "":
		return fmt.Errorf("npy: the format has no name for element type %v", a.dtype)
	case "<u1":
		descr = "|u1" // a byte has no order
	}
	dict := "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + pythonTuple(a.shape) + ", }"
	if len(a.shape) > 0 {
		dict += strings.Repeat(" ", npyGrowth-len(strconv.Itoa(a.shape[0])))
	}
	before := len(npyMagic) + 2 + 2 + len(dict) + 1
	dict += strings.Repeat(" ", npyAlign-before%npyAlign) + "\n" // a full 64 if nothing is missing, as NumPy does
	header := append([]byte(npyMagic), 1, 0)
	header = binary.LittleEndian.AppendUint16(header, uint16(len(dict)))
	if _, err := w.Write(append(header, dict...)); err != nil {
		return fmt.Errorf("npy: writing the header: %w", err)
	}
	if _, err := w.Write(a.LittleEndian()); err != nil {
		return fmt.Errorf("npy: writing the elements: %w", err)
	}
	return nil
}

// pythonTuple spells s as Python does: (), (3,), (3, 4).
func pythonTuple(s Shape) string {
	var b strings.Builder
	b.WriteByte('(')
	for i, d := range s {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.Itoa(d))
	}
	if len(s) == 1 {
		b.WriteByte(',')
	}
	b.WriteByte(')')
	return b.String()
}

// ReadNpy reads one array of a .npy file of the given size, versions 1.0 and
// 2.0, elements f4, f8, i4, i8 and u1 in either byte order. An array stored in
// Fortran order is transposed into row-major memory: its shape and its elements
// stay what NumPy shows. It allocates no more than twice what the file is long.
func ReadNpy(r io.ReaderAt, size int64) (*Array, error) {
	h, err := ReadNpyHeader(r, size)
	if err != nil {
		return nil, err
	}
	a := New(h.DType, h.Shape...)
	if err := readElements(r, h.Offset, a); err != nil {
		return nil, fmt.Errorf("npy: %w", err)
	}
	if h.BigEndian {
		reverseElements(a.data, h.DType.Size())
	}
	if h.Fortran {
		a = rowMajor(a)
	}
	return a, nil
}

// readNpyHeader returns the header's text and where the data start.
func readNpyHeader(r io.ReaderAt, size int64) (string, int64, error) {
	var start [12]byte
	n := min(size, int64(len(start)))
	if err := readAt(r, start[:n], 0); err != nil {
		return "", 0, fmt.Errorf("reading the first %d bytes: %w", n, err)
	}
	if n < 8 || string(start[:6]) != npyMagic {
		return "", 0, fmt.Errorf("does not start with \\x93NUMPY and a version; not a .npy file")
	}
	var length, begin int64
	switch major, minor := start[6], start[7]; {
	case major == 1 && minor == 0:
		begin, length = 10, int64(binary.LittleEndian.Uint16(start[8:]))
	case major == 2 && minor == 0:
		begin, length = 12, int64(binary.LittleEndian.Uint32(start[8:]))
	default:
		return "", 0, fmt.Errorf("format version %d.%d is not supported; 1.0 and 2.0 are", major, minor)
	}
	if length > maxNpyHeader {
		return "", 0, fmt.Errorf("a header of %d bytes; at most %d are allowed", length, maxNpyHeader)
	}
	if begin+length > size {
		return "", 0, fmt.Errorf("a header of %d bytes in a file of %d; it is truncated", length, size)
	}
	text := make([]byte, length)
	if err := readAt(r, text, begin); err != nil {
		return "", 0, fmt.Errorf("reading the header: %w", err)
	}
	return string(text), begin + length, nil
}

type npyHeader struct {
	dtype        DType
	shape        Shape
	big, fortran bool
}

// npyScanner reads the Python literal of a header.
type npyScanner struct {
	rest string
}

// parseNpyHeader reads a dict with exactly the keys descr, fortran_order and shape.
func parseNpyHeader(text string) (npyHeader, error) {
	var h npyHeader
	s := &npyScanner{text}
	if !s.take("{") {
		return h, fmt.Errorf("wants a dict")
	}
	seen := map[string]bool{}
	for !s.take("}") {
		key, err := s.quoted()
		if err != nil {
			return h, fmt.Errorf("a key: %w", err)
		}
		if seen[key] {
			return h, fmt.Errorf("key %q twice", key)
		}
		seen[key] = true
		if !s.take(":") {
			return h, fmt.Errorf("wants a colon behind %q", key)
		}
		switch key {
		case "descr":
			h.dtype, h.big, err = s.descr()
		case "fortran_order":
			h.fortran, err = s.boolean()
		case "shape":
			h.shape, err = s.tuple()
		default:
			err = fmt.Errorf("unknown; descr, fortran_order and shape are known")
		}
		if err != nil {
			return h, fmt.Errorf("%s: %w", key, err)
		}
		if !s.take(",") && !strings.HasPrefix(s.rest, "}") {
			return h, fmt.Errorf("wants a comma or the dict's end behind %s", key)
		}
	}
	if strings.Trim(s.rest, " \n") != "" {
		return h, fmt.Errorf("%q behind the dict", s.rest)
	}
	if len(seen) != 3 {
		return h, fmt.Errorf("needs descr, fortran_order and shape")
	}
	return h, h.shape.Check()
}

// take skips spaces and consumes t if it comes next.
func (s *npyScanner) take(t string) bool {
	s.rest = strings.TrimLeft(s.rest, " ")
	rest, ok := strings.CutPrefix(s.rest, t)
	s.rest = rest
	return ok
}

// quoted reads 'text' or "text", without escapes.
func (s *npyScanner) quoted() (string, error) {
	for _, q := range []string{"'", `"`} {
		if !s.take(q) {
			continue
		}
		text, rest, ok := strings.Cut(s.rest, q)
		if !ok || strings.ContainsAny(text, "\\\n") {
			return "", fmt.Errorf("wants a plain quoted string")
		}
		s.rest = rest
		return text, nil
	}
	return "", fmt.Errorf("wants a quoted string")
}

// descr reads '<f4' and the like; big tells whether the elements must be swapped.
func (s *npyScanner) descr() (d DType, big bool, err error) {
	if s.take("[") {
		return Invalid, false, fmt.Errorf("an array of records is not supported; save each field by itself")
	}
	text, err := s.quoted()
	if err != nil {
		return Invalid, false, err
	}
	for _, t := range npyTypes {
		order, ok := strings.CutSuffix(text, t.name)
		switch {
		case !ok:
		case order == "<", order == "|" && t.dtype.Size() == 1:
			return t.dtype, false, nil
		case order == ">":
			return t.dtype, true, nil
		}
	}
	return Invalid, false, fmt.Errorf("%q is not supported; f4, f8, i4, i8 and u1 are (convert with astype)", text)
}

func (s *npyScanner) boolean() (bool, error) {
	switch {
	case s.take("True"):
		return true, nil
	case s.take("False"):
		return false, nil
	}
	return false, fmt.Errorf("wants True or False")
}

// tuple reads (), (3,) or (3, 4).
func (s *npyScanner) tuple() (Shape, error) {
	if !s.take("(") {
		return nil, fmt.Errorf("wants a tuple")
	}
	shape := Shape{}
	for comma := true; !s.take(")"); comma = s.take(",") {
		digits := len(s.rest) - len(strings.TrimLeft(s.rest, "0123456789"))
		n, err := strconv.ParseInt(s.rest[:digits], 10, strconv.IntSize)
		if !comma || err != nil {
			return nil, fmt.Errorf("wants integers with commas between them, each in 0..2^%d-1", strconv.IntSize-1)
		}
		shape = append(shape, int(n))
		s.rest = s.rest[digits:]
	}
	return shape, nil
}

// rowMajor reorders a's elements, which lie with the first axis fastest.
func rowMajor(a *Array) *Array {
	if len(a.shape) < 2 || a.Size() == 0 {
		return a
	}
	out := New(a.dtype, a.shape...)
	size := a.dtype.Size()
	// strides[i] is how far apart, in bytes of a, neighbours along axis i lie.
	strides := make([]int, len(a.shape))
	n := size
	for i, d := range a.shape {
		strides[i] = n
		n *= d
	}
	index := make([]int, len(a.shape))
	from := 0
	for to := 0; to < len(out.data); to += size {
		copy(out.data[to:to+size], a.data[from:from+size])
		for i := len(index) - 1; i >= 0; i-- {
			index[i]++
			from += strides[i]
			if index[i] < a.shape[i] {
				break
			}
			from -= index[i] * strides[i]
			index[i] = 0
		}
	}
	return out
}

// NpyHeader is what the header of a .npy file says of the elements behind it.
type NpyHeader struct {
	DType     DType
	Shape     Shape
	BigEndian bool  // their bytes are the wrong way round
	Fortran   bool  // the first axis runs fastest
	Offset    int64 // where they start
}

// ReadNpyHeader reads the header alone, for files that are read in parts. The
// elements that it promises fill the rest of the size bytes.
func ReadNpyHeader(r io.ReaderAt, size int64) (NpyHeader, error) {
	text, start, err := readNpyHeader(r, size)
	if err != nil {
		return NpyHeader{}, fmt.Errorf("npy: %w", err)
	}
	h, err := parseNpyHeader(text)
	if err != nil {
		return NpyHeader{}, fmt.Errorf("npy: header %q: %w", strings.TrimRight(text, " \n"), err)
	}
	if want := int64(h.shape.Size()) * int64(h.dtype.Size()); want != size-start {
		return NpyHeader{}, fmt.Errorf("npy: %v %v takes %d bytes; the file has %d behind its header", h.dtype, h.shape, want, size-start)
	}
	return NpyHeader{h.dtype, h.shape, h.big, h.fortran, start}, nil
}
