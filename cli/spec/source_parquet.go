package spec

import (
	"github.com/godescent/descent/data/open"
)

// Parquet is a table in a Parquet file.
type Parquet struct{ open.Table }

// NewParquet infers what it can.
func NewParquet() *Parquet { return &Parquet{*open.NewTable()} }

// Defaults implements Source.
func (p *Parquet) Defaults(s *Spec) { tableDefaults(&p.Table, s) }

// Load implements Source.
func (p *Parquet) Load(o Loading) (*Examples, error) { return loadTable(&p.Table, "parquet", o) }
