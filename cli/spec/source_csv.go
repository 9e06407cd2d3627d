package spec

import (
	"fmt"

	"github.com/godescent/descent/data/open"
)

// CSV is a table of text.
type CSV struct {
	open.Table
	open.TextFormat
}

// NewCSV infers what it can.
func NewCSV() *CSV { return &CSV{*open.NewTable(), open.NewTextFormat()} }

// Defaults implements Source.
func (c *CSV) Defaults(s *Spec) { tableDefaults(&c.Table, s) }

// Load implements Source.
func (c *CSV) Load(o Loading) (*Examples, error) {
	t := c.Table
	t.Format = c.TextFormat
	return loadTable(&t, "csv", o)
}

func tableDefaults(t *open.Table, s *Spec) {
	smallTable(s)
	if t.Test != "" {
		s.Split.Test = 0
	}
}

func loadTable(t *open.Table, kind string, o Loading) (*Examples, error) {
	if t.Path == "" {
		return nil, At("path", fmt.Errorf("data of kind %s want a path: the table's file", kind))
	}
	if t.Target == "" {
		return nil, At("target", fmt.Errorf("data of kind %s want a target: the name of the column to predict", kind))
	}
	return opened(t, o, 0, file{"path", t.Path}, file{"test", t.Test})
}
