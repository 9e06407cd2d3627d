// Package parquet reads a table from a Parquet file. What becomes of its columns
// is package table's, as for a file of text: Read finds a table.Schema, which
// Apply and Source use to turn other files into the same features, be they
// Parquet or text.
//
// Flat columns can be read: whole numbers, floats and decimals as numbers, dates
// and times as the whole numbers that stand for them, strings as texts, booleans
// as the texts "true" and "false". A column of lists or groups is an error unless
// it is ignored. A null, an empty text and NaN are missing cells. Pages may be
// plain or compressed by snappy, gzip, zstd or lz4_raw, and values in any encoding
// of the specification but those it has withdrawn.
//
// The format is read here, and not by one of the public packages for it, because
// these take a file's word for the sizes of its lists and pages and allocate
// before they look: a file from a stranger must not fill the memory. Here a page
// claims no more than its file and its limits hold, whatever its header says. A guard in front
// of such a package would not do: it would have to read the footer, each page's header and
// the sizes inside of compressed pages itself, which is most of a reader. Of 923 small files
// that fuzzing of this package had collected, 35 made parquet-go 0.32.0 run out of 3 GB, and
// 17 made it panic or take more than 5 s; the smallest are kept as seeds of the fuzz test.
//
// Source: the Apache Parquet specification, parquet.thrift, Encodings.md and
// Compression.md of format version 2.11.
package parquet

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/table"
)

// Options are how a file's columns are understood; see package table.
type Options = table.Options

// Error is a file that is not what the format says.
type Error struct {
	File    string
	Offset  int64  // where it went wrong
	Problem string // what was found and what was expected
	Err     error  // the cause, if another package reported one
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s: byte %d: %s", e.File, e.Offset, strings.ReplaceAll(e.Problem, "\n", " "))
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// ReadFile reads the table at path and finds its schema, as table.Read does.
func ReadFile(path string, o Options) (*data.Set, *table.Schema, error) {
	return table.Read(fileOpener(path, o.Limits, true), path, o)
}

// Read reads a table of size bytes and finds its schema; the name is the file's,
// as errors print it.
func Read(r io.ReaderAt, size int64, name string, o Options) (*data.Set, *table.Schema, error) {
	return table.Read(opener(r, size, name, o.Limits, true), name, o)
}

// InferFile finds the schema of the table at path without keeping its rows, whose
// number it gives too.
func InferFile(path string, o Options) (*table.Schema, int, error) {
	return table.Infer(fileOpener(path, o.Limits, false), path, o)
}

// ProfileFile tells what is in the columns of the table at path, those that are to be
// ignored left out, and the number of its rows.
func ProfileFile(path string, ignored map[string]table.Kind) ([]table.Profile, int, error) {
	return table.MakeProfile(fileOpener(path, table.Limits{}, false), ignored)
}

// ApplyFile applies a schema to the table at path.
func ApplyFile(s *table.Schema, path string, l table.Limits) (*data.Set, error) {
	return s.Read(fileOpener(path, l, true), path, l)
}

// Apply applies a schema to a table of size bytes.
func Apply(s *table.Schema, r io.ReaderAt, size int64, name string, l table.Limits) (*data.Set, error) {
	return s.Read(opener(r, size, name, l, true), name, l)
}

// Source is the table at path as a source of blocks, encoded by a schema and
// read anew each time: for files larger than memory.
func Source(s *table.Schema, path string, l table.Limits) *table.Source {
	return s.Source(fileOpener(path, l, false), path, l)
}

// opener opens a table; whole says that all of it is to be in memory.
func opener(r io.ReaderAt, size int64, name string, l table.Limits, whole bool) table.Opener {
	return func(at *table.Mark) (table.Rows, error) { return openRows(r, size, name, l, whole, at, nil) }
}

// fileOpener opens the table at path. A source is opened again and again: the
// footer is kept as long as the file is the same.
func fileOpener(path string, l table.Limits, whole bool) table.Opener {
	var known struct {
		sync.Mutex
		footer *footer
		info   os.FileInfo
	}
	footerOf := func(f *os.File, info os.FileInfo) (*footer, error) {
		known.Lock()
		defer known.Unlock()
		if known.footer != nil && os.SameFile(known.info, info) && known.info.Size() == info.Size() && known.info.ModTime().Equal(info.ModTime()) {
			return known.footer, nil
		}
		read, err := readFooter(f, info.Size(), path)
		known.footer, known.info = read, info
		return read, err
	}
	return func(at *table.Mark) (table.Rows, error) {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		rows, err := func() (*rows, error) {
			info, err := f.Stat()
			if err != nil {
				return nil, err
			}
			footer, err := footerOf(f, info)
			if err != nil {
				return nil, err
			}
			return newRows(footer, f, info.Size(), path, l, whole, at, f)
		}()
		if err != nil {
			_ = f.Close() // it was only read
			return nil, err
		}
		return rows, nil
	}
}
