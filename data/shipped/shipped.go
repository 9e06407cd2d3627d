// Package shipped carries small data sets that are part of the program, by name:
// nothing is downloaded. Where they come from and under which licence stands in
// README.md and in each Collection.
package shipped

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/mnist"
	"github.com/godescent/descent/internal/suggest"
	"github.com/godescent/descent/tensor"
)

// Task is what a collection is made for.
type Task string

// The tasks.
const (
	Classification Task = "classification"
	Regression     Task = "regression"
	Text           Task = "text" // the next character is predicted
)

// Collection is a data set that is part of the program.
type Collection struct {
	Name    string
	Title   string // what it is, in a few words
	Task    Task
	Size    int    // examples to train on, or characters
	Origin  string // who made it, where it was published
	Licence string
	Files   []File

	load func(c *Collection, d tensor.DType) (train, test *data.Set, err error)
}

// File is one of a collection's files.
type File struct {
	Name   string
	SHA256 string // of Data, in hexadecimal
	Data   string // as it was published, compressed or not
}

// Names are the names of the collections.
func Names() []string {
	var names []string
	for _, c := range All() {
		names = append(names, c.Name)
	}
	return names
}

// Lookup is the collection of that name.
func Lookup(name string) (*Collection, error) {
	all := All()
	for i := range all {
		if all[i].Name == name {
			return &all[i], nil
		}
	}
	return nil, fmt.Errorf("no data set %q is part of the program; %s", name, suggest.Hint(name, Names()))
}

// Load unpacks the examples. X is [N, features] of type d (Float32 or Float64)
// for a table, and Uint8 [N, height, width, 1] or, for mnist, [N, 784] for
// images; Y is Int32 [N] or d [N, 1]. The test set is nil where the collection
// has none of its own. A text has no examples: ask for its Text.
func (c *Collection) Load(d tensor.DType) (train, test *data.Set, err error) {
	if c.load == nil {
		return nil, nil, fmt.Errorf("%s is a text, not a list of examples", c.Name)
	}
	if !d.IsFloat() {
		return nil, nil, fmt.Errorf("%s: features are float32 or float64, not %v", c.Name, d)
	}
	return c.load(c, d)
}

// Text is the text of a collection that is one.
func (c *Collection) Text() (string, error) {
	if c.Task != Text {
		return "", fmt.Errorf("%s is a list of examples, not a text", c.Name)
	}
	return c.Files[0].unpack()
}

// mostBytes is more than any file unpacks to.
const mostBytes = 8 << 20

// unpack is the file's content.
func (f File) unpack() (string, error) {
	if !strings.HasSuffix(f.Name, ".gz") {
		return f.Data, nil
	}
	z, err := gzip.NewReader(strings.NewReader(f.Data))
	if err != nil {
		return "", fmt.Errorf("%s: %w", f.Name, err)
	}
	var text bytes.Buffer
	if _, err := io.Copy(&text, io.LimitReader(z, mostBytes)); err != nil {
		return "", fmt.Errorf("%s: %w", f.Name, err)
	}
	return text.String(), nil
}

// numbers are the rows of a file of numbers, after leaving out its first lines.
func (f File) numbers(skip int, separator string) ([][]float64, error) {
	text, err := f.unpack()
	if err != nil {
		return nil, err
	}
	var rows [][]float64
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if i < skip {
			continue
		}
		cells := strings.Split(strings.TrimSpace(line), separator)
		row := make([]float64, len(cells))
		for j, cell := range cells {
			if row[j], err = strconv.ParseFloat(cell, 64); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", f.Name, i+1, err)
			}
		}
		if len(rows) > 0 && len(row) != len(rows[0]) {
			return nil, fmt.Errorf("%s:%d: %d numbers, there were %d before", f.Name, i+1, len(row), len(rows[0]))
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// classTable loads a table whose last column is the number of the class.
func classTable(features, classes []string, target string) func(*Collection, tensor.DType) (*data.Set, *data.Set, error) {
	return func(c *Collection, d tensor.DType) (*data.Set, *data.Set, error) {
		rows, err := c.Files[0].numbers(1, ",")
		if err != nil {
			return nil, nil, err
		}
		set := &data.Set{Name: c.Name, Features: features, Classes: classes, Targets: []string{target}}
		set.X, set.Y = matrix(rows, d, len(features)), labels(rows)
		return set, nil, set.Validate()
	}
}

// matrix is the first columns of rows.
func matrix(rows [][]float64, d tensor.DType, columns int) *tensor.Array {
	a := tensor.New(d, len(rows), columns)
	for i, row := range rows {
		for j := range columns {
			a.SetAt(i*columns+j, row[j])
		}
	}
	return a
}

// labels is the last column of rows.
func labels(rows [][]float64) *tensor.Array {
	a := tensor.New(tensor.Int32, len(rows))
	for i, row := range rows {
		a.SetAt(i, row[len(row)-1])
	}
	return a
}

func loadDiabetes(c *Collection, d tensor.DType) (*data.Set, *data.Set, error) {
	x, err := c.Files[0].numbers(0, " ")
	if err != nil {
		return nil, nil, err
	}
	y, err := c.Files[1].numbers(0, " ")
	if err != nil {
		return nil, nil, err
	}
	set := &data.Set{Name: c.Name, Features: diabetesFeatures(), Targets: []string{"progression"}}
	set.X, set.Y = matrix(x, d, len(set.Features)), matrix(y, d, 1)
	return set, nil, set.Validate()
}

func loadDigits(c *Collection, _ tensor.DType) (*data.Set, *data.Set, error) {
	rows, err := c.Files[0].numbers(0, ",")
	if err != nil {
		return nil, nil, err
	}
	set := &data.Set{Name: c.Name, Classes: digits(), Targets: []string{"digit"}}
	set.X, set.Y = matrix(rows, tensor.Uint8, 64).Reshape(len(rows), 8, 8, 1), labels(rows)
	return set, nil, set.Validate()
}

func loadMNIST(*Collection, tensor.DType) (*data.Set, *data.Set, error) { return mnist.Load() }

func digits() []string { return strings.Split("0123456789", "") }
