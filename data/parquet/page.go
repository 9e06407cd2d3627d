package parquet

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
)

const (
	// maxPage bounds a page of values and maxDictionary one of a dictionary.
	maxPage       = 256 << 20
	maxDictionary = 64 << 20
	// maxPages bounds the pages of all columns that are in memory at a time.
	maxPages = 1 << 30
	// headRoom is how much of a chunk is read to find a page's header, which can
	// carry the least and greatest text of the page.
	headRoom = 1 << 16
	// maxHead is the longest header that is read.
	maxHead = 16 << 20
)

// pageHead is what a page says about itself.
type pageHead struct {
	kind     int32 // 0 data, 2 dictionary, 3 data of version 2
	unpacked int32
	packed   int32
	crc      int32
	checked  bool // it has a crc
	values   int32
	encoding encoding
	levels   encoding // of the nulls

	// Of version 2.
	nulls       int32
	definitions int32 // bytes of the levels, which are not compressed
	repetitions int32
	plainValues bool // the values are not compressed
}

const (
	dataPage       = 0
	indexPage      = 1
	dictionaryPage = 2
	dataPage2      = 3
)

func readHead(t *thrift) pageHead {
	h := pageHead{kind: -1, levels: runLength}
	t.fields(func(id int16, kind byte) {
		switch {
		case id == 1 && kind == thriftI32:
			h.kind = t.int32()
		case id == 2 && kind == thriftI32:
			h.unpacked = t.int32()
		case id == 3 && kind == thriftI32:
			h.packed = t.int32()
		case id == 4 && kind == thriftI32:
			h.crc, h.checked = t.int32(), true
		case (id == 5 || id == 7) && kind == thriftStruct:
			t.fields(func(id int16, kind byte) {
				switch {
				case id == 1 && kind == thriftI32:
					h.values = t.int32()
				case id == 2 && kind == thriftI32:
					h.encoding = encoding(t.int32())
				case id == 3 && kind == thriftI32:
					h.levels = encoding(t.int32())
				default:
					t.skip(kind)
				}
			})
		case id == 8 && kind == thriftStruct:
			t.fields(func(id int16, kind byte) {
				switch {
				case id == 1 && kind == thriftI32:
					h.values = t.int32()
				case id == 2 && kind == thriftI32:
					h.nulls = t.int32()
				case id == 4 && kind == thriftI32:
					h.encoding = encoding(t.int32())
				case id == 5 && kind == thriftI32:
					h.definitions = t.int32()
				case id == 6 && kind == thriftI32:
					h.repetitions = t.int32()
				case id == 7:
					h.plainValues = kind == thriftFalse
				default:
					t.skip(kind)
				}
			})
		default:
			t.skip(kind)
		}
	})
	return h
}

// check refuses numbers that cannot be.
func (h *pageHead) check(left int64) error {
	switch {
	case h.packed < 0 || h.unpacked < 0 || h.values < 0 || h.nulls < 0 || h.definitions < 0 || h.repetitions < 0:
		return fmt.Errorf("its header has a negative size")
	case int64(h.packed) > left:
		return fmt.Errorf("it claims %d bytes; the column has %d left", h.packed, left)
	case h.unpacked > maxPage || h.kind == dictionaryPage && h.unpacked > maxDictionary:
		return fmt.Errorf("it claims to unpack to %d bytes; pages of up to %d and dictionaries of up to %d are read", h.unpacked, maxPage, maxDictionary)
	case int64(h.definitions)+int64(h.repetitions) > int64(min(h.packed, h.unpacked)):
		return fmt.Errorf("its levels claim %d bytes of %d", int64(h.definitions)+int64(h.repetitions), h.packed)
	}
	return nil
}

// pageAt is a page whose bytes start at a place of the file.
type pageAt struct {
	head pageHead
	at   int64
}

