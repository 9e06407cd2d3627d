package spec

import (
	"github.com/godescent/descent/data/table"
)

// Parquet is a table in a Parquet file.
type Parquet struct {
	Path        Path              `spec:"path" doc:"the table; relative to this file"`
	Test        Path              `spec:"test" doc:"a second table that is measured at the end"`
	Target      string            `spec:"target" doc:"the column to predict"`
	Task        string            `spec:"task" values:"auto,classification,regression" doc:"auto: a column of numbers is regression"`
	Columns     map[string]string `spec:"columns" doc:"what columns are, where it is not plain: numeric, onehot, index or ignore"`
	Categorical string            `spec:"categorical" values:"onehot,index" doc:"what columns of texts become"`
	Missing     []string          `spec:"missing" doc:"texts that stand for a missing cell; [] is the usual ones, such as NA"`
	Fill        string            `spec:"fill" values:"error,drop,mean,median,mode" doc:"missing cells: error, drop (the row), or mean, median, mode of the training part"`
	FillColumns map[string]string `spec:"fill_columns" doc:"likewise for single columns"`
	Indicator   bool              `spec:"indicator" doc:"a feature more for where cells of a column were missing"`
}

// NewParquet infers what it can.
func NewParquet() *Parquet {
	return &Parquet{Task: "auto", Categorical: "onehot", Fill: string(table.Refuse)}
}

// table is the keys that Parquet and CSV share.
func (p *Parquet) table() *CSV {
	return &CSV{
		Path: p.Path, Test: p.Test, Target: p.Target, Task: p.Task, Columns: p.Columns, Categorical: p.Categorical,
		Delimiter: "auto", Decimal: "point", Header: true, Missing: p.Missing, Fill: p.Fill, FillColumns: p.FillColumns, Indicator: p.Indicator,
	}
}

// Defaults implements Source.
func (p *Parquet) Defaults(s *Spec) { p.table().Defaults(s) }

// Load implements Source.
func (p *Parquet) Load(o Loading) (*Examples, error) { return p.table().load(o, "parquet") }
