package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/godescent/descent/internal/hyper"
)

type pair = hyper.Pair

// Marshal is the document of a Spec, complete and with a comment on every key.
func (s *Spec) Marshal() ([]byte, error) {
	e := encoder{s.tables}
	n, err := e.value(reflect.ValueOf(s).Elem())
	if err != nil {
		return nil, err
	}
	return yaml.Dump(n, yaml.WithLineWidth(-1))
}

type encoder struct{ tables *Tables }

// bare is a scalar whose type YAML may find by itself.
func bare(v string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: v} }

// word is a scalar that is text, quoted where it looks like something else.
func word(v string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: v}
}

func (e encoder) value(v reflect.Value) (*yaml.Node, error) {
	switch x := v.Interface().(type) {
	case Setting:
		n := &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{bare("kind"), word(x.Kind)}}
		for _, p := range x.Pairs {
			value := word(p.Value)
			if _, err := strconv.ParseFloat(p.Value, 64); err == nil {
				value = bare(yamlNumber(p.Value))
			}
			n.Content = append(n.Content, word(p.Key), value)
		}
		return n, nil
	case Memory:
		return bare(x.String()), nil
	case time.Duration:
		return bare(x.String()), nil
	}
	switch v.Kind() {
	case reflect.Interface:
		return e.part(v)
	case reflect.Struct:
		n := &yaml.Node{Kind: yaml.MappingNode}
		return n, e.fields(n, v)
	case reflect.Slice:
		n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for i := range v.Len() {
			item, err := e.value(v.Index(i))
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, item)
		}
		return n, nil
	case reflect.Map:
		n := &yaml.Node{Kind: yaml.MappingNode}
		if v.Len() == 0 {
			n.Style = yaml.FlowStyle
		}
		names := v.MapKeys()
		slices.SortFunc(names, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, k := range names {
			item, err := e.value(v.MapIndex(k))
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, word(k.String()), item)
		}
		return n, nil
	}
	switch {
	case v.Kind() == reflect.String:
		return word(v.String()), nil
	case v.CanFloat():
		return bare(yamlNumber(formatted(v.Interface()))), nil
	}
	return bare(formatted(v.Interface())), nil
}

func (e encoder) fields(n *yaml.Node, v reflect.Value) error {
	for _, k := range keys(v.Type()) {
		f := v.FieldByIndex(k.index)
		if f.Kind() == reflect.Interface && f.IsNil() || f.Type() == pathType && f.Len() == 0 {
			continue
		}
		item, err := e.value(f)
		if err != nil {
			return err
		}
		name := bare(k.name)
		if block := item.Kind == yaml.MappingNode && item.Style != yaml.FlowStyle; block {
			name.HeadComment = k.doc
		} else {
			item.LineComment = k.doc
		}
		n.Content = append(n.Content, name, item)
	}
	return nil
}

func (e encoder) part(v reflect.Value) (*yaml.Node, error) {
	want := ""
	if k, ok := v.Interface().(Named); ok {
		want = k.KindName()
	}
	for _, k := range e.tables.kinds(v.Type()) {
		if reflect.TypeOf(k.make()) == v.Elem().Type() && (want == "" || k.name == want) {
			n := &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{bare("kind"), bare(k.name)}}
			return n, e.fields(n, v.Elem().Elem())
		}
	}
	return nil, fmt.Errorf("%v is of no kind that the tables know", v.Elem().Type())
}

// lossName is the kind of a loss, for messages.
func (t *Tables) lossName(l Loss) string {
	for _, k := range t.Losses {
		if reflect.TypeOf(k.New()) == reflect.TypeOf(l) {
			return k.Name
		}
	}
	return fmt.Sprintf("%T", l)
}

// formatted is a value as a document spells it.
func formatted(v any) string {
	switch x := v.(type) {
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	case string:
		return x
	}
	return fmt.Sprint(v)
}

// yamlNumber gives an exponent the point that YAML 1.1 wants of a number: 1e-08
// is text there, 1.0e-08 is not.
func yamlNumber(s string) string {
	if _, err := strconv.ParseFloat(s, 64); err != nil {
		return s
	}
	if i := strings.IndexAny(s, "eE"); i > 0 && !strings.Contains(s, ".") {
		return s[:i] + ".0" + s[i:]
	}
	return s
}
