package table

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

// found is what a pass learns about a column.
type found struct {
	name    string
	kind    Kind // given by the options, or "" to be inferred
	fill    Fill
	target  bool
	numbers int
	texts   int
	gaps    int // missing cells

	textLine, textRow int // where the first text that is no number stands
	text              string

	// Categories are gathered from the first row on if the column is known or
	// looks to be categorical; late says that it turned out so after numbers had
	// gone by, and a second pass is needed.
	gather, late bool
	categories   map[string]struct{}
}

// infer finds the schema of a table and its number of rows, those that are
// dropped left out.
func infer(open Opener, file string, o Options) (*Schema, int, error) {
	if err := o.check(file); err != nil {
		return nil, 0, err
	}
	columns, rows, err := scan(open, o, nil)
	if err != nil {
		return nil, 0, err
	}
	again := false
	for _, c := range columns {
		if err := c.decide(file, o); err != nil {
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
		if err := c.add(s, file, o); err != nil {
			return nil, 0, err
		}
	}
	if err := s.Check(); err != nil {
		return nil, 0, &Error{File: file, Problem: err.Error(), Err: err}
	}
	return s, rows, nil
}

func (o Options) check(file string) error {
	if o.Categorical != OneHot && o.Categorical != Index {
		return fmt.Errorf("%s: categorical columns can become %q or %q, not %q", file, OneHot, Index, o.Categorical)
	}
	if o.Task != "" && o.Task != Classification && o.Task != Regression {
		return fmt.Errorf("%s: unknown task %q; %s", file, o.Task,
			suggest.Hint(string(o.Task), []string{string(Classification), string(Regression)}))
	}
	for _, name := range slices.Sorted(maps.Keys(o.Columns)) {
		if kind := o.Columns[name]; !slices.Contains(Kinds(), string(kind)) {
			return fmt.Errorf("%s: column %q is to be of unknown kind %q; %s", file, name, kind, suggest.Hint(string(kind), Kinds()))
		}
	}
	if !slices.Contains(Fills(), string(o.Fill)) {
		return fmt.Errorf("%s: missing cells are to become unknown %q; %s", file, o.Fill, suggest.Hint(string(o.Fill), Fills()))
	}
	for _, name := range slices.Sorted(maps.Keys(o.FillColumns)) {
		fill := o.FillColumns[name]
		if !slices.Contains(Fills(), string(fill)) {
			return fmt.Errorf("%s: missing cells of column %q are to become unknown %q; %s", file, name, fill, suggest.Hint(string(fill), Fills()))
		}
		if name == o.Target && fill != Refuse && fill != Drop {
			return fmt.Errorf("%s: missing cells of the target %q cannot become its %s; its rows can be dropped by %q", file, name, fill, Drop)
		}
	}
	return nil
}

// fillOf is what becomes of missing cells of a column.
func (o Options) fillOf(name string, target bool) Fill {
	if f, ok := o.FillColumns[name]; ok {
		return f
	}
	if target && o.Fill != Drop {
		return Refuse
	}
	return o.Fill
}

// begin lays out what is to be found, from the header and the options.
func begin(rows Rows, o Options) ([]*found, error) {
	names := newNames(rows)
	columns := make([]*found, len(names.all))
	for i, name := range names.all {
		c := &found{name: name, kind: o.Columns[name], target: name == o.Target && name != ""}
		c.fill = o.fillOf(name, c.target)
		if _, err := names.find(name); err != nil && c.kind != Ignore {
			return nil, err
		}
		if name == "" && c.kind != Ignore {
			return nil, failHeader(rows, "", `column %d has no name; give it one, or ignore the column named ""`, i+1)
		}
		if c.target {
			if _, given := o.Columns[name]; given {
				return nil, failHeader(rows, name, "this is the target; what it becomes is said by the task, not by a kind of column")
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
	if at, err := names.find(o.Target); o.Target != "" && at < 0 {
		return nil, cmp.Or(err, names.missing("target column", o.Target))
	}
	for _, given := range [][]string{slices.Sorted(maps.Keys(o.Columns)), slices.Sorted(maps.Keys(o.FillColumns))} {
		for _, name := range given {
			if _, ok := names.place[name]; !ok {
				return nil, names.missing("column", name)
			}
		}
	}
	return columns, nil
}

// scan goes through a table once. known is nil, or the columns of an earlier
// pass whose categories are to be gathered now.
func scan(open Opener, o Options, known []*found) ([]*found, int, error) {
	rows, err := open(nil)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	columns := known
	if known == nil {
		if columns, err = begin(rows, o); err != nil {
			return nil, 0, err
		}
	} else if len(known) != len(rows.Names()) {
		return nil, 0, failHeader(rows, "", "the file changed while it was read")
	}
	var used []int
	for i, c := range columns {
		if c.kind != Ignore {
			used = append(used, i)
		}
	}
	if err := rows.Use(used); err != nil {
		return nil, 0, err
	}
	for kept := 0; ; {
		err := rows.Next()
		switch {
		case err == io.EOF && rows.Row() == 0:
			return nil, 0, &Error{File: rows.File(), Problem: "there are no rows after the header"}
		case err == io.EOF && kept == 0:
			return nil, 0, &Error{File: rows.File(), Problem: fmt.Sprintf("each of the %d rows has a missing cell and is dropped; fill the cells in, or ignore columns", rows.Row())}
		case err == io.EOF:
			return columns, kept, nil
		case err != nil:
			return nil, 0, err
		}
		if dropped(rows, columns, o) {
			continue
		}
		for i, c := range columns {
			if err := c.look(rows, i, o); err != nil {
				return nil, 0, err
			}
		}
		kept++
	}
}

// dropped reports whether the row is to be left out.
func dropped(rows Rows, columns []*found, o Options) bool {
	for i, c := range columns {
		if c.fill == Drop && c.kind != Ignore && o.gaps.at(rows, i) {
			return true
		}
	}
	return false
}

// look takes in one cell.
func (c *found) look(rows Rows, i int, o Options) error {
	if c.kind == Ignore {
		return nil
	}
	if o.gaps.at(rows, i) {
		if c.gaps++; c.fill == Refuse {
			return failCell(rows, i, "%s", sayMissing(rows.Text(i)))
		}
		return nil
	}
	if c.kind != OneHot && c.kind != Index {
		_, ok := rows.Number(i)
		switch {
		case ok:
			c.numbers++
		case c.kind == Numeric:
			return failCell(rows, i, "%s is not a number; correct it, or declare the column %q, %q or %q", Quote(rows.Text(i)), OneHot, Index, Ignore)
		default:
			if c.texts++; c.texts == 1 {
				c.textLine, c.textRow = rows.Line(i), rows.Row()
				c.text = Quote(rows.Text(i))
				c.gather, c.late = c.numbers == 0, c.numbers > 0
			}
		}
	}
	if !c.gather {
		return nil
	}
	return c.category(rows, i, o)
}

// category gathers the cell's.
func (c *found) category(rows Rows, i int, o Options) error {
	cell := rows.Text(i)
	if _, ok := c.categories[cell]; ok {
		return nil
	}
	switch {
	case !utf8.ValidString(cell):
		return failCell(rows, i, "%s is not UTF-8; save the file as UTF-8", Quote(cell))
	case len(c.categories) == o.MaxCategories && c.target:
		return failCell(rows, i, "%s is class number %d; at most %d are expected: is the target a number?", Quote(cell), o.MaxCategories+1, o.MaxCategories)
	case len(c.categories) == o.MaxCategories:
		return failCell(rows, i, "%s is category number %d; at most %d are expected: ignore the column if its texts are names or remarks",
			Quote(cell), o.MaxCategories+1, o.MaxCategories)
	}
	if c.categories == nil {
		c.categories = make(map[string]struct{})
	}
	c.categories[strings.Clone(cell)] = struct{}{}
	return nil
}

// decide settles a kind that was not given.
func (c *found) decide(file string, o Options) error {
	switch {
	case c.kind == Ignore:
	case c.gaps > 0 && c.numbers == 0 && c.texts == 0 && len(c.categories) == 0:
		return &Error{File: file, Column: c.name, Problem: "every cell is missing; ignore the column"}
	case c.kind != "":
	case c.texts == 0:
		c.kind = Numeric
	case c.numbers > c.texts:
		problem := fmt.Sprintf("%s is not a number, as most cells of the column are; correct it, name it among the texts for missing cells (missing), or declare the column %q, %q or %q (columns)",
			c.text, OneHot, Index, Ignore)
		if c.target {
			problem = fmt.Sprintf("%s is not a number, as most cells of the target are; correct it, or set the task to %q", c.text, Classification)
		}
		return &Error{File: file, Line: c.textLine, Row: c.textRow, Column: c.name, Problem: problem}
	case c.target:
		c.kind = Index
	default:
		c.kind = o.Categorical
	}
	return nil
}

// add puts the column, decided, into the schema.
func (c *found) add(s *Schema, file string, o Options) error {
	if c.kind == Ignore {
		return nil
	}
	var categories []string
	if c.kind != Numeric {
		categories = sorted(c.categories)
	}
	fill := c.fill
	if fill == Refuse {
		fill = ""
	}
	switch {
	case !c.target:
		column := Column{Name: c.name, Kind: c.kind, Categories: categories, Fill: fill}
		column.Indicator = o.Indicator && c.gaps > 0 && column.fills()
		s.Columns = append(s.Columns, column)
	case c.kind == Numeric:
		s.Target = &Target{Name: c.name, Task: Regression, Fill: fill}
	default:
		if len(categories) == 1 {
			return &Error{File: file, Column: c.name, Problem: fmt.Sprintf(
				"every row has the class %s; at least two are needed to tell apart", Quote(categories[0]))}
		}
		s.Target = &Target{Name: c.name, Task: Classification, Classes: categories, Fill: fill}
	}
	return nil
}
