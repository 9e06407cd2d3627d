package graphtest

import (
	"fmt"

	"github.com/godescent/descent/tensor"
)

// Dense is a plain float64 tensor, row-major, in which the definitions of the
// cases are written.
type Dense struct {
	Shape tensor.Shape
	V     []float64
}

// Make is the tensor whose element at each index is f of it. F must not keep
// the index.
func Make(s tensor.Shape, f func(i []int) float64) Dense {
	d := Dense{s.Clone(), make([]float64, s.Size())}
	i := make([]int, len(s))
	for n := range d.V {
		rest := n
		for a := len(s) - 1; a >= 0; a-- {
			i[a] = rest % s[a]
			rest /= s[a]
		}
		d.V[n] = f(i)
	}
	return d
}

// At is the element at an index.
func (d Dense) At(i ...int) float64 {
	if len(i) != len(d.Shape) {
		panic(fmt.Sprintf("graphtest: the index %v into %v", i, d.Shape))
	}
	n := 0
	for a, x := range i {
		if x < 0 || x >= d.Shape[a] {
			panic(fmt.Sprintf("graphtest: the index %v into %v", i, d.Shape))
		}
		n = n*d.Shape[a] + x
	}
	return d.V[n]
}

// Spread is the element that d has at an index of a shape it broadcasts to.
func (d Dense) Spread(i []int) float64 {
	own := append([]int(nil), i[len(i)-len(d.Shape):]...)
	for a, n := range d.Shape {
		if n == 1 {
			own[a] = 0
		}
	}
	return d.At(own...)
}

// array is d in an element type.
func (d Dense) array(t tensor.DType) *tensor.Array {
	a := tensor.New(t, d.Shape...)
	for i, x := range d.V {
		a.SetAt(i, x)
	}
	return a
}

// moved is d + by·along.
func (d Dense) moved(by float64, along Dense) Dense {
	out := Dense{d.Shape, append([]float64(nil), d.V...)}
	for i := range out.V {
		out.V[i] += by * along.V[i]
	}
	return out
}

func dense(a *tensor.Array) Dense { return Dense{a.Shape(), a.Float64s()} }