// cursor reads the values of a column in one row group, a page at a time.
type cursor struct {
	file   *file
	column *column
	chunk  chunk
	at     int64 // in the file, where the next page starts
	left   int64 // values after the page
	skip   int64 // values to pass before the next one

	page   int    // values left of the page
	nulls  hybrid // 1 where there is a value; of an optional column
	values values
	dict   *dict
	dictAt *pageAt // the dictionary's page, until it is needed

	window []byte // the file from windowAt on
	from   int64
	packed []byte
	bytes  []byte // the page
	held   int    // bytes counted against the file's budget
}

func (f *file) cursor(c *column, k chunk) *cursor {
	return &cursor{file: f, column: c, chunk: k, at: k.start, left: k.values}
}

// next is the next cell; there is none if it is null.
func (c *cursor) next() (v value, null bool, err error) {
	if err := c.pass(); err != nil {
		return value{}, false, err
	}
	c.page--
	if c.column.optional {
		level, err := c.nulls.next()
		if err != nil {
			return value{}, false, c.fail(fmt.Errorf("its nulls: %w", err))
		}
		if level == 0 {
			return value{}, true, nil
		}
	}
	if v, err = c.values.next(); err != nil {
		return value{}, false, c.fail(err)
	}
	return v, false, nil
}

// pass goes to the page with the next cell, and to the cell in it.
func (c *cursor) pass() error {
	for c.page == 0 {
		if err := c.open(); err != nil {
			return err
		}
	}
	for c.skip > 0 {
		n := int(min(c.skip, int64(c.page)))
		present := n
		var err error
		if c.column.optional {
			present, err = c.nulls.skip(n)
		}
		if err == nil {
			err = c.values.skip(present)
		}
		if err != nil {
			return c.fail(err)
		}
		c.page -= n
		c.skip -= int64(n)
		for c.page == 0 {
			if err := c.open(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *cursor) fail(err error) error {
	return &Error{File: c.file.name, Offset: c.at, Problem: fmt.Sprintf("column %q: the page before this byte: %v", c.column.name, err), Err: err}
}

// open reads the next page, if it has the next cell, and passes it otherwise.
func (c *cursor) open() error {
	if c.at >= c.chunk.end || c.left <= 0 {
		return &Error{File: c.file.name, Offset: c.at, Problem: fmt.Sprintf(
			"column %q ends before its %d values", c.column.name, c.chunk.values)}
	}
	h, size, err := c.head()
	if err == nil {
		err = h.check(c.chunk.end - c.at - size)
	}
	at := c.at + size
	if err != nil {
		return &Error{File: c.file.name, Offset: c.at, Problem: fmt.Sprintf("column %q: a page: %v", c.column.name, err), Err: err}
	}
	c.at = at + int64(h.packed)
	switch h.kind {
	case dictionaryPage:
		if c.dictAt != nil || c.dict != nil {
			return c.fail(fmt.Errorf("it is a second dictionary"))
		}
		c.dictAt = &pageAt{h, at}
		return nil
	case indexPage:
		return nil
	case dataPage, dataPage2:
	default:
		return c.fail(fmt.Errorf("it is of unknown kind %d", h.kind))
	}
	if int64(h.values) > c.left {
		return c.fail(fmt.Errorf("it claims %d values; %d are left", h.values, c.left))
	}
	c.left -= int64(h.values)
	if c.skip >= int64(h.values) {
		c.skip -= int64(h.values)
		return nil
	}
	if d := c.dictAt; d != nil && (h.encoding == dictionary || h.encoding == plainDictionary) {
		c.dictAt = nil
		if err := c.load(d.head, d.at); err != nil {
			return err
		}
		if err := c.readDictionary(d.head); err != nil {
			return c.fail(err)
		}
	}
	if err := c.load(h, at); err != nil {
		return err
	}
	if err := c.begin(h); err != nil {
		return c.fail(err)
	}
	return nil
}

// head reads a page's header, whose size it gives.
func (c *cursor) head() (pageHead, int64, error) {
	for room := int64(headRoom); ; room *= 8 {
		b, err := c.read(min(room, c.chunk.end-c.at))
		if err != nil {
			return pageHead{}, 0, err
		}
		t := &thrift{b: b}
		h := readHead(t)
		switch {
		case t.err == nil:
			return h, int64(t.at), nil
		case t.err != errShort || int64(len(b)) == c.chunk.end-c.at || room >= maxHead:
			return pageHead{}, 0, fmt.Errorf("its header cannot be read: %w", t.err)
		}
	}
}

// read is n bytes of the file from at on, which lie in it. Pages are often
// shorter than what is read for a header, so that much is kept.
func (c *cursor) read(n int64) ([]byte, error) {
	if have := c.from + int64(len(c.window)) - c.at; c.at < c.from || have < n {
		if int64(cap(c.window)) < n {
			c.window = make([]byte, n)
		}
		c.window = c.window[:n]
		c.from = c.at
		if _, err := c.file.r.ReadAt(c.window, c.at); err != nil && err != io.EOF {
			c.window = c.window[:0]
			return nil, err
		}
	}
	return c.window[c.at-c.from:][:n], nil
}

// load reads and unpacks a page, whose bytes start at a place of the file.
func (c *cursor) load(h pageHead, at int64) error {
	need := cap(c.window) + int(h.packed) + int(h.unpacked)
	if h.kind == dictionaryPage {
		need += int(h.unpacked) + 4*int(h.values)
	}
	if need > c.held {
		if c.file.held += need - c.held; c.file.held > maxPages {
			return c.fail(fmt.Errorf("the pages of all columns need more than %d bytes at a time; ignore columns or write smaller pages", maxPages))
		}
		c.held = need
	}
	if cap(c.packed) < int(h.packed) {
		c.packed = make([]byte, h.packed)
	}
	c.packed = c.packed[:h.packed]
	if n, err := c.file.r.ReadAt(c.packed, at); err != nil && (err != io.EOF || n < len(c.packed)) {
		return c.fail(err)
	}
	if h.checked && crc32.ChecksumIEEE(c.packed) != uint32(h.crc) {
		return c.fail(fmt.Errorf("its checksum is wrong; the file is damaged"))
	}
	k := c.chunk.codec
	if h.kind == dataPage2 {
		levels := int(h.definitions + h.repetitions)
		if h.plainValues {
			k = uncompressed
		}
		body, err := c.file.unpack(k, c.bytes, c.packed[levels:], int(h.unpacked)-levels)
		if err != nil {
			return c.fail(err)
		}
		c.bytes = body
		return nil
	}
	body, err := c.file.unpack(k, c.bytes, c.packed, int(h.unpacked))
	if err != nil {
		return c.fail(err)
	}
	c.bytes = body
	return nil
}

func (c *cursor) readDictionary(h pageHead) error {
	if h.encoding != plain && h.encoding != plainDictionary {
		return fmt.Errorf("a dictionary of encoding %d cannot be read", h.encoding)
	}
	var err error
	c.dict, err = c.column.newDict(append([]byte(nil), c.bytes...), int(h.values)) // its bytes stay
	return err
}

// begin starts a page of data:
//
//	version 1   unless required: the length of the nulls in 4 bytes, the nulls;
//	            then the values
//	version 2   the nulls lie before what is compressed, without a length
func (c *cursor) begin(h pageHead) error {
	body := c.bytes
	if c.column.optional {
		levels := []byte(nil)
		switch {
		case h.kind == dataPage2:
			levels = c.packed[h.repetitions:][:h.definitions]
		case h.levels == bitPacked:
			return fmt.Errorf("its nulls are written in an encoding that is out of use")
		case len(body) < 4 || uint64(binary.LittleEndian.Uint32(body)) > uint64(len(body)-4):
			return errShort
		default:
			n := binary.LittleEndian.Uint32(body)
			levels, body = body[4:4+n], body[4+n:]
		}
		var err error
		if c.nulls, err = newHybrid(levels, 1); err != nil {
			return err
		}
	}
	v, err := c.column.newValues(h.encoding, body, c.dict, int(h.values))
	if err != nil {
		return err
	}
	c.values, c.page = v, int(h.values)
	return nil
}
