package spec

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/godescent/descent/optim"
	"pgregory.net/rapid"

	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/tensor"
)

// Every key has a name of the usual letters and a line of documentation, and its
// range can be read.
func TestKeys(t *testing.T) {
	tables := NewTables()
	var check func(name string, of reflect.Type)
	check = func(name string, of reflect.Type) {
		for _, k := range keys(of) {
			at := name + "." + k.name
			if k.doc == "" || strings.Trim(k.name, "abcdefghijklmnopqrstuvwxyz_") != "" {
				t.Errorf("%s: doc %q", at, k.doc)
			}
			ft := of.FieldByIndex(k.index).Type
			if k.limits != "" && !within(0.5, k.limits) && !within(1, k.limits) {
				t.Errorf("%s: range %q holds neither 0.5 nor 1", at, k.limits)
			}
			if ft.Kind() == reflect.Struct && ft != settingType {
				check(at, ft)
			}
			if ft.Kind() == reflect.Interface {
				kinds := tables.kinds(ft)
				if len(kinds) == 0 {
					t.Errorf("%s has no kinds", at)
				}
				for _, kind := range kinds {
					check(at+"("+kind.name+")", reflect.TypeOf(kind.make()).Elem())
				}
			}
		}
	}
	check("spec", reflect.TypeFor[Spec]())
}

// A complete document read again is the same document, for every kind of data and
// any changes.
func TestRoundTrip(t *testing.T) {
	tables := NewTables()
	rapid.Check(t, func(r *rapid.T) {
		doc := New(rapid.SampledFrom(tables.SourceNames()).Draw(r, "data"), tables)
		sets := []struct {
			path   string
			values *rapid.Generator[string]
		}{
			{"batch", rapid.Map(rapid.IntRange(1, 1e9), func(n int) string { return fmt.Sprint(n) })},
			{"optimizer", rapid.SampledFrom([]string{"adam", "sgd:lr=1e-9", "{kind: momentum, momentum: 0.5}", "adamw:weight_decay=1e-5,eps=1e-300"})},
			{"schedule", rapid.SampledFrom([]string{"cosine:warmup=3,final=1e-7", "constant", "power", "{kind: step, every: 7}"})},
			{"model", rapid.Just("mlp")}, // before its keys; the data's own may be another
			{"model.hidden", rapid.SampledFrom([]string{"[]", "[3]", "[1, 2, 3]", "7"})},
			{"model.dropout", rapid.Map(rapid.Float64Range(0, 0.99), formatFloat)},
			{"model.init", rapid.SampledFrom([]string{"auto", "normal:0.01", "'true'", "'1e3'", "'null'", "'~'", "' a '", `"x: y #"`})},
			{"loss_bound", rapid.Map(rapid.Float64Range(0, 1e300), formatFloat)},
			{"checkpoint", rapid.SampledFrom([]string{"1h3m0.5s", "0s", "{steps: 7}"})},
			{"normalisation", rapid.SampledFrom([]string{"none", "minmax", "{scope: all}"})},
			{"split.validation", rapid.Map(rapid.Float64Range(0, 0.5), formatFloat)},
			{"split.seed", rapid.SampledFrom([]string{"-1", "0", "9223372036854775807"})},
			{"stop.patience", rapid.Map(rapid.IntRange(0, 100), func(n int) string { return fmt.Sprint(n) })},
			{"loss", rapid.SampledFrom([]string{"huber", "{kind: huber, delta: 2}", "cross_entropy:label_smoothing=0.1", "{label_smoothing: 0.1}"})},
			{"dtype", rapid.SampledFrom([]string{"float32", "float64"})},
			{"precision", rapid.SampledFrom([]string{"float32", "bf16"})},
			{"plateau", rapid.SampledFrom([]string{"0.1", "{factor: 0.5, patience: 3, mode: abs, min_lr: 1e-5}"})},
			{"stop.loss_change", rapid.Map(rapid.Float64Range(0, 1), formatFloat)},
			{"stop.gradient_norm", rapid.Map(rapid.Float64Range(0, 1), formatFloat)},
		}
		probe, err := doc.Spec()
		if err != nil {
			r.Fatal(err)
		}
		_, perceptron := probe.Model.(*MLP)
		for _, s := range sets {
			if strings.HasPrefix(s.path, "model.") && !perceptron {
				continue // the keys of another kind
			}
			if rapid.Bool().Draw(r, s.path) {
				perceptron = perceptron || s.path == "model"
				if err := doc.Set(s.path, s.values.Draw(r, s.path), "test"); err != nil {
					r.Fatal(err)
				}
			}
		}
		s, err := doc.Spec()
		if err != nil {
			r.Fatal(err)
		}
		first, err := s.Marshal()
		if err != nil {
			r.Fatal(err)
		}
		again, err := Parse(first, "spec.yaml", tables)
		if err != nil {
			r.Fatalf("%v in\n%s", err, first)
		}
		s2, err := again.Spec()
		if err != nil {
			r.Fatalf("%v in\n%s", err, first)
		}
		second, err := s2.Marshal()
		if err != nil {
			r.Fatal(err)
		}
		if string(first) != string(second) {
			r.Fatalf("first\n%s\nsecond\n%s", first, second)
		}
		if d, err := Differences(first, second); err != nil || len(d) > 0 {
			r.Fatalf("differences %v, %v", d, err)
		}
	})
}

