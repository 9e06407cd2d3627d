package csv

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/table"
	"github.com/godescent/descent/tensor"
)

const (
	iris     = "../testdata/iris.csv"
	diabetes = "../testdata/diabetes.csv"
)

func mustRead(t testing.TB, text string, o Options) (*data.Set, *Schema) {
	t.Helper()
	set, s, err := Read(strings.NewReader(text), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := set.Validate(); err != nil {
		t.Fatal(err)
	}
	return set, s
}

func mustSource(t testing.TB, s *Schema, path string) *table.Source {
	t.Helper()
	source, err := Source(s, path, Format{})
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func floats(a *tensor.Array) []float64 { return a.Float64s() }

// The first and last rows are read off the file; 50 flowers of each species and
// the means (5.843, 3.057, 3.758, 1.199) are Fisher's.
func TestIris(t *testing.T) {
	set, s, err := ReadFile(iris, Options{Target: "species"})
	if err != nil {
		t.Fatal(err)
	}
	if err := set.Validate(); err != nil {
		t.Fatal(err)
	}
	if set.Len() != 150 || set.Width() != 4 || set.X.DType() != tensor.Float32 {
		t.Fatalf("X is %v %v", set.X.DType(), set.X.Shape())
	}
	if want := []string{"setosa", "versicolor", "virginica"}; !slices.Equal(set.Classes, want) {
		t.Errorf("classes %v, want %v", set.Classes, want)
	}
	if want := []string{"sepal_length", "sepal_width", "petal_length", "petal_width"}; !slices.Equal(set.Features, want) {
		t.Errorf("features %v, want %v", set.Features, want)
	}
	x := tensor.Slice[float32](set.X)
	if got, want := x[:4], []float32{5.1, 3.5, 1.4, 0.2}; !slices.Equal(got, want) {
		t.Errorf("the first row is %v, want %v", got, want)
	}
	if got, want := x[4*149:], []float32{5.9, 3.0, 5.1, 1.8}; !slices.Equal(got, want) {
		t.Errorf("the last row is %v, want %v", got, want)
	}
	var counts [3]int
	for _, c := range set.Labels() {
		counts[c]++
	}
	if counts != [3]int{50, 50, 50} || set.Labels()[0] != 0 || set.Labels()[149] != 2 {
		t.Errorf("%v flowers of each species, the first a %d", counts, set.Labels()[0])
	}
	for j, want := range []float64{5.843, 3.057, 3.758, 1.199} {
		sum := 0.0
		for i := range 150 {
			sum += float64(x[4*i+j])
		}
		if got := sum / 150; got < want-0.001 || got > want+0.001 {
			t.Errorf("feature %d has mean %v, want %v", j, got, want)
		}
	}
	if s.Target.Task != Classification || set.Name != iris {
		t.Errorf("task %q, name %q", s.Target.Task, set.Name)
	}
}

// 442 patients; the mean progression 152.133 is the intercept that Efron et al.
// and every analysis of the table report.
func TestDiabetes(t *testing.T) {
	set, s, err := ReadFile(diabetes, Options{Target: "progression", Format: Format{DType: tensor.Float64}})
	if err != nil {
		t.Fatal(err)
	}
	if err := set.Validate(); err != nil {
		t.Fatal(err)
	}
	if !set.X.Shape().Equal(tensor.Of(442, 10)) || !set.Y.Shape().Equal(tensor.Of(442, 1)) || set.Y.DType() != tensor.Float64 {
		t.Fatalf("X %v, Y %v %v", set.X.Shape(), set.Y.DType(), set.Y.Shape())
	}
	sum := 0.0
	for _, y := range tensor.Slice[float64](set.Y) {
		sum += y
	}
	if mean := sum / 442; mean < 152.133 || mean > 152.134 {
		t.Errorf("mean progression %v", mean)
	}
	if s.Target.Task != Regression || set.Classes != nil {
		t.Errorf("task %q, classes %v", s.Target.Task, set.Classes)
	}
	// Declared a classification, the numbers are class names in order of value.
	set, _, err = ReadFile(diabetes, Options{Target: "sex", Task: Classification})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(set.Classes, []string{"1", "2"}) || set.Labels()[0] != 1 {
		t.Errorf("classes %v, the first %d", set.Classes, set.Labels()[0])
	}
}

const prices = `size,colour,origin,note,price
10,red,"Köln, am Rhein",x,1.5
2,blue,Bonn,y,2e1
3,red,Bonn,z,-.5
`

// Each encoding of a small table, written out by hand.
func TestEncodings(t *testing.T) {
	tests := []struct {
		name     string
		o        Options
		features []string
		x        []float64
	}{
		{
			"one-hot", Options{Target: "price", Columns: map[string]Kind{"note": Ignore}},
			[]string{"size", "colour=blue", "colour=red", "origin=Bonn", "origin=Köln, am Rhein"},
			[]float64{10, 0, 1, 0, 1, 2, 1, 0, 1, 0, 3, 0, 1, 1, 0},
		},
		{
			"index", Options{Target: "price", Categorical: Index, Columns: map[string]Kind{"note": Ignore}},
			[]string{"size", "colour", "origin"},
			[]float64{10, 1, 1, 2, 0, 0, 3, 1, 0},
		},
		{
			"one of each", Options{Target: "price", Columns: map[string]Kind{"note": Index, "origin": Ignore}},
			[]string{"size", "colour=blue", "colour=red", "note"},
			[]float64{10, 0, 1, 0, 2, 1, 0, 1, 3, 0, 1, 2},
		},
		{
			"numbers as categories", Options{Target: "price", Columns: map[string]Kind{"size": OneHot, "colour": Ignore, "origin": Ignore, "note": Ignore}},
			[]string{"size=2", "size=3", "size=10"}, // by value
			[]float64{0, 0, 1, 1, 0, 0, 0, 1, 0},
		},
	}
	for _, c := range tests {
		set, s := mustRead(t, prices, c.o)
		if !slices.Equal(set.Features, c.features) || !slices.Equal(s.Features(), c.features) {
			t.Errorf("%s: features %q, want %q", c.name, set.Features, c.features)
		}
		if got := floats(set.X); !slices.Equal(got, c.x) {
			t.Errorf("%s: X is %v, want %v", c.name, got, c.x)
		}
		if got := floats(set.Y); !slices.Equal(got, []float64{1.5, 20, -0.5}) {
			t.Errorf("%s: Y is %v", c.name, got)
		}
	}
	set, _ := mustRead(t, prices, Options{Columns: map[string]Kind{"note": Ignore}})
	if set.Y != nil || set.Width() != 6 {
		t.Errorf("without a target: Y %v, %d features", set.Y, set.Width())
	}
}

// A column whose first cells are numbers and most are not takes a second pass
// to find all of its categories.
func TestCategoriesAfterNumbers(t *testing.T) {
	set, s := mustRead(t, "room,y\n12,1\nhall,2\n7,3\nattic,4\n", Options{Target: "y", Categorical: Index})
	if want := []string{"12", "7", "attic", "hall"}; !slices.Equal(s.Columns[0].Categories, want) {
		t.Errorf("categories %q, want %q", s.Columns[0].Categories, want)
	}
	if got := floats(set.X); !slices.Equal(got, []float64{0, 3, 1, 2}) {
		t.Errorf("X is %v", got)
	}
}

// The same table in every dress that a Format recognises by itself.
func TestFormats(t *testing.T) {
	want, _ := mustRead(t, "a,b,c\n1,x y,3\n4,\"z,;\",6\n", Options{Target: "b"})
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	io.WriteString(z, "a,b,c\n1,x y,3\n4,\"z,;\",6\n")
	z.Close()
	tests := []struct{ name, text string }{
		{"tabs", "a\tb\tc\n1\tx y\t3\n4\tz,;\t6\n"},
		{"semicolons", "a;b;c\n1;x y;3\n4;\"z,;\";6\n"},
		{"spaces", "a , b , c\n1 , x y, 3\n 4, \"z,;\", 6\n"},
		{"carriage returns", "a,b,c\r\n1,x y,3\r\n4,\"z,;\",6\r\n"},
		{"no last line end", "a,b,c\n1,x y,3\n4,\"z,;\",6"},
		{"empty lines", "\na,b,c\n\n1,x y,3\n\n4,\"z,;\",6\n\n"},
		{"byte order mark", "\ufeffa,b,c\n1,x y,3\n4,\"z,;\",6\n"},
		{"quoted header", "\"a\",\"b\",\"c\"\n1,x y,3\n4,\"z,;\",6\n"},
		{"gzip", packed.String()},
		{"bars", "a|b|c\n1|x y|3\n4|z,;|6\n"},
		{"single spaces", "a b c\n1 \"x y\" 3\n4 \"z,;\" 6\n"},
	}
	for _, c := range tests {
		for how, r := range map[string]io.Reader{
			"seekable": strings.NewReader(c.text), "stream": iotest.HalfReader(strings.NewReader(c.text)),
		} {
			set, _, err := Read(r, Options{Target: "b"})
			if err != nil {
				t.Errorf("%s, %s: %v", c.name, how, err)
				continue
			}
			if !slices.Equal(floats(set.X), floats(want.X)) || !slices.Equal(set.Classes, want.Classes) || !slices.Equal(set.Labels(), want.Labels()) {
				t.Errorf("%s, %s: X %v, classes %q, Y %v", c.name, how, floats(set.X), set.Classes, set.Labels())
			}
		}
	}
	// An empty first cell of a table with tabs is a missing cell, not a leading space.
	_, _, err := Read(strings.NewReader("a\tb\n\t2\n"), Options{})
	if err == nil || !strings.Contains(err.Error(), `csv:2: column "a": the cell is missing`) {
		t.Errorf("error %v", err)
	}
	// A name with a space is one name where the row below has no space.
	if set, _ := mustRead(t, "my feature\n1\n", Options{}); !slices.Equal(set.Features, []string{"my feature"}) {
		t.Errorf("features %q", set.Features)
	}
	// A delimiter that is given is not second-guessed.
	set, _ := mustRead(t, "a;x|b;y\n1|2\n", Options{Format: Format{Delimiter: '|'}})
	if !slices.Equal(set.Features, []string{"a;x", "b;y"}) {
		t.Errorf("features %q", set.Features)
	}
}

func TestMistakes(t *testing.T) {
	named := func(name string) Options { return Options{Target: name, Format: Format{Name: "t.csv"}} }
	with := func(name string, columns map[string]Kind) Options {
		o := named(name)
		o.Columns = columns
		return o
	}
	small := named("y")
	small.MaxRowBytes, small.MaxCategories, small.MaxBytes = 50, 2, 40
	wrongTask := named("y")
	wrongTask.Task = "regresion"
	regression := named("y")
	regression.Task = Regression
	tests := []struct {
		name, text string
		o          Options
		want       string
	}{
		{"empty file", "", named("y"), "t.csv: the file is empty; a header row of column names was expected"},
		{"empty lines", "\n\n\n", named("y"), "t.csv: the file is empty"},
		{"header alone", "x,y\n", named("y"), "t.csv: there are no rows after the header"},
		{"short row", "x,y,z\n1,2,3\n4,5\n", named("y"), `t.csv:3: the row has 2 cells, the header has 3; the cell of column "z" is the first without a value`},
		{"long row", "x,y\n1,2\n3,4,5\n", named("y"), "t.csv:3: the row has 3 cells, the header has 2; a text that contains ',' must be in quotes"},
		{"missing target", "length,species\n1,a\n", named("specie"), `t.csv:1: there is no target column "specie"; did you mean "species"?`},
		{"far target", "length,species\n1,a\n", named("price"), `t.csv:1: there is no target column "price"; known: length, species`},
		{"no header", "5.1,3.5\n4.9,3.0\n", named("species"), "the first row holds only numbers; it must hold the columns' names"},
		{"not a number", "x,y\n1,2\n2,3\n3x,4\n5,6\n", named("y"), `t.csv:4: column "x": "3x" is not a number, as most cells of the column are; correct it, name it among the texts for missing cells (missing), or declare the column "onehot", "index" or "ignore" (columns)`},
		{"not a number, declared", "x,y\na,2\nb,3\n", with("y", map[string]Kind{"x": Numeric}), `t.csv:2: column "x": "a" is not a number; correct it`},
		{"not a number, target", "x,y\n1,2\n1,3\n1,n\n", named("y"), `t.csv:4: column "y": "n" is not a number, as most cells of the target are; correct it, or set the task to "classification"`},
		{"not a number, regression", "x,y\n1,a\n1,b\n", regression, `t.csv:2: column "y": "a" is not a number`},
		{"missing", "x,y\n1,2\n,3\n", named("y"), `t.csv:3: column "x": the cell is missing (it is empty); fill it in, remove the row, ignore the column`},
		{"missing target cell", "x,y\n1,a\n2,\n", named("y"), `t.csv:3: column "y": the cell is missing (it is empty)`},
		{"missing mark", "x,y\n1,2\nn/a,3\n", named("y"), `t.csv:3: column "x": the cell is missing ("n/a" stands for a missing value)`},
		{"missing category", "x,y\nred,2\n?,3\n", named("y"), `t.csv:3: column "x": the cell is missing ("?" stands for a missing value)`},
		{"infinite", "x,y\n1,2\n1,3\ninf,4\n", named("y"), `t.csv:4: column "x": "inf" is not a number`},
		{"too large for half", "x,y\n1,2\n1e39,3\n", named("y"), `float32; float64 would hold it (dtype)`},
		{"too large", "x,y\n1,2\n1e39,3\n", named("y"), `t.csv:3: column "x": "1e39" is outside the range of float32`},
		{"too large for all", "x,y\n1,2\n1,1e999\n", named("y"), `t.csv:3: column "y": "1e999" is outside the range of float32`},
		{"twice", "x,y,x\n1,2,3\n", named("y"), `t.csv:1: columns 1 and 3 are both named "x"; rename one of them`},
		{"target twice", "y,y\n1,2\n", named("y"), `t.csv:1: columns 1 and 2 are both named "y"`},
		{"no header, twice", "1,1,2\n1,2,3\n", named("2"), `t.csv:1: columns 1 and 2 are both named "1"; if the first row is no header, the table is to be read without one`},
		{"text above the header", "exported today\nx,y\n1,2\n", named(""), `t.csv:2: the row has 2 cells, the header has 1: "exported today"; a text that contains ',' must be in quotes, and what stands above the column names removed`},
		{"decimal mark", "x,y\n1,2\n", Options{Format: Format{Name: "t.csv", Decimal: '!'}}, "t.csv: the decimal mark of numbers cannot be '!'; a point or a comma can"},
		{"decimal comma between commas", "x,y\n1,2\n", Options{Format: Format{Name: "t.csv", Decimal: ',', Delimiter: ','}}, "t.csv: a comma cannot stand between cells and in numbers"},
		{"a point and a decimal comma", "x;y\n1,5;2\n2,5;1\n1.000,5;2\n", Options{Format: Format{Name: "t.csv", Decimal: ','}, Target: "y"}, `t.csv:4: column "x": "1.000,5" is not a number`},
		{"no name", "x,,y\n1,2,3\n", named("y"), `t.csv:1: column 2 has no name; give it one, or ignore the column named ""`},
		{"unknown override", "size,y\n1,2\n", with("y", map[string]Kind{"siez": Index}), `t.csv:1: there is no column "siez"; did you mean "size"?`},
		{"unknown kind", "size,y\n1,2\n", with("y", map[string]Kind{"size": "one-hott"}), `t.csv: column "size" is to be of unknown kind "one-hott"; did you mean "onehot"?`},
		{"target overridden", "size,y\n1,2\n", with("y", map[string]Kind{"y": Index}), `t.csv:1: column "y": this is the target`},
		{"unknown task", "size,y\n1,2\n", wrongTask, `t.csv: unknown task "regresion"; did you mean "regression"?`},
		{"one class", "size,y\n1,a\n2,a\n", named("y"), `t.csv: column "y": every row has the class "a"`},
		{"no features", "y\n1\n2\n", named("y"), "t.csv: schema: no column is left as a feature"},
		{"bare quote", "x,y\n1,a\"b\n", named("y"), `t.csv:2: a quote (") inside a cell`},
		{"open quote", "x,y\n1,\"ab\n", named("y"), "a cell in quotes is not closed"},
		{"after quote", "x,y\n1,\"a\"b\n", named("y"), "t.csv:2: a cell in quotes is not closed, or goes on"},
		{"long line", "x,y\n1,2\n1," + strings.Repeat("9", 60) + "\n", small, "t.csv: the row after line 2 is longer than 50 bytes; is a quote left open?"},
		{"endless row", "x,y\n1,2\n1,\"" + strings.Repeat("9\n", 1<<20), small, "t.csv: the row after line 2 is longer than 50 bytes"},
		{"endless header", strings.Repeat("x,", 1<<20), small, "t.csv: the row after line 0 is longer than 50 bytes"},
		{"many categories", "x,y\na,1\nb,2\nc,3\n", small, `t.csv:4: column "x": "c" is category number 3; at most 2 are expected`},
		{"many classes", "x,y\n1,a\n1,b\n1,c\n", small, `t.csv:4: column "y": "c" is class number 3; at most 2 are expected: is the target a number?`},
		{"memory", "x,y\n" + strings.Repeat("1,2\n", 6), small, "t.csv: 6 rows of 1 features need more than 40 bytes of memory"},
		{"utf-16", "\xff\xfex\x00", named("y"), "t.csv: the text is UTF-16; save it as UTF-8"},
		{"spreadsheet", "PK\x03\x04...", named("y"), "t.csv: this is a zip archive"},
		{"latin-1 name", "gr\xf6sse,y\n1,2\n", named("y"), "t.csv:1: the name of column 1"},
		{"latin-1 category", "x,y\nrot,1\ngr\xfcn,2\n", named("y"), `t.csv:3: column "x": "gr\xfcn" is not UTF-8`},
		{"damaged gzip", "\x1f\x8b\x08", named("y"), "t.csv: the compressed data is damaged"},
		{"delimiter", "x,y\n1,2\n", Options{Format: Format{Name: "t.csv", Delimiter: 'x'}}, "t.csv: cells cannot be delimited by 'x'"},
		{"dtype", "x,y\n1,2\n", Options{Format: Format{Name: "t.csv", DType: tensor.Int32}}, "t.csv: features are float32 or float64, not int32"},
	}
	for _, c := range tests {
		_, _, err := Read(strings.NewReader(c.text), c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
	if _, _, err := ReadFile("no such file.csv", Options{}); err == nil || !os.IsNotExist(err) {
		t.Errorf("error %v", err)
	}
	long := Options{Format: Format{Name: "t.csv", MaxBytes: 10}}
	if _, _, err := Read(iotest.HalfReader(strings.NewReader("x,y\n1,2\n3,4\n")), long); err == nil ||
		!strings.Contains(err.Error(), "t.csv: the text is longer than the limit of 10 bytes") {
		t.Errorf("error %v", err)
	}
	if _, _, err := Read(iotest.ErrReader(io.ErrClosedPipe), Options{}); err == nil || !strings.Contains(err.Error(), "closed pipe") {
		t.Errorf("error %v", err)
	}
}

// Tables as half of Europe writes them, and such as UCI's, without a header.
func TestDecimalCommaWithoutHeader(t *testing.T) {
	text := "1,5;-,25;rot\n-2e-1;3;blau\n"
	set, _ := mustRead(t, text, Options{Target: "column3", Format: Format{Decimal: ',', NoHeader: true}})
	if !slices.Equal(set.Features, []string{"column1", "column2"}) || !slices.Equal(set.Classes, []string{"blau", "rot"}) {
		t.Errorf("features %q, classes %q", set.Features, set.Classes)
	}
	if got := floats(set.X); !slices.Equal(got, []float64{1.5, -0.25, float64(float32(-0.2)), 3}) {
		t.Errorf("X is %v", got)
	}
	_, _, err := Read(strings.NewReader("1;2\n1;2;3\n"), Options{Format: Format{NoHeader: true}})
	if err == nil || !strings.Contains(err.Error(), "csv:2: the row has 3 cells, the first row has 2") {
		t.Errorf("error %v", err)
	}
	// Blocks from any row: the first is a row like others, and is not lost by a mark.
	path := filepath.Join(t.TempDir(), "long.csv")
	var lines strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&lines, "%d,5;%d\n", i, i%2)
	}
	if err := os.WriteFile(path, []byte(lines.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	f := Format{Decimal: ',', NoHeader: true}
	whole, s, err := ReadFile(path, Options{Target: "column2", Format: f})
	if err != nil {
		t.Fatal(err)
	}
	source, err := Source(s, path, f)
	if err != nil {
		t.Fatal(err)
	}
	if n, _, err := source.Count(); n != 3000 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	for _, from := range []int{0, 1, 1023, 1024, 2999} {
		for b, err := range source.BlocksFrom(from, 2) {
			if err != nil || b.X.At(0) != whole.X.At(from) || b.X.At(0) != float64(from)+0.5 {
				t.Errorf("row %d begins with %v, %v", from, b.X.At(0), err)
			}
			break
		}
	}
}

func TestProfile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.csv")
	text := "id;when;price;unit;kind;gone;7\n1;2024-01-31;1,5;1,234;red;;7\n2;3.2.2024;12;5,678;red;NA;7\n3;Mar 4, 2024;0,125;9,000;blue;;7\n"
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	p, rows, err := ProfileFile(path, Format{})
	if err != nil || rows != 3 {
		t.Fatal(rows, err)
	}
	want := []table.Profile{
		{Name: "id", Numbers: 3, Wholes: 3, Low: 1, High: 3, Different: 3, Most: "1", MostCount: 1},
		{Name: "when", Texts: 3, Different: 3, Dates: 3, Example: "2024-01-31", Most: "2024-01-31", MostCount: 1},
		{Name: "price", Numbers: 1, Wholes: 1, Low: 12, High: 12, Texts: 2, Commas: 2, Fractions: 2, Different: 3, Example: "1,5", Most: "0,125", MostCount: 1},
		{Name: "unit", Texts: 3, Commas: 3, Different: 3, Example: "1,234", Most: "1,234", MostCount: 1},
		{Name: "kind", Texts: 3, Different: 2, Example: "red", Most: "red", MostCount: 2},
		{Name: "gone", Missing: 3},
		{Name: "7", Numbers: 3, Wholes: 3, Low: 7, High: 7, Different: 1, Most: "7", MostCount: 3, Recurs: true},
	}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("%+v\nwant\n%+v", p, want)
	}
}

// What tells an example from column names.
func TestHeadless(t *testing.T) {
	tests := []struct {
		text string
		want bool
	}{
		{"5.1,3.5,setosa\n4.9,3.0,setosa\n7,3.2,virginica\n", true}, // as UCI's iris
		{"0,0,5\n0,1,13\n", true},                                   // digits: numbers alone
		{"p,x,s\ne,x,s\np,b,s\n", true},                             // mushrooms: letters alone
		{"A17,3.5,1.25\nA18,2.5,3\n", true},                         // names of rows
		{"length,width,species\n5.1,3.5,setosa\n", false},           // names
		{"country,1960,1961\nFrance,1.5,2\n", false},                // years are names
		{"150,4,setosa\n5.1,3.5,0\n4.9,3,0\n7,3.2,1\n", false},      // as scikit-learn's iris, with a line of its own
		{"quantile,0.25,0.5\nlow,a,b\nhigh,b,c\n", false},           // numbers over texts
		{"yes,no\n1,2\n", false},
	}
	for _, c := range tests {
		path := filepath.Join(t.TempDir(), "t.csv")
		if err := os.WriteFile(path, []byte(c.text), 0o666); err != nil {
			t.Fatal(err)
		}
		p, _, err := ProfileFile(path, Format{})
		if err != nil {
			t.Fatal(err)
		}
		if got := table.Headless(p); got != c.want {
			t.Errorf("%q: %t", c.text, got)
		}
	}
}

func TestUnnamedColumnIgnored(t *testing.T) {
	// As pandas writes its index.
	set, _ := mustRead(t, ",x,y\n0,5,1\n1,6,2\n", Options{Target: "y", Columns: map[string]Kind{"": Ignore}})
	if !slices.Equal(floats(set.X), []float64{5, 6}) {
		t.Errorf("X is %v", floats(set.X))
	}
}

func TestMissingCanBeGiven(t *testing.T) {
	set, _ := mustRead(t, "country,y\nNA,1\nDE,2\n", Options{Target: "y", Categorical: Index, Missing: []string{}})
	if !slices.Equal(floats(set.X), []float64{1, 0}) {
		t.Errorf("X is %v", floats(set.X))
	}
	_, _, err := Read(strings.NewReader("x,y\n-999,1\n2,2\nnone,3\n"), Options{Target: "y", Missing: []string{"None"}})
	if err == nil || !strings.Contains(err.Error(), `csv:4: column "x": the cell is missing ("none" stands for`) {
		t.Errorf("error %v", err)
	}
}

// The schema goes through JSON and is applied to a file whose columns are in
// another order, with one more and without the target.
func TestSchemaAppliesToAnotherFile(t *testing.T) {
	_, s := mustRead(t, prices, Options{Target: "price"})
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back Schema
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	set, err := Apply(&back, strings.NewReader("id;note;origin;colour;size\n7;z;Bonn;blue;1\n8;x;Köln, am Rhein;red;99\n"), Format{})
	if err != nil {
		t.Fatal(err)
	}
	if err := set.Validate(); err != nil {
		t.Fatal(err)
	}
	want := []float64{1, 1, 0, 1, 0, 0, 0, 1, 99, 0, 1, 0, 1, 1, 0, 0}
	if got := floats(set.X); !slices.Equal(got, want) {
		t.Errorf("X is %v, want %v", got, want)
	}
	if set.Y != nil || !slices.Equal(set.Features, s.Features()) {
		t.Errorf("Y %v, features %q", set.Y, set.Features)
	}
	for _, c := range []struct{ text, want string }{
		{"size,colour,origin\n1,red,Bonn\n", `new.csv:1: there is no column "note"; known: size, colour, origin`},
		{"size,color,origin,note\n1,red,Bonn,x\n", `new.csv:1: there is no column "colour"; did you mean "color"?`},
		{"size,colour,origin,note\n1,blu,Bonn,x\n", `new.csv:2: column "colour": the category "blu" was not among those trained on; did you mean "blue"?`},
		{"size,colour,origin,note\n1,,Bonn,x\n", `new.csv:2: column "colour": the cell is missing`},
		{"size,colour,origin,note\nNA,red,Bonn,x\n", `new.csv:2: column "size": the cell is missing ("NA"`},
		{"size,colour,origin,note\none,red,Bonn,x\n", `new.csv:2: column "size": "one" is not a number`},
		{"size,colour,origin,note,size\n1,red,Bonn,x,2\n", `columns 1 and 5 are both named "size"`},
		{"size,colour,origin,note\n", "new.csv: there are no rows after the header"},
		{"", "new.csv: the file is empty"},
	} {
		_, err := Apply(&back, strings.NewReader(c.text), Format{Name: "new.csv"})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want %q", c.text, err, c.want)
		}
	}
}

func TestSchemaKeepsClasses(t *testing.T) {
	_, s, err := ReadFile(iris, Options{Target: "species"})
	if err != nil {
		t.Fatal(err)
	}
	head := "sepal_length,sepal_width,petal_length,petal_width,species\n"
	set, err := Apply(s, strings.NewReader(head+"6,3,5,2,virginica\n"), Format{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(set.Labels(), []int32{2}) || len(set.Classes) != 3 {
		t.Errorf("labels %v of classes %q", set.Labels(), set.Classes)
	}
	_, err = Apply(s, strings.NewReader(head+"6,3,5,2,virginia\n"), Format{})
	if err == nil || !strings.Contains(err.Error(), `column "species": the class "virginia" was not among those trained on; did you mean "virginica"?`) {
		t.Errorf("error %v", err)
	}
}

func TestDamagedSchema(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`{"columns":[]}`, "no column is left"},
		{`{"columns":[{"name":"a","kind":"onehot"}]}`, `column "a": categories: there are none`},
		{`{"columns":[{"name":"a","kind":"onehot","categories":["x","x"]}]}`, `"x" is there twice`},
		{`{"columns":[{"name":"a","kind":"numeric","categories":["x"]}]}`, "is numeric and has categories"},
		{`{"columns":[{"name":"a","kind":"numerc"}]}`, `unknown kind "numerc"; did you mean "numeric"?`},
		{`{"columns":[{"name":"a","kind":"ignore"}]}`, `unknown kind "ignore"`},
		{`{"columns":[{"name":"","kind":"numeric"}]}`, "a name is empty"},
		{`{"columns":[{"name":"a","kind":"numeric"}],"target":{"name":"a","task":"regression"}}`, `"a" is there twice`},
		{`{"columns":[{"name":"a","kind":"numeric"}],"target":{"name":"b","task":"ranking"}}`, `unknown task "ranking"`},
		{`{"columns":[{"name":"a","kind":"numeric"}],"target":{"name":"b","task":"classification"}}`, "classes: there are none"},
		{`{"columns":[{"name":"a","kind":"numeric"}],"target":{"name":"b","task":"regression","classes":["x"]}}`, "is a number and has classes"},
		{`{"columns":7}`, "schema:"},
	} {
		var s Schema
		if err := json.Unmarshal([]byte(c.text), &s); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.text, err, c.want)
		}
	}
}

