package data

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/godescent/descent/tensor"
	"pgregory.net/rapid"
)

// n/(K·n_k) by hand: 6 labels, three classes that occur.
func TestBalancedWeights(t *testing.T) {
	labels := []int32{0, 0, 0, 1, 1, 3}
	got, err := BalancedWeights(labels, nil, 4)
	if err != nil || !slices.Equal(got, []float64{6.0 / 9, 1, 1, 2}) {
		t.Errorf("%v, %v", got, err)
	}
	got, err = BalancedWeights(labels, []int32{0, 3, 4, 5}, 4)
	if err != nil || !slices.Equal(got, []float64{4.0 / 3, 4.0 / 6, 1, 4.0 / 3}) {
		t.Errorf("%v, %v", got, err)
	}
	rapid.Check(t, func(t *rapid.T) {
		labels := rapid.SliceOfN(rapid.Int32Range(0, 4), 1, 50).Draw(t, "labels")
		w, err := BalancedWeights(labels, nil, 5)
		if err != nil {
			t.Fatal(err)
		}
		sum, by := 0.0, map[int32]float64{}
		for _, c := range labels {
			sum += w[c]
			by[c] += w[c]
		}
		if math.Abs(sum-float64(len(labels))) > 1e-9*sum {
			t.Fatalf("weights of %v add up to %v", labels, sum)
		}
		for c, v := range by {
			if want := sum / float64(len(by)); math.Abs(v-want) > 1e-9*sum {
				t.Fatalf("class %d weighs %v, want %v", c, v, want)
			}
		}
	})
	for _, c := range []struct {
		labels, indices []int32
		want            string
	}{
		{nil, nil, "there are no labels"},
		{[]int32{0, 7}, nil, "label 1 is class 7; there are 5 classes"},
		{[]int32{0}, []int32{1}, "index 1 at position 0 is outside the 1 labels"},
	} {
		if _, err := BalancedWeights(c.labels, c.indices, 5); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

func TestGivenWeights(t *testing.T) {
	classes := []string{"cat", "dog", "bird"}
	got, err := GivenWeights(classes, map[string]float64{"dog": 2.5, "bird": 0})
	if err != nil || !slices.Equal(got, []float64{1, 2.5, 0}) {
		t.Errorf("%v, %v", got, err)
	}
	for _, c := range []struct {
		given map[string]float64
		want  string
	}{
		{map[string]float64{"brid": 1}, `a weight for the class "brid", which there is not; did you mean "bird"?`},
		{map[string]float64{"dog": -1}, `the class "dog" has the weight -1`},
		{map[string]float64{"dog": math.Inf(1)}, `the class "dog" has the weight +Inf`},
		{map[string]float64{"dog": math.NaN()}, `the class "dog" has the weight NaN`},
		{map[string]float64{"dog": 0, "cat": 0, "bird": 0}, "every class has the weight 0"},
	} {
		if _, err := GivenWeights(classes, c.given); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

// A set is split as its labels are, or its rows if it has none of its own.
func TestSetSplit(t *testing.T) {
	n := 40
	set := numbered(n)
	labels := make([]int32, n)
	for i := range labels {
		labels[i] = int32(i % 4 / 3)
	}
	set.Y, set.Classes = tensor.From(labels, n), []string{"a", "b"}
	f := Fractions{0.5, 0.25, 0.25}
	by := func(rows []int32) (k int) {
		for _, r := range rows {
			k += int(labels[r])
		}
		return k
	}
	parts, err := set.Split(3, f, true)
	if err != nil || by(parts.Train) != 5 || len(parts.Train) != 20 {
		t.Errorf("%v, %v", parts, err)
	}
	want, _ := Split(n, 3, f)
	for _, s := range []*Set{set, {Name: "x", X: set.X}, {Name: "x", X: set.X, Y: tensor.New(tensor.Int32, n, 2)}} {
		parts, err := s.Split(3, f, s != set)
		if err != nil || !slices.Equal(parts.Test, want.Test) {
			t.Errorf("%v, %v", parts, err)
		}
	}
	if _, err := set.Split(3, Fractions{2, 0, 0}, true); err == nil || !strings.HasPrefix(err.Error(), "numbered: the train fraction is 2") {
		t.Errorf("error %v", err)
	}
}

func TestSelect(t *testing.T) {
	set := numbered(1000)
	set.Classes = make([]string, 1000)
	for _, src := range []Source{set, ordered{set: set}} {
		labels, _, err := SourceLabels(src)
		if err != nil || len(labels) != 1000 || labels[999] != 999 {
			t.Errorf("%d labels, %v", len(labels), err)
		}
		rows := []int32{0, 1, 500, 998, 999}
		got, err := Select(src, rows, 1<<20)
		if err != nil || !slices.Equal(got.Labels(), rows) {
			t.Errorf("%v, %v", got, err)
		}
		any := []int32{7, 3, 999, 3, 0}
		if got, err := Select(src, any, 1<<20); err != nil || !slices.Equal(got.Labels(), any) {
			t.Errorf("in any order %v, %v", got, err)
		}
		part, err := Collect(Part(src, rows), 1<<20)
		if err != nil || !slices.Equal(part.Labels(), rows) || !slices.Equal(part.X.Float64s(), got.X.Float64s()) {
			t.Errorf("%v, %v", part, err)
		}
		for _, c := range []struct {
			rows  []int32
			limit int64
			want  string
		}{
			{rows, 79, "numbered: 5 examples of 16 bytes need more than 79 bytes of memory"},
			{[]int32{5, -3}, 1000, "numbered: row -3 at position 1 of the rows to read"},
			{[]int32{1000}, 1000, "the source ended before row 1000"},
		} {
			if _, err := Select(src, c.rows, c.limit); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		}
	}
	if _, _, err := SourceLabels(&Set{Name: "x", X: set.X}); err == nil || !strings.Contains(err.Error(), "do not have one class each") {
		t.Errorf("error %v", err)
	}
}
