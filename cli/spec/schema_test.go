package spec

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := JSONSchema(NewTables())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("descent.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("descent.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func valid(t *testing.T, s *jsonschema.Schema, text []byte) error {
	t.Helper()
	var doc any
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return s.Validate(doc)
}

// What is written complete for every kind of data and of model, and every example that
// is shipped, is valid.
func TestSchemaTakesWhatIsWritten(t *testing.T) {
	s, tables := compiled(t), NewTables()
	for _, source := range tables.SourceNames() {
		for _, model := range tables.ModelNames() {
			doc := New(source, tables)
			if err := doc.SetText("model", model, "test"); err != nil {
				t.Fatal(err)
			}
			full, err := doc.Spec()
			if err != nil {
				t.Fatal(err)
			}
			text, err := full.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			if err := valid(t, s, text); err != nil {
				t.Errorf("%s with %s: %v", source, model, err)
			}
		}
	}
	examples, err := filepath.Glob("../../examples/*/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range examples {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := valid(t, s, text); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// The schema says what the decoder says of short forms, and of mistakes in keys,
// words, ranges and types.
func TestSchemaAgreesWithTheDecoder(t *testing.T) {
	s, tables := compiled(t), NewTables()
	for text, ok := range map[string]bool{
		"data: mnist": true,
		"{data: mnist, model: {kind: mlp, hidden: [8, 4]}, optimizer: 'adam:lr=0.01', schedule: cosine}":                true,
		"{data: {kind: csv, path: a.csv, target: b, columns: {id: ignore}}, model: {hidden: 8}}":                        true,
		"{data: mnist, model: mlp:dropout=0.1, normalisation: minmax, checkpoint: 30s, memory: 64MiB, batch: 1e2}":      true,
		"{data: mnist, loss: {label_smoothing: 0.1}, class_weights: balanced, augment: {shift: 2, flip: horizontal}}":   true,
		"{data: mnist, optimizer: {kind: sgd, lr: 0.1, clip_norm: 1}, class_weights: {classes: {'3': 2}}, memory: all}": true,
		"{data: mnist, modle: mlp}":                             false,
		"{data: mnist, model: {kind: mlp, hiden: [8]}}":         false,
		"{data: mnist, model: {kind: mpl}}":                     false,
		"{data: excel}":                                         false,
		"{data: mnist, batch: 0}":                               false,
		"{data: mnist, batch: many}":                            false,
		"{data: mnist, batch: 1.5}":                             false,
		"{data: mnist, batch: [1]}":                             false,
		"{data: mnist, model: {kind: mlp, dropout: 1}}":         false,
		"{data: mnist, split: {test: -0.1}}":                    false,
		"{data: mnist, split: {stratify: perhaps}}":             false,
		"{data: mnist, dtype: float16}":                         false,
		"{data: mnist, augment: {flip: sideways}}":              false,
		"{data: mnist, memory: 64}":                             false,
		"{data: mnist, checkpoint: {every: soon}}":              false,
		"{data: mnist, normalisation: {method: squash}}":        false,
		"{data: mnist, class_weights: {classes: {'3': heavy}}}": false,
		"{batch: 3}": false,
	} {
		err := valid(t, s, []byte(text))
		if (err == nil) != ok {
			t.Errorf("%s: the schema says %v", text, err)
		}
		doc, err := Parse([]byte(text), "a.yaml", tables)
		if err == nil {
			_, err = doc.Spec()
		}
		if (err == nil) != ok {
			t.Errorf("%s: the decoder says %v", text, err)
		}
	}
}

// Every key says what it is.
func TestSchemaDocs(t *testing.T) {
	text, err := JSONSchema(NewTables())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"description": "share of the target that is spread over all classes"`, `"default": "standardise"`, `"exclusiveMaximum": 1`, `"adamw"`, `"cosine"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the schema lacks %s", want)
		}
	}
}
