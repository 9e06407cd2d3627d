package parquet

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// physical is how a column's values are stored.
type physical int32

const (
	boolean physical = iota
	int32s
	int64s
	int96s
	floats
	doubles
	byteArray
	fixedArray
)

var physicalNames = [...]string{"BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"}

func (p physical) String() string {
	if p >= 0 && int(p) < len(physicalNames) {
		return physicalNames[p]
	}
	return fmt.Sprintf("type %d", int32(p))
}

// column is a column of the table.
type column struct {
	name     string
	leaf     int // its place among the leaves of the file's tree
	kind     physical
	length   int    // of a fixed array
	optional bool   // it can have nulls
	unsigned bool   // whole numbers without a sign
	decimal  bool   // a whole number times 10^−scale
	scale    int    // of a decimal
	refused  string // why it cannot be read, or ""
}

// group is some rows of the file.
type group struct {
	rows   int64
	chunks []chunk // of each leaf
}

// chunk is a column's values in a group.
type chunk struct {
	kind       physical
	codec      codec
	values     int64
	start, end int64 // in the file
}

// footer is what the end of a file says about it.
type footer struct {
	columns []column
	leaves  int
	rows    int64
	groups  []group
}

const (
	magic = "PAR1"
	// maxFooter is the longest footer that is read.
	maxFooter = 16 << 20
	// maxRows is how many rows an index of the rest of the program can name.
	maxRows = math.MaxInt32
)

// readFooter reads a file's end:
//
//	the metadata in Thrift's compact protocol
//	4 bytes   their length, little-endian
//	4 bytes   PAR1
func readFooter(r io.ReaderAt, size int64, name string) (*footer, error) {
	fail := func(at int64, format string, args ...any) error {
		return &Error{File: name, Offset: at, Problem: fmt.Sprintf(format, args...)}
	}
	var head [4]byte
	var tail [8]byte
	if size < int64(len(head)+len(tail)) {
		return nil, fail(0, "the file has %d bytes; a Parquet file begins and ends with PAR1", size)
	}
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return nil, fail(0, "%v", err)
	}
	if _, err := r.ReadAt(tail[:], size-8); err != nil && err != io.EOF {
		return nil, fail(size-8, "%v", err)
	}
	switch {
	case string(tail[4:]) == "PARE" || string(head[:]) == "PARE":
		return nil, fail(size-4, "the file is encrypted; write it without encryption")
	case string(head[:]) != magic:
		return nil, fail(0, "the file begins with %q; a Parquet file begins with PAR1", head[:])
	case string(tail[4:]) != magic:
		return nil, fail(size-4, "the file ends with %q instead of PAR1; it is cut off or damaged", tail[4:])
	}
	length := int64(binary.LittleEndian.Uint32(tail[:]))
	if length > size-12 {
		return nil, fail(size-8, "the footer is said to be %d bytes long; the file has %d before it", length, size-12)
	}
	if length > maxFooter {
		return nil, fail(size-8, "the footer is %d bytes long; at most %d are read", length, maxFooter)
	}
	text := make([]byte, length)
	if _, err := r.ReadAt(text, size-8-length); err != nil {
		return nil, fail(size-8-length, "%v", err)
	}
	f := &footer{}
	t := &thrift{b: text}
	var tree []element
	t.fields(func(id int16, kind byte) {
		switch {
		case id == 2 && kind == thriftList:
			t.list(func(byte) {
				e := readElement(t)
				if len(tree) > 0 && (e.leaf && e.name == "" || !e.leaf && e.children < 1) {
					t.fail(errDamaged) // also so that a node takes more than a byte
				}
				tree = append(tree, e)
			})
		case id == 3 && kind == thriftI64:
			f.rows = t.varint()
		case id == 4 && kind == thriftList:
			t.list(func(byte) { f.groups = append(f.groups, readGroup(t)) })
		case id == 8:
			t.fail(fmt.Errorf("the file is encrypted"))
		default:
			t.skip(kind)
		}
	})
	if t.err != nil {
		return nil, fail(size-8-length, "the footer cannot be read: %v", t.err)
	}
	if err := f.plant(tree); err != nil {
		return nil, fail(size-8-length, "%v", err)
	}
	if err := f.check(size); err != nil {
		return nil, fail(size-8-length, "%v", err)
	}
	return f, nil
}

