package data

import (
	"errors"
	"iter"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/godescent/descent/tensor"
)

// small is 5 examples of 2 bytes, the example i being (2i, 2i+1), class i mod 2.
func small() *Set {
	return &Set{
		Name:     "small",
		X:        tensor.From([]uint8{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 5, 2),
		Y:        tensor.From([]int32{0, 1, 0, 1, 0}, 5),
		Classes:  []string{"even", "odd"},
		Features: []string{"left", "right"},
		Targets:  []string{"kind"},
	}
}

func TestValidate(t *testing.T) {
	nan, inf := float32(math.NaN()), math.Inf(1)
	tests := []struct {
		name   string
		change func(s *Set)
		want   string // "" for a valid set
	}{
		{"as it is", func(*Set) {}, ""},
		{"no targets", func(s *Set) { s.Y = nil }, ""},
		{"floats", func(s *Set) { s.X = tensor.New(tensor.Float64, 5, 2) }, ""},
		{"images", func(s *Set) { s.X, s.Features = tensor.New(tensor.Uint8, 5, 4, 4, 1), nil }, ""},
		{"regression", func(s *Set) { s.Y, s.Classes = tensor.New(tensor.Float32, 5, 1), nil }, ""},
		{"a class a position", func(s *Set) { s.Y = tensor.New(tensor.Int32, 5, 3) }, ""},
		{"no X", func(s *Set) { s.X = nil }, "small: X must be [N, features...]"},
		{"flat X", func(s *Set) { s.X = tensor.New(tensor.Uint8, 5) }, "X must be [N, features...]"},
		{"no rows", func(s *Set) { s.X = tensor.New(tensor.Uint8, 0, 2) }, "there are no examples"},
		{"no features", func(s *Set) { s.X = tensor.New(tensor.Uint8, 5, 0) }, "an example has no features"},
		{"int64 X", func(s *Set) { s.X = tensor.New(tensor.Int64, 5, 2) }, "X is int64; it must be"},
		{"names", func(s *Set) { s.Features = s.Features[:1] }, "1 feature names for 2 features"},
		{"lengths", func(s *Set) { s.Y = tensor.New(tensor.Int32, 4) }, "Y is [4], X is [5 2]"},
		{"class too high", func(s *Set) { s.Labels()[3] = 2 }, "row 3 has class 2; there are 2 classes, 0 to 1"},
		{"class negative", func(s *Set) { s.Labels()[0] = -1 }, "row 0 has class -1"},
		{"class of a position", func(s *Set) {
			s.Y = tensor.New(tensor.Int32, 5, 3)
			s.Labels()[7] = 9
		}, "row 2 has class 9"},
		{"no class names", func(s *Set) { s.Classes = nil }, "Classes names none"},
		{"class twice", func(s *Set) { s.Classes[1] = "even" }, `classes 0 and 1 are both named "even"`},
		{"NaN", func(s *Set) {
			s.X = tensor.New(tensor.Float32, 5, 2)
			tensor.Slice[float32](s.X)[7] = nan
		}, `row 3, feature "right" is NaN`},
		{"Inf", func(s *Set) {
			s.X, s.Features = tensor.New(tensor.Float64, 5, 2), nil
			tensor.Slice[float64](s.X)[4] = inf
		}, "row 2, feature 0 is +Inf"},
		{"Inf target", func(s *Set) {
			s.Y = tensor.From([]float64{1, 2, 3, inf, 5}, 5, 1)
		}, "row 3, target 0 is +Inf"},
		{"flat targets", func(s *Set) { s.Y = tensor.New(tensor.Float32, 5) }, "regression targets are [N K]"},
		{"target names", func(s *Set) {
			s.Y, s.Targets = tensor.New(tensor.Float32, 5, 3), []string{"a"}
		}, "1 target names for 3 targets"},
		{"byte targets", func(s *Set) { s.Y = tensor.New(tensor.Uint8, 5) }, "Y is uint8; it must be"},
	}
	for _, c := range tests {
		s := small()
		c.change(s)
		err := s.Validate()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

func TestSubset(t *testing.T) {
	s := small()
	sub, err := s.Subset([]int32{4, 1, 1})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := sub.X.Raw(), []byte{8, 9, 2, 3, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("X is %v, want %v", got, want)
	}
	if got, want := sub.Labels(), []int32{0, 1, 1}; !slices.Equal(got, want) {
		t.Errorf("Y is %v, want %v", got, want)
	}
	if err := sub.Validate(); err != nil {
		t.Error(err)
	}
	sub.X.Raw()[0] = 77
	if s.X.Raw()[8] == 77 {
		t.Error("the subset shares the set's memory")
	}
	for _, bad := range []int32{-1, 5} {
		if _, err := s.Subset([]int32{0, bad}); err == nil || !strings.Contains(err.Error(), "at position 1 is outside the 5 examples") {
			t.Errorf("index %d: error %v", bad, err)
		}
	}
	if _, err := (&Set{Name: "none"}).Subset(nil); err == nil {
		t.Error("a set without examples has a subset")
	}
}

func TestGatherRefusesAnotherShape(t *testing.T) {
	s := small()
	err := s.Gather([]int32{0, 1}, tensor.New(tensor.Uint8, 3, 2), nil)
	if err == nil || !strings.Contains(err.Error(), "cannot gather 2 rows of X into uint8 [3 2], it wants uint8 [2 2]") {
		t.Errorf("error %v", err)
	}
	s.Y = nil
	if err := s.Gather([]int32{0}, nil, tensor.New(tensor.Int32, 1)); err == nil {
		t.Error("Y was gathered from a set without targets")
	}
}

func TestBlocksAndCollect(t *testing.T) {
	s := small()
	for rows := 1; rows <= 6; rows++ {
		var sizes []int
		for b, err := range s.Blocks(rows) {
			if err != nil {
				t.Fatal(err)
			}
			if err := b.Validate(); err != nil {
				t.Fatal(err)
			}
			sizes = append(sizes, b.Len())
		}
		total := 0
		for i, n := range sizes {
			if total += n; i < len(sizes)-1 && n != rows {
				t.Errorf("rows %d: block %d has %d", rows, i, n)
			}
		}
		if total != 5 {
			t.Errorf("rows %d: blocks of %v rows", rows, sizes)
		}
		got, err := Collect(only{s, rows}, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.X.Raw(), s.X.Raw()) || !slices.Equal(got.Labels(), s.Labels()) || got.Name != "small" {
			t.Errorf("rows %d: collected %v %v", rows, got.X.Raw(), got.Labels())
		}
	}
	for _, err := range s.Blocks(0) {
		if err == nil {
			t.Error("blocks of no rows")
		}
	}
	// 5 rows of 2 bytes and an int32 are 30 bytes.
	if _, err := Collect(only{s, 2}, 29); err == nil || !strings.Contains(err.Error(), "need more than 29 bytes") {
		t.Errorf("error %v", err)
	}
	if _, err := Collect(only{s, 2}, 30); err != nil {
		t.Error(err)
	}
	if _, err := Collect(failing{}, 1<<20); err == nil || err.Error() != "torn" {
		t.Errorf("error %v", err)
	}
}

// only is a source that is no Set, with blocks of its own size.
type only struct {
	s    *Set
	rows int
}

func (o only) Blocks(int) iter.Seq2[*Set, error] { return o.s.Blocks(o.rows) }

// failing is a source that breaks after a block.
type failing struct{}

func (failing) Blocks(rows int) iter.Seq2[*Set, error] {
	return func(yield func(*Set, error) bool) {
		if yield(small(), nil) {
			yield(nil, errors.New("torn"))
		}
	}
}
