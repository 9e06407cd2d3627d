package tensor

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unsafe"
)

// DType is the type of an array's elements.
type DType uint8

// The element types. Comparisons yield 0 or 1 in the type of their operands,
// so there is no boolean type.
const (
	Invalid DType = iota
	Uint8
	Int32
	Int64
	Float32
	Float64
)

var dtypeNames = [...]string{"invalid", "uint8", "int32", "int64", "float32", "float64"}

func (d DType) String() string {
	if int(d) < len(dtypeNames) {
		return dtypeNames[d]
	}
	return "dtype" + strconv.Itoa(int(d))
}

// Size is the number of bytes of one element.
func (d DType) Size() int {
	switch d {
	case Uint8:
		return 1
	case Int32, Float32:
		return 4
	case Int64, Float64:
		return 8
	}
	return 0
}

// IsFloat reports whether d is a floating-point type.
func (d DType) IsFloat() bool { return d == Float32 || d == Float64 }

// Number is the set of Go types that stand for a DType.
type Number interface {
	uint8 | int32 | int64 | float32 | float64
}

// Float is the set of floating-point element types.
type Float interface{ float32 | float64 }

// TypeOf is the DType of T.
func TypeOf[T Number]() DType {
	var z T
	switch any(z).(type) {
	case uint8:
		return Uint8
	case int32:
		return Int32
	case int64:
		return Int64
	case float32:
		return Float32
	default:
		return Float64
	}
}

// MaxRank bounds the number of axes of a Shape.
const MaxRank = 8

// Shape is the length of each axis, the outermost first. The empty Shape is a
// scalar's.
type Shape []int

// Of spells a Shape: tensor.Of(128, 10).
func Of(dims ...int) Shape { return Shape(dims) }

// Size is the number of elements: the product of the axes.
func (s Shape) Size() int {
	n := 1
	for _, d := range s {
		n *= d
	}
	return n
}

// Rank is the number of axes.
func (s Shape) Rank() int { return len(s) }

// Equal reports whether both shapes have the same axes.
func (s Shape) Equal(t Shape) bool {
	if len(s) != len(t) {
		return false
	}
	for i, d := range s {
		if t[i] != d {
			return false
		}
	}
	return true
}

// Clone copies s.
func (s Shape) Clone() Shape { return append(Shape(nil), s...) }

// Strides are the row-major element strides of s.
func (s Shape) Strides() []int {
	st := make([]int, len(s))
	n := 1
	for i := len(s) - 1; i >= 0; i-- {
		st[i] = n
		n *= s[i]
	}
	return st
}

// String is the shape as errors print it: [128 10].
func (s Shape) String() string {
	var b strings.Builder
	b.WriteByte('[')
	for i, d := range s {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strconv.Itoa(d))
	}
	b.WriteByte(']')
	return b.String()
}

// Check is nil if s can be an array's shape: at most MaxRank axes, none
// negative, and a size that an int holds.
func (s Shape) Check() error {
	if len(s) > MaxRank {
		return fmt.Errorf("shape %v has %d axes; at most %d are supported", s, len(s), MaxRank)
	}
	n := 1
	for _, d := range s {
		if d < 0 {
			return fmt.Errorf("shape %v has a negative axis", s)
		}
		if d > 0 && n > math.MaxInt/16/d {
			return fmt.Errorf("shape %v has more elements than memory can hold", s)
		}
		n *= d
	}
	return nil
}

// Array is host memory of one element type and shape, row-major, aligned to
// 64 bytes.
type Array struct {
	dtype DType
	shape Shape
	data  []byte
}

// Bytes allocates n zero bytes aligned to 64.
func Bytes(n int) []byte {
	if n == 0 {
		return nil
	}
	b := make([]byte, n+63)
	adviseHuge(b)
	off := int(-uintptr(unsafe.Pointer(unsafe.SliceData(b))) & 63)
	return b[off : off+n : off+n]
}

// New is a zeroed array.
func New(d DType, dims ...int) *Array {
	s := Shape(dims).Clone()
	return &Array{dtype: d, shape: s, data: Bytes(s.Size() * d.Size())}
}

// From copies data into a new array. It panics if the shape's size is not
// len(data): that is the caller's own broken invariant.
func From[T Number](data []T, dims ...int) *Array {
	a := New(TypeOf[T](), dims...)
	if a.Size() != len(data) {
		panic(fmt.Sprintf("tensor: %d numbers do not fill shape %v", len(data), a.shape))
	}
	copy(Slice[T](a), data)
	return a
}

// Wrap views memory as an array. It panics if data is not just as long as the
// type and shape want.
func Wrap(d DType, s Shape, data []byte) *Array {
	if len(data) != s.Size()*d.Size() {
		panic(fmt.Sprintf("tensor: %d bytes are no %v%v", len(data), d, s))
	}
	return &Array{dtype: d, shape: s.Clone(), data: data}
}

// DType is the element type.
func (a *Array) DType() DType { return a.dtype }

// Shape is the array's shape; the caller must not change it.
func (a *Array) Shape() Shape { return a.shape }

// Size is the number of elements.
func (a *Array) Size() int { return a.shape.Size() }

// Raw is the array's memory, in the machine's byte order.
func (a *Array) Raw() []byte { return a.data }

// Slice views the array's elements. It panics if T is not the array's type.
func Slice[T Number](a *Array) []T {
	if TypeOf[T]() != a.dtype {
		panic(fmt.Sprintf("tensor: array holds %v, not %v", a.dtype, TypeOf[T]()))
	}
	return View[T](a.data)
}

// View reinterprets bytes as elements.
func View[T Number](b []byte) []T {
	if len(b) == 0 {
		return nil
	}
	var z T
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(z)))
}

// Float64s copies the elements to float64, whatever their type.
func (a *Array) Float64s() []float64 {
	out := make([]float64, a.Size())
	for i := range out {
		out[i] = a.At(i)
	}
	return out
}

// At is element i of the flat memory as a float64.
func (a *Array) At(i int) float64 {
	switch a.dtype {
	case Uint8:
		return float64(a.data[i])
	case Int32:
		return float64(View[int32](a.data)[i])
	case Int64:
		return float64(View[int64](a.data)[i])
	case Float32:
		return float64(View[float32](a.data)[i])
	default:
		return View[float64](a.data)[i]
	}
}

// SetAt stores v, converted, as element i of the flat memory.
func (a *Array) SetAt(i int, v float64) {
	switch a.dtype {
	case Uint8:
		a.data[i] = uint8(v)
	case Int32:
		View[int32](a.data)[i] = int32(v)
	case Int64:
		View[int64](a.data)[i] = int64(v)
	case Float32:
		View[float32](a.data)[i] = float32(v)
	default:
		View[float64](a.data)[i] = v
	}
}

// Clone copies the array.
func (a *Array) Clone() *Array {
	c := New(a.dtype, a.shape...)
	copy(c.data, a.data)
	return c
}

// Reshape views the same memory under another shape of the same size.
func (a *Array) Reshape(dims ...int) *Array {
	s := Shape(dims).Clone()
	if s.Size() != a.Size() {
		panic(fmt.Sprintf("tensor: shape %v does not hold the %d elements of %v", s, a.Size(), a.shape))
	}
	return &Array{dtype: a.dtype, shape: s, data: a.data}
}
