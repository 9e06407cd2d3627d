package open

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/idx"
	"github.com/godescent/descent/data/images"
	"github.com/godescent/descent/data/npy"
	"github.com/godescent/descent/tensor"
)

// Arrays are examples and their targets in a pair of files, .npy or IDX, which is
// told by their first bytes. Whole numbers to predict are classes, others numbers.
type Arrays struct {
	Examples     string   `spec:"examples" doc:"an array [N, ...] in a .npy or IDX file"`
	Labels       string   `spec:"labels" doc:"an array [N] of classes, or [N] or [N, K] of numbers"`
	TestExamples string   `spec:"test_examples" doc:"likewise, measured at the end"`
	TestLabels   string   `spec:"test_labels" doc:"likewise"`
	Classes      []string `spec:"classes" doc:"the names of the classes 0, 1 and so on; [] names them by their numbers"`
	Indices      bool     `spec:"indices" doc:"whole numbers of the examples are indices of a vocabulary, not numbers"`
}

// Open implements Opener.
func (a *Arrays) Open(o Options) (*Data, error) {
	d := &Data{Name: filepath.Base(a.Examples)}
	if err := a.open(d, o.withDefaults()); err != nil {
		_ = d.Close() // it was only read
		return nil, err
	}
	return d, nil
}

func (a *Arrays) open(d *Data, o Options) error {
	switch {
	case a.Examples == "":
		return at("examples", "arrays want examples: a .npy or IDX file")
	case a.Labels == "":
		return at("labels", "arrays want labels: a .npy or IDX file")
	case (a.TestExamples == "") != (a.TestLabels == ""):
		return at("test_labels", "test_examples and test_labels come together")
	}
	c := data.Arrays{Name: d.Name, DType: o.DType, Indices: a.Indices, Classes: a.Classes}
	y, err := readArray(a.Labels, o.MaxBytes)
	if err != nil {
		return err
	}
	if o.Stream {
		rows, file, err := openRows(a.Examples)
		if err != nil {
			return err
		}
		d.open = append(d.open, file)
		if d.Sources.Train, err = c.Source(rows, y); err != nil {
			return err
		}
	} else {
		x, err := readArray(a.Examples, o.MaxBytes)
		if err != nil {
			return err
		}
		if d.Train, err = c.Set(x, y); err != nil {
			return err
		}
	}
	s, err := schemaOf(d, c)
	if err != nil || a.TestExamples == "" {
		return err
	}
	return a.test(d, s, o)
}

// test reads the test arrays.
func (a *Arrays) test(d *Data, s *arraySchema, o Options) error {
	y, err := readArray(a.TestLabels, o.MaxBytes)
	if err != nil {
		return err
	}
	if o.Stream {
		rows, file, err := openRows(a.TestExamples)
		if err != nil {
			return err
		}
		d.open = append(d.open, file)
		if d.Sources.Test, err = s.source(a.TestExamples, rows, y, o.DType); err != nil {
			return &At{"test_examples", err}
		}
		return nil
	}
	x, err := readArray(a.TestExamples, o.MaxBytes)
	if err != nil {
		return err
	}
	if d.Test, err = s.set(a.TestExamples, x, y, o.DType); err != nil {
		return &At{"test_examples", err}
	}
	return nil
}

// Archive is examples and their targets in one .npz file.
type Archive struct {
	Path         string   `spec:"path" doc:"the .npz file"`
	Examples     string   `spec:"examples" doc:"the name of the array [N, ...]; auto is x_train, X, x or data"`
	Labels       string   `spec:"labels" doc:"the name of the array of classes or numbers; auto is y_train, y, labels or target"`
	TestExamples string   `spec:"test_examples" doc:"likewise, measured at the end; auto is x_test, where it is"`
	TestLabels   string   `spec:"test_labels" doc:"likewise; auto is y_test, where it is"`
	Classes      []string `spec:"classes" doc:"the names of the classes 0, 1 and so on; [] names them by their numbers"`
	Indices      bool     `spec:"indices" doc:"whole numbers of the examples are indices of a vocabulary, not numbers"`
}

// The names that arrays of an archive are looked for by, the likeliest first.
var (
	exampleNames     = []string{"x_train", "X_train", "X", "x", "data"}
	labelNames       = []string{"y_train", "Y_train", "y", "Y", "labels", "target"}
	testExampleNames = []string{"x_test", "X_test"}
	testLabelNames   = []string{"y_test", "Y_test"}
)

