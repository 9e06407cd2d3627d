package graph

import (
	"fmt"

	"github.com/godescent/descent/tensor"
)

// Ints is a comparable list of at most tensor.MaxRank numbers, for a
// primitive's attributes.
type Ints struct {
	N int8
	V [tensor.MaxRank]int
}

// MakeInts packs a list. A longer one is cut, with N saying so; Infer refuses it.
func MakeInts(v []int) Ints {
	var x Ints
	copy(x.V[:], v)
	x.N = int8(min(len(v), 127))
	return x
}

// check is an error if the list was too long to pack.
func (x *Ints) check() error {
	if int(x.N) > len(x.V) || x.N < 0 {
		return fmt.Errorf("names %d axes; at most %d are supported", x.N, tensor.MaxRank)
	}
	return nil
}

// Slice is the list.
func (x *Ints) Slice() []int { return x.V[:max(0, min(int(x.N), len(x.V)))] }

// Shape is the list as a shape of its own memory.
func (x Ints) Shape() tensor.Shape { return tensor.Shape(x.Slice()).Clone() }

// Has reports whether i is in the list.
func (x *Ints) Has(i int) bool {
	for _, v := range x.Slice() {
		if v == i {
			return true
		}
	}
	return false
}
