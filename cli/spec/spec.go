package spec

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"
)

// Spec is everything that decides what a run computes, and how often it saves.
// Parts that are nil or empty are chosen by the data when the run is built.
type Spec struct {
	Data          Source        `spec:"data" doc:"where the examples come from"`
	Split         Split         `spec:"split" doc:"what is held back from training, where the data has no part of its own for it"`
	Normalisation Normalisation `spec:"normalisation" doc:"x' = (x - shift)*scale, fitted on the training part"`
	Model         Model         `spec:"model" doc:"the network"`
	Loss          Loss          `spec:"loss" doc:"the error that training makes small"`

	Weights Path `spec:"weights" doc:"first weights instead of drawn ones: a run's folder, a safetensors file or an ONNX model; relative to this file"`

	Optimizer Setting `spec:"optimizer" doc:"see: descent optimizers"`
	Schedule  Setting `spec:"schedule" doc:"of the learning rate; lengths that are left out are the run's"`
	Plateau   Plateau `spec:"plateau" doc:"lower lr where the loss of an epoch (validation or, without one, training) no longer falls, as PyTorch's ReduceLROnPlateau"`

	Augment      Augment      `spec:"augment" doc:"changes of images by chance, while they are trained on"`
	ClassWeights ClassWeights `spec:"class_weights" doc:"what an example counts for in training, by its class"`

	Memory  Memory `spec:"memory" doc:"of examples: all, or a bound such as 64MiB, and they are read from their files all the time (a table of text from a temporary file of its numbers)"`
	Sampler string `spec:"sampler" doc:"shuffle, cyclic, replacement or full"`
	Batch   int    `spec:"batch" range:"[1,inf)" doc:"examples of a step"`
	Epochs  int    `spec:"epochs" range:"[0,inf)" doc:"the run ends after so many; 0 is no limit"`
	Steps   int64  `spec:"steps" range:"[0,inf)" doc:"the run ends after so many; 0 is no limit"`
	Stop    Stop   `spec:"stop" doc:"tests of convergence; 0 is not tested"`

	LossBound float64 `spec:"loss_bound" range:"[0,inf)" doc:"a larger loss is divergence; 0 is 1000 times the first plus a million"`
	Seed      int64   `spec:"seed" range:"[0,inf)" doc:"of first weights, batches and random layers"`
	DType     string  `spec:"dtype" values:"float32,float64" doc:"of weights and arithmetic"`
	Precision string  `spec:"precision" values:"float32,bf16" doc:"of what matrix products and convolutions read; bf16 weights depend on the kernel"`

	Checkpoint  Checkpoint `spec:"checkpoint" doc:"how often the run is saved; it is at its end in any case"`
	TensorBoard bool       `spec:"tensorboard" doc:"write event files in the run's folder too, for: tensorboard --logdir runs"`
	Threads     int        `spec:"threads" range:"[0,4096]" doc:"0 is one for each CPU; the weights do not depend on it"`
	Kernel      string     `spec:"kernel" doc:"an instruction set; auto is the fastest here; the weights do not depend on it"`

	tables *Tables
	places map[string]place
}

// Split is what is held back from training. A share of 0 holds back nothing.
type Split struct {
	Validation float64 `spec:"validation" range:"[0,1)" doc:"share that is measured after each epoch"`
	Test       float64 `spec:"test" range:"[0,1)" doc:"share that is measured at the end"`
	Stratify   bool    `spec:"stratify" doc:"keep the shares of the classes (classification)"`
	Seed       int64   `spec:"seed" range:"[-1,inf)" doc:"of the split alone; -1 is the run's seed"`
}

// Normalisation is how features and targets are shifted and scaled.
type Normalisation struct {
	Method  string `spec:"method,head" values:"standardise,standardize,minmax,none" doc:"standardise, minmax or none"`
	Scope   string `spec:"scope" values:"feature,channel,all" doc:"each feature by its own numbers, each channel (colour) by its own, or all by the same"`
	Targets string `spec:"targets" values:"standardise,standardize,minmax,mean,none" doc:"likewise for numbers to predict (regression); mean divides by it, as counts want"`
}

// Stop says when a run has converged.
type Stop struct {
	GradientNorm float64 `spec:"gradient_norm" range:"[0,inf)" doc:"norm of a batch's gradient"`
	LossChange   float64 `spec:"loss_change" range:"[0,inf)" doc:"relative change of the mean loss from epoch to epoch"`
	Patience     int     `spec:"patience" range:"[0,inf)" doc:"epochs without a smaller validation loss"`
}

// Checkpoint says how often a run is saved.
type Checkpoint struct {
	Every time.Duration `spec:"every,head" doc:"time between two; 0s is none"`
	Steps int64         `spec:"steps" range:"[0,inf)" doc:"steps between two; 0 is none"`
	Keep  int           `spec:"keep" range:"[1,1e6]" doc:"so many of the last stay; from 2 on also as checkpoint-STEP.safetensors"`
	Best  bool          `spec:"best" doc:"the one with the smallest validation loss stays too, as best.safetensors"`
}

// Document is a description that can still be changed.
type Document struct {
	root   *node
	tables *Tables
}

// New is the document of a kind of data with all defaults: New("mnist", tables).
func New(data string, tables *Tables) *Document {
	d := &Document{root: &node{kind: mapping}, tables: tables}
	d.root.put("data", &node{kind: scalar, text: data})
	return d
}

// Open reads the document in a file.
func Open(path string, tables *Tables) (*Document, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		return nil, err
	}
	return Parse(text, path, tables)
}

