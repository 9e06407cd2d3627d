package spec

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/open"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/minimize"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/train"
)

// Examples is what a Source has loaded.
type Examples struct {
	Name  string
	Train *data.Set // all there is, if Test is nil; nil if they are streamed
	Test  *data.Set // the source's own test set, or nil
	// Validation is the source's own, of Divided data.
	Validation *data.Set
	// Sources are in place of the three for examples that are streamed; of Sources.Train,
	// Limit are used: 0 is all.
	Sources open.Sources
	Limit   int
	// Shipped says that the examples are part of the program and cannot change.
	Shipped bool
	// Fit, if not nil, completes both sets by what the training rows (nil is all)
	// show, and gives what a checkpoint keeps of that.
	Fit   func(train []int32) (meta map[string]string, err error)
	Notes []string     // what a user should know
	Close func() error // what Sources keep open; or nil
}

// Run is a Spec that is ready to be trained.
type Run struct {
	Spec   *Spec // as given, with everything that was chosen for it filled in
	Config train.Config
	Name   string   // of the data
	Title  string   // of the network
	Steps  int64    // how many the run is limited to; 0 if only convergence ends it
	Notes  []string // of the data, what a user should know

	close func() error
	built *builder
}

// Remodelled is the run of a Spec that differs from the run's in its model alone, on the
// same examples: the run's Close closes what both read.
func (r *Run) Remodelled(s *Spec) (*Run, error) {
	b, run, full := *r.built, *r, *r.Spec
	full.Model, full.places = s.Model, s.places
	run.Spec, run.close, run.built = &full, func() error { return nil }, &b
	run.Config.Meta = maps.Clone(r.Config.Meta)
	b.Spec, b.run = &full, &run
	for _, part := range []func() error{b.modelKeys, b.network, b.weights, b.describe} {
		if err := part(); err != nil {
			return nil, err
		}
	}
	return &run, nil
}

// Close ends the reading of data that are streamed.
func (r *Run) Close() error {
	if r.Config.Stream != nil {
		r.Config.Stream.Close()
	}
	if r.close == nil {
		return nil
	}
	return r.close()
}

// Build loads the data and makes the run of a Spec.
func (s *Spec) Build() (*Run, error) {
	full := *s
	b := &builder{Spec: &full, run: &Run{Spec: &full}}
	b.run.built = b
	c := &b.run.Config
	c.Batch, c.Epochs, c.Steps, c.Seed = s.Batch, s.Epochs, s.Steps, s.Seed
	c.Stop = train.Stop(s.Stop)
	c.Plateau = s.Plateau.config()
	c.LossBound, c.Threads = s.LossBound, s.Threads
	c.SaveEvery, c.SaveSteps = s.Checkpoint.Every, s.Checkpoint.Steps
	c.Keep, c.KeepBest = s.Checkpoint.Keep, s.Checkpoint.Best
	c.Sampler, c.TensorBoard = s.Sampler, s.TensorBoard
	if s.Kernel != "auto" {
		c.Kernel = s.Kernel
	}
	c.Meta = map[string]string{}
	// What needs no data is judged before they are read.
	for _, part := range []func() error{b.limits, b.optimizer, b.scheduleNames, b.modelKeys, b.load, b.split, b.keep, b.complete, b.classWeights, b.augment, b.loss, b.normalise, b.stream, b.network, b.weights, b.schedule, b.describe} {
		if err := part(); err != nil {
			_ = b.run.Close() // it was only read
			return nil, err
		}
	}
	return b.run, nil
}

type builder struct {
	*Spec
	run   *Run
	dtype tensor.DType
	ex    *Examples

	rows   []int32 // that are trained on; nil is all
	digest string  // of sources

	classes []string // to predict; nil for numbers
}