// element is a node of the tree of columns, listed depth first.
type element struct {
	name       string
	kind       physical
	leaf       bool
	length     int32
	repetition int32
	children   int32
	converted  int32 // the older annotation, or −1
	scale      int32
	logical    int16 // the newer one, or 0
	bits       int8  // of an INTEGER
	signed     bool
}

const (
	required = 0
	repeated = 2

	convertedList    = 3
	convertedDecimal = 5
	convertedUint8   = 11
	convertedUint64  = 14

	logicalList    = 3
	logicalDecimal = 5
	logicalInteger = 10
)

func readElement(t *thrift) element {
	e := element{converted: -1, signed: true}
	t.fields(func(id int16, kind byte) {
		switch {
		case id == 1 && kind == thriftI32:
			e.kind, e.leaf = physical(t.int32()), true
		case id == 2 && kind == thriftI32:
			e.length = t.int32()
		case id == 3 && kind == thriftI32:
			e.repetition = t.int32()
		case id == 4 && kind == thriftBinary:
			e.name = string(t.binary())
		case id == 5 && kind == thriftI32:
			e.children = t.int32()
		case id == 6 && kind == thriftI32:
			e.converted = t.int32()
		case id == 7 && kind == thriftI32:
			e.scale = t.int32()
		case id == 10 && kind == thriftStruct:
			readLogical(t, &e)
		default:
			t.skip(kind)
		}
	})
	return e
}

// readLogical reads the union of annotations: a struct with one field.
func readLogical(t *thrift, e *element) {
	t.fields(func(id int16, kind byte) {
		e.logical = id
		if kind != thriftStruct {
			t.skip(kind)
			return
		}
		t.fields(func(inner int16, kind byte) {
			switch {
			case id == logicalDecimal && inner == 1 && kind == thriftI32:
				e.scale = t.int32()
			case id == logicalInteger && inner == 1 && kind == thriftByte:
				e.bits = int8(t.byte())
			case id == logicalInteger && inner == 2:
				e.signed = kind == thriftTrue
			default:
				t.skip(kind)
			}
		})
	})
}

func readGroup(t *thrift) group {
	var g group
	t.fields(func(id int16, kind byte) {
		switch {
		case id == 1 && kind == thriftList:
			t.list(func(byte) { g.chunks = append(g.chunks, readChunk(t)) })
		case id == 3 && kind == thriftI64:
			g.rows = t.varint()
		default:
			t.skip(kind)
		}
	})
	return g
}

func readChunk(t *thrift) chunk {
	var c chunk
	var length, dictionary int64
	found := false
	t.fields(func(id int16, kind byte) {
		switch {
		case id == 1:
			t.fail(fmt.Errorf("a column lies in another file"))
		case id == 3 && kind == thriftStruct:
			found = true
			t.fields(func(id int16, kind byte) {
				switch {
				case id == 1 && kind == thriftI32:
					c.kind = physical(t.int32())
				case id == 4 && kind == thriftI32:
					c.codec = codec(t.int32())
				case id == 5 && kind == thriftI64:
					c.values = t.varint()
				case id == 7 && kind == thriftI64:
					length = t.varint()
				case id == 9 && kind == thriftI64:
					c.start = t.varint()
				case id == 11 && kind == thriftI64:
					dictionary = t.varint()
				default:
					t.skip(kind)
				}
			})
		default:
			t.skip(kind)
		}
	})
	if dictionary > 0 && dictionary < c.start {
		c.start = dictionary
	}
	if c.end = c.start + length; !found || length < 0 || c.end < c.start {
		t.fail(errDamaged)
	}
	return c
}

