package parquet

import (
	"fmt"
	"io"
	"strconv"

	"github.com/godescent/descent/data/table"
	"github.com/klauspost/compress/zstd"
)

// file is an open file.
type file struct {
	r    io.ReaderAt
	name string
	held int // bytes of the pages in memory
	zstd *zstd.Decoder
}

// rows is a table being read.
type rows struct {
	file
	footer *footer
	closer io.Closer
	names  []string
	used   []int     // the columns that are read
	group  int       // the row group being read
	left   int64     // its rows after the row
	count  int       // rows read
	cursor []*cursor // of each column in the group, nil if it is not read
	cells  []cell    // of the row
}

// cell is one cell of the row.
type cell struct {
	value
	null bool
}

var _ table.Rows = (*rows)(nil)

func openRows(r io.ReaderAt, size int64, name string, l table.Limits, whole bool, at *table.Mark, closer io.Closer) (*rows, error) {
	f, err := readFooter(r, size, name)
	if err != nil {
		return nil, err
	}
	return newRows(f, r, size, name, l, whole, at, closer)
}

func newRows(f *footer, r io.ReaderAt, size int64, name string, l table.Limits, whole bool, at *table.Mark, closer io.Closer) (*rows, error) {
	most := l.MaxBytes
	if most <= 0 {
		most = table.DefaultMaxBytes
	}
	if whole && f.rows > most/4 {
		return nil, &Error{File: name, Offset: size - 8, Problem: fmt.Sprintf(
			"the footer claims %d rows; the limit is %d bytes of memory", f.rows, most)}
	}
	t := &rows{file: file{r: r, name: name}, footer: f, closer: closer}
	for _, c := range f.columns {
		t.names = append(t.names, c.name)
	}
	t.cells, t.cursor = make([]cell, len(t.names)), make([]*cursor, len(t.names))
	if at != nil {
		t.count = at.Row
		left := int64(at.Row)
		for t.group < len(f.groups) && left >= f.groups[t.group].rows {
			left -= f.groups[t.group].rows
			t.group++
		}
		t.left = left // Use goes there
	}
	return t, nil
}

// File implements table.Rows.
func (t *rows) File() string { return t.name }

// Names implements table.Rows.
func (t *rows) Names() []string { return t.names }

// Row implements table.Rows.
func (t *rows) Row() int { return t.count }

// Line implements table.Rows: there are none.
func (t *rows) Line(int) int { return 0 }

// Mark implements table.Rows.
func (t *rows) Mark() (table.Mark, bool) { return table.Mark{Row: t.count}, true }

// Close implements table.Rows.
func (t *rows) Close() error {
	if t.zstd != nil {
		t.zstd.Close()
		t.zstd = nil
	}
	if t.closer == nil {
		return nil
	}
	return t.closer.Close()
}

// Use implements table.Rows.
func (t *rows) Use(columns []int) error {
	for _, i := range columns {
		if c := &t.footer.columns[i]; c.refused != "" {
			return &table.Error{File: t.name, Column: c.name, Problem: "the column cannot be read: " + c.refused + "; or ignore it"}
		}
	}
	t.used = columns
	if t.group < len(t.footer.groups) {
		passed := t.left
		t.open()
		t.left -= passed
		for _, i := range t.used {
			t.cursor[i].skip = passed
		}
	}
	return nil
}

// open goes to the beginning of the row group.
func (t *rows) open() {
	g := &t.footer.groups[t.group]
	t.left, t.held = g.rows, 0
	for _, i := range t.used {
		c := &t.footer.columns[i]
		t.cursor[i] = t.file.cursor(c, g.chunks[c.leaf])
	}
}

// Next implements table.Rows.
func (t *rows) Next() error {
	for t.left == 0 {
		if t.group++; t.group >= len(t.footer.groups) {
			t.group = len(t.footer.groups)
			return io.EOF
		}
		t.open()
	}
	for _, i := range t.used {
		var err error
		c := &t.cells[i]
		if c.value, c.null, err = t.cursor[i].next(); err != nil {
			return err
		}
	}
	t.left--
	t.count++
	return nil
}

// Number implements table.Rows.
func (t *rows) Number(i int) (float64, bool) {
	c := &t.cells[i]
	return c.number, !c.null && t.footer.columns[i].numeric()
}

// numeric reports whether the column's values are numbers.
func (c *column) numeric() bool {
	return c.decimal || c.kind != byteArray && c.kind != boolean
}

// Text implements table.Rows.
func (t *rows) Text(i int) string {
	c, k := &t.cells[i], &t.footer.columns[i]
	switch {
	case c.null:
		return ""
	case !k.numeric():
		return string(c.text)
	case c.number != c.number:
		return ""
	case k.decimal || k.kind == floats || k.kind == doubles:
		bits := 64
		if k.kind == floats {
			bits = 32
		}
		return strconv.FormatFloat(c.number, 'g', -1, bits)
	case k.unsigned:
		return strconv.FormatUint(uint64(c.whole), 10)
	}
	return strconv.FormatInt(c.whole, 10)
}
