package table

import (
	"fmt"

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
		return -1, failHeader(n.rows, "", "columns %d and %d are both named %q", n.place[name]+1, j+1, name)
	}
	if i, ok := n.place[name]; ok {
		return i, nil
	}
	return -1, nil
}

// missing is the error of a column that is not there.
func (n *names) missing(what, name string) error {
	numbers := 0
	for _, c := range n.all {
		if _, ok := ParseNumber(c); ok {
			numbers++
		}
	}
	hint := suggest.Hint(name, n.all)
	if numbers == len(n.all) {
		hint = "the first row holds only numbers; it must hold the columns' names"
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