// Open implements Opener. An archive is read into memory, also to be streamed:
// its arrays may be compressed.
func (a *Archive) Open(o Options) (*Data, error) {
	o = o.withDefaults()
	if a.Path == "" {
		return nil, at("path", "data of kind npz want a path: the .npz file")
	}
	z, err := npy.OpenArchive(a.Path, o.MaxBytes)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	find := func(key, name string, usual []string, must bool) (*tensor.Array, error) {
		if name == "" || name == "auto" {
			k := slices.IndexFunc(usual, func(u string) bool { return slices.Contains(z.Names(), u) })
			if k < 0 && must {
				return nil, at(key, "%s has no array named %s; it has %s: name one", a.Path, strings.Join(usual, ", "), strings.Join(z.Names(), ", "))
			}
			if k < 0 {
				return nil, nil
			}
			name = usual[k]
		}
		array, err := z.Read(name)
		if err != nil {
			return nil, &At{key, err}
		}
		return array, nil
	}
	c := data.Arrays{Name: filepath.Base(a.Path), DType: o.DType, Indices: a.Indices, Classes: a.Classes}
	d := &Data{Name: c.Name}
	x, err := find("examples", a.Examples, exampleNames, true)
	if err != nil {
		return nil, err
	}
	y, err := find("labels", a.Labels, labelNames, true)
	if err != nil {
		return nil, err
	}
	if d.Train, err = c.Set(x, y); err != nil {
		return nil, err
	}
	s, err := schemaOf(d, c)
	if err != nil {
		return nil, err
	}
	if o.Stream {
		d.Sources.Train, d.Train = d.Train, nil
	}
	if x, err = find("test_examples", a.TestExamples, testExampleNames, false); err != nil || x == nil {
		return d, err
	}
	if y, err = find("test_labels", a.TestLabels, testLabelNames, true); err != nil {
		return nil, err
	}
	if d.Test, err = s.set(a.Path, x, y, o.DType); err != nil {
		return nil, &At{"test_examples", err}
	}
	if o.Stream {
		d.Sources.Test, d.Test = d.Test, nil
	}
	return d, nil
}