// Parse reads a document; the name is that of its file, for errors, and its
// folder is where relative paths start.
func Parse(text []byte, name string, tables *Tables) (*Document, error) {
	dir := filepath.Dir(name)
	root, err := read(text, func(line int) place { return place{fmt.Sprintf("%s:%d", name, line), dir} })
	if err != nil {
		return nil, err
	}
	return &Document{root, tables}, nil
}

// Set gives the key at a path, such as model.hidden, the value that a text spells
// in YAML. The label stands for the place in errors: "--set model.hidden=[8]".
func (d *Document) Set(path, text, label string) error {
	value, err := parse(text, place{label: label})
	if err != nil {
		return err
	}
	return d.set(path, value)
}

// SetText is Set for a text that is the value as it stands.
func (d *Document) SetText(path, text, label string) error {
	return d.set(path, &node{place: place{label: label}, kind: scalar, text: text})
}

func (d *Document) set(path string, value *node) error {
	at, segments := d.root, strings.Split(path, ".")
	for i, s := range segments {
		if s == "" {
			return value.errorf("%q is no key; write it as model.hidden", path)
		}
		if at.kind == empty {
			at.kind = mapping
		}
		if err := at.expand(head(segments[:i])); err != nil {
			return err
		}
		if at.kind != mapping {
			return value.errorf("%s is %v and has no key %q", strings.Join(segments[:i], "."), at.kind, s)
		}
		if i == len(segments)-1 {
			at.put(s, value)
			break
		}
		next := at.get(s)
		if next == nil {
			next = &node{place: value.place, kind: mapping}
			at.put(s, next)
		}
		at = next
	}
	return nil
}

// head is the key that a lone word in place of the mapping at a path sets.
func head(path []string) string {
	if len(path) != 1 {
		return "kind"
	}
	t := reflect.TypeFor[Spec]()
	for _, k := range keys(t) {
		if ft := t.FieldByIndex(k.index).Type; k.name == path[0] && ft.Kind() == reflect.Struct && ft != settingType {
			for _, inner := range keys(ft) {
				if inner.head {
					return inner.name
				}
			}
		}
	}
	return "kind"
}

// Has reports whether the document gives the key at the top a value.
func (d *Document) Has(key string) bool { return d.root.get(key) != nil }

// Spec decodes the document over the defaults of its kind of data.
func (d *Document) Spec() (*Spec, error) {
	s := &Spec{tables: d.tables, places: map[string]place{}}
	if d.root.kind != mapping {
		return nil, d.root.errorf("the specification is %v; want keys: data, model and others", d.root.kind)
	}
	s.defaults()
	dec := &decoder{d.tables, s.places}
	// The data come first: the other defaults are theirs.
	if data := d.root.get("data"); data != nil {
		if err := dec.value("data", data, reflect.ValueOf(s).Elem().FieldByName("Data"), key{name: "data"}); err != nil {
			return nil, err
		}
		s.Data.Defaults(s)
	}
	if err := d.modelDefaults(s); err != nil {
		return nil, err
	}
	if d.Kind("optimizer") != "" && !d.Has("schedule") {
		s.Schedule = Setting{Kind: "constant"} // the data's schedule is that of their own optimizer
	}
	if d.Has("steps") && !d.Has("epochs") || d.Has("stop") && !d.Has("epochs") && !d.Has("steps") {
		s.Epochs = 0 // the limit that is given is the limit
	}
	if err := dec.fields("", d.root, reflect.ValueOf(s).Elem(), ""); err != nil {
		return nil, err
	}
	if s.Data == nil {
		return nil, d.root.errorf("the specification has no data; give it a kind: %s", strings.Join(d.tables.SourceNames(), ", "))
	}
	return s, nil
}

// modelDefaults are those of the model that the document names, if it is another
// kind than the data's own.
func (d *Document) modelDefaults(s *Spec) error {
	n := d.root.get("model")
	if n == nil || n.kind == empty {
		return nil
	}
	if err := n.expand("kind"); err != nil {
		return err
	}
	for _, k := range d.tables.Models {
		if k.Name != d.Kind("model") {
			continue
		}
		m, fitted := k.New().(Fitted)
		if fitted && (s.Model == nil || !sameKind(m, s.Model)) {
			m.Defaults(s)
		}
	}
	return nil
}

// defaults are what holds for every kind of data.
func (s *Spec) defaults() {
	s.Split = Split{Stratify: true, Seed: -1}
	s.Normalisation = Normalisation{Method: "standardise", Scope: "feature", Targets: "standardise"}
	s.Optimizer = Setting{Kind: "adam"}
	s.Schedule = Setting{Kind: "constant"}
	s.Plateau = noPlateau()
	s.Sampler, s.Batch, s.Epochs = "shuffle", 128, 5
	s.Seed, s.DType, s.Precision, s.Kernel = 1, "float32", "float32", "auto"
	s.Augment, s.ClassWeights = NewAugment(), ClassWeights{Method: "none", Classes: map[string]float64{}}
	s.Checkpoint.Every, s.Checkpoint.Keep = 10*time.Second, 1
}

// at says where the key at a path was written, if it was, in front of an error.
func (s *Spec) at(path string, err error) error {
	if err == nil {
		return nil
	}
	for p := path; p != ""; {
		if at, ok := s.places[p]; ok && at.label != "" {
			return &Error{Place: at.label, Err: err}
		}
		i := strings.LastIndexByte(p, '.')
		p = p[:max(i, 0)]
	}
	return &Error{Path: path, Err: err}
}

// Kind is the kind of a part, such as data, as far as the document says.
func (d *Document) Kind(key string) string {
	n := d.root.get(key)
	if n == nil || n.expand("kind") != nil || n.get("kind") == nil {
		return ""
	}
	return n.get("kind").text
}
