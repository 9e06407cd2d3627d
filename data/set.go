package data

import (
	"fmt"
	"math"

	"github.com/godescent/descent/tensor"
)

// Set is examples in memory: row i of X is an example, row i of Y what it
// should map to.
type Set struct {
	Name string // the file or collection, as errors and summaries print it

	// X is [N, features...]: Uint8 (raw bytes, kept as they are because a
	// compiled step converts them), Float32 or Float64, or Int32 for indices of
	// a vocabulary.
	X *tensor.Array

	// Y is Int32 [N] or [N, positions...], a class index each, or Float32 or
	// Float64 [N, K], K numbers to predict. It is nil for examples without
	// targets, as a prediction reads them.
	Y *tensor.Array

	Classes  []string // the name of each class; empty for regression
	Features []string // the name of each of X's features, or empty
	Targets  []string // the names of Y's K numbers, or of the class column, or empty
}

// Len is the number of examples.
func (s *Set) Len() int {
	if s.X == nil || s.X.Shape().Rank() == 0 {
		return 0
	}
	return s.X.Shape()[0]
}

// Width is the number of features of one example.
func (s *Set) Width() int {
	if s.X == nil {
		return 0
	}
	return width(s.X)
}

// width is the number of elements of one row of a.
func width(a *tensor.Array) int {
	if a.Shape().Rank() == 0 {
		return 0
	}
	return a.Shape()[1:].Size()
}

// Classification reports whether Y holds class indices.
func (s *Set) Classification() bool { return s.Y != nil && s.Y.DType() == tensor.Int32 }

// Labels is the classes of the examples: Y's memory, or nil if Y holds none.
func (s *Set) Labels() []int32 {
	if !s.Classification() {
		return nil
	}
	return tensor.Slice[int32](s.Y)
}

// FeatureName is the name of feature j of an example, for messages.
func (s *Set) FeatureName(j int) string {
	if j < len(s.Features) {
		return fmt.Sprintf("%q", s.Features[j])
	}
	return fmt.Sprint(j)
}

// Gather copies the rows of X and Y that indices name into x and y, which have
// the types and row shapes of X and Y and len(indices) rows. A nil x or y is
// skipped.
func (s *Set) Gather(indices []int32, x, y *tensor.Array) error {
	for _, part := range []struct {
		what     string
		from, to *tensor.Array
	}{{"X", s.X, x}, {"Y", s.Y, y}} {
		if part.to == nil {
			continue
		}
		if part.from == nil {
			return fmt.Errorf("%s: the set has no %s to gather", s.Name, part.what)
		}
		want := part.from.Shape().Clone()
		want[0] = len(indices)
		if part.to.DType() != part.from.DType() || !part.to.Shape().Equal(want) {
			return fmt.Errorf("%s: cannot gather %d rows of %s into %v %v, it wants %v %v",
				s.Name, len(indices), part.what, part.to.DType(), part.to.Shape(), part.from.DType(), want)
		}
		if err := gather(s.Name, part.from, indices, part.to); err != nil {
			return err
		}
	}
	return nil
}

func gather(name string, from *tensor.Array, indices []int32, to *tensor.Array) error {
	n := from.Shape()[0]
	size := width(from) * from.DType().Size()
	src, dst := from.Raw(), to.Raw()
	for k, i := range indices {
		if i < 0 || int(i) >= n {
			return fmt.Errorf("%s: index %d at position %d is outside the %d examples", name, i, k, n)
		}
		copy(dst[k*size:(k+1)*size], src[int(i)*size:])
	}
	return nil
}

// Subset copies the examples that indices name, in that order, into a new set.
func (s *Set) Subset(indices []int32) (*Set, error) {
	if s.X == nil || s.X.Shape().Rank() == 0 {
		return nil, fmt.Errorf("%s: the set has no examples to choose from", s.Name)
	}
	sub := *s
	sub.X = likeRows(s.X, len(indices))
	if s.Y != nil {
		sub.Y = likeRows(s.Y, len(indices))
	}
	if err := s.Gather(indices, sub.X, sub.Y); err != nil {
		return nil, err
	}
	return &sub, nil
}