// precision is that of products.
func (b *builder) precision() (err error) {
	if b.run.Config.Precision, err = program.ParsePrecision(b.Precision); err != nil {
		return b.at("precision", err)
	}
	if b.run.Config.Precision != program.Float32 && b.dtype != tensor.Float32 {
		return b.at("precision", fmt.Errorf("precision %s rounds float32 products and dtype is %s; set one of them to float32", b.Precision, b.DType))
	}
	return nil
}

func (b *builder) limits() error {
	b.dtype = tensor.Float32
	if b.DType == "float64" {
		b.dtype = tensor.Float64
	}
	if err := b.precision(); err != nil {
		return err
	}
	if b.Epochs == 0 && b.Spec.Steps == 0 && b.Stop == (Stop{}) {
		return b.at("epochs", errors.New("nothing ends the run; give epochs, steps or a test of convergence"))
	}
	if b.Split.Validation+b.Split.Test >= 1 {
		return b.at("split", fmt.Errorf("validation %v and test %v leave nothing to train on", b.Split.Validation, b.Split.Test))
	}
	_, err := data.SamplerByName(b.Sampler, 1, 1, 0)
	return b.at("sampler", err)
}

// optimizer reads the rule pair by pair, so that an error has the place of the
// pair that is wrong, and spells it out with all its numbers.
func (b *builder) optimizer() error {
	s := b.Optimizer
	if minimize.Is(s.String()) {
		return b.method()
	}
	for n := range len(s.Pairs) + 1 {
		rule, lr, err := b.tables.Rules.Parse(Setting{s.Kind, s.Pairs[:n]}.String())
		if err != nil {
			return b.at(pairPath("optimizer", s, n), err)
		}
		b.run.Config.Rule, b.run.Config.Rate = rule, lr
	}
	infos, err := b.tables.Rules.Describe(b.run.Config.Rule)
	if err != nil {
		return b.at("optimizer", err)
	}
	// An alias or a path is read again; a transform's own path is not. What is around the rule is described from
	// outside and written from inside, transforms in their order: one of the two is the rule again, or neither.
	for range 2 {
		full := Setting{Kind: s.Kind}
		full.put("lr", formatted(b.run.Config.Rate))
		for _, h := range infos {
			full.put(h.Name, formatted(h.Value))
		}
		if again, _, err := b.tables.Rules.Parse(full.String()); err == nil && reflect.DeepEqual(again, b.run.Config.Rule) {
			b.Optimizer = full
			return nil
		}
		slices.Reverse(infos)
	}
	return nil
}

// method reads a method on the host, which has neither rate nor schedule.
func (b *builder) method() error {
	s := b.Optimizer
	for n := range len(s.Pairs) + 1 {
		m, err := minimize.Parse(Setting{s.Kind, s.Pairs[:n]}.String())
		if err != nil {
			return b.at(pairPath("optimizer", s, n), err)
		}
		b.run.Config.Method = m
	}
	if b.Schedule.Kind != "constant" {
		return b.at("schedule", fmt.Errorf("%s finds the length of its steps and has no learning rate to move; leave the schedule constant", s.Kind))
	}
	if b.Plateau.Factor != 0 {
		return b.at("plateau", fmt.Errorf("%s finds the length of its steps and has no learning rate to lower; leave plateau out", s.Kind))
	}
	return nil
}

// pairPath is the path of the last of n pairs, or of the kind.
func pairPath(part string, s Setting, n int) string {
	if n == 0 {
		return part + ".kind"
	}
	return part + "." + s.Pairs[n-1].Key
}

// modelKeys finds mistakes that do not depend on the examples' shape.
func (b *builder) modelKeys() error {
	if b.Model == nil {
		return b.at("model", errors.New("there is no model; give it a kind"))
	}
	_, err := b.Model.Layer(tensor.Of(2), 2)
	if k := (*keyed)(nil); errors.As(err, &k) {
		return b.at("model."+k.key, k.err)
	}
	return nil
}

