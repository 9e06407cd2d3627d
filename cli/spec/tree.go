package spec

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/godescent/descent/internal/hyper"
)

// Error is a document that cannot be used as it is.
type Error struct {
	Place string // "iris.yaml:7" or "--batch"; "" for a default
	Path  string // the key, such as model.hidden, if Err does not name it; or ""
	Err   error
}

func (e *Error) Error() string {
	var b strings.Builder
	for _, s := range []string{e.Place, e.Path} {
		if s != "" {
			b.WriteString(s + ": ")
		}
	}
	return b.String() + oneLine(e.Err.Error())
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// oneLine joins the lines of a message, such as one of the YAML reader's.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// place is where something was written.
type place struct {
	label string // for errors
	dir   string // that relative paths start from; "" is the working folder
}

func (p place) errorf(format string, args ...any) error {
	return &Error{Place: p.label, Err: fmt.Errorf(format, args...)}
}

type kind uint8

const (
	empty   kind = iota // nothing, or YAML's null
	scalar              // text, whatever its type
	list                //
	mapping             //
)

func (k kind) String() string {
	return [...]string{"nothing", "one value", "a list", "a mapping"}[k]
}

// node is a part of a document.
type node struct {
	place
	kind   kind
	text   string
	number string // of a scalar that YAML reads as a number, true or false: its plain form, 16 of 0x10; or ""
	quoted bool   // is text, whatever it looks like
	items  []*node
	fields []field
}

type field struct {
	place
	key   string
	value *node
}

// plain is a scalar's text, or the plain form of a number.
func (n *node) plain() string {
	if n.number != "" {
		return n.number
	}
	return n.text
}

// get is the value of a mapping's key, or nil.
func (n *node) get(key string) *node {
	for _, f := range n.fields {
		if f.key == key {
			return f.value
		}
	}
	return nil
}

// put gives a mapping's key a value.
func (n *node) put(key string, value *node) {
	for i, f := range n.fields {
		if f.key == key {
			n.fields[i] = field{value.place, key, value}
			return
		}
	}
	n.fields = append(n.fields, field{value.place, key, value})
}

// expand turns "adam:lr=1e-3", written where a mapping belongs, into the mapping
// {head: adam, lr: 1e-3}.
func (n *node) expand(head string) error {
	if n.kind != scalar {
		return nil
	}
	name, pairs, err := hyper.ParseSpec(n.text)
	if err != nil {
		return &Error{Place: n.label, Err: err}
	}
	m := &node{place: n.place, kind: mapping}
	alone := &node{place: n.place, kind: scalar, text: name}
	if !strings.Contains(n.text, ":") {
		*alone = *n
	}
	m.put(head, alone)
	for _, p := range pairs {
		value, err := parse(p.Value, n.place)
		if err != nil {
			return err
		}
		m.put(p.Key, value)
	}
	*n = *m
	return nil
}

// maxDepth bounds how deep a document is nested, and maxBytes how long it is, far above any real one.
const (
	maxDepth = 32
	maxBytes = 1 << 20
)

// read is the tree of a YAML document.
func read(text []byte, at func(line int) place) (*node, error) {
	var doc yaml.Node
	if len(text) > maxBytes {
		return nil, at(1).errorf("the specification is longer than %d bytes; is it one?", maxBytes)
	}
	if len(strings.TrimSpace(string(text))) == 0 {
		return &node{place: at(1), kind: mapping}, nil
	}
	if err := yaml.Load(text, &doc); err != nil {
		line, what := yamlError(err)
		return nil, at(line).errorf("not YAML: %s", what)
	}
	return convert(&doc, at, 0)
}

// parse is the tree of a value on the command line.
func parse(text string, p place) (*node, error) {
	n, err := read([]byte(text), func(int) place { return p })
	if err == nil && n.kind == mapping && len(n.fields) == 0 && !strings.Contains(text, "{") {
		return &node{place: p}, nil // nothing at all
	}
	return n, err
}

func convert(y *yaml.Node, at func(line int) place, depth int) (*node, error) {
	n := &node{place: at(max(1, y.Line))}
	if depth > maxDepth {
		return nil, n.errorf("nested deeper than %d levels", maxDepth)
	}
	if y.Kind != yaml.AliasNode && (y.Anchor != "" || y.Style&yaml.TaggedStyle != 0) {
		return nil, n.errorf("anchors (&) and tags (!) are not used here; write the value alone")
	}
	switch y.Kind {
	case yaml.DocumentNode:
		if len(y.Content) != 1 {
			return nil, n.errorf("want one YAML document")
		}
		return convert(y.Content[0], at, depth+1)
	case yaml.ScalarNode:
		if y.ShortTag() != "!!null" {
			n.kind, n.text = scalar, y.Value
			n.quoted = y.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
			n.number = plainNumber(y)
		}
	case yaml.SequenceNode:
		n.kind = list
		for _, c := range y.Content {
			item, err := convert(c, at, depth+1)
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, item)
		}
	case yaml.MappingNode:
		n.kind = mapping
		seen := make(map[string]bool, len(y.Content)/2)
		for i := 0; i+1 < len(y.Content); i += 2 {
			k := y.Content[i]
			if k.Kind != yaml.ScalarNode {
				return nil, at(k.Line).errorf("a key is a word, not a list or a mapping")
			}
			if seen[k.Value] {
				return nil, at(k.Line).errorf("key %q is given twice", k.Value)
			}
			seen[k.Value] = true
			value, err := convert(y.Content[i+1], at, depth+1)
			if err != nil {
				return nil, err
			}
			n.fields = append(n.fields, field{at(k.Line), k.Value, value})
		}
	default:
		return nil, n.errorf("aliases (*) are not used here; write the value again")
	}
	return n, nil
}

// plainNumber is how a number, true or false is written plainly, or "" of a text.
func plainNumber(y *yaml.Node) string {
	switch tag := y.ShortTag(); tag {
	case "!!bool":
		return strings.ToLower(y.Value)
	case "!!int", "!!float":
		var v any
		if err := y.Decode(&v); err == nil {
			return formatted(v)
		}
	}
	return ""
}

// yamlError is the line that the YAML reader stopped at, and why.
func yamlError(err error) (line int, what string) {
	if e := (*yaml.LoadError)(nil); errors.As(err, &e) {
		return max(1, e.Mark.Line), oneLine(strings.TrimPrefix(e.Message, "yaml: "))
	}
	return 1, oneLine(err.Error())
}
