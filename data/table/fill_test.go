package table_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/csv"
	"github.com/godescent/descent/data/table"
	"github.com/godescent/descent/tensor"
	"pgregory.net/rapid"
)

// people has a missing cell in each column but the target, and none in row 2.
const people = `age,town,income,bought
,Bonn,10,no
30,Köln,20,yes
50,,20,no
40,Köln,?,yes
30,Bonn,90,no
`

func filled(t *testing.T, text string, o csv.Options, training []int32) (*data.Set, *table.Schema) {
	t.Helper()
	o.DType = tensor.Float64
	set, s, err := csv.Read(strings.NewReader(text), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Fit(set, training); err != nil {
		t.Fatal(err)
	}
	if err := s.Complete(set); err != nil {
		t.Fatal(err)
	}
	if err := set.Validate(); err != nil {
		t.Fatal(err)
	}
	return set, s
}

// Every way to fill, worked out by hand: ages 30 50 40 30 of rows 1 to 4,
// incomes 10 20 20 90, towns Bonn Köln Köln Bonn.
func TestFill(t *testing.T) {
	tests := []struct {
		name     string
		o        csv.Options
		training []int32
		x        []float64
	}{
		{
			"mean", csv.Options{Fill: table.Mean}, nil,
			[]float64{37.5, 1, 0, 10, 30, 0, 1, 20, 50, 1, 0, 20, 40, 0, 1, 35, 30, 1, 0, 90},
		},
		{
			"median", csv.Options{Fill: table.Median, Categorical: table.Index}, nil,
			[]float64{35, 0, 10, 30, 1, 20, 50, 0, 20, 40, 1, 20, 30, 0, 90},
		},
		{
			"mode", csv.Options{Fill: table.Mode, Categorical: table.Index}, nil,
			[]float64{30, 0, 10, 30, 1, 20, 50, 0, 20, 40, 1, 20, 30, 0, 90},
		},
		{ // rows 1, 2 and 3 alone say what is filled in: ages 30 50 40, incomes 20 20, towns Köln Köln
			"training part", csv.Options{Fill: table.Mean, Categorical: table.Index}, []int32{1, 2, 3},
			[]float64{40, 0, 10, 30, 1, 20, 50, 1, 20, 40, 1, 20, 30, 0, 90},
		},
		{
			"indicator", csv.Options{Fill: table.Median, Categorical: table.Index, Indicator: true, Columns: map[string]csv.Kind{"town": csv.Ignore}}, nil,
			[]float64{35, 1, 10, 0, 30, 0, 20, 0, 50, 0, 20, 0, 40, 0, 20, 1, 30, 0, 90, 0},
		},
		{
			"drop", csv.Options{Fill: table.Drop, Categorical: table.Index}, nil,
			[]float64{30, 1, 20, 30, 0, 90},
		},
		{ // a drop, a mode and a mean side by side
			"by column", csv.Options{
				Fill: table.Mean, Categorical: table.Index,
				FillColumns: map[string]table.Fill{"age": table.Drop, "town": table.Mode},
			}, nil,
			[]float64{30, 1, 20, 50, 1, 20, 40, 1, 130.0 / 3, 30, 0, 90},
		},
	}
	for _, c := range tests {
		c.o.Target = "bought"
		set, s := filled(t, people, c.o, c.training)
		if got := set.X.Float64s(); !slices.Equal(got, c.x) {
			t.Errorf("%s: X is %v, want %v", c.name, got, c.x)
		}
		if !slices.Equal(set.Features, s.Features()) || !s.Fitted() {
			t.Errorf("%s: features %q of %q", c.name, set.Features, s.Features())
		}
		// Kept and used again, the schema fills alike, whatever else is missing.
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back table.Schema
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatalf("%s: %v in %s", c.name, err, b)
		}
		again, err := csv.Apply(&back, strings.NewReader(people), csv.Format{DType: tensor.Float64})
		if err != nil || !slices.Equal(again.X.Float64s(), c.x) || !slices.Equal(again.Labels(), set.Labels()) {
			t.Errorf("%s: read again: %v, %v", c.name, again, err)
		}
	}
}

// The features of "indicator" name what they are.
func TestIndicatorNames(t *testing.T) {
	set, _ := filled(t, people, csv.Options{Target: "bought", Fill: table.Mode, Indicator: true}, nil)
	want := []string{"age", "age (missing)", "town=Bonn", "town=Köln", "town (missing)", "income", "income (missing)"}
	if !slices.Equal(set.Features, want) {
		t.Errorf("features %q, want %q", set.Features, want)
	}
	// Row 2 lacks its town: the more frequent or first, Bonn, and the flag.
	if got := set.X.Float64s()[2*7:][:7]; !slices.Equal(got, []float64{50, 0, 1, 0, 1, 20, 0}) {
		t.Errorf("row 2 is %v", got)
	}
}

