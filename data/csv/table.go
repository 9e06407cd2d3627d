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
)

// table is a file being read: its header and a row at a time.
type table struct {
	format Format
	limit  *bounded
	r      *stdcsv.Reader
	names  []string       // of the columns, trimmed
	place  map[string]int // of each name, the first if it is there twice
	twice  map[string]int // the second place of a name
	header int            // the line of the header
	last   int            // the line of the last row read
}

// bufferSize is how far the text is read ahead.
const bufferSize = 1 << 16

// openTable reads the header row.
func openTable(r io.Reader, f Format) (*table, error) {
	t := &table{format: f}
	buffered := bufio.NewReaderSize(r, bufferSize)
	if first, _ := buffered.Peek(2); string(first) == "\x1f\x8b" {
		z, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, t.fail(0, "", err, "the compressed data is damaged: %v", err)
		}
		r = z
	} else {
		r = buffered
	}
	t.limit = &bounded{r: r, most: int64(bufferSize + f.MaxRowBytes)}
	text := bufio.NewReaderSize(t.limit, bufferSize)
	start, err := text.Peek(bufferSize)
	switch {
	case err != nil && err != io.EOF && err != errTooLong:
		return nil, t.fail(0, "", err, "%v", err)
	case bytes.HasPrefix(start, []byte("\xff\xfe")) || bytes.HasPrefix(start, []byte("\xfe\xff")):
		return nil, t.fail(0, "", nil, "the text is UTF-16; save it as UTF-8")
	case bytes.HasPrefix(start, []byte("PK\x03\x04")):
		return nil, t.fail(0, "", nil, "this is a zip archive, as spreadsheets are; save the table as CSV")
	}
	if mark := []byte("\xef\xbb\xbf"); bytes.HasPrefix(start, mark) {
		start = start[len(mark):]
		if _, err := text.Discard(len(mark)); err != nil {
			return nil, t.fail(0, "", err, "%v", err)
		}
	}
	if t.format.Delimiter == 0 {
		t.format.Delimiter = detect(start)
	}
	t.r = stdcsv.NewReader(text)
	t.r.Comma = t.format.Delimiter
	t.r.FieldsPerRecord = -1                        // checked here, so that the error can name columns
	t.r.TrimLeadingSpace = t.format.Delimiter > ' ' // a tab or a space would be taken for a leading space
	t.r.ReuseRecord = true
	return t, t.readHeader()
}

// detect is the delimiter that the first line has most of outside quotes.
func detect(start []byte) rune {
	var commas, tabs, semicolons int
	quoted := false
	for _, c := range start {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ',':
			commas++
		case c == '\t':
			tabs++
		case c == ';':
			semicolons++
		}
		if c == '\n' && !quoted {
			break
		}
	}
	switch {
	case tabs > commas && tabs >= semicolons:
		return '\t'
	case semicolons > commas:
		return ';'
	}
	return ','
}

func (t *table) readHeader() error {
	record, err := t.read()
	if err == io.EOF {
		return t.fail(0, "", nil, "the file is empty; a header row of column names was expected")
	}
	if err != nil {
		return err
	}
	t.header = t.last
	t.names = make([]string, len(record))
	t.place, t.twice = make(map[string]int, len(record)), make(map[string]int)
	for i, name := range record {
		if t.names[i] = strings.Clone(strings.TrimSpace(name)); !utf8.ValidString(name) {
			return t.fail(t.header, "", nil, "the name of column %d, %q, is not UTF-8; save the file as UTF-8", i+1, name)
		}
		if _, there := t.place[t.names[i]]; !there {
			t.place[t.names[i]] = i
		} else if _, there := t.twice[t.names[i]]; !there {
			t.twice[t.names[i]] = i
		}
	}
	return nil
}

// next is the next row, as many cells as the header has, or io.EOF. It is
// valid until the next call.
func (t *table) next() ([]string, error) {
	record, err := t.read()
	if err != nil {
		return nil, err
	}
	if got, want := len(record), len(t.names); got < want {
		return nil, t.fail(t.last, "", nil, "the row has %d cells, the header has %d; the cell of column %q is the first without a value",
			got, want, t.names[got])
	} else if got > want {
		return nil, t.fail(t.last, "", nil, "the row has %d cells, the header has %d; a text that contains %q must be in quotes",
			got, want, t.format.Delimiter)
	}
	return record, nil
}

// read is the next record of any length.
func (t *table) read() ([]string, error) {
	start := t.r.InputOffset()
	t.limit.most = start + int64(t.format.MaxRowBytes) + bufferSize
	record, err := t.r.Read()
	var parse *stdcsv.ParseError
	switch {
	case err == io.EOF:
		return nil, err
	case errors.Is(err, errTooLong) || err == nil && t.r.InputOffset()-start > int64(t.format.MaxRowBytes):
		return nil, t.fail(0, "", errTooLong, "the row after line %d is longer than %d bytes; is a quote left open?",
			t.last, t.format.MaxRowBytes)
	case errors.As(err, &parse):
		return nil, t.fail(parse.Line, "", err, "%s", sayParse(parse.Err))
	case err != nil:
		return nil, t.fail(0, "", err, "after line %d: %v", t.last, err)
	}
	t.last, _ = t.r.FieldPos(0)
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

// fail is an error about a line of the file (0 for none) and a column ("" for
// none).
func (t *table) fail(line int, column string, cause error, format string, args ...any) error {
	return &Error{File: t.format.Name, Line: line, Column: column, Problem: fmt.Sprintf(format, args...), Err: cause}
}

// failCell is an error about cell i of the last row.
func (t *table) failCell(i int, format string, args ...any) error {
	line, _ := t.r.FieldPos(i)
	return t.fail(line, t.names[i], nil, format, args...)
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
