package spec

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/godescent/descent/data/csv"
	"github.com/godescent/descent/internal/suggest"
	"github.com/godescent/descent/tensor"
)

// CSV is a table of text.
type CSV struct {
	Path        Path              `spec:"path" doc:"the table, also as .gz; relative to this file"`
	Test        Path              `spec:"test" doc:"a second table that is measured at the end"`
	Target      string            `spec:"target" doc:"the column to predict"`
	Task        string            `spec:"task" values:"auto,classification,regression" doc:"auto: a column of numbers is regression"`
	Columns     map[string]string `spec:"columns" doc:"what columns are, where it is not plain: numeric, onehot, index or ignore"`
	Categorical string            `spec:"categorical" values:"onehot,index" doc:"what columns of texts become"`
	Delimiter   string            `spec:"delimiter" doc:"between cells; auto is the comma, tab or semicolon of the header"`
	Missing     []string          `spec:"missing" doc:"texts that stand for a missing cell; [] is the usual ones, such as NA"`
}

// NewCSV infers what it can.
func NewCSV() *CSV { return &CSV{Task: "auto", Categorical: "onehot", Delimiter: "auto"} }

// Defaults implements Source.
func (c *CSV) Defaults(s *Spec) {
	if c.Test == "" {
		s.Split.Test = 0.2
	}
	m := NewMLP()
	m.Hidden = []int{64, 32}
	s.Model = m
	s.Batch, s.Epochs = 32, 100
}

func (c *CSV) options(d tensor.DType) (csv.Options, error) {
	o := csv.Options{
		Format:      csv.Format{DType: d},
		Target:      c.Target,
		Categorical: csv.Kind(c.Categorical),
		Columns:     map[string]csv.Kind{},
		Missing:     c.Missing,
	}
	if c.Task != "auto" {
		o.Task = csv.Task(c.Task)
	}
	if len(o.Missing) == 0 {
		o.Missing = nil
	}
	kinds := []string{string(csv.Numeric), string(csv.OneHot), string(csv.Index), string(csv.Ignore)}
	for name, kind := range c.Columns {
		if !slices.Contains(kinds, kind) {
			return o, At("columns."+name, fmt.Errorf("a column cannot be %q; %s", kind, suggest.Hint(kind, kinds)))
		}
		o.Columns[name] = csv.Kind(kind)
	}
	if c.Delimiter != "auto" {
		r, n := utf8.DecodeRuneInString(strings.ReplaceAll(c.Delimiter, `\t`, "\t"))
		if r == utf8.RuneError || n < len(strings.ReplaceAll(c.Delimiter, `\t`, "\t")) {
			return o, At("delimiter", fmt.Errorf("%q is not one character; write auto, \",\", \";\" or \"\\t\"", c.Delimiter))
		}
		o.Delimiter = r
	}
	return o, nil
}

// Load implements Source.
func (c *CSV) Load(d tensor.DType) (*Examples, error) {
	if c.Path == "" {
		return nil, At("path", fmt.Errorf("data of kind csv want a path: the table's file"))
	}
	if c.Target == "" {
		return nil, At("target", fmt.Errorf("data of kind csv want a target: the name of the column to predict"))
	}
	o, err := c.options(d)
	if err != nil {
		return nil, err
	}
	set, schema, err := csv.ReadFile(c.Path.shown(), o)
	if err != nil {
		return nil, unreadable("path", err)
	}
	e := &Examples{Name: filepath.Base(string(c.Path)), Train: set}
	if c.Test != "" {
		if e.Test, err = csv.ApplyFile(schema, c.Test.shown(), o.Format); err != nil {
			return nil, unreadable("test", err)
		}
		if e.Test.Y == nil {
			return nil, At("test", fmt.Errorf("%s has no column %q to compare with", c.Test.shown(), c.Target))
		}
	}
	text, err := json.Marshal(schema)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Path.shown(), err)
	}
	e.Meta = map[string]string{"schema": string(text)}
	return e, nil
}
