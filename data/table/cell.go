package table

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
)

// ParseNumber is the value of a cell that is a number in decimal notation:
// digits with an optional sign, point and exponent. One beyond float64's range
// is ±Inf.
func ParseNumber(cell string) (float64, bool) {
	digits := cell
	if cell != "" && (cell[0] == '+' || cell[0] == '-') {
		digits = cell[1:]
	}
	if digits == "" || digits[0] != '.' && (digits[0] < '0' || digits[0] > '9') {
		return 0, false // what strconv also takes: inf, nan
	}
	if len(digits) > 1 && (digits[1] == 'x' || digits[1] == 'X') {
		return 0, false // and hexadecimal
	}
	v, err := strconv.ParseFloat(cell, 64)
	return v, err == nil || math.IsInf(v, 0)
}

// gaps are the texts besides the empty one that stand for no value.
type gaps struct {
	texts   []string
	numbers bool // one of them is a number, as −999 may be
}

func newGaps(texts []string) gaps {
	return gaps{texts, slices.ContainsFunc(texts, func(t string) bool { _, ok := ParseNumber(t); return ok })}
}

// at reports whether cell i of the row stands for no value.
func (g gaps) at(rows Rows, i int) bool {
	if v, ok := rows.Number(i); ok {
		if v != v {
			return true
		}
		if !g.numbers {
			return false
		}
	}
	cell := rows.Text(i)
	if cell == "" {
		return true
	}
	for _, m := range g.texts {
		if len(m) == len(cell) && strings.EqualFold(m, cell) {
			return true
		}
	}
	return false
}

// sayMissing is what is wrong with a missing cell.
func sayMissing(cell string) string {
	return "the cell is missing (" + whyMissing(cell) + "); fill it in, remove the row, ignore the column, or let missing cells be dropped or filled by mean, median or mode (fill)"
}

func whyMissing(cell string) string {
	if cell == "" {
		return "it is empty"
	}
	return Quote(cell) + " stands for a missing value"
}

// sorted are the categories in order: by value if all are numbers, otherwise as
// texts, so that the order of a file's rows does not matter.
func sorted(set map[string]struct{}) []string {
	texts := make([]string, 0, len(set))
	numbers := make(map[string]float64, len(set))
	for c := range set {
		texts = append(texts, c)
		if v, ok := ParseNumber(c); ok {
			numbers[c] = v
		}
	}
	slices.SortFunc(texts, func(a, b string) int {
		if len(numbers) == len(texts) {
			if by := cmp.Compare(numbers[a], numbers[b]); by != 0 {
				return by
			}
		}
		return cmp.Compare(a, b)
	})
	return texts
}
