package open

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/shipped"
	"github.com/godescent/descent/tensor"
)

func write(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func npyFile(t testing.TB, dir, name string, a *tensor.Array) string {
	t.Helper()
	var b bytes.Buffer
	if err := tensor.WriteNpy(&b, a); err != nil {
		t.Fatal(err)
	}
	return write(t, dir, name, b.String())
}

func imageFile(t testing.TB, dir, name string, c color.Color) string {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 3, 2))
	for i := range 6 {
		m.Set(i%3, i/3, c)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return write(t, dir, name, b.String())
}

const visitors = "age;town;visits\n30;Bonn;no\n;Bonn;yes\n50;Köln;yes\n40;Köln;no\n"

// kinds are settings for a small data set of each kind of file.
func kinds(t testing.TB) map[string]Opener {
	t.Helper()
	dir := t.TempDir()
	table := NewTable()
	table.Path, table.Target, table.Fill = Path(write(t, dir, "visits.csv", visitors)), "visits", "mean"
	parquet := NewTable()
	parquet.Path, parquet.Target = "../parquet/testdata/required2.parquet", "word"
	parquet.Columns = map[string]string{"flag": "ignore"}
	x := npyFile(t, dir, "x.npy", tensor.From([]float64{1, 2, 3, 4, 5, 6}, 3, 2))
	y := npyFile(t, dir, "y.npy", tensor.From([]int64{1, 0, 1}, 3))
	idx := write(t, dir, "x.idx", "\x00\x00\x08\x03\x00\x00\x00\x02\x00\x00\x00\x02\x00\x00\x00\x01\x01\x02\x03\x04")
	labels := write(t, dir, "y.idx", "\x00\x00\x08\x01\x00\x00\x00\x02\x01\x00")
	for i, c := range []color.Color{color.White, color.Black} {
		for _, part := range []string{"train", "test", "val"} {
			imageFile(t, dir, "pets/"+part+"/"+[]string{"cat", "dog"}[i]+"/1.png", c)
		}
	}
	pets := NewImages()
	pets.Path, pets.Colour = filepath.Join(dir, "pets"), "grey"
	text := NewText()
	text.Path, text.Context, text.Validation, text.Test = write(t, dir, "t.txt", strings.Repeat("abc\n", 50)+"abzc\nabc\n"), 4, 0, 0.05
	return map[string]Opener{
		"csv": table, "parquet": parquet, "npy": &Arrays{Examples: x, Labels: y, TestExamples: x, TestLabels: y},
		"npz": &Archive{Path: "../npy/testdata/stored.npz"}, "idx": &Arrays{Examples: idx, Labels: labels}, "images": pets, "text": text,
	}
}

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// Each kind: what is opened is valid, streamed it is the same, and the schema,
// kept and read again, says so too.
func TestKinds(t *testing.T) {
	want := map[string]struct {
		x, y    tensor.Shape
		test    int
		schema  string
		classes []string
	}{
		"csv":     {tensor.Of(4, 3), tensor.Of(4), 0, "table", []string{"no", "yes"}},
		"parquet": {tensor.Of(120, 2), tensor.Of(120), 0, "table", []string{"green", "grey", "red"}},
		"npy":     {tensor.Of(3, 2), tensor.Of(3), 3, "arrays", []string{"0", "1"}},
		"npz":     {tensor.Of(2, 3, 4), tensor.Of(2), 0, "arrays", []string{"0", "1"}},
		"idx":     {tensor.Of(2, 2, 1), tensor.Of(2), 0, "arrays", []string{"0", "1"}},
		"images":  {tensor.Of(2, 2, 3, 1), tensor.Of(2), 2, "images", []string{"cat", "dog"}},
		"text":    {tensor.Of(49, 4), tensor.Of(49, 4), 2, "text", []string{"\n", "a", "b", "c"}},
	}
	for name, o := range kinds(t) {
		w, ok := want[name]
		if !ok {
			t.Fatalf("kind %s is not expected", name)
		}
		d, err := o.Open(Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := d.Fit(nil); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !d.Train.X.Shape().Equal(w.x) || !d.Train.Y.Shape().Equal(w.y) || !slices.Equal(d.Train.Classes, w.classes) || d.Schema.Kind() != w.schema {
			t.Errorf("%s: X %v, Y %v, classes %q, schema %s", name, d.Train.X.Shape(), d.Train.Y.Shape(), d.Train.Classes, d.Schema.Kind())
		}
		for _, set := range []*data.Set{d.Train, d.Validation, d.Test} {
			if set == nil {
				continue
			}
			if err := set.Validate(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if d.Test != nil && d.Test.Len() != w.test || d.Test == nil && w.test != 0 || (d.Validation != nil) != (name == "images") {
			t.Errorf("%s: test %v, validation %v", name, d.Test, d.Validation)
		}
		if (len(d.Notes) > 0) != (name == "text") {
			t.Errorf("%s: notes %q", name, d.Notes)
		}
		streamed, err := o.Open(Options{Stream: true})
		if err != nil {
			t.Errorf("%s, streamed: %v", name, err)
			continue
		}
		if err := streamed.Fit(nil); err != nil {
			t.Errorf("%s, streamed: %v", name, err)
		}
		for _, part := range []struct {
			name   string
			set    *data.Set
			source data.RowSource
		}{{"train", d.Train, streamed.Sources.Train}, {"validation", d.Validation, streamed.Sources.Validation}, {"test", d.Test, streamed.Sources.Test}} {
			if part.set == nil {
				if part.source != nil {
					t.Errorf("%s, streamed: there is a %s part", name, part.name)
				}
				continue
			}
			all, err := data.Collect(part.source, 1<<20)
			if err != nil {
				t.Errorf("%s, streamed: %s: %v", name, part.name, err)
				continue
			}
			if !bytes.Equal(all.X.Raw(), part.set.X.Raw()) || !bytes.Equal(all.Y.Raw(), part.set.Y.Raw()) || !slices.Equal(all.Classes, part.set.Classes) {
				t.Errorf("%s: the %s part is streamed otherwise", name, part.name)
			}
		}
		if streamed.Train != nil || streamed.Validation != nil || streamed.Test != nil {
			t.Errorf("%s, streamed: there is a set", name)
		}
		if err := streamed.Close(); err != nil {
			t.Errorf("%s, streamed: %v", name, err)
		}
		kept := must[[]byte](t)(MarshalSchema(d.Schema))
		back, err := UnmarshalSchema(kept)
		if err != nil || !reflect.DeepEqual(back, d.Schema) {
			t.Errorf("%s: the schema %s comes back as %+v, %v", name, kept, back, err)
		}
	}
}

// A schema is applied to other data: what was filled is filled, images are sized,
// classes keep their numbers, and to predict nothing is compared.
func TestSchemas(t *testing.T) {
	all := kinds(t)
	read := func(kind, path string, predict bool) (*Rows, error) {
		d := must[*Data](t)(all[kind].Open(Options{}))
		if err := d.Fit([]int32{0, 2}); err != nil {
			t.Fatal(err)
		}
		s := must[Schema](t)(UnmarshalSchema(must[[]byte](t)(MarshalSchema(d.Schema))))
		return s.Read(path, ReadOptions{Predict: predict})
	}
	dir := t.TempDir()
	// Ages 30 and 50 were the training part.
	r := must[*Rows](t)(read("csv", write(t, dir, "new.csv", "town,age,visits\nBonn,,yes\n"), false))
	if !slices.Equal(r.Set.X.Float64s(), []float64{40, 1, 0}) || !slices.Equal(r.Set.Labels(), []int32{1}) {
		t.Errorf("X %v, Y %v", r.Set.X.Float64s(), r.Set.Y)
	}
	if r = must[*Rows](t)(read("csv", filepath.Join(dir, "new.csv"), true)); r.Set.Y != nil {
		t.Error("a target is read to predict")
	}
	r = must[*Rows](t)(read("parquet", write(t, dir, "p.csv", "i32,f64\n1,2\n"), true))
	if !slices.Equal(r.Set.X.Float64s(), []float64{1, 2}) {
		t.Errorf("X %v", r.Set.X.Float64s())
	}
	pets := all["images"].(*Images).Path
	r = must[*Rows](t)(read("images", imageFile(t, dir, "big.png", color.Gray{7}), true))
	if !r.Set.X.Shape().Equal(tensor.Of(1, 2, 3, 1)) || r.Set.X.Raw()[0] != 7 || len(r.Names) != 1 || filepath.Base(r.Names[0]) != "big.png" {
		t.Errorf("X %v, names %q", r.Set.X.Shape(), r.Names)
	}
	if r = must[*Rows](t)(read("images", filepath.Join(pets, "test"), false)); !slices.Equal(r.Set.Labels(), []int32{0, 1}) {
		t.Errorf("labels %v", r.Set.Labels())
	}
	r = must[*Rows](t)(read("text", write(t, dir, "t.txt", "abcxabcabc"), false))
	if r.Set.Len() != 2 || len(r.Notes) != 1 {
		t.Errorf("%d windows, notes %q", r.Set.Len(), r.Notes)
	}
	r = must[*Rows](t)(read("npy", npyFile(t, dir, "n.npy", tensor.From([]float32{7, 8}, 1, 2)), true))
	if !slices.Equal(r.Set.X.Float64s(), []float64{7, 8}) || r.Set.Y != nil {
		t.Errorf("X %v", r.Set.X.Float64s())
	}
	if r = must[*Rows](t)(read("npz", "../npy/testdata/deflated.npz", false)); r.Set.Len() != 2 || r.Set.Y == nil {
		t.Errorf("%d examples, Y %v", r.Set.Len(), r.Set.Y)
	}
	for _, c := range []struct{ kind, path, want string }{
		{"npy", npyFile(t, dir, "w.npy", tensor.From([]float32{7, 8, 9}, 1, 3)), "w.npy: the examples are [1 3], those trained on [N 2]"},
		{"csv", filepath.Join(dir, "p.csv"), `p.csv:1: there is no column "age"`},
		{"text", write(t, dir, "s.txt", "abx"), "s.txt: the text has 2 characters of the vocabulary; more than the context of 4"},
		{"images", filepath.Join(dir, "p.csv"), "p.csv: this is no PNG or JPEG image"},
		{"npz", "../npy/testdata/zeros.npz", "the examples are [300 1000], those trained on [N 3 4]"},
		{"csv", filepath.Join(dir, "none"), "no such file"},
	} {
		if _, err := read(c.kind, c.path, false); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s of %s: error %v, want %q", c.path, c.kind, err, c.want)
		}
	}
	// Not fitted, a table's schema cannot be used.
	d := must[*Data](t)(all["csv"].Open(Options{}))
	if _, err := d.Schema.Read(filepath.Join(dir, "new.csv"), ReadOptions{}); err == nil || !strings.Contains(err.Error(), "not fitted to a training part") {
		t.Errorf("error %v", err)
	}
	if _, err := Vocabulary(d.Schema); err == nil || !strings.Contains(err.Error(), "trained on table, not on a text") {
		t.Errorf("error %v", err)
	}
}

// Every data set that is part of the program opens, and what is predicted from
// can be a file of its kind.
func TestShipped(t *testing.T) {
	dir := t.TempDir()
	for _, c := range shipped.All() {
		k := must[Kind](t)(Lookup(c.Name))
		d, err := k.New().Open(Options{})
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		if err := d.Train.Validate(); err != nil || d.Schema.Check() != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
		s := must[Schema](t)(UnmarshalSchema(must[[]byte](t)(MarshalSchema(d.Schema))))
		switch c.Name {
		case "iris":
			r := must[*Rows](t)(s.Read("../testdata/iris.csv", ReadOptions{}))
			if !bytes.Equal(r.Set.X.Raw(), d.Train.X.Raw()) || !slices.Equal(r.Set.Labels(), d.Train.Labels()) {
				t.Error("the table of iris is read otherwise")
			}
		case "mnist":
			r := must[*Rows](t)(s.Read(imageFile(t, dir, "seven.png", color.Gray{9}), ReadOptions{Predict: true}))
			if !r.Set.X.Shape().Equal(tensor.Of(1, 784)) || r.Set.X.Raw()[783] != 9 {
				t.Errorf("an image for mnist is %v", r.Set.X.Shape())
			}
		case "austen":
			v := must[interface{ Check() error }](t)(Vocabulary(s))
			if v.Check() != nil {
				t.Error("vocabulary")
			}
		}
	}
	limited := must[*Data](t)((&Shipped{Limit: 7, collection: shipped.All()[0]}).Open(Options{}))
	if limited.Train.Len() != 7 {
		t.Errorf("%d examples", limited.Train.Len())
	}
	if _, err := (&Shipped{Limit: 151, collection: shipped.All()[0]}).Open(Options{}); err == nil || !strings.Contains(err.Error(), "limit: iris has 150 examples, not 151") {
		t.Errorf("error %v", err)
	}
}

func TestDetect(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ text, kind string }{
		"a.csv": {"a,b\n1,2\n", "csv"}, "a.tsv.gz": {"\x1f\x8b...", "csv"}, "a.parquet": {"PAR1....", "parquet"}, "b.csv": {"PAR1....", "parquet"},
		"x.npy": {"\x93NUMPY", "npy"}, "x.npz": {"PK\x03\x04", "npz"}, "train-images-idx3-ubyte.gz": {"\x1f\x8b", "idx"}, "x": {"\x00\x00\x08\x01", "idx"},
		"book.txt": {"once upon, a time", "text"}, "book": {"It is a truth, that\na single", "text"}, "table": {"x;y\n1;2\n", "csv"}, "table2": {"x,y\n1,2\n", "csv"},
		"umlaut": {strings.Repeat("x", 511) + "ö", "text"},
	} {
		kind, o, err := Detect(write(t, dir, name, c.text))
		if err != nil || kind != c.kind || o == nil {
			t.Errorf("%s is %q, want %q; %v", name, kind, c.kind, err)
		}
	}
	if kind, o, err := Detect(dir); kind != "images" || o.(*Images).Path != dir || err != nil {
		t.Errorf("a folder is %q, %v", kind, err)
	}
	if kind, o, err := Detect("wine"); kind != "wine" || o == nil || err != nil {
		t.Errorf("wine is %q, %v", kind, err)
	}
	for name, want := range map[string]string{
		"irirs":                                `irirs: there is no such file or folder, and no data set of that name is part of the program; did you mean "iris"?`,
		write(t, dir, "z.bin", "\x01\x02\x00"): "what this is cannot be told from its ending and first bytes; give its kind: csv, parquet, npy, npz, idx, images, text",
		write(t, dir, "empty", ""):             "what this is cannot be told",
	} {
		if _, _, err := Detect(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", name, err, want)
		}
	}
	if _, err := Lookup("cvs"); err == nil || !strings.Contains(err.Error(), `unknown kind of data "cvs"; did you mean "csv"?`) {
		t.Errorf("error %v", err)
	}
}

// Every setting says what a specification calls it and what it is.
func TestTags(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range Kinds() {
		if k.Doc == "" || seen[k.Name] {
			t.Errorf("kind %q", k.Name)
		}
		seen[k.Name] = true
		v := reflect.ValueOf(k.New()).Elem()
		fields := reflect.VisibleFields(v.Type())
		if f, ok := v.Type().FieldByName("Format"); ok { // the keys of text alone
			fields = slices.DeleteFunc(fields, func(o reflect.StructField) bool { return o.Name == f.Name })
			for _, inner := range reflect.VisibleFields(f.Type) {
				inner.Index = append(slices.Clone(f.Index), inner.Index...)
				fields = append(fields, inner)
			}
		}
		for _, f := range fields {
			if f.IsExported() && (f.Tag.Get("spec") == "" || f.Tag.Get("doc") == "") {
				t.Errorf("kind %s: field %s has no name or doc", k.Name, f.Name)
			}
			// A default is one of the values.
			if values := f.Tag.Get("values"); values != "" && !slices.Contains(strings.Split(values, ","), v.FieldByIndex(f.Index).String()) {
				t.Errorf("kind %s: %s is %q by default, which is not in %s", k.Name, f.Name, v.FieldByIndex(f.Index).String(), values)
			}
		}
	}
}

func TestMistakes(t *testing.T) {
	with := func(change func(*Table)) *Table {
		x := NewTable()
		x.Path, x.Target = "../testdata/iris.csv", "species"
		change(x)
		return x
	}
	dir := t.TempDir()
	y := npyFile(t, dir, "y.npy", tensor.From([]int64{1, 0, 1}, 3))
	x := npyFile(t, dir, "x.npy", tensor.From([]float64{1, 2, 3}, 3))
	short := npyFile(t, dir, "s.npy", tensor.From([]float64{1, 2}, 2))
	floats := npyFile(t, dir, "f.npy", tensor.From([]float64{1, 2, 3}, 3))
	for _, c := range []struct {
		o    Opener
		want string
	}{
		{&Table{}, "path: a table wants a path"},
		{&Table{Path: "x"}, "target: a table wants a target"},
		{with(func(x *Table) { x.Columns = map[string]string{"sepal_width": "numerc"} }), `columns.sepal_width: a column cannot be "numerc"; did you mean "numeric"?`},
		{with(func(x *Table) { x.FillColumns = map[string]string{"sepal_width": "men"} }), `fill_columns.sepal_width: missing cells cannot become "men"`},
		{with(func(x *Table) { x.Format.Delimiter = ", " }), `delimiter: ", " is not one character`},
		{with(func(x *Table) {
			x.Test = Path(write(t, dir, "t.csv", "sepal_length,sepal_width,petal_length,petal_width\n1,2,3,4\n"))
		}), `test: ` + filepath.Join(dir, "t.csv") + ` has no column "species"`},
		{with(func(x *Table) { x.Path = "none.csv" }), "no such file"},
		{&Arrays{}, "examples: arrays want examples"},
		{&Arrays{Examples: x}, "labels: arrays want labels"},
		{&Arrays{Examples: x, Labels: y, TestLabels: y}, "test_labels: test_examples and test_labels come together"},
		{&Arrays{Examples: short, Labels: y}, "s.npy: the examples are [2 1] and the targets [3]"},
		{&Arrays{Examples: x, Labels: y, TestExamples: x, TestLabels: floats}, "test_examples: "},
		{&Archive{}, "path: data of kind npz want a path"},
		{&Archive{Path: "../npy/testdata/zeros.npz"}, "labels: ../npy/testdata/zeros.npz has no array named y_train, Y_train, y, Y, labels, target; it has x: name one"},
		{&Archive{Path: "../npy/testdata/stored.npz", Labels: "z"}, `labels: ../npy/testdata/stored.npz: there is no array "z"`},
		{&Images{}, "path: images want a path"},
		{&Text{}, "path: data of kind text want a path"},
	} {
		if _, err := c.o.Open(Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

// Whatever is kept in the place of a schema: no panic, and what is accepted can
// be applied.
func FuzzSchema(f *testing.F) {
	for _, o := range kinds(f) {
		d, err := o.Open(Options{})
		if err != nil {
			f.Fatal(err)
		}
		b, err := MarshalSchema(d.Schema)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"kind":"images","schema":null}`))
	f.Add([]byte(`{"kind":"table","schema":{"table":null}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := UnmarshalSchema(b)
		if err != nil {
			return
		}
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		_, _ = s.Read("../testdata/iris.csv", ReadOptions{Options: Options{MaxBytes: 1 << 16}})
	})
}