func (b *builder) load() error {
	to := Loading{DType: b.dtype, Stream: b.streaming()}
	load := func() (*Examples, error) { return b.Data.Load(to) }
	if d, ok := b.Data.(Divided); ok {
		load = func() (*Examples, error) { return d.Divide(b.Split, to) }
	}
	ex, err := load()
	if k := (*keyed)(nil); errors.As(err, &k) {
		return b.at("data."+k.key, k.err)
	}
	if err != nil {
		return err
	}
	b.ex, b.run.Name, b.run.Notes, b.run.close = ex, ex.Name, ex.Notes, ex.Close
	if err := b.keepable(); err != nil {
		return err
	}
	one, err := b.one()
	if err != nil {
		return err
	}
	if one.Y == nil {
		return b.at("data", fmt.Errorf("%s has no targets to train on", one.Name))
	}
	b.classes = one.Classes
	if y := one.Y; one.Classification() && y.Shape().Rank() != 1 && one.X.DType() != tensor.Int32 {
		return b.at("data", fmt.Errorf("the targets of %s are %v whole numbers; classes are [N]", ex.Name, y.Shape()))
	}
	return nil
}

func (b *builder) split() error {
	c := &b.run.Config
	b.rows = b.rest()
	c.Train, c.Test = b.part(b.ex.Train, b.ex.Sources.Train, b.rows), b.part(b.ex.Test, b.ex.Sources.Test, nil)
	validation := b.part(b.ex.Validation, b.ex.Sources.Validation, nil)
	validates, tests := validation.Len() > 0, c.Test.Len() > 0
	if validates && b.Split.Validation > 0 {
		if _, ok := b.Data.(Divided); !ok {
			return b.at("split.validation", fmt.Errorf("%s has a validation set of its own; hold back no other", b.ex.Name))
		}
	}
	if _, ok := b.Data.(Divided); ok || validates && b.Split.Test == 0 {
		c.Validation, b.Split.Stratify = validation, false
		if b.Stop.Patience > 0 && !validates {
			return b.noPatience()
		}
		return nil
	}
	if tests && b.Split.Test > 0 {
		return b.at("split.test", fmt.Errorf("%s has a test set of its own; hold back no other", b.ex.Name))
	}
	if b.Split.Validation == 0 && b.Split.Test == 0 {
		if b.Stop.Patience > 0 {
			return b.noPatience()
		}
		return nil
	}
	n, err := b.count()
	if err != nil {
		return err
	}
	one, err := b.one()
	if err != nil {
		return err
	}
	seed := uint64(b.Split.Seed)
	if b.Split.Seed < 0 {
		seed = uint64(b.Seed)
	}
	f := data.Fractions{Train: 1 - b.Split.Validation - b.Split.Test, Validation: b.Split.Validation, Test: b.Split.Test}
	if !one.Classification() {
		b.Split.Stratify = false
	}
	var parts data.Parts
	if b.Split.Stratify {
		labels, failed := b.labels()
		if failed != nil {
			return failed
		}
		parts, err = data.SplitStratified(labels, seed, f)
	} else {
		parts, err = data.Split(n, seed, f)
	}
	if err != nil {
		return b.at("split", err)
	}
	b.rows, c.Train.Rows = parts.Train, parts.Train
	if len(parts.Validation) > 0 {
		c.Validation = b.part(b.ex.Train, b.ex.Sources.Train, parts.Validation)
	}
	if len(parts.Test) > 0 {
		c.Test = b.part(b.ex.Train, b.ex.Sources.Train, parts.Test)
	}
	if b.Stop.Patience > 0 && len(parts.Validation) == 0 {
		return b.noPatience()
	}
	return nil
}

func (b *builder) noPatience() error {
	return b.at("stop.patience", errors.New("patience is counted on validation examples and none are held back; set split.validation, say to 0.1"))
}

