package spec

import (
	"fmt"

	"github.com/godescent/descent/data/open"
	"github.com/godescent/descent/data/table"
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
	Decimal     string            `spec:"decimal" values:"point,comma" doc:"the mark in numbers"`
	Header      bool              `spec:"header" doc:"the first row names the columns; without, they are column1, column2, .."`
	Missing     []string          `spec:"missing" doc:"texts that stand for a missing cell; [] is the usual ones, such as NA"`
	Fill        string            `spec:"fill" values:"error,drop,mean,median,mode" doc:"missing cells: error, drop (the row), or mean, median, mode of the training part"`
	FillColumns map[string]string `spec:"fill_columns" doc:"likewise for single columns"`
	Indicator   bool              `spec:"indicator" doc:"a feature more for where cells of a column were missing"`
}

// NewCSV infers what it can.
func NewCSV() *CSV {
	return &CSV{Task: "auto", Categorical: "onehot", Delimiter: "auto", Decimal: "point", Header: true, Fill: string(table.Refuse)}
}

// Defaults implements Source.
func (c *CSV) Defaults(s *Spec) {
	smallTable(s)
	if c.Test != "" {
		s.Split.Test = 0
	}
}

// Load implements Source.
func (c *CSV) Load(o Loading) (*Examples, error) { return c.load(o, "csv") }

func (c *CSV) load(o Loading, kind string) (*Examples, error) {
	if c.Path == "" {
		return nil, At("path", fmt.Errorf("data of kind %s want a path: the table's file", kind))
	}
	if c.Target == "" {
		return nil, At("target", fmt.Errorf("data of kind %s want a target: the name of the column to predict", kind))
	}
	opener := &open.Table{
		Path: orNone(c.Path), Test: orNone(c.Test), Target: c.Target, Task: c.Task, Columns: c.Columns, Categorical: c.Categorical,
		Delimiter: c.Delimiter, Decimal: c.Decimal, NoHeader: !c.Header, Missing: c.Missing, Fill: c.Fill, FillColumns: c.FillColumns, Indicator: c.Indicator,
	}
	return opened(opener, o, 0, file{"path", c.Path}, file{"test", c.Test})
}
