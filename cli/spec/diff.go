package spec

import (
	"fmt"
	"strings"
)

// Difference is a key whose value is not what it was.
type Difference struct {
	Path    string
	Was, Is string // "" is no value
}

// Differences are the keys in which two documents differ, in the order of the first.
func Differences(was, is []byte) ([]Difference, error) {
	var flat [2]map[string]string
	var order []string
	for i, doc := range [2][]byte{was, is} {
		root, err := read(doc, func(line int) place { return place{label: fmt.Sprintf("line %d", line)} })
		if err != nil {
			return nil, err
		}
		flat[i] = map[string]string{}
		flatten("", root, func(path, text string) {
			if _, seen := flat[0][path]; i == 0 || !seen {
				order = append(order, path)
			}
			flat[i][path] = text
		})
	}
	var out []Difference
	for _, path := range order {
		if a, b := flat[0][path], flat[1][path]; a != b {
			out = append(out, Difference{path, a, b})
		}
	}
	return out, nil
}

func flatten(path string, n *node, add func(path, text string)) {
	switch n.kind {
	case mapping:
		for _, f := range n.fields {
			flatten(join(path, f.key), f.value, add)
		}
	case list:
		var items []string
		for _, item := range n.items {
			items = append(items, item.text)
		}
		add(path, "["+strings.Join(items, ", ")+"]")
	default:
		add(path, n.text)
	}
}

// At puts the place where a key was given, if it was, in front of an error.
func (s *Spec) At(path string, err error) error { return s.at(path, err) }