// plant makes columns of the tree.
func (f *footer) plant(tree []element) error {
	if len(tree) == 0 {
		return fmt.Errorf("the footer has no schema")
	}
	at := 1
	for range tree[0].children {
		if at >= len(tree) {
			return fmt.Errorf("the schema claims %d columns and ends after %d", tree[0].children, len(f.columns))
		}
		e := tree[at]
		c := column{name: e.name, leaf: f.leaves, kind: e.kind, length: int(e.length), optional: e.repetition != required}
		c.annotate(e)
		switch {
		case e.repetition == repeated || e.logical == logicalList || e.converted == convertedList:
			c.refused = "it is a list"
		case !e.leaf || e.children > 0:
			c.refused = "it is a group of columns"
		}
		before := f.leaves
		if at = f.pass(tree, at, 0); at < 0 {
			return fmt.Errorf("the schema of column %q is cut off or too deep", e.name)
		}
		if f.leaves == before {
			return fmt.Errorf("column %q has nothing in it", e.name)
		}
		f.columns = append(f.columns, c)
	}
	if at != len(tree) {
		return fmt.Errorf("the schema has %d nodes, its columns %d", len(tree), at)
	}
	return nil
}

// pass counts the leaves of the node at a place of the tree and gives the place
// after it, or −1.
func (f *footer) pass(tree []element, at, depth int) int {
	if depth > maxDepth {
		return -1
	}
	e := tree[at]
	at++
	if e.leaf {
		f.leaves++
		return at
	}
	for range e.children {
		if at >= len(tree) {
			return -1
		}
		if at = f.pass(tree, at, depth+1); at < 0 {
			return -1
		}
	}
	return at
}

// annotate finds out what the values stand for.
func (c *column) annotate(e element) {
	c.unsigned = e.logical == logicalInteger && !e.signed || e.converted >= convertedUint8 && e.converted <= convertedUint64
	c.decimal = e.logical == logicalDecimal || e.converted == convertedDecimal
	switch c.kind {
	case boolean, int32s, int64s, floats, doubles:
	case byteArray:
	case fixedArray:
		if !c.decimal {
			c.refused = "its values are " + c.kind.String() + "; convert them to numbers or texts"
		} else if c.length < 1 || c.length > maxDecimal {
			c.refused = fmt.Sprintf("its decimals have %d bytes; at most %d can be read", c.length, maxDecimal)
		}
	default:
		c.refused = "its values are " + c.kind.String() + "; convert them to numbers or texts"
	}
	if c.decimal {
		if c.scale = int(e.scale); c.scale < 0 || c.scale > 38 {
			c.refused = fmt.Sprintf("its decimals have a scale of %d; 0 to 38 are possible", e.scale)
		}
	}
}

// check refuses what the file's size rules out.
func (f *footer) check(size int64) error {
	if f.rows < 0 || f.rows > maxRows {
		return fmt.Errorf("the footer claims %d rows; 0 to %d are possible", f.rows, maxRows)
	}
	sum := int64(0)
	for i := range f.groups {
		g := &f.groups[i]
		if g.rows < 0 || g.rows > f.rows-sum {
			return fmt.Errorf("row group %d claims %d rows of the file's %d", i, g.rows, f.rows)
		}
		sum += g.rows
		if len(g.chunks) != f.leaves {
			return fmt.Errorf("row group %d has %d columns, the schema %d", i, len(g.chunks), f.leaves)
		}
		for j := range g.chunks {
			if c := &g.chunks[j]; g.rows > 0 && (c.start < 4 || c.end > size-8) {
				return fmt.Errorf("row group %d, column %d lies at bytes %d to %d of a file of %d", i, j, c.start, c.end, size)
			}
		}
		for _, c := range f.columns {
			if k := g.chunks[c.leaf]; c.refused == "" && (k.kind != c.kind || k.values != g.rows) {
				return fmt.Errorf("row group %d has %d values of %v for column %q, the schema says %d of %v", i, k.values, k.kind, c.name, g.rows, c.kind)
			}
		}
	}
	if sum != f.rows {
		return fmt.Errorf("the row groups have %d rows, the file claims %d", sum, f.rows)
	}
	return nil
}
