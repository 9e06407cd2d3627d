package table

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/internal/suggest"
)

// Schema is how a table's columns become features and targets. It is made from
// the training file and kept, as JSON, with the model: applied to another file
// it finds the columns by name, in any order, and encodes them alike.
type Schema struct {
	Columns []Column `json:"columns"` // those that are features, in order
	Target  *Target  `json:"target,omitempty"`
	Missing []string `json:"missing"` // texts besides the empty one that stand for a missing cell
}

// Column is a column that becomes features.
type Column struct {
	Name       string   `json:"name"`
	Kind       Kind     `json:"kind"`                 // Numeric, OneHot or Index
	Categories []string `json:"categories,omitempty"` // of OneHot and Index, in order

	Fill      Fill     `json:"fill,omitempty"`      // of a missing cell; "" is Refuse
	Value     *float64 `json:"value,omitempty"`     // the number, or number of the category, that Fit found for it
	Indicator bool     `json:"indicator,omitempty"` // the last feature is 1 where the cell was missing, else 0
}

// Target is the column that is predicted.
type Target struct {
	Name    string   `json:"name"`
	Task    Task     `json:"task"`
	Classes []string `json:"classes,omitempty"` // of Classification, in order
	Fill    Fill     `json:"fill,omitempty"`    // of a missing cell: "" or Drop
}

// fills reports whether missing cells of the column become a number.
func (c *Column) fills() bool { return c.Fill == Mean || c.Fill == Median || c.Fill == Mode }

// Of is the schema of a table whose columns are the features of a set, all
// numbers, and its target: what turns a file with these columns into examples
// like the set's.
func Of(set *data.Set) (*Schema, error) {
	if set.X == nil || set.X.Shape().Rank() != 2 || len(set.Features) != set.Width() {
		return nil, fmt.Errorf("%s: the examples are no table with a name for each column", set.Name)
	}
	s := &Schema{Missing: DefaultMissing()}
	for _, name := range set.Features {
		s.Columns = append(s.Columns, Column{Name: name, Kind: Numeric})
	}
	if set.Y != nil && len(set.Targets) == 1 {
		s.Target = &Target{Name: set.Targets[0], Task: Regression}
		if set.Classification() {
			s.Target = &Target{Name: set.Targets[0], Task: Classification, Classes: set.Classes}
		}
	}
	return s, s.Check()
}

// Width is the number of features the column becomes.
func (c *Column) Width() int {
	n := 1
	if c.Kind == OneHot {
		n = len(c.Categories)
	}
	if c.Indicator {
		n++
	}
	return n
}

// Width is the number of features of a row.
func (s *Schema) Width() int {
	n := 0
	for i := range s.Columns {
		n += s.Columns[i].Width()
	}
	return n
}

// Features are the names of the features: the column's, for one-hot
// "column=category", and for an indicator "column (missing)".
func (s *Schema) Features() []string {
	names := make([]string, 0, s.Width())
	for _, c := range s.Columns {
		if c.Kind != OneHot {
			names = append(names, c.Name)
		} else {
			for _, k := range c.Categories {
				names = append(names, c.Name+"="+k)
			}
		}
		if c.Indicator {
			names = append(names, c.Name+" (missing)")
		}
	}
	return names
}

// Check is nil if the schema can be applied.
func (s *Schema) Check() error {
	if len(s.Columns) == 0 {
		return fmt.Errorf("schema: no column is left as a feature")
	}
	var names []string
	for i := range s.Columns {
		names = append(names, s.Columns[i].Name)
		if err := s.Columns[i].check(); err != nil {
			return fmt.Errorf("schema: column %q%w", s.Columns[i].Name, err)
		}
	}
	if s.Target != nil {
		names = append(names, s.Target.Name)
		switch s.Target.Task {
		case Classification:
			if err := checkTexts(s.Target.Classes); err != nil {
				return fmt.Errorf("schema: target %q: classes: %w", s.Target.Name, err)
			}
		case Regression:
			if len(s.Target.Classes) != 0 {
				return fmt.Errorf("schema: target %q is a number and has classes", s.Target.Name)
			}
		default:
			return fmt.Errorf("schema: target %q has unknown task %q; known: %s, %s", s.Target.Name, s.Target.Task, Classification, Regression)
		}
	}
	if t := s.Target; t != nil && t.Fill != "" && t.Fill != Refuse && t.Fill != Drop {
		return fmt.Errorf("schema: target %q cannot be filled in by %q; its rows can be dropped", t.Name, t.Fill)
	}
	if err := checkTexts(names); err != nil {
		return fmt.Errorf("schema: columns: %w", err)
	}
	return nil
}

// check is what is wrong with the column, to follow its name.
func (c *Column) check() error {
	switch c.Kind {
	case Numeric:
		if len(c.Categories) != 0 {
			return fmt.Errorf(" is numeric and has categories")
		}
	case OneHot, Index:
		if err := checkTexts(c.Categories); err != nil {
			return fmt.Errorf(": categories: %w", err)
		}
	default:
		return fmt.Errorf(" is of unknown kind %q; %s", c.Kind, suggest.Hint(string(c.Kind), Kinds()[:3]))
	}
	if c.Fill != "" && !slices.Contains(Fills(), string(c.Fill)) {
		return fmt.Errorf(" is to be filled by unknown %q; %s", c.Fill, suggest.Hint(string(c.Fill), Fills()))
	}
	if c.Indicator && !c.fills() {
		return fmt.Errorf(" has an indicator of missing cells and no way to fill them")
	}
	if c.Value == nil {
		return nil
	}
	v := *c.Value
	switch {
	case !c.fills():
		return fmt.Errorf(" has the value %v for missing cells and no way to fill them", v)
	case v-v != 0:
		return fmt.Errorf(" fills missing cells by %v, which is not finite", v)
	case c.Kind != Numeric && (v < 0 || v >= float64(len(c.Categories)) || v != math.Trunc(v)):
		return fmt.Errorf(" fills missing cells by %v, which is not the number of one of its %d categories", v, len(c.Categories))
	}
	return nil
}

// checkTexts refuses an empty list and texts that are empty, twice or not UTF-8.
func checkTexts(texts []string) error {
	if len(texts) == 0 {
		return fmt.Errorf("there are none")
	}
	seen := make(map[string]bool, len(texts))
	for _, t := range texts {
		switch {
		case t == "":
			return fmt.Errorf("a name is empty")
		case !utf8.ValidString(t):
			return fmt.Errorf("%q is not UTF-8", t)
		case seen[t]:
			return fmt.Errorf("%q is there twice", t)
		}
		seen[t] = true
	}
	return nil
}

// UnmarshalJSON reads what json.Marshal wrote and refuses what Check refuses.
func (s *Schema) UnmarshalJSON(b []byte) error {
	type plain Schema
	var p plain
	if err := json.Unmarshal(b, &p); err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	*s = Schema(p)
	return s.Check()
}

// classification reports whether the target is a class.
func (s *Schema) classification() bool {
	return s.Target != nil && s.Target.Task == Classification
}
