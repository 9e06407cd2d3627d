package graph

import "github.com/godescent/descent/tensor"

// OneHot is 1 at the class from 0 to n−1 that v, whole numbers, names and 0
// elsewhere, in the type d: [...] → [..., n]. A number that is no class has a
// row of zeros.
func (v Value) OneHot(n int, d tensor.DType) Value {
	if !v.Valid() {
		return v
	}
	if v.DType().IsFloat() {
		return v.g.Fail("one-hot", "x is %v; classes are whole numbers, so cast it to int32 first", v.Type())
	}
	if n < 0 {
		return v.g.Fail("one-hot", "%d classes of x, which is %v; want a number from 0 up", n, v.Shape())
	}
	classes := v.g.Iota(d, v.Rank(), append(v.Shape().Clone(), n)...)
	return v.Cast(d).Reshape(append(v.Shape().Clone(), 1)...).Equal(classes)
}
