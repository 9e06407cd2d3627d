package csv

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/godescent/descent/internal/suggest"
)

// opener starts a pass over a file's text.
type opener func() (io.ReadCloser, error)

// found is what a pass learns about a column.
type found struct {
	name    string
	kind    Kind // given by the options, or "" to be inferred
	target  bool
	numbers int
	texts   int

	textLine int // where the first text that is no number stands
	text     string

	// Categories are gathered from the first row on if the column is known or
	// looks to be categorical; late says that it turned out so after numbers had
	// gone by, and a second pass is needed.
	gather, late bool
	categories   map[string]struct{}
}

// infer finds the schema of a file and its number of rows.
func infer(open opener, o Options) (*Schema, int, error) {
	if err := o.check(); err != nil {
		return nil, 0, err
	}
	columns, rows, err := scan(open, o, nil)
	if err != nil {
		return nil, 0, err
	}
	again := false
	for _, c := range columns {
		if err := c.decide(o); err != nil {
			return nil, 0, err
		}
		if again = again || c.late && c.kind != Numeric; c.late {
			c.gather = true
		}
	}
	if again {
		if columns, _, err = scan(open, o, columns); err != nil {
			return nil, 0, err
		}
	}
	s := &Schema{Missing: o.Missing}
	for _, c := range columns {
		if c.kind == Ignore {
			continue
		}
		var categories []string
		if c.kind != Numeric {
			categories = sorted(c.categories)
		}
		switch {
		case !c.target:
			s.Columns = append(s.Columns, Column{Name: c.name, Kind: c.kind, Categories: categories})
		case c.kind == Numeric:
			s.Target = &Target{Name: c.name, Task: Regression}
		default:
			if len(categories) == 1 {
				return nil, 0, &Error{File: o.Name, Column: c.name, Problem: fmt.Sprintf(
					"every row has the class %s; at least two are needed to tell apart", quote(categories[0]))}
			}
			s.Target = &Target{Name: c.name, Task: Classification, Classes: categories}
		}
	}
	if err := s.Check(); err != nil {
		return nil, 0, &Error{File: o.Name, Problem: err.Error(), Err: err}
	}
	return s, rows, nil
}

func (o Options) check() error {
	if o.Categorical != OneHot && o.Categorical != Index {
		return fmt.Errorf("%s: categorical columns can become %q or %q, not %q", o.Name, OneHot, Index, o.Categorical)
	}
	if o.Task != "" && o.Task != Classification && o.Task != Regression {
		return fmt.Errorf("%s: unknown task %q; %s", o.Name, o.Task,
			suggest.Hint(string(o.Task), []string{string(Classification), string(Regression)}))
	}
	for _, name := range slices.Sorted(maps.Keys(o.Columns)) {
		if kind := o.Columns[name]; !slices.Contains(kinds(), string(kind)) {
			return fmt.Errorf("%s: column %q is to be of unknown kind %q; %s", o.Name, name, kind, suggest.Hint(string(kind), kinds()))
		}
	}
	return nil
}

// begin lays out what is to be found, from the header and the options.
func begin(t *table, o Options) ([]*found, error) {
	columns := make([]*found, len(t.names))
	for i, name := range t.names {
		c := &found{name: name, kind: o.Columns[name], target: name == o.Target && name != ""}
		if _, err := t.find(name); err != nil && c.kind != Ignore {
			return nil, err
		}
		if name == "" && c.kind != Ignore {
			return nil, t.fail(t.header, "", nil, `column %d has no name; give it one, or ignore the column named ""`, i+1)
		}
		if c.target {
			if _, given := o.Columns[name]; given {
				return nil, t.fail(t.header, name, nil, "this is the target; what it becomes is said by the task, not by a kind of column")
			}
			switch o.Task {
			case Classification:
				c.kind = Index
			case Regression:
				c.kind = Numeric
			}
		}
		c.gather = c.kind == OneHot || c.kind == Index
		columns[i] = c
	}
	if at, err := t.find(o.Target); o.Target != "" && at < 0 {
		return nil, cmp.Or(err, t.noColumn("target column", o.Target))
	}
	for _, name := range slices.Sorted(maps.Keys(o.Columns)) {
		if _, ok := t.place[name]; !ok {
			return nil, t.noColumn("column", name)
		}
	}
	return columns, nil
}

