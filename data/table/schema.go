package csv

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"

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
}

// Target is the column that is predicted.
type Target struct {
	Name    string   `json:"name"`
	Task    Task     `json:"task"`
	Classes []string `json:"classes,omitempty"` // of Classification, in order
}

// Width is the number of features the column becomes.
func (c Column) Width() int {
	if c.Kind == OneHot {
		return len(c.Categories)
	}
	return 1
}

// Width is the number of features of a row.
func (s *Schema) Width() int {
	n := 0
	for _, c := range s.Columns {
		n += c.Width()
	}
	return n
}

// Features are the names of the features: the column's, and for one-hot
// "column=category".
func (s *Schema) Features() []string {
	names := make([]string, 0, s.Width())
	for _, c := range s.Columns {
		if c.Kind != OneHot {
			names = append(names, c.Name)
			continue
		}
		for _, k := range c.Categories {
			names = append(names, c.Name+"="+k)
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
	for _, c := range s.Columns {
		names = append(names, c.Name)
		switch c.Kind {
		case Numeric:
			if len(c.Categories) != 0 {
				return fmt.Errorf("schema: column %q is numeric and has categories", c.Name)
			}
			continue
		case OneHot, Index:
		default:
			return fmt.Errorf("schema: column %q is of unknown kind %q; %s", c.Name, c.Kind, suggest.Hint(string(c.Kind), kinds()[:3]))
		}
		if err := checkTexts(c.Categories); err != nil {
			return fmt.Errorf("schema: column %q: categories: %w", c.Name, err)
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
	if err := checkTexts(names); err != nil {
		return fmt.Errorf("schema: columns: %w", err)
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

// find is the place of name in a header, or -1; a name that is there twice is
// an error.
func (t *table) find(name string) (int, error) {
	if j, ok := t.twice[name]; ok {
		return -1, t.fail(t.header, "", nil, "columns %d and %d are both named %q", t.place[name]+1, j+1, name)
	}
	if i, ok := t.place[name]; ok {
		return i, nil
	}
	return -1, nil
}

// noColumn is the error of a column that the header lacks.
func (t *table) noColumn(what, name string) error {
	numbers := 0
	for _, n := range t.names {
		if _, ok := number(n); ok {
			numbers++
		}
	}
	hint := suggest.Hint(name, t.names)
	if numbers == len(t.names) {
		hint = "the first row holds only numbers; it must hold the columns' names"
	}
	return t.fail(t.header, "", nil, "there is no %s %q; %s", what, name, hint)
}
