package csv

import (
	"bufio"
	"bytes"
	"compress/gzip"
	stdcsv "encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/godescent/descent/data/table"
)

// rows is a file being read: its header and a row at a time.
type rows struct {
	format Format
	file   io.ReadCloser
	limit  *bounded
	r      *stdcsv.Reader
	packed bool
	names  []string // of the columns, trimmed
	header int      // the line of the header
	first  bool     // the first record, read for its width, is the next row
	last   int      // the line of the last row read
	count  int      // rows read
	start  int64    // the offset in the file where r starts
	base   int      // lines before it
	record []string // the row
	ended  []string // the last record, the header or the row
	cells  []cell   // of the row, what was asked of it so far
}

var _ table.Rows = (*rows)(nil)

// cell is what is known of a cell.
type cell struct {
	text          string
	number        float64
	ok            bool // it is a number
	trimmed, read bool // text is valid; number and ok are
}

// bufferSize is how far the text is read ahead.
const bufferSize = 1 << 16

// openRows starts a pass over a file: at its header row, or, if the header is known,
// at a mark.
func openRows(file io.ReadCloser, f Format) (*rows, error) {
	t := &rows{format: f, file: file}
	r := io.Reader(file)
	buffered := bufio.NewReaderSize(r, bufferSize)
	if first, _ := buffered.Peek(2); string(first) == "\x1f\x8b" {
		z, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, t.fail(0, err, "the compressed data is damaged: %v", err)
		}
		r, t.packed = z, true
	} else {
		r = buffered
	}
	t.limit = &bounded{r: r, most: int64(bufferSize + f.MaxRowBytes)}
	text := bufio.NewReaderSize(t.limit, bufferSize)
	start, err := text.Peek(bufferSize)
	switch {
	case err != nil && err != io.EOF && err != errTooLong:
		return nil, t.fail(0, err, "%v", err)
	case bytes.HasPrefix(start, []byte("\xff\xfe")) || bytes.HasPrefix(start, []byte("\xfe\xff")):
		return nil, t.fail(0, nil, "the text is UTF-16; save it as UTF-8")
	case bytes.HasPrefix(start, []byte("PK\x03\x04")):
		return nil, t.fail(0, nil, "this is a zip archive, as spreadsheets are; save the table as CSV")
	case bytes.HasPrefix(start, []byte("PAR1")):
		return nil, t.fail(0, nil, "this is a Parquet file, not text")
	}
	if mark := []byte("\xef\xbb\xbf"); bytes.HasPrefix(start, mark) {
		start, t.start = start[len(mark):], int64(len(mark))
		if _, err := text.Discard(len(mark)); err != nil {
			return nil, t.fail(0, err, "%v", err)
		}
	}
	if t.format.Delimiter == 0 {
		t.format.Delimiter = detect(start, t.format.Decimal)
	}
	t.begin(text)
	return t, t.readHeader()
}

// begin reads records from text.
func (t *rows) begin(text io.Reader) {
	t.r = stdcsv.NewReader(text)
	t.r.Comma = t.format.Delimiter
	t.r.FieldsPerRecord = -1                        // checked here, so that the error can name columns
	t.r.TrimLeadingSpace = t.format.Delimiter > ' ' // a tab or a space would be taken for a leading space
	t.r.ReuseRecord = true
}

// seek goes on at a mark of the same file.
func (t *rows) seek(at table.Mark) error {
	s, ok := t.file.(io.Seeker)
	if !ok || t.packed {
		return t.fail(0, nil, "reading cannot start in the middle")
	}
	if _, err := s.Seek(at.Offset, io.SeekStart); err != nil {
		return t.fail(0, err, "%v", err)
	}
	t.limit = &bounded{r: t.file}
	t.start, t.base, t.count, t.last = at.Offset, at.Line, at.Row, at.Line
	t.record, t.ended, t.first = nil, nil, false
	t.begin(bufio.NewReaderSize(t.limit, bufferSize))
	return nil
}

// lines is the number of lines up to the end of the last record.
func (t *rows) lines() int {
	if t.ended == nil {
		return t.base
	}
	last := len(t.ended) - 1
	line, _ := t.r.FieldPos(last)
	return t.base + line + strings.Count(t.ended[last], "\n")
}

// Mark implements table.Rows.
func (t *rows) Mark() (table.Mark, bool) {
	if _, ok := t.file.(io.Seeker); !ok || t.packed {
		return table.Mark{}, false
	}
	if t.first {
		return table.Mark{Offset: t.start}, true
	}
	return table.Mark{Offset: t.start + t.r.InputOffset(), Line: t.lines(), Row: t.count}, true
}

// detect is the delimiter that the first line has most of outside quotes: a comma, tab
// or semicolon, or else a bar or space if the second line has it as often. A comma that
// stands in numbers does not count.
func detect(start []byte, decimal rune) rune {
	first, rest := countMarks(start)
	if decimal == ',' {
		first[','] = 0
	}
	switch {
	case first['\t'] > first[','] && first['\t'] >= first[';']:
		return '\t'
	case first[';'] > first[',']:
		return ';'
	case first[','] > 0:
		return ','
	}
	second, _ := countMarks(rest)
	for _, c := range []rune{'|', ' '} {
		if first[c] > 0 && first[c] == second[c] {
			return c
		}
	}
	if decimal == ',' {
		return ';'
	}
	return ','
}

// countMarks counts the characters of the first line outside quotes, and gives what is after it.
func countMarks(text []byte) (n map[rune]int, rest []byte) {
	n = map[rune]int{}
	quoted := false
	for i, c := range text {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\n':
			return n, text[i+1:]
		default:
			n[rune(c)]++
		}
	}
	return n, nil
}