func formatFloat(x float64) string { return formatted(x) }

// Whatever a document holds, it is read or refused with its place in one line, in bounded time and memory; one that was
// read is written, and read again as the same.
func FuzzParse(f *testing.F) {
	f.Add("data: {kind: csv, path: a.csv, target: b}\nmodel:\n  hidden: [8]\n")
	f.Add("data: mnist\noptimizer: adam:lr=1e-3\nschedule: {kind: cosine, warmup: 3}\n")
	f.Add("data: &a mnist\nbatch: *a\n")
	f.Add("? [a]\n: b\n")
	f.Add("a: !!binary aGk=\nb: !!set {x}\n<<: {c: 1}\n")
	f.Add("a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n")
	f.Add("a: &a {b: *a}\n")
	f.Add(strings.Repeat("[", 300))
	f.Add("data: {kind: csv, columns: {a: ignore}}\nloss: {delta: 2}\nmodel: {kind: rnn, hidden: 0x10}\nseed: 1_000\nmemory: .5GiB\ncheckpoint: 1h\n")
	f.Add("data: mnist\nbatch: '3'\n--- \ndata: iris\n")
	f.Add("data: austen\nplateau: 0.1\nclass_weights: {classes: {'3': 2}}\naugment: {flip: both}\nweights: !!str 3\n")
	tables := NewTables()
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := Parse([]byte(text), "fuzz.yaml", tables)
		if err == nil {
			var s *Spec
			if s, err = doc.Spec(); err == nil {
				again(t, s, tables)
				return
			}
		}
		if !strings.HasPrefix(err.Error(), "fuzz.yaml:") || strings.Contains(err.Error(), "\n") {
			t.Fatalf("an error without its place, or of several lines: %q", err)
		}
	})
}

// again writes a document that was read, reads that and compares.
func again(t *testing.T, s *Spec, tables *Tables) {
	t.Helper()
	first, err := s.Marshal()
	if err != nil {
		t.Fatalf("a document that was read cannot be written: %v", err)
	}
	doc, err := Parse(first, "again.yaml", tables)
	if err != nil {
		t.Fatalf("a document that was written cannot be read: %v\n%s", err, first)
	}
	s, err = doc.Spec()
	if err != nil {
		t.Fatalf("a document that was written is refused: %v\n%s", err, first)
	}
	second, err := s.Marshal()
	if err != nil || string(first) != string(second) {
		t.Fatalf("%v; written\n%s\nand again\n%s", err, first, second)
	}
}