// keep refuses a best checkpoint that nothing tells.
func (b *builder) keep() error {
	if b.Checkpoint.Best && b.run.Config.Validation.Len() == 0 {
		return b.at("checkpoint.best", errors.New("the best is told by validation examples and none are held back; set split.validation, say to 0.1"))
	}
	return nil
}

// complete gives the examples what only the training part can tell, and checks them.
func (b *builder) complete() error {
	if b.ex.Fit != nil {
		meta, err := b.ex.Fit(b.rows)
		if err != nil {
			return err
		}
		maps.Copy(b.run.Config.Meta, meta)
	}
	for _, set := range []*data.Set{b.ex.Train, b.ex.Validation, b.ex.Test} {
		if set == nil {
			continue
		}
		if err := set.Validate(); err != nil {
			return err
		}
	}
	if b.ex.Train != nil {
		return nil
	}
	return b.survey()
}

func (b *builder) loss() error {
	one, err := b.one()
	if err != nil {
		return err
	}
	classes := one.Classification()
	if b.Loss == nil {
		b.Loss = &SquaredError{}
		if classes {
			b.Loss = &CrossEntropy{}
		}
	}
	if m, ok := b.Model.(Tasked); ok {
		if err := m.Predicts(classes); err != nil {
			return b.at("model", err)
		}
	}
	name := b.tables.lossName(b.Loss)
	if !b.Loss.Suits(classes) {
		var fit []string
		for _, k := range b.tables.Losses {
			if k.New().Suits(classes) {
				fit = append(fit, k.Name)
			}
		}
		what, or := "numbers", ""
		if classes {
			what = fmt.Sprintf("%d classes", len(one.Classes))
			switch b.Data.(type) {
			case *CSV, *Parquet:
				or = "; data.task: regression makes numbers of them"
			case *Arrays, *NPZ:
				or = "; in an array of floats they are numbers"
			}
		}
		return b.at("loss", fmt.Errorf("loss %s does not suit %s to predict; what does: %v%s", name, what, fit, or))
	}
	switch b.Loss.(type) {
	case *BinaryCrossEntropy:
		return b.binary(one)
	case *Poisson:
		return b.at("loss", b.counts())
	}
	return nil
}

// binary makes the number 0 or 1 of two classes.
func (b *builder) binary(one *data.Set) error {
	if n := len(one.Classes); n != 2 || one.Y.Shape().Rank() != 1 {
		return b.at("loss", fmt.Errorf("loss binary_cross_entropy wants two classes and there are %d; take cross_entropy", n))
	}
	return b.everywhere(oneOutput(b.dtype))
}

func convertTo(a *tensor.Array, d tensor.DType) *tensor.Array {
	if a.DType() == d {
		return a
	}
	out := tensor.New(d, a.Shape()...)
	for i := range a.Size() {
		out.SetAt(i, a.At(i))
	}
	return out
}

func (b *builder) normalise() error {
	c := &b.run.Config
	method, err := data.MethodByName(b.Normalisation.Method)
	if err != nil {
		return b.at("normalisation.method", err)
	}
	b.Normalisation.Method = string(method)
	if method != data.None {
		if c.Normalizer, err = b.fitFeatures(method); err != nil {
			return b.at("normalisation", err)
		}
	}
	return b.normaliseTargets()
}

// normaliseTargets scales numbers to predict in place: a loss is then in units
// of their spread, and a rate that suits one problem suits the next.
func (b *builder) normaliseTargets() error {
	method, err := data.MethodByName(b.Normalisation.Targets)
	if err != nil {
		return b.at("normalisation.targets", err)
	}
	b.Normalisation.Targets = string(method)
	if len(b.classes) > 0 {
		b.Normalisation.Targets = string(data.None)
		return nil
	}
	if _, counts := b.Loss.(*Poisson); counts && method != data.None && method != data.ByMean {
		if _, given := b.places["normalisation.targets"]; given {
			return b.at("normalisation.targets", fmt.Errorf("loss poisson wants counts as they are or divided by their mean, not %s; set it to mean or none", method))
		}
		method = data.ByMean
		b.Normalisation.Targets = string(method)
	}
	if method == data.None {
		return nil
	}
	n, err := b.fitTargets(method)
	if err != nil {
		return b.at("normalisation.targets", err)
	}
	if err := b.everywhere(scaledTargets(n, b.dtype)); err != nil {
		return b.at("normalisation.targets", err)
	}
	return b.keepTargets(n)
}