// scan goes through a file once. known is nil, or the columns of an earlier
// pass whose categories are to be gathered now.
func scan(open opener, o Options, known []*found) ([]*found, int, error) {
	r, err := open()
	if err != nil {
		return nil, 0, err
	}
	defer r.Close()
	t, err := openTable(r, o.Format)
	if err != nil {
		return nil, 0, err
	}
	columns := known
	if known == nil {
		if columns, err = begin(t, o); err != nil {
			return nil, 0, err
		}
	} else if len(known) != len(t.names) {
		return nil, 0, t.fail(t.header, "", nil, "the file changed while it was read")
	}
	for rows := 0; ; rows++ {
		record, err := t.next()
		if err == io.EOF && rows == 0 {
			return nil, 0, t.fail(0, "", nil, "there are no rows after the header")
		}
		if err == io.EOF {
			return columns, rows, nil
		}
		if err != nil {
			return nil, 0, err
		}
		for i, c := range columns {
			if err := c.look(t, i, strings.TrimSpace(record[i]), rows == 0, o); err != nil {
				return nil, 0, err
			}
		}
	}
}

// look takes in one cell.
func (c *found) look(t *table, i int, cell string, first bool, o Options) error {
	if c.kind == Ignore {
		return nil
	}
	if c.kind != OneHot && c.kind != Index {
		_, ok := number(cell)
		switch {
		case ok:
			c.numbers++
		case missing(cell, o.Missing):
			return t.failCell(i, "%s", sayMissing(cell))
		case c.kind == Numeric:
			return t.failCell(i, "%s is not a number; correct it, or declare the column %q, %q or %q", quote(cell), OneHot, Index, Ignore)
		default:
			if c.texts++; c.texts == 1 {
				c.textLine, _ = t.r.FieldPos(i)
				c.text = quote(cell)
				c.gather, c.late = first, !first
			}
		}
	}
	if !c.gather {
		return nil
	}
	if _, ok := c.categories[cell]; ok {
		return nil
	}
	switch {
	case missing(cell, o.Missing):
		return t.failCell(i, "%s", sayMissing(cell))
	case !utf8.ValidString(cell):
		return t.failCell(i, "%s is not UTF-8; save the file as UTF-8", quote(cell))
	case len(c.categories) == o.MaxCategories && c.target:
		return t.failCell(i, "%s is class number %d; at most %d are expected: is the target a number?", quote(cell), o.MaxCategories+1, o.MaxCategories)
	case len(c.categories) == o.MaxCategories:
		return t.failCell(i, "%s is category number %d; at most %d are expected: ignore the column if its texts are names or remarks",
			quote(cell), o.MaxCategories+1, o.MaxCategories)
	}
	if c.categories == nil {
		c.categories = make(map[string]struct{})
	}
	c.categories[strings.Clone(cell)] = struct{}{}
	return nil
}

// decide settles a kind that was not given.
func (c *found) decide(o Options) error {
	switch {
	case c.kind != "":
	case c.texts == 0:
		c.kind = Numeric
	case c.numbers > c.texts:
		problem := fmt.Sprintf("%s is not a number, as most cells of the column are; correct it, or declare the column %q, %q or %q",
			c.text, OneHot, Index, Ignore)
		if c.target {
			problem = fmt.Sprintf("%s is not a number, as most cells of the target are; correct it, or set the task to %q", c.text, Classification)
		}
		return &Error{File: o.Name, Line: c.textLine, Column: c.name, Problem: problem}
	case c.target:
		c.kind = Index
	default:
		c.kind = o.Categorical
	}
	return nil
}
