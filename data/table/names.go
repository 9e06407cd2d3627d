package table

import (
	"fmt"
	"slices"

	"github.com/godescent/descent/internal/suggest"
)

// names finds columns by name.
type names struct {
	rows  Rows
	all   []string
	place map[string]int // of each name, the first if it is there twice
	twice map[string]int // the second place of a name
}

func newNames(rows Rows) *names {
	n := &names{rows: rows, all: rows.Names(), place: map[string]int{}, twice: map[string]int{}}
	for i, name := range n.all {
		if _, there := n.place[name]; !there {
			n.place[name] = i
		} else if _, there := n.twice[name]; !there {
			n.twice[name] = i
		}
	}
	return n
}

// find is the place of a name, or -1; a name that is there twice is an error.
func (n *names) find(name string) (int, error) {
	if j, ok := n.twice[name]; ok {
		return -1, failHeader(n.rows, "", "columns %d and %d are both named %q; %s", n.place[name]+1, j+1, name, n.rename())
	}
	if i, ok := n.place[name]; ok {
		return i, nil
	}
	return -1, nil
}

// numbers reports whether all names are numbers, as an example's are.
func (n *names) numbers() bool {
	return !slices.ContainsFunc(n.all, func(name string) bool { _, ok := ParseNumber(name); return !ok })
}

// rename is the cure for two columns of one name.
func (n *names) rename() string {
	if n.numbers() {
		return "if the first row is no header, the table is to be read without one"
	}
	return "rename one of them"
}

// missing is the error of a column that is not there.
func (n *names) missing(what, name string) error {
	hint := suggest.Hint(name, n.all)
	if n.numbers() {
		hint = "the first row holds only numbers; it must hold the columns' names, or the table be read without a header"
	}
	return failHeader(n.rows, "", "there is no %s %q; %s", what, name, hint)
}

// failHeader is an error about the columns' names, before the first row.
func failHeader(rows Rows, column, format string, args ...any) error {
	return &Error{File: rows.File(), Line: rows.Line(-1), Column: column, Problem: fmt.Sprintf(format, args...)}
}

// failCell is an error about cell i of the row.
func failCell(rows Rows, i int, format string, args ...any) error {
	return &Error{File: rows.File(), Line: rows.Line(i), Row: rows.Row(), Column: rows.Names()[i], Problem: fmt.Sprintf(format, args...)}
}