func (b *builder) network() error {
	set := b.run.Config.Train.Set
	if b.run.Config.Stream != nil {
		set = b.run.Config.Stream.Set()
	}
	in, out := set.X.Shape()[1:], len(set.Classes)
	if out == 0 {
		out = loss.Outputs(b.Loss.Loss(), set.Y.Size()/set.Len())
	}
	in, err := b.run.Config.Augment.Example(in)
	if err != nil {
		return b.at("augment", err)
	}
	layer, err := layerOf(b.Model, set.X.DType() == tensor.Int32, in, out)
	if k := (*keyed)(nil); errors.As(err, &k) {
		return b.at("model."+k.key, k.err)
	}
	if err != nil {
		return b.at("model", err)
	}
	d := b.dtype
	if set.X.DType() == tensor.Int32 {
		d = tensor.Int32
	}
	x := graph.Type{DType: d, Shape: append(tensor.Of(max(2, b.Batch)), in...)}
	if b.run.Config.Network, err = network(layer, x, b.Loss, b.dtype); err != nil {
		return b.at("model", err)
	}
	b.run.Title = b.Model.Title(in, out)
	shape, err := json.Marshal(Shape{In: in, DType: d.String(), Out: out})
	b.run.Config.Meta[MetaShape] = string(shape)
	return err
}

// maxWeights bounds a network, before any memory is taken: 8 GiB of float32.
const maxWeights int64 = 1 << 31

func network(l nn.Layer, x graph.Type, of Loss, d tensor.DType) (*objective.Network, error) {
	n, err := objective.NewNetwork(l, x, of.Loss(), d)
	if err != nil {
		return nil, err
	}
	if w := int64(n.Plan.Weights.Size()); w > maxWeights {
		return nil, fmt.Errorf("the network has %d weights; up to %d are trained here", w, maxWeights)
	}
	return n, nil
}

// weights are read last of all files: what they must be is known by then.
func (b *builder) weights() error {
	if b.Weights == "" {
		return nil
	}
	start, err := train.ReadStart(b.Weights.Shown())
	if err == nil {
		err = start.Check(b.run.Config.Network.Plan)
	}
	b.run.Config.Start = start
	return b.at("weights", err)
}

// describe keeps with the weights what they mean.
func (b *builder) describe() error {
	c := &b.run.Config
	text, err := b.Marshal()
	if err != nil {
		return err
	}
	c.Meta[MetaSpec] = string(text)
	if len(b.classes) > 0 {
		classes, err := json.Marshal(b.classes)
		if err != nil {
			return err
		}
		c.Meta[MetaClasses] = string(classes)
	}
	switch {
	case b.ex.Shipped:
	case b.digest != "":
		c.Meta[MetaData] = b.digest
	default:
		c.Meta[MetaData] = fingerprint(b.ex)
	}
	return nil
}

// fingerprint tells whether files are what they were.
func fingerprint(e *Examples) string {
	h := sha256.New()
	for _, set := range []*data.Set{e.Train, e.Validation, e.Test} {
		if set == nil {
			continue
		}
		for _, a := range []*tensor.Array{set.X, set.Y} {
			_, _ = fmt.Fprintf(h, "%v%v", a.DType(), a.Shape()) // a hash never fails
			_, _ = h.Write(a.Raw())
		}
		_, _ = fmt.Fprintf(h, "%q %q", set.Classes, set.Features)
	}
	return hex.EncodeToString(h.Sum(nil))
}