func TestFillMistakes(t *testing.T) {
	read := func(text string, o csv.Options) error {
		o.Name = "t.csv"
		set, s, err := csv.Read(strings.NewReader(text), o)
		if err != nil {
			return err
		}
		return s.Fit(set, []int32{0})
	}
	by := func(column string, f table.Fill) csv.Options {
		return csv.Options{Target: "y", Fill: table.Mean, FillColumns: map[string]table.Fill{column: f}}
	}
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"target", read("x,y\n1,2\n2,\n", csv.Options{Target: "y", Fill: table.Mean}), `t.csv:3: column "y": the cell is missing`},
		{"target filled", read("x,y\n1,2\n2,\n", by("y", table.Mean)), `missing cells of the target "y" cannot become its mean; its rows can be dropped`},
		{"unknown", read("x,y\n1,2\n", csv.Options{Fill: "avrage"}), `t.csv: missing cells are to become unknown "avrage"; known: error, drop, mean`},
		{"unknown of a column", read("x,y\n1,2\n", by("x", "medain")), `missing cells of column "x" are to become unknown "medain"; did you mean "median"?`},
		{"unknown column", read("size,y\n1,2\n", by("siez", table.Mode)), `t.csv:1: there is no column "siez"; did you mean "size"?`},
		{"all missing", read("x,z,y\n,1,2\n?,2,3\n", csv.Options{Target: "y", Fill: table.Mean}), `t.csv: column "x": every cell is missing; ignore the column`},
		{"all dropped", read("x,y\n,1\n?,2\n", csv.Options{Target: "y", Fill: table.Drop}), `t.csv: each of the 2 rows has a missing cell and is dropped`},
		{"missing in training", read("x,y\n,1\n1,2\n", csv.Options{Target: "y", Fill: table.Mean}), `t.csv: column "x": every cell of the training part is missing`},
		{"mean too large", read("x,y\n1,1\n", by("x", table.Refuse)), ""},
	} {
		if c.want == "" && c.err == nil {
			continue
		}
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, c.err, c.want)
		}
	}
	// To predict from a row that training would have dropped is an error.
	_, s := filled(t, people, csv.Options{Target: "bought", Fill: table.Drop}, nil)
	_, err := csv.Apply(s, strings.NewReader("age,town,income\n30,Bonn,1\n30,Bonn,\n"), csv.Format{Name: "new.csv", Predict: true})
	if err == nil || !strings.Contains(err.Error(), `new.csv:3: column "income": the cell is missing, and rows without it were dropped from training`) {
		t.Errorf("error %v", err)
	}
	// And a target in a file to predict from is not looked at.
	set, err := csv.Apply(s, strings.NewReader("age,town,income,bought\n30,Bonn,1,\n"), csv.Format{Predict: true})
	if err != nil || set.Y != nil {
		t.Errorf("Y is read from a row to predict: %v, %v", set, err)
	}
	unfitted, schema, err := csv.Read(strings.NewReader(people), csv.Options{Target: "bought", Fill: table.Mean})
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Complete(unfitted); err == nil || !strings.Contains(err.Error(), `column "age": what a missing cell becomes is not known`) {
		t.Errorf("error %v", err)
	}
}

func TestDamagedFill(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`{"columns":[{"name":"a","kind":"numeric","fill":"maen"}]}`, `column "a" is to be filled by unknown "maen"; did you mean "mean"?`},
		{`{"columns":[{"name":"a","kind":"numeric","value":1}]}`, `column "a" has the value 1 for missing cells and no way to fill them`},
		{`{"columns":[{"name":"a","kind":"numeric","fill":"drop","indicator":true}]}`, `column "a" has an indicator`},
		{`{"columns":[{"name":"a","kind":"index","categories":["x","z"],"fill":"mode","value":2}]}`, `fills missing cells by 2, which is not the number of one of its 2 categories`},
		{`{"columns":[{"name":"a","kind":"index","categories":["x","z"],"fill":"mode","value":0.5}]}`, `fills missing cells by 0.5`},
		{`{"columns":[{"name":"a","kind":"numeric"}],"target":{"name":"y","task":"regression","fill":"mean"}}`, `target "y" cannot be filled in by "mean"`},
	} {
		var s table.Schema
		if err := json.Unmarshal([]byte(c.text), &s); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.text, err, c.want)
		}
	}
}

