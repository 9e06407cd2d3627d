package parquet

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// value is one cell: a number or a text, as its column is.
type value struct {
	number float64
	whole  int64 // of a column of whole numbers, exactly
	text   []byte
}

// values reads a page's values, those that are not null, in order.
type values interface {
	next() (value, error)
	skip(n int) error // passes over n values
}

// skipEach passes over values one after the other.
func skipEach(v values, n int) error {
	for range n {
		if _, err := v.next(); err != nil {
			return err
		}
	}
	return nil
}

// newValues reads up to n values that are written in an encoding; dict is the
// column's dictionary, if it has one.
func (c *column) newValues(e encoding, b []byte, dict *dict, n int) (values, error) {
	switch {
	case e == dictionary || e == plainDictionary:
		return c.newIndexed(b, dict)
	case e == plain && c.kind == boolean:
		return &plainBools{b: b}, nil
	case e == plain:
		return &plainValues{c: c, b: b}, nil
	case e == runLength && c.kind == boolean:
		if len(b) < 4 || uint64(binary.LittleEndian.Uint32(b)) > uint64(len(b)-4) {
			return nil, errShort
		}
		h, err := newHybrid(b[4:4+binary.LittleEndian.Uint32(b)], 1)
		return &runBools{h}, err
	case e == deltaBinary && (c.kind == int32s || c.kind == int64s):
		d, err := newDelta(b, n)
		return &deltaValues{c, d}, err
	case e == deltaLength && c.kind == byteArray:
		return newDeltaTexts(c, b, n)
	case e == deltaBytes && (c.kind == byteArray || c.kind == fixedArray):
		return newFrontTexts(c, b, n)
	case e == streamSplit && c.size() > 0:
		if len(b)%c.size() != 0 {
			return nil, fmt.Errorf("%d bytes are no numbers of %d", len(b), c.size())
		}
		return &splitValues{c: c, b: b, n: len(b) / c.size(), one: make([]byte, c.size())}, nil
	}
	return nil, fmt.Errorf("encoding %d of %v cannot be read", e, c.kind)
}

// size is the number of bytes of a value, or 0 if it differs or is a bit.
func (c *column) size() int {
	switch c.kind {
	case int32s, floats:
		return 4
	case int64s, doubles:
		return 8
	case fixedArray:
		return c.length
	}
	return 0
}

// maxDecimal is how many bytes a decimal may have.
const maxDecimal = 16

// fixed is the value of size bytes.
func (c *column) fixed(b []byte) value {
	switch c.kind {
	case int32s:
		v := int64(int32(binary.LittleEndian.Uint32(b)))
		if c.unsigned {
			v = int64(uint32(v))
		}
		return c.integer(v)
	case int64s:
		return c.integer(int64(binary.LittleEndian.Uint64(b)))
	case floats:
		return value{number: float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))}
	case doubles:
		return value{number: math.Float64frombits(binary.LittleEndian.Uint64(b))}
	}
	return c.bytes(b)
}

// integer is the value of a whole number.
func (c *column) integer(v int64) value {
	switch {
	case c.decimal:
		return value{number: float64(v) / math.Pow10(c.scale)}
	case c.unsigned:
		return value{number: float64(uint64(v)), whole: v}
	}
	return value{number: float64(v), whole: v}
}

// bytes is the value of an array: a text or a decimal, big-endian with a sign.
func (c *column) bytes(b []byte) value {
	if !c.decimal {
		return value{text: b}
	}
	v := 0.0
	for i, x := range b {
		if i == 0 {
			v = float64(int8(x))
		} else {
			v = float64(v*256) + float64(x)
		}
	}
	return value{number: v / math.Pow10(c.scale)}
}

// plainValues are the bytes of each number, or the length and bytes of each text.
type plainValues struct {
	c *column
	b []byte
}