func (t *rows) readHeader() error {
	record, err := t.read()
	if err == io.EOF {
		return t.fail(0, nil, "the file is empty; a header row of column names was expected")
	}
	if err != nil {
		return err
	}
	t.header = t.last
	t.names = make([]string, len(record))
	t.cells = make([]cell, len(record))
	if t.format.NoHeader {
		t.first = true
		for i := range t.names {
			t.names[i] = fmt.Sprintf("column%d", i+1)
		}
		return nil
	}
	for i, name := range record {
		if t.names[i] = strings.Clone(strings.TrimSpace(name)); !utf8.ValidString(name) {
			return t.fail(t.header, nil, "the name of column %d, %q, is not UTF-8; save the file as UTF-8", i+1, name)
		}
	}
	return nil
}

// File implements table.Rows.
func (t *rows) File() string { return t.format.Name }

// Names implements table.Rows.
func (t *rows) Names() []string { return t.names }

// Row implements table.Rows.
func (t *rows) Row() int { return t.count }

// Line implements table.Rows.
func (t *rows) Line(i int) int {
	if i < 0 || i >= len(t.record) {
		return t.header
	}
	line, _ := t.r.FieldPos(i)
	return t.base + line
}

// Close implements table.Rows.
func (t *rows) Close() error { return t.file.Close() }

// Use implements table.Rows: all cells can be read.
func (t *rows) Use([]int) error { return nil }

// Next implements table.Rows: the next row has as many cells as the header.
func (t *rows) Next() error {
	record, err := t.ended, error(nil)
	if !t.first {
		record, err = t.read()
	}
	if t.first = false; err != nil {
		return err
	}
	above := "the header"
	if t.format.NoHeader {
		above = "the first row"
	}
	switch got, want := len(record), len(t.names); {
	case got < want:
		return t.fail(t.last, nil, "the row has %d cells, %s has %d; the cell of column %q is the first without a value",
			got, above, want, t.names[got])
	case got > want && t.count == 0:
		return t.fail(t.last, nil, "the row has %d cells, %s has %d: %s; a text that contains %q must be in quotes, and what stands above the column names removed",
			got, above, want, table.Quote(strings.Join(t.names, string(t.format.Delimiter))), t.format.Delimiter)
	case got > want:
		return t.fail(t.last, nil, "the row has %d cells, %s has %d; a text that contains %q must be in quotes",
			got, above, want, t.format.Delimiter)
	}
	t.record = record
	clear(t.cells)
	t.count++
	return nil
}

// Text implements table.Rows: the cell without spaces around it.
func (t *rows) Text(i int) string {
	c := &t.cells[i]
	if !c.trimmed {
		c.text, c.trimmed = strings.TrimSpace(t.record[i]), true
	}
	return c.text
}

// Number implements table.Rows.
func (t *rows) Number(i int) (float64, bool) {
	c := &t.cells[i]
	if !c.read {
		text := t.Text(i)
		if t.format.Decimal == ',' {
			text = commaToPoint(text)
		}
		c.number, c.ok = table.ParseNumber(text)
		c.read = true
	}
	return c.number, c.ok
}

// commaToPoint gives a number with a decimal comma a point. One with a point has another
// meaning there, thousands, and is no number.
func commaToPoint(cell string) string {
	if strings.Contains(cell, ".") {
		return "" // which is no number
	}
	return strings.Replace(cell, ",", ".", 1)
}

// read is the next record of any length.
func (t *rows) read() ([]string, error) {
	start := t.r.InputOffset()
	t.limit.most = start + int64(t.format.MaxRowBytes) + bufferSize
	record, err := t.r.Read()
	var parse *stdcsv.ParseError
	switch {
	case err == io.EOF:
		return nil, err
	case errors.Is(err, errTooLong) || err == nil && t.r.InputOffset()-start > int64(t.format.MaxRowBytes):
		return nil, t.fail(0, errTooLong, "the row after line %d is longer than %d bytes; is a quote left open?",
			t.last, t.format.MaxRowBytes)
	case errors.As(err, &parse):
		return nil, t.fail(t.base+parse.Line, err, "%s", sayParse(parse.Err))
	case err != nil:
		return nil, t.fail(0, err, "after line %d: %v", t.last, err)
	}
	line, _ := t.r.FieldPos(0)
	t.last, t.ended = t.base+line, record
	return record, nil
}

func sayParse(err error) string {
	switch {
	case errors.Is(err, stdcsv.ErrBareQuote):
		return `a quote (") inside a cell that is not in quotes; put the cell in quotes and double the quotes in it`
	case errors.Is(err, stdcsv.ErrQuote):
		return `a cell in quotes is not closed, or goes on after its closing quote; double the quotes in it`
	}
	return err.Error()
}

// fail is an error about a line of the file, 0 for none.
func (t *rows) fail(line int, cause error, format string, args ...any) error {
	return &table.Error{File: t.format.Name, Line: line, Problem: fmt.Sprintf(format, args...), Err: cause}
}

// bounded is a reader that fails once more than most bytes were read, so that a
// row without an end does not fill the memory.
type bounded struct {
	r          io.Reader
	read, most int64
}

var errTooLong = errors.New("the row is too long")

func (b *bounded) Read(p []byte) (int, error) {
	if b.read >= b.most {
		return 0, errTooLong
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.most-b.read)])
	b.read += int64(n)
	return n, err
}