// A file read in blocks of any size is the file read at once, again and again.
func TestBlocks(t *testing.T) {
	whole, s, err := ReadFile(iris, Options{Target: "species"})
	if err != nil {
		t.Fatal(err)
	}
	source, err := Source(s, iris, Format{})
	if err != nil {
		t.Fatal(err)
	}
	for _, rows := range []int{1, 7, 50, 149, 150, 151} {
		var x, y []byte
		for b, err := range source.Blocks(rows) {
			if err != nil {
				t.Fatal(err)
			}
			if err := b.Validate(); err != nil {
				t.Fatal(err)
			}
			if b.Len() > rows {
				t.Fatalf("a block of %d rows", b.Len())
			}
			x, y = append(x, b.X.Raw()...), append(y, b.Y.Raw()...)
		}
		if !bytes.Equal(x, whole.X.Raw()) || !bytes.Equal(y, whole.Y.Raw()) {
			t.Errorf("blocks of %d rows differ from the whole", rows)
		}
	}
	again, err := data.Collect(source, 1<<20)
	if err != nil || !bytes.Equal(again.X.Raw(), whole.X.Raw()) {
		t.Errorf("collected otherwise, %v", err)
	}
	for _, err := range source.Blocks(0) {
		if err == nil {
			t.Error("blocks of no rows")
		}
	}
	for _, err := range mustSource(t, s, filepath.Join(t.TempDir(), "none.csv")).Blocks(1) {
		if !os.IsNotExist(err) {
			t.Errorf("error %v", err)
		}
	}
	seen := 0
	for range source.Blocks(1) { // leaving early must be possible
		if seen++; seen == 3 {
			break
		}
	}
}

// One-hot blocks are filled anew: a 1 of an earlier block must not stay.
func TestBlocksAreCleared(t *testing.T) {
	text := "c,y\na,1\nb,2\na,3\n"
	path := filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, s := mustRead(t, text, Options{Target: "y"})
	var got []float64
	for b, err := range mustSource(t, s, path).Blocks(1) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, floats(b.X)...)
	}
	if want := []float64{1, 0, 0, 1, 1, 0}; !slices.Equal(got, want) {
		t.Errorf("X is %v, want %v", got, want)
	}
}
