package table

import (
	"io"
	"math"
	"regexp"
	"strings"
)

// Profile is what a pass over a table finds in a column, before anything is said
// about what it is to become: enough to propose it.
type Profile struct {
	Name      string
	Missing   int // cells without a value
	Numbers   int
	Wholes    int     // of Numbers, those without a fraction
	Low, High float64 // the smallest and the largest of Numbers
	Texts     int     // cells that are neither
	Different int     // different cells that have a value; more than DefaultMaxCategories are not told apart

	Example   string // the first of Texts
	Most      string // the most frequent cell
	MostCount int    // how often it is there, unless Different says that there are too many to count

	// Of texts, how many different ones begin with a date, how many cells are a number
	// once their comma is a point, and how many of these cannot be whole numbers with
	// commas between thousands.
	Dates, Commas, Fractions int

	Recurs bool // the column's name is also one of its cells, as the first row of a table without a header is

	counts map[string]*int // pointers, since a map may keep the key of an assignment, which lives until Next
}

// MakeProfile goes through a table once; columns of kind Ignore are left out of it.
func MakeProfile(open Opener, ignored map[string]Kind) (profiles []Profile, count int, err error) {
	rows, err := open(nil)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	var used []int
	for i, name := range rows.Names() {
		if ignored[name] != Ignore {
			used = append(used, i)
			profiles = append(profiles, Profile{Name: name, counts: map[string]*int{}})
		}
	}
	if err := rows.Use(used); err != nil {
		return nil, 0, err
	}
	missing := newGaps(DefaultMissing())
	for {
		err := rows.Next()
		switch {
		case err == io.EOF && rows.Row() == 0:
			return nil, 0, &Error{File: rows.File(), Problem: "there are no rows after the header"}
		case err == io.EOF:
			for k := range profiles {
				profiles[k].finish()
			}
			return profiles, rows.Row(), nil
		case err != nil:
			return nil, 0, err
		}
		for k, i := range used {
			profiles[k].look(rows, i, missing)
		}
	}
}

func (p *Profile) look(rows Rows, i int, missing gaps) {
	if missing.at(rows, i) {
		p.Missing++
		return
	}
	cell := rows.Text(i)
	n, seen := p.counts[cell]
	v, number := rows.Number(i)
	switch {
	case number:
		if p.Numbers++; v == math.Trunc(v) {
			p.Wholes++
		}
		if p.Numbers == 1 {
			p.Low, p.High = v, v
		}
		p.Low, p.High = min(p.Low, v), max(p.High, v)
	default:
		if p.Texts++; p.Texts == 1 {
			p.Example = strings.Clone(cell)
		}
		if _, ok := ParseNumber(strings.Replace(cell, ",", ".", 1)); ok {
			if p.Commas++; !thousands.MatchString(cell) {
				p.Fractions++
			}
		}
		if !seen && date.MatchString(cell) {
			p.Dates++
		}
	}
	switch {
	case seen:
		*n++
	case len(p.counts) <= DefaultMaxCategories:
		one := 1
		p.counts[strings.Clone(cell)] = &one
	}
}

func (p *Profile) finish() {
	p.Different = len(p.counts)
	_, p.Recurs = p.counts[p.Name]
	for cell, n := range p.counts {
		if *n > p.MostCount || *n == p.MostCount && cell < p.Most {
			p.Most, p.MostCount = cell, *n
		}
	}
	p.counts = nil
}

var (
	// date is a text that begins with a day of a year: 2024-01-31, 31.1.24, Jan 31, 2024, 31-Jan-2024.
	date = regexp.MustCompile(`^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})|(\d{1,2}[- ])?[A-Z][a-z]{2,8}[-. ]{1,2}(\d{1,2}(-|,? ))?\d{4})([T ].*)?$`)
	// thousands is a whole number with commas, 1,234,567.
	thousands = regexp.MustCompile(`^[+-]?[1-9]\d{0,2}(,\d{3})+$`)
)

// Headless reports whether what was taken for the columns' names looks like an example:
// if every name, or most and one with a fraction, could be a cell of its own column, a
// number over numbers or a text that is there again.
func Headless(profiles []Profile) bool {
	like, fraction := 0, false
	for _, p := range profiles {
		v, number := ParseNumber(p.Name)
		switch {
		case number && p.Numbers > 0 && p.Texts == 0:
			like++
			fraction = fraction || v != math.Trunc(v)
		case p.Recurs:
			like++
		}
	}
	return len(profiles) > 0 && (like == len(profiles) || fraction && 2*like > len(profiles))
}
