package shipped

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/tensor"
)

func load(t *testing.T, name string) *data.Set {
	t.Helper()
	c, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	set, _, err := c.Load(tensor.Float64)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// The sums were taken of the files as they were published.
func TestFiles(t *testing.T) {
	for _, c := range All() {
		if c.Title == "" || c.Origin == "" || c.Licence == "" || len(c.Files) == 0 {
			t.Errorf("%s says not all about itself: %+v", c.Name, c)
		}
		for _, f := range c.Files {
			sum := sha256.Sum256([]byte(f.Data))
			if got := hex.EncodeToString(sum[:]); got != f.SHA256 {
				t.Errorf("%s has the sum %s, want %s", f.Name, got, f.SHA256)
			}
		}
	}
}

// Least, greatest and mean of features, and the sizes of classes, as the
// summaries beside the files in scikit-learn give them (datasets/descr/*.rst),
// rounded as there.
func TestSummaries(t *testing.T) {
	type feature struct {
		name           string
		min, max, mean float64 // a mean of 0 is not given there
	}
	for _, c := range []struct {
		name     string
		width    int
		counts   []int
		classes  []string
		features []feature
	}{
		{"iris", 4, []int{50, 50, 50}, []string{"setosa", "versicolor", "virginica"}, []feature{
			{"sepal_length", 4.3, 7.9, 5.84}, {"sepal_width", 2.0, 4.4, 3.05}, {"petal_length", 1.0, 6.9, 3.76}, {"petal_width", 0.1, 2.5, 1.20},
		}},
		{"wine", 13, []int{59, 71, 48}, []string{"class_0", "class_1", "class_2"}, []feature{
			{"alcohol", 11.0, 14.8, 13.0}, {"malic_acid", 0.74, 5.80, 2.34}, {"nonflavanoid_phenols", 0.13, 0.66, 0.36}, {"hue", 0.48, 1.71, 0.96}, {"proline", 278, 1680, 746},
		}},
		{"breast_cancer", 30, []int{212, 357}, []string{"malignant", "benign"}, []feature{
			{"mean radius", 6.981, 28.11, 0}, {"mean area", 143.5, 2501.0, 0}, {"texture error", 0.36, 4.885, 0}, {"worst fractal dimension", 0.055, 0.208, 0},
		}},
	} {
		set := load(t, c.name)
		if set.Width() != c.width || !slices.Equal(set.Classes, c.classes) {
			t.Fatalf("%s: %d features, classes %q", c.name, set.Width(), set.Classes)
		}
		counts := make([]int, len(c.classes))
		for _, k := range set.Labels() {
			counts[k]++
		}
		if !slices.Equal(counts, c.counts) {
			t.Errorf("%s: classes of %v, want %v", c.name, counts, c.counts)
		}
		for _, f := range c.features {
			j := slices.Index(set.Features, f.name)
			if j < 0 {
				t.Fatalf("%s has no feature %q", c.name, f.name)
			}
			low, high, sum := math.Inf(1), math.Inf(-1), 0.0
			for i := range set.Len() {
				v := set.X.At(i*c.width + j)
				low, high, sum = min(low, v), max(high, v), sum+v
			}
			mean := sum / float64(set.Len())
			close := func(got, want float64) bool { return want == 0 || math.Abs(got-want) <= 0.006*math.Abs(want)+0.0005 }
			if !close(low, f.min) || !close(high, f.max) || !close(mean, f.mean) {
				t.Errorf("%s: %q is from %v to %v, mean %v; want %v, %v, %v", c.name, f.name, low, high, mean, f.min, f.max, f.mean)
			}
		}
	}
}

// 442 patients; the mean progression 152.133 is the intercept of every analysis
// of the centred table, Efron et al. included.
func TestDiabetes(t *testing.T) {
	set := load(t, "diabetes")
	if !set.X.Shape().Equal(tensor.Of(442, 10)) || !set.Y.Shape().Equal(tensor.Of(442, 1)) || set.Classification() {
		t.Fatalf("X %v, Y %v", set.X.Shape(), set.Y.Shape())
	}
	sum := 0.0
	for _, y := range tensor.Slice[float64](set.Y) {
		sum += y
	}
	if mean := sum / 442; mean < 152.133 || mean > 152.134 {
		t.Errorf("mean progression %v", mean)
	}
	// The first patient, read off the file.
	if got := tensor.Slice[float64](set.X)[:10]; !slices.Equal(got, []float64{59, 2, 32.1, 101, 157, 93.2, 38, 4, 4.8598, 87}) {
		t.Errorf("the first row is %v", got)
	}
}

// The counts are those of the collection's description: optdigits.names, the
// test part.
func TestDigits(t *testing.T) {
	set := load(t, "digits")
	if !set.X.Shape().Equal(tensor.Of(1797, 8, 8, 1)) || set.X.DType() != tensor.Uint8 {
		t.Fatalf("X %v %v", set.X.DType(), set.X.Shape())
	}
	counts := make([]int, 10)
	for _, d := range set.Labels() {
		counts[d]++
	}
	if want := []int{178, 182, 177, 183, 181, 182, 181, 179, 174, 180}; !slices.Equal(counts, want) {
		t.Errorf("digits of %v, want %v", counts, want)
	}
	if slices.Max(set.X.Raw()) != 16 {
		t.Errorf("the darkest pixel is %d, want 16", slices.Max(set.X.Raw()))
	}
}

func TestAusten(t *testing.T) {
	c, err := Lookup("austen")
	if err != nil {
		t.Fatal(err)
	}
	text, err := c.Text()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(text))
	if got := hex.EncodeToString(sum[:]); got != "595c7d3be88894c9dbc4e542bc82de3a558bb8254562be1f9496b51bde98a0a2" {
		t.Errorf("the text has the sum %s", got)
	}
	for _, want := range []string{
		"It is a truth universally acknowledged, that a single man in possession\nof a good fortune, must be in want of a wife.",
		"Emma Woodhouse, handsome, clever, and rich, with a comfortable home",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if len(text) != c.Size || len(text) < 1_000_000 {
		t.Errorf("%d characters", len(text))
	}
}

func TestLookup(t *testing.T) {
	if _, err := Lookup("breast-cancr"); err == nil || !strings.Contains(err.Error(), `did you mean "breast_cancer"?`) {
		t.Errorf("error %v", err)
	}
	for _, c := range All() {
		set, test, err := c.Load(tensor.Float32)
		switch {
		case c.Task == Text && (err == nil || !strings.Contains(err.Error(), "austen is a text")):
			t.Errorf("%s: error %v", c.Name, err)
		case c.Task == Text:
		case err != nil:
			t.Errorf("%s: %v", c.Name, err)
		case set.Len() != c.Size || set.Classification() != (c.Task == Classification) || (test != nil) != (c.Name == "mnist"):
			t.Errorf("%s: %d examples of %d, test %v", c.Name, set.Len(), c.Size, test != nil)
		}
		if _, err := c.Text(); (err == nil) != (c.Task == Text) {
			t.Errorf("%s: a text of a %s, %v", c.Name, c.Task, err)
		}
	}
	if _, _, err := All()[0].Load(tensor.Int32); err == nil {
		t.Error("features of whole numbers")
	}
}
