package spec

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/csv"
	"github.com/godescent/descent/data/table"
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
	Fill        string            `spec:"fill" doc:"missing cells: error, drop (the row), or mean, median, mode of the training part"`
	FillColumns map[string]string `spec:"fill_columns" doc:"likewise for single columns"`
	Indicator   bool              `spec:"indicator" doc:"a feature more for where cells of a column were missing"`
}

// NewCSV infers what it can.
func NewCSV() *CSV {
	return &CSV{Task: "auto", Categorical: "onehot", Delimiter: "auto", Fill: string(table.Refuse)}
}

// Defaults implements Source.
func (c *CSV) Defaults(s *Spec) {
	smallTable(s)
	if c.Test != "" {
		s.Split.Test = 0
	}
}

func (c *CSV) options(d tensor.DType) (csv.Options, error) {
	o := csv.Options{
		Format:      csv.Format{DType: d},
		Target:      c.Target,
		Categorical: csv.Kind(c.Categorical),
		Columns:     map[string]csv.Kind{},
		Missing:     c.Missing,
		FillColumns: map[string]csv.Fill{},
		Indicator:   c.Indicator,
	}
	if c.Task != "auto" {
		o.Task = csv.Task(c.Task)
	}
	if len(o.Missing) == 0 {
		o.Missing = nil
	}
	var err error
	if o.Fill, err = fill("fill", c.Fill); err != nil {
		return o, err
	}
	for name, how := range c.FillColumns {
		if o.FillColumns[name], err = fill("fill_columns."+name, how); err != nil {
			return o, err
		}
	}
	kinds := table.Kinds()
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

// fill is what becomes of missing cells, by the name that a key gives.
func fill(key, name string) (csv.Fill, error) {
	if !slices.Contains(table.Fills(), name) {
		return "", At(key, fmt.Errorf("a missing cell cannot become %q; %s", name, suggest.Hint(name, table.Fills())))
	}
	return csv.Fill(name), nil
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
	e.Fit = func(rows []int32) (map[string]string, error) {
		if err := schema.Fit(set, rows); err != nil {
			return nil, err
		}
		for _, part := range []*data.Set{e.Train, e.Test} {
			if part == nil {
				continue
			}
			if err := schema.Complete(part); err != nil {
				return nil, err
			}
		}
		text, err := json.Marshal(schema)
		return map[string]string{"schema": string(text)}, err
	}
	return e, nil
}
