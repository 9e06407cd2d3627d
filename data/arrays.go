package data

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/godescent/descent/tensor"
)

// Arrays is how a pair of arrays becomes a Set.
type Arrays struct {
	Name string

	// DType is that of numbers: Float32 (also if Invalid) or Float64.
	DType tensor.DType

	// Indices says that whole numbers of the examples are indices of a vocabulary,
	// to be kept as Int32. Otherwise they become numbers of DType, bytes excepted,
	// which stay.
	Indices bool

	// Classes are the names of the classes that whole numbers to predict stand for;
	// none names them "0", "1" and so on up to the largest.
	Classes []string
}

// maxClasses bounds the classes of an array that names none.
const maxClasses = 100_000

// Set is the set of the examples x, [N, ...] or [N] for one feature each, and
// their targets y: whole numbers [N] or [N, positions] are classes, floats [N] or
// [N, K] numbers to predict, and nil none. What need not be converted is not
// copied.
func (a Arrays) Set(x, y *tensor.Array) (*Set, error) {
	x, err := a.examples(x)
	if err != nil {
		return nil, err
	}
	set := &Set{Name: a.Name, X: x}
	if y == nil {
		return set, nil
	}
	if y.Shape().Rank() == 0 || y.Shape()[0] != set.Len() {
		return nil, fmt.Errorf("%s: the examples are %v and the targets %v; both must have one row an example", a.Name, x.Shape(), y.Shape())
	}
	return set, a.targets(set, y)
}

func (a Arrays) dtype() tensor.DType {
	if a.DType == tensor.Invalid {
		return tensor.Float32
	}
	return a.DType
}

// examples is x as a Set's X.
func (a Arrays) examples(x *tensor.Array) (*tensor.Array, error) {
	if !a.dtype().IsFloat() {
		return nil, fmt.Errorf("%s: numbers are float32 or float64, not %v", a.Name, a.DType)
	}
	switch x.Shape().Rank() {
	case 0:
		return nil, fmt.Errorf("%s: the examples are a single number; [N, ...] is wanted", a.Name)
	case 1:
		x = x.Reshape(x.Shape()[0], 1)
	}
	whole := x.DType() == tensor.Int32 || x.DType() == tensor.Int64
	switch {
	case a.Indices && !whole && x.DType() != tensor.Uint8:
		return nil, fmt.Errorf("%s: the examples are %v; indices of a vocabulary are whole numbers", a.Name, x.DType())
	case a.Indices:
		return convertWhole(a.Name, "index", x)
	case x.DType() == tensor.Uint8:
		return x, nil
	}
	return convert(a.Name, x, a.dtype())
}

// targets gives the set its Y.
func (a Arrays) targets(set *Set, y *tensor.Array) error {
	var err error
	if y.DType().IsFloat() {
		if set.Y, err = convert(a.Name, y, a.dtype()); err != nil {
			return err
		}
		if n := y.Shape()[0]; y.Shape().Rank() != 2 {
			set.Y = set.Y.Reshape(n, width(y))
		}
		return nil
	}
	if set.Y, err = convertWhole(a.Name, "class", y); err != nil {
		return err
	}
	labels := tensor.Slice[int32](set.Y)
	if len(labels) == 0 {
		return fmt.Errorf("%s: there are no targets", a.Name)
	}
	low, high := slices.Min(labels), slices.Max(labels)
	set.Classes = a.Classes
	if len(a.Classes) == 0 {
		if low < 0 || high >= maxClasses {
			return fmt.Errorf("%s: whole targets from %d to %d; classes are numbers from 0 to %d", a.Name, low, high, maxClasses-1)
		}
		set.Classes = make([]string, high+1)
		for c := range set.Classes {
			set.Classes[c] = strconv.Itoa(c)
		}
	}
	if low < 0 || int(high) >= len(set.Classes) {
		return fmt.Errorf("%s: whole targets from %d to %d; there are %d classes, 0 to %d", a.Name, low, high, len(set.Classes), len(set.Classes)-1)
	}
	return nil
}

// convert is a in another type of floats.
func convert(name string, a *tensor.Array, d tensor.DType) (*tensor.Array, error) {
	if a.DType() == d {
		return a, nil
	}
	out := tensor.New(d, a.Shape()...)
	for i := range a.Size() {
		v := a.At(i)
		out.SetAt(i, v)
		if s := out.At(i); s-s != 0 && v-v == 0 {
			return nil, fmt.Errorf("%s: element %d, %v, is outside the range of %v", name, i, v, d)
		}
	}
	return out, nil
}

// convertWhole is a as Int32.
func convertWhole(name, what string, a *tensor.Array) (*tensor.Array, error) {
	if a.DType() == tensor.Int32 {
		return a, nil
	}
	out := tensor.New(tensor.Int32, a.Shape()...)
	to := tensor.Slice[int32](out)
	for i := range to {
		v := a.At(i)
		if v < math.MinInt32 || v > math.MaxInt32 {
			return nil, fmt.Errorf("%s: element %d, %v, is no %s: int32 does not hold it", name, i, v, what)
		}
		to[i] = int32(v)
	}
	return out, nil
}