func (p *plainValues) next() (value, error) {
	n := p.c.size()
	if n == 0 {
		if len(p.b) < 4 {
			return value{}, errShort
		}
		claim := binary.LittleEndian.Uint32(p.b)
		if p.b = p.b[4:]; uint64(claim) > uint64(len(p.b)) {
			return value{}, fmt.Errorf("a text claims %d bytes; %d are left", claim, len(p.b))
		}
		if n = int(claim); p.c.decimal && n > maxDecimal {
			return value{}, fmt.Errorf("a decimal has %d bytes; at most %d can be read", n, maxDecimal)
		}
		b := p.b[:n]
		p.b = p.b[n:]
		return p.c.bytes(b), nil
	}
	if len(p.b) < n {
		return value{}, errShort
	}
	b := p.b[:n]
	p.b = p.b[n:]
	return p.c.fixed(b), nil
}

func (p *plainValues) skip(n int) error {
	size := p.c.size()
	if size == 0 {
		return skipEach(p, n)
	}
	if n > len(p.b)/size {
		return errShort
	}
	p.b = p.b[n*size:]
	return nil
}

// The texts of a boolean, as other languages write it in lower case.
var (
	falseText = []byte("false")
	trueText  = []byte("true")
)

func boolValue(set bool) value {
	if set {
		return value{text: trueText}
	}
	return value{text: falseText}
}

// plainBools are a bit each.
type plainBools struct {
	b  []byte
	at int
}

func (p *plainBools) next() (value, error) {
	if p.at >= 8*len(p.b) {
		return value{}, errShort
	}
	p.at++
	return boolValue(p.b[(p.at-1)/8]>>((p.at-1)%8)&1 == 1), nil
}

func (p *plainBools) skip(n int) error {
	if n > 8*len(p.b)-p.at {
		return errShort
	}
	p.at += n
	return nil
}

type runBools struct{ hybrid }

func (r *runBools) skip(n int) error {
	_, err := r.hybrid.skip(n)
	return err
}

func (r *runBools) next() (value, error) {
	v, err := r.hybrid.next()
	return boolValue(v == 1), err
}

// dict is the values that a column's pages name by their places.
type dict struct {
	c    *column
	b    []byte   // the values, plain
	ends []uint32 // of each text in b; nil for numbers
	n    int
}

func (c *column) newDict(b []byte, n int) (*dict, error) {
	d := &dict{c: c, b: b, n: n}
	size := c.size()
	switch {
	case c.kind == boolean:
		return nil, fmt.Errorf("a dictionary of booleans")
	case size > 0 && n > len(b)/size, n > len(b)/4 && size == 0:
		return nil, fmt.Errorf("a dictionary of %d values in %d bytes", n, len(b))
	case size > 0:
		return d, nil
	}
	texts := &plainValues{c: c, b: b}
	d.ends = make([]uint32, n)
	for i := range n {
		if _, err := texts.next(); err != nil {
			return nil, fmt.Errorf("the dictionary: %w", err)
		}
		d.ends[i] = uint32(len(b) - len(texts.b))
	}
	return d, nil
}

func (d *dict) value(i uint32) (value, error) {
	if uint64(i) >= uint64(d.n) {
		return value{}, fmt.Errorf("value %d of a dictionary of %d", i, d.n)
	}
	if d.ends == nil {
		size := d.c.size()
		return d.c.fixed(d.b[int(i)*size:][:size]), nil
	}
	first := uint32(4) // behind the length
	if i > 0 {
		first += d.ends[i-1]
	}
	return d.c.bytes(d.b[first:d.ends[i]]), nil
}

// indexed are places in a dictionary.
type indexed struct {
	hybrid
	dict *dict
}

func (c *column) newIndexed(b []byte, dict *dict) (values, error) {
	if dict == nil {
		return nil, fmt.Errorf("there is no dictionary before it")
	}
	if len(b) == 0 { // a page of nulls
		return &indexed{dict: dict}, nil
	}
	h, err := newHybrid(b[1:], int(b[0]))
	return &indexed{h, dict}, err
}

func (x *indexed) next() (value, error) {
	i, err := x.hybrid.next()
	if err != nil {
		return value{}, err
	}
	return x.dict.value(i)
}

