package data

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSplitIsAsRecorded(t *testing.T) {
	for _, c := range recorded(t).Splits {
		p, err := Split(c.N, c.Seed, Fractions{c.Fractions[0], c.Fractions[1], c.Fractions[2]})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(p.Train, c.Train) || !slices.Equal(p.Validation, c.Validation) || !slices.Equal(p.Test, c.Test) {
			t.Errorf("n %d seed %d: %v, want %v %v %v", c.N, c.Seed, p, c.Train, c.Validation, c.Test)
		}
	}
}

func drawFractions(t *rapid.T) Fractions {
	a := rapid.IntRange(1, 100).Draw(t, "a")
	b := rapid.IntRange(0, 100).Draw(t, "b")
	c := rapid.IntRange(0, 100).Draw(t, "c")
	s := float64(a + b + c)
	return Fractions{float64(a) / s, float64(b) / s, float64(c) / s}
}

// Every example is in one part, parts ascend, and sizes are within one of the
// exact share: in total for Split, in every class for SplitStratified.
func TestSplitDividesExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 200).Draw(t, "n")
		classes := rapid.IntRange(1, 6).Draw(t, "classes")
		labels := make([]int32, n)
		perClass := make([]float64, classes)
		for i := range labels {
			labels[i] = int32(rapid.IntRange(0, classes-1).Draw(t, "label"))
			perClass[labels[i]]++
		}
		f := drawFractions(t)
		seed := rapid.Uint64().Draw(t, "seed")
		for _, stratified := range []bool{false, true} {
			p, err := Split(n, seed, f)
			if stratified {
				p, err = SplitStratified(labels, seed, f)
			}
			if err != nil {
				if !strings.Contains(err.Error(), "leave none for the") {
					t.Fatal(err)
				}
				continue
			}
			all := slices.Concat(p.Train, p.Validation, p.Test)
			slices.Sort(all)
			whole := make([]int32, n)
			identity(whole)
			if !slices.Equal(all, whole) {
				t.Fatalf("the parts hold %v", all)
			}
			for part, share := range map[*[]int32]float64{&p.Train: f.Train, &p.Validation: f.Validation, &p.Test: f.Test} {
				if !slices.IsSorted(*part) {
					t.Fatalf("part %v is not ascending", *part)
				}
				if off := math.Abs(float64(len(*part)) - share*float64(n)); !stratified && off >= 1 {
					t.Fatalf("part of %v has %d of %d", share, len(*part), n)
				}
				if !stratified {
					continue
				}
				count := make([]float64, classes)
				for _, i := range *part {
					count[labels[i]]++
				}
				for c := range count {
					if off := math.Abs(count[c] - share*perClass[c]); off > 1+1e-6 {
						t.Fatalf("class %d: part of %v has %v of %v", c, share, count[c], perClass[c])
					}
				}
			}
		}
	})
}

// Iris: 50 of each of three species, split 60 : 20 : 20, must be 30 : 10 : 10
// of each. Thirty classes of 4 split 80 : 10 : 10 have a share of 0.4 each for
// validation and test: both must still get close to 12.
func TestStratifiedCounts(t *testing.T) {
	labels := make([]int32, 150)
	for i := range labels {
		labels[i] = int32(i / 50)
	}
	p, err := SplitStratified(labels, 1, Fractions{0.6, 0.2, 0.2})
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []struct {
		indices []int32
		each    int
	}{{p.Train, 30}, {p.Validation, 10}, {p.Test, 10}} {
		var count [3]int
		for _, i := range part.indices {
			count[labels[i]]++
		}
		if count != [3]int{part.each, part.each, part.each} {
			t.Errorf("a part has %v, want %d of each", count, part.each)
		}
	}
	labels = make([]int32, 120)
	for i := range labels {
		labels[i] = int32(i % 30)
	}
	if p, err = SplitStratified(labels, 1, Fractions{0.8, 0.1, 0.1}); err != nil {
		t.Fatal(err)
	}
	if v, e := len(p.Validation), len(p.Test); v < 11 || v > 13 || e < 11 || e > 13 {
		t.Errorf("validation has %d, test %d; 12 is exact", v, e)
	}
}

func TestSplitSeeds(t *testing.T) {
	f := Fractions{0.5, 0.25, 0.25}
	a, _ := Split(100, 1, f)
	b, _ := Split(100, 1, f)
	c, _ := Split(100, 2, f)
	if !slices.Equal(a.Train, b.Train) {
		t.Error("one seed gave two splits")
	}
	if slices.Equal(a.Train, c.Train) {
		t.Error("two seeds gave one split")
	}
}

func TestSplitMistakes(t *testing.T) {
	tests := []struct {
		n    int
		f    Fractions
		want string
	}{
		{10, Fractions{0.8, 0.1, 0.2}, "instead of 1"},
		{10, Fractions{-0.5, 1, 0.5}, "the train fraction is -0.5; it must be within 0 and 1"},
		{10, Fractions{math.NaN(), 0.5, 0.5}, "the train fraction is NaN"},
		{10, Fractions{0, 0.5, 0.5}, "the train fraction is 0"},
		{0, Fractions{1, 0, 0}, "cannot split 0 examples"},
		{3, Fractions{0.98, 0.01, 0.01}, "3 examples leave none for the validation part of 0.01"},
	}
	for _, c := range tests {
		if _, err := Split(c.n, 1, c.f); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("n %d %v: error %v, want %q", c.n, c.f, err, c.want)
		}
	}
	if _, err := SplitStratified([]int32{0, -1}, 1, Fractions{1, 0, 0}); err == nil {
		t.Error("a negative label was accepted")
	}
	if _, err := SplitStratified(nil, 1, Fractions{1, 0, 0}); err == nil {
		t.Error("no labels were accepted")
	}
	p, err := Split(4, 1, Fractions{1, 0, 0})
	if err != nil || len(p.Train) != 4 || p.Validation != nil || p.Test != nil {
		t.Errorf("all to train: %v, %v", p, err)
	}
}
