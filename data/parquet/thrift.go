package parquet

import (
	"encoding/binary"
	"errors"
	"math"
)

// The types of the compact protocol.
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI16    = 4
	thriftI32    = 5
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
)

// maxDepth bounds how deep structs and lists may lie in each other.
const maxDepth = 32

var (
	errShort   = errors.New("it ends in the middle")
	errDamaged = errors.New("it is not what the format says")
)

// thrift reads Thrift's compact protocol. What it allocates is bounded by the
// bytes it has: nothing is made on the word of a length alone. The first mistake
// sticks, and everything read after it is zero.
//
// Source: the Apache Thrift specification, thrift-compact-protocol.md.
type thrift struct {
	b   []byte
	at  int
	err error
}

func (t *thrift) fail(err error) {
	if t.err == nil {
		t.err = err
	}
	t.at = len(t.b)
}

func (t *thrift) byte() byte {
	if t.at >= len(t.b) {
		t.fail(errShort)
		return 0
	}
	t.at++
	return t.b[t.at-1]
}

func (t *thrift) uvarint() uint64 {
	v, n := binary.Uvarint(t.b[t.at:])
	switch {
	case n == 0:
		t.fail(errShort)
		return 0
	case n < 0:
		t.fail(errDamaged)
		return 0
	}
	t.at += n
	return v
}

// varint is a whole number: zigzag, so that small negative ones are short.
func (t *thrift) varint() int64 {
	v := t.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

// int32 is a whole number that must be one of 32 bits.
func (t *thrift) int32() int32 {
	v := t.varint()
	if v < math.MinInt32 || v > math.MaxInt32 {
		t.fail(errDamaged)
		return 0
	}
	return int32(v)
}

func (t *thrift) binary() []byte {
	n := t.uvarint()
	if n > uint64(len(t.b)-t.at) {
		t.fail(errShort)
		return nil
	}
	t.at += int(n)
	return t.b[t.at-int(n) : t.at]
}

// fields calls field with the number and type of each field of a struct, to read
// its value or to skip it.
func (t *thrift) fields(field func(id int16, kind byte)) {
	id := int16(0)
	for t.err == nil {
		head := t.byte()
		if head == 0 {
			return
		}
		if delta := head >> 4; delta != 0 {
			id += int16(delta)
		} else {
			id = int16(t.varint())
		}
		field(id, head&15)
	}
}

// list calls element for each element of a list. Each takes a byte at least, so
// a claim of more elements than bytes is refused before the first.
func (t *thrift) list(element func(kind byte)) {
	head := t.byte()
	n := uint64(head >> 4)
	if n == 15 {
		n = t.uvarint()
	}
	if n > uint64(len(t.b)-t.at) {
		t.fail(errShort)
		return
	}
	for ; n > 0 && t.err == nil; n-- {
		element(head & 15)
	}
}

// skip leaves out a field's value.
func (t *thrift) skip(kind byte) { t.skipAt(kind, 0) }

func (t *thrift) skipAt(kind byte, depth int) {
	if depth > maxDepth {
		t.fail(errDamaged)
		return
	}
	switch kind {
	case thriftTrue, thriftFalse: // in a field the type is the value
	case thriftByte:
		t.byte()
	case thriftI16, thriftI32, thriftI64:
		t.varint()
	case thriftDouble:
		for range 8 {
			t.byte()
		}
	case thriftBinary:
		t.binary()
	case thriftList, thriftSet:
		t.list(func(kind byte) {
			if kind == thriftTrue || kind == thriftFalse {
				t.byte() // in a list a boolean is a byte
				return
			}
			t.skipAt(kind, depth+1)
		})
	case thriftMap:
		n := t.uvarint()
		if n == 0 {
			return
		}
		kinds := t.byte()
		if n > uint64(len(t.b)-t.at) {
			t.fail(errShort)
			return
		}
		for ; n > 0 && t.err == nil; n-- {
			t.skipAt(max(kinds>>4, thriftByte), depth+1) // a boolean is a byte here too
			t.skipAt(max(kinds&15, thriftByte), depth+1)
		}
	case thriftStruct:
		t.fields(func(_ int16, kind byte) { t.skipAt(kind, depth+1) })
	default:
		t.fail(errDamaged)
	}
}
