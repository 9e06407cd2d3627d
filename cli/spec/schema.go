package spec

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"

	"github.com/godescent/descent/internal/hyper"
	"github.com/godescent/descent/schedule"
)

// schemaDialect is the version of JSON Schema that is written.
const schemaDialect = "https://json-schema.org/draft/2020-12/schema"

// object is a JSON Schema.
type object map[string]any

// JSONSchema describes the documents that Parse reads, for editors: made from the
// same types and tables, with their docs, ranges, words and defaults. It refuses what
// needs no data to be seen wrong, but for the hyper-parameters of a rule, which are any
// rule's.
func JSONSchema(t *Tables) ([]byte, error) {
	s := &Spec{tables: t}
	s.defaults()
	g := schemer{t}
	root := g.fields(reflect.ValueOf(s).Elem())
	root["$schema"] = schemaDialect
	root["title"] = "A run of descent"
	root["required"] = []string{"data"}
	b, err := json.MarshalIndent(root, "", "  ")
	return append(b, '\n'), err
}

type schemer struct{ tables *Tables }

// fields is a mapping with the keys of a struct.
func (g schemer) fields(v reflect.Value) object {
	properties := object{}
	for _, k := range keys(v.Type()) {
		p := g.value(v.FieldByIndex(k.index), k)
		p["description"] = k.doc
		properties[k.name] = p
	}
	return object{"type": "object", "properties": properties, "additionalProperties": false}
}

func (g schemer) value(v reflect.Value, k key) object {
	switch {
	case v.Type() == settingType:
		return g.setting(v.Interface().(Setting), k)
	case v.Kind() == reflect.Interface:
		return g.part(v.Type())
	case v.Kind() == reflect.Struct:
		return g.headed(v)
	case v.Kind() == reflect.Slice:
		one := g.scalar(reflect.Zero(v.Type().Elem()), k, false)
		return object{"anyOf": []object{{"type": "array", "items": one}, one}}
	case v.Kind() == reflect.Map:
		return object{"type": "object", "additionalProperties": g.scalar(reflect.Zero(v.Type().Elem()), key{}, false)}
	}
	return g.scalar(v, k, true)
}

// headed is a mapping, in whose place one of its keys may be written: "30s", or
// "every=..." behind the word.
func (g schemer) headed(v reflect.Value) object {
	all := g.fields(v)
	for _, k := range keys(v.Type()) {
		if k.head {
			return object{"anyOf": []object{all, g.scalar(v.FieldByIndex(k.index), k, false), {"type": "string", "pattern": ":.+="}}}
		}
	}
	return all
}

// part is one of several kinds: a word for all its defaults, or a mapping.
func (g schemer) part(of reflect.Type) object {
	kinds := g.tables.kinds(of)
	any := []object{{"enum": kindNames(kinds)}, {"type": "string", "pattern": "^(" + strings.Join(kindNames(kinds), "|") + "):.+="}}
	for _, k := range kinds {
		one := g.fields(reflect.ValueOf(k.make()).Elem())
		one["properties"].(object)["kind"] = object{"const": k.name, "description": g.tables.kindDoc(of, k.name)}
		if of == reflect.TypeFor[Source]() { // other parts have a default, whose keys stand alone
			one["required"] = []string{"kind"}
		}
		any = append(any, one)
	}
	return object{"anyOf": any}
}

// kindDoc is what a kind is.
func (t *Tables) kindDoc(of reflect.Type, name string) string {
	switch of {
	case reflect.TypeFor[Source]():
		return docOf(t.Sources, name)
	case reflect.TypeFor[Model]():
		return docOf(t.Models, name)
	}
	return docOf(t.Losses, name)
}

func docOf[T any](kinds []Kind[T], name string) string {
	for _, k := range kinds {
		if k.Name == name {
			return k.Doc
		}
	}
	return ""
}

// setting is a rule or a schedule. Its names are hints: rules can stand inside each other.
func (g schemer) setting(def Setting, k key) object {
	var names []string
	parameters := object{}
	if k.name == "optimizer" {
		for _, r := range g.tables.Rules {
			names = append(names, r.Name)
		}
	} else {
		for _, s := range schedule.All() {
			names = append(names, s.Name)
		}
	}
	name := object{"anyOf": []object{{"enum": names}, {"type": "string"}}, "default": def.Kind}
	parameters["kind"] = name
	return object{"anyOf": []object{
		{"enum": names}, {"type": "string"},
		{"type": "object", "properties": parameters, "additionalProperties": object{"type": []string{"number", "string", "boolean"}}},
	}}
}

// scalar is one value.
func (g schemer) scalar(v reflect.Value, k key, hasDefault bool) object {
	o := object{}
	set := func(value any) {
		if hasDefault {
			o["default"] = value
		}
	}
	switch {
	case k.values != nil:
		o["enum"] = k.values
		set(v.String())
	case v.Type() == pathType:
		o["type"], o["pattern"] = []string{"string", "number", "boolean"}, `[^ \t\r\n]` // 2024 is a folder too
	case v.Type() == memoryType:
		o["type"], o["pattern"] = "string", memoryPattern
		set(Memory(v.Int()).String())
	case v.Type() == durationType:
		o["anyOf"] = []object{{"type": "string", "pattern": durationPattern}, {"const": 0}}
		set(formatted(v.Interface()))
	case v.Kind() == reflect.String:
		o["type"] = []string{"string", "number", "boolean"} // text may look like a number
		set(v.String())
	case v.Kind() == reflect.Bool:
		o["type"] = "boolean"
		set(v.Bool())
	case v.CanInt():
		o["type"] = "integer"
		o["minimum"], o["maximum"] = int64(math.MinInt64), int64(math.MaxInt64)
		limit(o, k.limits)
		set(v.Int())
	default:
		o["type"] = "number"
		limit(o, k.limits)
		set(v.Float())
	}
	return o
}

// limit adds a range.
func limit(o object, limits string) {
	r, err := hyper.ParseRange(limits)
	if limits == "" || err != nil {
		return
	}
	for _, end := range []struct {
		at      float64
		open    bool
		in, out string
	}{{r.Lo, r.LoOpen, "minimum", "exclusiveMinimum"}, {r.Hi, r.HiOpen, "maximum", "exclusiveMaximum"}} {
		switch {
		case math.IsInf(end.at, 0):
		case end.open:
			o[end.out] = end.at
		default:
			o[end.in] = end.at
		}
	}
}
