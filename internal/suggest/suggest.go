// Package suggest finds the name a user meant when they mistyped one, so that
// an error can end in the cure.
package suggest

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxName bounds the length of a name that is compared: the distance costs the
// product of both lengths, and a longer text is no mistyped name.
const maxName = 100

// Nearest is the candidate closest to name, or "" when nothing is close. Case
// and the separators '-', '_', ' ' and '.' do not count. Otherwise a candidate
// is close if at most a third of the longer name's letters differ
// (Damerau-Levenshtein: insert, delete, replace, swap two neighbours), or if
// name is the beginning, at least three letters long, of a candidate. Of equally close candidates
// the first wins.
func Nearest(name string, candidates []string) string {
	if len(name) > maxName {
		return ""
	}
	best, bestCost := "", -1
	key := fold(name)
	for _, c := range candidates {
		if len(c) > maxName || len(c) == 0 {
			continue
		}
		if cost := cost(key, fold(c)); cost >= 0 && (bestCost < 0 || cost < bestCost) {
			best, bestCost = c, cost
		}
	}
	return best
}

// Hint is the end of an error about an unknown name: `did you mean "adam"?`,
// or the names that exist if none is close, or "" if there are none at all.
func Hint(name string, candidates []string) string {
	if n := Nearest(name, candidates); n != "" {
		return fmt.Sprintf("did you mean %q?", n)
	}
	const most = 24
	switch {
	case len(candidates) == 0:
		return ""
	case len(candidates) > most:
		return fmt.Sprintf("known: %s, ... (%d in all)", strings.Join(candidates[:most], ", "), len(candidates))
	}
	return "known: " + strings.Join(candidates, ", ")
}

// Distance is the number of single edits (insert, delete or replace a
// character, or swap two neighbours) that turn a into b; no substring is edited
// twice (optimal string alignment).
func Distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	rows := make([]int, 3*(len(t)+1))
	before, last, row := rows[:len(t)+1], rows[len(t)+1:2*(len(t)+1)], rows[2*(len(t)+1):]
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		for j := 1; j <= len(t); j++ {
			change := 1
			if s[i-1] == t[j-1] {
				change = 0
			}
			d := min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				d = min(d, before[j-2]+1)
			}
			row[j] = d
		}
		before, last, row = last, row, before
	}
	return last[len(t)]
}

// cost orders candidates: the distance doubled, a prefix between an equal name
// and one that is a letter off; -1 is not close.
func cost(name, candidate string) int {
	if name == candidate {
		return 0
	}
	n := utf8.RuneCountInString(name)
	if n >= 3 && strings.HasPrefix(candidate, name) {
		return 1
	}
	m := utf8.RuneCountInString(candidate)
	limit := max(n, m) / 3
	if limit == 0 || n-m > limit || m-n > limit {
		return -1
	}
	if d := Distance(name, candidate); d <= limit {
		return 2 * d
	}
	return -1
}

func fold(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '-', '_', ' ', '.':
			return -1
		}
		return r
	}, strings.ToLower(s))
}