// likeRows is a zeroed array of n rows like a's.
func likeRows(a *tensor.Array, n int) *tensor.Array {
	shape := a.Shape().Clone()
	shape[0] = n
	return tensor.New(a.DType(), shape...)
}

// Validate is nil for a set that can be trained on: at least one example, X and
// Y of equal length and of the types Set names, class indices within Classes,
// names as many as columns, and every number finite. The error names the first
// row and feature at fault.
func (s *Set) Validate() error {
	if err := s.validateX(); err != nil {
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	if err := s.validateY(); err != nil {
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	return nil
}

func (s *Set) validateX() error {
	switch {
	case s.X == nil || s.X.Shape().Rank() < 2:
		return fmt.Errorf("X must be [N, features...]")
	case s.Len() == 0:
		return fmt.Errorf("there are no examples")
	case s.Width() == 0:
		return fmt.Errorf("X is %v: an example has no features", s.X.Shape())
	case s.Len() > math.MaxInt32:
		return fmt.Errorf("%d examples are more than an int32 index can name", s.Len())
	case len(s.Features) != 0 && len(s.Features) != s.Width():
		return fmt.Errorf("%d feature names for %d features", len(s.Features), s.Width())
	}
	switch s.X.DType() {
	case tensor.Uint8, tensor.Int32:
		return nil
	case tensor.Float32, tensor.Float64:
		if i := firstNotFinite(s.X); i >= 0 {
			w := s.Width()
			return fmt.Errorf("row %d, feature %s is %v; every feature must be a finite number",
				i/w, s.FeatureName(i%w), s.X.At(i))
		}
		return nil
	}
	return fmt.Errorf("X is %v; it must be uint8, int32, float32 or float64", s.X.DType())
}

func (s *Set) validateY() error {
	if s.Y == nil {
		return nil
	}
	if s.Y.Shape().Rank() == 0 || s.Y.Shape()[0] != s.Len() {
		return fmt.Errorf("Y is %v, X is %v; both must have one row an example", s.Y.Shape(), s.X.Shape())
	}
	switch s.Y.DType() {
	case tensor.Int32:
		return s.validateClasses()
	case tensor.Float32, tensor.Float64:
		if s.Y.Shape().Rank() != 2 || s.Y.Shape()[1] == 0 {
			return fmt.Errorf("Y is %v; regression targets are [N K] with K at least 1", s.Y.Shape())
		}
		k := s.Y.Shape()[1]
		if len(s.Targets) != 0 && len(s.Targets) != k {
			return fmt.Errorf("%d target names for %d targets", len(s.Targets), k)
		}
		if i := firstNotFinite(s.Y); i >= 0 {
			return fmt.Errorf("row %d, target %d is %v; every target must be a finite number", i/k, i%k, s.Y.At(i))
		}
		return nil
	}
	return fmt.Errorf("Y is %v; it must be int32 (classes), float32 or float64 (regression)", s.Y.DType())
}

func (s *Set) validateClasses() error {
	if len(s.Classes) == 0 {
		return fmt.Errorf("Y holds classes but Classes names none")
	}
	seen := make(map[string]int, len(s.Classes))
	for i, c := range s.Classes {
		if j, twice := seen[c]; twice {
			return fmt.Errorf("classes %d and %d are both named %q", j, i, c)
		}
		seen[c] = i
	}
	perRow := max(1, width(s.Y))
	for i, c := range tensor.Slice[int32](s.Y) {
		if c < 0 || int(c) >= len(s.Classes) {
			return fmt.Errorf("row %d has class %d; there are %d classes, 0 to %d",
				i/perRow, c, len(s.Classes), len(s.Classes)-1)
		}
	}
	return nil
}

// firstNotFinite is the flat position of the first NaN or Inf, or -1.
func firstNotFinite(a *tensor.Array) int {
	// x−x is 0 for a finite x and NaN for the others.
	if a.DType() == tensor.Float32 {
		for i, x := range tensor.Slice[float32](a) {
			if x-x != 0 {
				return i
			}
		}
		return -1
	}
	for i, x := range tensor.Slice[float64](a) {
		if x-x != 0 {
			return i
		}
	}
	return -1
}