// A file that cannot be a specification is not read whole.
func TestLongDocument(t *testing.T) {
	path := filepath.Join(t.TempDir(), "long.yaml")
	if err := os.WriteFile(path, make([]byte, maxBytes+10), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, NewTables()); err == nil || !strings.Contains(err.Error(), "long.yaml:1: the specification is longer than 1048576 bytes") {
		t.Errorf("a long file: %v", err)
	}
}

func TestDifferences(t *testing.T) {
	d, err := Differences([]byte("a: 1\nb: {c: [1, 2], d: x}\n"), []byte("b: {c: [1, 3], e: ''}\na: 1\n"))
	want := []Difference{{"b.c", "[1, 2]", "[1, 3]"}, {"b.d", "x", ""}}
	if err != nil || !reflect.DeepEqual(d, want) {
		t.Errorf("%v, %v, want %v", d, err, want)
	}
}

// Keys that a flag sets are judged with the flag's name; paths start where they
// are written.
func TestPlaces(t *testing.T) {
	tables := NewTables()
	dir := t.TempDir()
	doc, err := Parse([]byte("data:\n  kind: csv\n  path: in/a.csv\n  target: y\n"), filepath.Join(dir, "s.yaml"), tables)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Set("data.test", "b.csv", "--set data.test=b.csv"); err != nil {
		t.Fatal(err)
	}
	s, err := doc.Spec()
	if err != nil {
		t.Fatal(err)
	}
	c := s.Data.(*CSV)
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if string(c.Path) != filepath.Join(dir, "in", "a.csv") || string(c.Test) != filepath.Join(wd, "b.csv") {
		t.Errorf("paths %q and %q", c.Path, c.Test)
	}
	if s.Split.Test != 0 || s.Checkpoint.Every != 10*time.Second {
		t.Errorf("with a test file the split is %+v", s.Split)
	}
	if _, err := s.Build(); err == nil || !strings.HasPrefix(err.Error(), filepath.Join(dir, "s.yaml")+":3: ") {
		t.Errorf("a missing file: %v, want the line of its key", err)
	}
}

// init reaches the hidden layers and leaves the head as it is.
func TestInit(t *testing.T) {
	m := NewMLP()
	m.Hidden, m.Init = []int{3, 2}, "constant:0.5"
	l, err := m.Layer(tensor.Of(4), 2)
	if err != nil {
		t.Fatal(err)
	}
	got := 0
	for _, l := range l.(*nn.Sequential).Layers {
		if n, ok := l.(*nn.Named); ok {
			if linear, ok := n.Layer.(*nn.Linear); ok {
				c, is := linear.Init.(*initial.Constant)
				if is == (n.Name == "head") {
					t.Errorf("%s: initialiser %T", n.Name, linear.Init)
				}
				if is && c.Value == 0.5 {
					got++
				}
			}
		}
	}
	if got != 2 {
		t.Errorf("%d hidden layers have the initialiser, want 2", got)
	}
}

// The optimizer as it is written down is the rule that ran, with what is around it in the same order.
func TestOptimizerWritten(t *testing.T) {
	for _, text := range []string{
		"sgd:lookahead=3,ema=0.9", "sgd:ema=0.9,lookahead=3", "adam:weight_decay=0.1,cautious=0.1", "adam:graft=lion,sam=0.1,ema=0.9",
		"adamw:graft=adamw,graft/beta1=0.8", "adam:beta1=0.9-t/1e4,eps=constant*1e-7,lookahead=2", "momentum:mu=0.95-0.1*onecycle,weight_decay=0.1*cosine(warmup=2; final=0.5),ema=0.9",
	} {
		doc := New("iris", NewTables())
		if err := doc.SetText("optimizer", text, "test"); err != nil {
			t.Fatal(err)
		}
		s, err := doc.Spec()
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Build()
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		again, lr, err := optim.Parse(r.Spec.Optimizer.String())
		if err != nil || lr != r.Config.Rate || !reflect.DeepEqual(again, r.Config.Rule) {
			t.Errorf("%s is written as %v, which is another rule (%v)", text, r.Spec.Optimizer, err)
		}
	}
}
