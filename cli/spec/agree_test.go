package spec

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"
)

// What the JSON Schema takes, the decoder takes, and what it refuses, the decoder refuses: of random documents that
// the schema itself describes, most of them with something changed. Left out is what a schema cannot tell: the short
// form "mlp:hidden=8", whose keys are inside of a word, and keys without a kind, which are those of the data's default.
func TestSchemaAgreesOnRandomDocuments(t *testing.T) {
	compiled, tables := compiled(t), NewTables()
	text, err := JSONSchema(tables)
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	var taken, refused int
	rapid.Check(t, func(r *rapid.T) {
		doc := describedBy(r, root).(map[string]any)
		for range rapid.SampledFrom([]int{0, 1, 1, 2}).Draw(r, "changes") {
			change(r, doc)
		}
		if kindless(doc) {
			r.Skip("keys without a kind")
		}
		text, err := json.Marshal(doc)
		if err != nil {
			r.Fatal(err)
		}
		var again any // as YAML reads it: a U+0085 in quotes is a line's end
		if err := yaml.Unmarshal(text, &again); err != nil {
			r.Fatal(err)
		}
		schema := compiled.Validate(again)
		d, decoder := Parse(text, "a.yaml", tables)
		if decoder == nil {
			_, decoder = d.Spec()
		}
		if (schema == nil) != (decoder == nil) {
			r.Fatalf("%s\nthe schema says %v\nthe decoder says %v", text, schema, decoder)
		}
		if schema == nil {
			taken++
		} else {
			refused++
		}
	})
	if taken == 0 || refused == 0 {
		t.Errorf("%d documents are taken and %d refused; the test wants both", taken, refused)
	}
}

// describedBy draws a value that a schema describes.
func describedBy(r *rapid.T, s map[string]any) any {
	if all, ok := s["anyOf"].([]any); ok {
		var fit []map[string]any
		for _, one := range all {
			one := one.(map[string]any)
			if pattern, _ := one["pattern"].(string); !strings.HasSuffix(pattern, ":.+=") {
				fit = append(fit, one)
			}
		}
		return describedBy(r, fit[rapid.IntRange(0, len(fit)-1).Draw(r, "of")])
	}
	if all, ok := s["enum"].([]any); ok {
		return rapid.SampledFrom(all).Draw(r, "word")
	}
	if v, ok := s["const"]; ok {
		return v
	}
	of, _ := s["type"].(string)
	if several, ok := s["type"].([]any); ok {
		of = rapid.SampledFrom(several).Draw(r, "type").(string)
	}
	switch of {
	case "object":
		return objectBy(r, s)
	case "array":
		out := []any{}
		for range rapid.IntRange(0, 3).Draw(r, "length") {
			out = append(out, describedBy(r, s["items"].(map[string]any)))
		}
		return out
	case "boolean":
		return rapid.Bool().Draw(r, "truth")
	case "integer":
		lo, hi := limitsOf(s)
		return rapid.Int64Range(int64(max(lo, -1<<53)), int64(min(hi, 1<<53))).Draw(r, "whole")
	case "number":
		lo, hi := limitsOf(s)
		return rapid.Float64Range(lo, hi).Draw(r, "number")
	}
	if pattern, ok := s["pattern"].(string); ok {
		return rapid.StringMatching(pattern).Draw(r, "text")
	}
	return rapid.SampledFrom([]string{"a", "ä b", "x_1", "~", "null", "true", "3", "-"}).Draw(r, "text")
}

// limitsOf is a range of numbers; an open end is moved inside.
func limitsOf(s map[string]any) (lo, hi float64) {
	lo, hi = -math.MaxFloat64, math.MaxFloat64
	for key, end := range map[string]*float64{"minimum": &lo, "exclusiveMinimum": &lo, "maximum": &hi, "exclusiveMaximum": &hi} {
		if v, ok := s[key].(float64); ok {
			*end = v
		}
	}
	if _, open := s["exclusiveMinimum"]; open {
		lo = math.Nextafter(lo, math.Inf(1))
	}
	if _, open := s["exclusiveMaximum"]; open {
		hi = math.Nextafter(hi, math.Inf(-1))
	}
	return lo, hi
}

func objectBy(r *rapid.T, s map[string]any) map[string]any {
	out := map[string]any{}
	properties, _ := s["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		p := properties[name].(map[string]any)
		if name == "data" || name == "kind" || rapid.IntRange(0, 3).Draw(r, name) == 0 {
			out[name] = describedBy(r, p)
		}
	}
	if more, ok := s["additionalProperties"].(map[string]any); ok {
		for i := range rapid.IntRange(0, 2).Draw(r, "more") {
			out[fmt.Sprint("more", i)] = describedBy(r, more)
		}
	}
	return out
}

// change makes one value of a document another, takes it away, or adds a key.
func change(r *rapid.T, doc map[string]any) {
	type place struct {
		in  map[string]any
		key string
	}
	var places []place
	var walk func(v any)
	walk = func(v any) {
		m, ok := v.(map[string]any)
		if !ok {
			return
		}
		for _, key := range slices.Sorted(maps.Keys(m)) {
			places = append(places, place{m, key})
			walk(m[key])
		}
	}
	walk(doc)
	if len(places) == 0 {
		return
	}
	p := rapid.SampledFrom(places).Draw(r, "place")
	switch rapid.IntRange(0, 5).Draw(r, "change") {
	case 0:
		delete(p.in, p.key)
	case 1:
		p.in["frobnicate"] = 1
	default:
		p.in[p.key] = rapid.SampledFrom([]any{
			nil, -1, 0, 1, 1.5, 1e18, 1e19, 1e300, -1e300, "", " ", " 5 ", "5", "x", "mlp", "adam", "none", "true", true, false, "30s", "1.5.2s", "-3s",
			"64MiB", "0MiB", "0.5MiB", "1.2.3MiB", "99999999999TiB", "99999999999h", "0", []any{}, []any{1}, []any{nil}, []any{"x", 2.5}, []any{[]any{1}},
			map[string]any{}, map[string]any{"kind": "x"}, map[string]any{"kind": "mlp"}, map[string]any{"kind": 5},
		}).Draw(r, "value")
	}
}

// kindless reports whether a part has keys and no kind.
func kindless(doc map[string]any) bool {
	for _, part := range []string{"model", "loss"} {
		if m, ok := doc[part].(map[string]any); ok && len(m) > 0 && m["kind"] == nil {
			return true
		}
	}
	return false
}