func (x *indexed) skip(n int) error {
	_, err := x.hybrid.skip(n)
	return err
}

type deltaValues struct {
	c *column
	delta
}

func (d *deltaValues) next() (value, error) {
	v, err := d.delta.next()
	if d.c.kind == int32s {
		if v = int64(int32(v)); d.c.unsigned {
			v = int64(uint32(v))
		}
	}
	return d.c.integer(v), err
}

func (d *deltaValues) skip(n int) error { return skipEach(d, n) }

// deltaTexts are the lengths of all texts as differences, then their bytes.
type deltaTexts struct {
	c       *column
	lengths delta
	b       []byte
}

func newDeltaTexts(c *column, b []byte, n int) (*deltaTexts, error) {
	lengths, err := newDelta(b, n)
	if err != nil {
		return nil, err
	}
	rest, err := lengths.rest()
	return &deltaTexts{c, lengths, rest}, err
}

func (d *deltaTexts) bytes() ([]byte, error) {
	n, err := d.lengths.next()
	if err != nil {
		return nil, err
	}
	if n = int64(int32(n)); n < 0 || n > int64(len(d.b)) {
		return nil, fmt.Errorf("a text claims %d bytes; %d are left", n, len(d.b))
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b, nil
}

func (d *deltaTexts) next() (value, error) {
	b, err := d.bytes()
	if err == nil && d.c.decimal && len(b) > maxDecimal {
		err = fmt.Errorf("a decimal has %d bytes; at most %d can be read", len(b), maxDecimal)
	}
	if err != nil {
		return value{}, err
	}
	return d.c.bytes(b), nil
}

func (d *deltaTexts) skip(n int) error { return skipEach(d, n) }

// maxText bounds texts that are made of those before them.
const maxText = 1 << 20

// frontTexts are, for each text, how many bytes it shares with the beginning of
// the one before, and the rest of it.
type frontTexts struct {
	c      *column
	shared delta
	rest   *deltaTexts
	last   []byte
}

func newFrontTexts(c *column, b []byte, n int) (*frontTexts, error) {
	shared, err := newDelta(b, n)
	if err != nil {
		return nil, err
	}
	after, err := shared.rest()
	if err != nil {
		return nil, err
	}
	rest, err := newDeltaTexts(c, after, n)
	return &frontTexts{c: c, shared: shared, rest: rest}, err
}

func (f *frontTexts) next() (value, error) {
	n, err := f.shared.next()
	if err != nil {
		return value{}, err
	}
	tail, err := f.rest.bytes()
	if err != nil {
		return value{}, err
	}
	if n = int64(int32(n)); n < 0 || n > int64(len(f.last)) {
		return value{}, fmt.Errorf("a text shares %d bytes with one of %d", n, len(f.last))
	}
	f.last = append(f.last[:n], tail...)
	if len(f.last) > maxText {
		return value{}, fmt.Errorf("a text is longer than %d bytes", maxText)
	}
	if f.c.kind == fixedArray && len(f.last) != f.c.length || f.c.decimal && len(f.last) > maxDecimal {
		return value{}, fmt.Errorf("a value has %d bytes", len(f.last))
	}
	if f.c.decimal {
		return f.c.bytes(f.last), nil
	}
	return value{text: slices.Clone(f.last)}, nil // the next one is written over it
}

func (f *frontTexts) skip(n int) error { return skipEach(f, n) }

// splitValues are numbers with the first bytes of all first, then the second.
type splitValues struct {
	c   *column
	b   []byte
	n   int
	at  int
	one []byte
}

func (s *splitValues) next() (value, error) {
	if s.at >= s.n {
		return value{}, errShort
	}
	for k := range s.one {
		s.one[k] = s.b[k*s.n+s.at]
	}
	s.at++
	return s.c.fixed(s.one), nil
}

func (s *splitValues) skip(n int) error {
	if n > s.n-s.at {
		return errShort
	}
	s.at += n
	return nil
}