// Gaps anywhere: FitSource in blocks finds what Fit finds at once, a column's
// value is the mean or median of what is there, computed here in another way,
// and rows without a gap stay as they are.
func TestAnyGaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 40).Draw(t, "rows")
		fill := rapid.SampledFrom([]table.Fill{table.Mean, table.Median, table.Mode}).Draw(t, "fill")
		var b strings.Builder
		b.WriteString("x,y\n")
		var there []float64
		var missing []bool
		for i := range n {
			v := rapid.IntRange(-5, 5).Draw(t, "x")
			gap := i > 0 && rapid.Bool().Draw(t, "gap")
			missing = append(missing, gap)
			if gap {
				b.WriteString("NA,1\n")
				continue
			}
			there = append(there, float64(v))
			b.WriteString(strings.Join([]string{jsonOf(v), "1\n"}, ","))
		}
		o := csv.Options{Target: "y", Fill: fill, Format: csv.Format{DType: tensor.Float64}}
		set, s, err := csv.Read(strings.NewReader(b.String()), o)
		if err != nil {
			t.Fatal(err)
		}
		streamed := *s
		streamed.Columns = slices.Clone(s.Columns)
		if err := s.Fit(set, nil); err != nil {
			t.Fatal(err)
		}
		if err := streamed.FitSource(set, 0); err != nil {
			t.Fatal(err)
		}
		got := *s.Columns[0].Value
		if *streamed.Columns[0].Value != got {
			t.Fatalf("in blocks %v, at once %v", *streamed.Columns[0].Value, got)
		}
		want := oracle(fill, there)
		if math.Abs(got-want) > 1e-12 {
			t.Fatalf("%s of %v is %v, want %v", fill, there, got, want)
		}
		if err := s.Complete(set); err != nil {
			t.Fatal(err)
		}
		for i, k := 0, 0; i < n; i++ {
			if missing[i] {
				if v := set.X.At(i); v != got {
					t.Fatalf("row %d became %v, want %v", i, v, got)
				}
				continue
			}
			if set.X.At(i) != there[k] {
				t.Fatalf("row %d changed", i)
			}
			k++
		}
	})
}

func jsonOf(v int) string { b, _ := json.Marshal(v); return string(b) }

// oracle is each value by its definition: the mean; the middle of the sorted
// numbers; the smallest of the numbers that no other outnumbers.
func oracle(fill table.Fill, x []float64) float64 {
	x = slices.Clone(x)
	slices.Sort(x)
	n := len(x)
	switch fill {
	case table.Mean:
		sum := 0.0
		for _, v := range x {
			sum += v / float64(n)
		}
		return sum
	case table.Median:
		return (x[(n-1)/2] + x[n/2]) / 2
	}
	count := func(v float64) (k int) {
		for _, u := range x {
			if u == v {
				k++
			}
		}
		return k
	}
	best := x[0]
	for _, v := range x {
		if count(v) > count(best) {
			best = v
		}
	}
	return best
}

// Reading may start at any row: what BlocksFrom gives is the tail of the whole,
// with line numbers that are the file's, also after cells of several lines.
func TestBlocksFrom(t *testing.T) {
	var b strings.Builder
	b.WriteString("\ufeffx,note,y\n")
	for i := range 3000 {
		note := "plain"
		switch i % 7 {
		case 1:
			note = "\"two\nlines\""
		case 3:
			note = "\"with \"\"quotes\"\"\""
		}
		x := jsonOf(i)
		if i%11 == 5 {
			x = ""
		}
		b.WriteString(x + "," + note + "," + jsonOf(i%2) + "\n")
		if i%13 == 0 {
			b.WriteString("\n")
		}
	}
	path := t.TempDir() + "/t.csv"
	write(t, path, b.String())
	o := csv.Options{Target: "y", Fill: table.Drop}
	whole, s, err := csv.ReadFile(path, o)
	if err != nil {
		t.Fatal(err)
	}
	src, err := csv.Source(s, path, csv.Format{})
	if err != nil {
		t.Fatal(err)
	}
	n, seekable, err := src.Count()
	if err != nil || n != whole.Len() || !seekable {
		t.Fatalf("%d rows of %d, seekable %v, %v", n, whole.Len(), seekable, err)
	}
	w := whole.Width()
	for _, from := range []int{0, 1, 1023, 1024, 1500, 2047, 2048, n - 1, n, n + 5} {
		var x []float64
		for block, err := range src.BlocksFrom(from, 100) {
			if err != nil {
				t.Fatal(err)
			}
			x = append(x, block.X.Float64s()...)
		}
		if want := whole.X.Float64s()[min(from, n)*w:]; !slices.Equal(x, want) {
			t.Errorf("from row %d: %d numbers, want %d", from, len(x), len(want))
		}
	}
	// A mistake far down is found on its line from either side.
	text := strings.TrimSuffix(b.String(), "\n") + "\nword,plain,1\n"
	write(t, path, text)
	lines := strings.Count(text, "\n")
	want := path + ":" + jsonOf(lines) + `: column "x": "word" is not a number`
	for _, from := range []int{0, n - 2} {
		for _, err := range src.BlocksFrom(from, 5000) {
			if err == nil || err.Error() != want {
				t.Errorf("from row %d: error %v, want %q", from, err, want)
			}
		}
	}
}