// readArray reads the array in a .npy or IDX file.
func readArray(path string, maxBytes int64) (*tensor.Array, error) {
	isNpy, err := startsWith(path, "\x93NUMPY")
	switch {
	case err != nil:
		return nil, err
	case isNpy:
		return npy.ReadFile(path, maxBytes)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return idx.Read(f, idx.Options{Name: path, MaxBytes: maxBytes})
}

// openRows opens the array in a .npy or IDX file to be read by its rows.
func openRows(path string) (*data.FileRows, io.Closer, error) {
	isNpy, err := startsWith(path, "\x93NUMPY")
	switch {
	case err != nil:
		return nil, nil, err
	case isNpy:
		return npy.OpenRows(path)
	}
	return idx.OpenRows(path)
}

// arraySchema is the Schema of arrays.
type arraySchema struct {
	Shape   []int    `json:"shape"` // of an example
	Indices bool     `json:"indices,omitempty"`
	Classes []string `json:"classes,omitempty"`
	Targets int      `json:"targets,omitempty"` // numbers to predict, if they are no classes

	// Image is how an image becomes an example, if examples are bytes of images; a
	// file or folder of images can then be read too.
	Image *images.Schema `json:"image,omitempty"`
}

// schemaOf gives the data the schema of what they are trained on.
func schemaOf(d *Data, c data.Arrays) (*arraySchema, error) {
	one := d.Train
	if one == nil {
		for block, err := range d.Sources.Train.Blocks(1) {
			if err != nil {
				return nil, err
			}
			one = block
			break
		}
	}
	s := &arraySchema{Shape: one.X.Shape()[1:].Clone(), Indices: c.Indices, Classes: one.Classes}
	if !one.Classification() && one.Y != nil {
		s.Targets = one.Y.Shape()[1]
	}
	if err := s.Check(); err != nil {
		return nil, err
	}
	d.Schema = s
	return s, nil
}

// Kind implements Schema.
func (*arraySchema) Kind() string { return "arrays" }

// Check implements Schema.
func (s *arraySchema) Check() error {
	shape := tensor.Shape(s.Shape)
	if err := shape.Check(); err != nil || shape.Size() < 1 || s.Targets < 0 {
		return fmt.Errorf("schema of arrays: examples of shape %v with %d targets", shape, s.Targets)
	}
	if s.Image == nil {
		return nil
	}
	if err := s.Image.Check(); err != nil {
		return fmt.Errorf("schema of arrays: %w", err)
	}
	if n := s.Image.Height * s.Image.Width * s.Image.Channels(); n != shape.Size() {
		return fmt.Errorf("schema of arrays: an image of %d numbers is no example of shape %v", n, shape)
	}
	return nil
}

// Read implements Schema: an array of examples in a .npy or IDX file, or in an
// .npz file with its targets; or images, if examples are.
func (s *arraySchema) Read(path string, o ReadOptions) (*Rows, error) {
	if s.Image != nil && isImages(path) {
		set, names, err := s.Image.Read(path, images.Options{MaxBytes: o.MaxBytes})
		if err != nil {
			return nil, err
		}
		set.X = set.X.Reshape(append([]int{set.Len()}, s.Shape...)...)
		if o.Predict {
			set.Y, set.Classes, set.Targets = nil, nil, nil
		}
		return &Rows{Set: set, Names: names}, nil
	}
	o.Options = o.withDefaults()
	isZip, err := startsWith(path, "PK\x03\x04")
	if err != nil {
		return nil, err
	}
	if !isZip && o.Stream {
		rows, file, err := openRows(path)
		if err != nil {
			return nil, err
		}
		src, err := s.source(path, rows, nil, o.DType)
		if err != nil {
			_ = file.Close() // it was only read
			return nil, err
		}
		return &Rows{Source: src, open: closers{file}}, nil
	}
	if !isZip {
		x, err := readArray(path, o.MaxBytes)
		if err != nil {
			return nil, err
		}
		set, err := s.set(path, x, nil, o.DType)
		return rowsOf(set, err)
	}
	z, err := npy.OpenArchive(path, o.MaxBytes)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	name := func(usual ...[]string) string {
		for _, n := range slices.Concat(usual...) {
			if slices.Contains(z.Names(), n) {
				return n
			}
		}
		return ""
	}
	key := name(testExampleNames, exampleNames)
	if key == "" && len(z.Names()) == 1 {
		key = z.Names()[0]
	}
	if key == "" {
		return nil, fmt.Errorf("%s: none of its arrays is named %s; it has %s", path, strings.Join(exampleNames, ", "), strings.Join(z.Names(), ", "))
	}
	x, err := z.Read(key)
	if err != nil {
		return nil, err
	}
	var y *tensor.Array
	if labels := name(testLabelNames, labelNames); labels != "" && !o.Predict {
		if y, err = z.Read(labels); err != nil {
			return nil, err
		}
	}
	set, err := s.set(path, x, y, o.DType)
	return rowsOf(set, err)
}

func rowsOf(set *data.Set, err error) (*Rows, error) {
	if err != nil {
		return nil, err
	}
	return &Rows{Set: set}, nil
}

// set makes a set of arrays that must be like those trained on.
func (s *arraySchema) set(name string, x, y *tensor.Array, d tensor.DType) (*data.Set, error) {
	if x.Shape().Rank() == 1 && len(s.Shape) == 1 && s.Shape[0] == 1 {
		x = x.Reshape(x.Shape()[0], 1)
	}
	if err := s.fits(name, x.Shape()); err != nil {
		return nil, err
	}
	set, err := data.Arrays{Name: name, DType: d, Indices: s.Indices, Classes: s.Classes}.Set(x, y)
	if err != nil {
		return nil, err
	}
	return set, s.suits(set)
}

// source is set for arrays that stay in their file.
func (s *arraySchema) source(name string, x *data.FileRows, y *tensor.Array, d tensor.DType) (data.RowSource, error) {
	shape := x.Shape
	if shape.Rank() == 1 {
		shape = tensor.Of(shape[0], 1)
	}
	if err := s.fits(name, shape); err != nil {
		return nil, err
	}
	src, err := data.Arrays{Name: name, DType: d, Indices: s.Indices, Classes: s.Classes}.Source(x, y)
	if err != nil {
		return nil, err
	}
	one, err := data.Like(src, 1)
	if err != nil {
		return nil, err
	}
	return src, s.suits(one)
}

// fits is nil if examples have the shape of those trained on.
func (s *arraySchema) fits(name string, x tensor.Shape) error {
	if x.Rank() == 0 || !x[1:].Equal(s.Shape) {
		return fmt.Errorf("%s: the examples are %v, those trained on [N %s", name, x, tensor.Shape(s.Shape).String()[1:])
	}
	return nil
}

// suits is nil if targets are of the kind of those trained on.
func (s *arraySchema) suits(set *data.Set) error {
	switch {
	case set.Y == nil:
	case set.Classification() != (s.Classes != nil):
		what := map[bool]string{true: "classes", false: "numbers"}
		return fmt.Errorf("%s: the targets are %s, those trained on %s", set.Name, what[set.Classification()], what[s.Classes != nil])
	case s.Classes == nil && set.Y.Shape()[1] != s.Targets:
		return fmt.Errorf("%s: there are %d targets an example, %d were trained on", set.Name, set.Y.Shape()[1], s.Targets)
	}
	return nil
}

// isImages reports whether images may be meant by a path: it is a folder or has
// the ending of one.
func isImages(path string) bool { return isImage(path) || isFolder(path) }
