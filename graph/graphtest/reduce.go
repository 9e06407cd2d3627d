package graphtest

import (
	"math"

	"pgregory.net/rapid"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// axesOf draws some axes of a shape, in any order, some counted from the end.
func axesOf(t *rapid.T, s tensor.Shape) (names []int, reduced []bool) {
	reduced = make([]bool, len(s))
	for a := range s {
		if Int(t, "reduced", 0, 1) == 0 {
			continue
		}
		reduced[a] = true
		if Int(t, "from the end", 0, 1) == 1 {
			names = append(names, a-len(s))
		} else {
			names = append(names, a)
		}
	}
	return rapid.Permutation(names).Draw(t, "order"), reduced
}

// folded combines the elements along the reduced axes, starting at first.
func folded(x Dense, reduced []bool, first float64, f func(acc, x float64) float64) Dense {
	kept := tensor.Shape{}
	for a, r := range reduced {
		if !r {
			kept = append(kept, x.Shape[a])
		}
	}
	out := Make(kept, func([]int) float64 { return first })
	Make(x.Shape, func(i []int) float64 {
		at := 0
		for a, r := range reduced {
			if !r {
				at = at*x.Shape[a] + i[a]
			}
		}
		out.V[at] = f(out.V[at], x.At(i...))
		return 0
	})
	return out
}

// drawReduce is a reduction of numbers that set draws.
func drawReduce(t *rapid.T, x Dense, apply func(x graph.Value, axes ...int) graph.Value, first float64, f func(acc, x float64) float64) Trial {
	names, reduced := axesOf(t, x.Shape)
	return Trial{
		In:    []Operand{Varied(x)},
		Apply: func(_ *graph.Graph, x []graph.Value) graph.Value { return apply(x[0], names...) },
		Value: func(x []Dense) Dense { return folded(x[0], reduced, first, f) },
	}
}

func drawSum(t *rapid.T) Trial {
	return drawReduce(t, Numbers(t, Shape(t, 0, 4), -2, 2), graph.Value.Sum, 0, func(acc, x float64) float64 { return acc + x })
}

func drawMaxOver(t *rapid.T) Trial {
	return drawReduce(t, Distinct(t, Filled(t, 0, 4)), graph.Value.MaxOver, math.Inf(-1), math.Max)
}

func drawMinOver(t *rapid.T) Trial {
	return drawReduce(t, Distinct(t, Filled(t, 0, 4)), graph.Value.MinOver, math.Inf(1), math.Min)
}

func drawArgMax(t *rapid.T) Trial {
	s := append(Shape(t, 0, 3), Int(t, "last", 1, 4))
	return Trial{ // few numbers, so that several are the largest
		In:    []Operand{AnyOf(t, rapid.SampledFrom([]tensor.DType{tensor.Invalid, tensor.Int32, tensor.Uint8, tensor.Int64}).Draw(t, "type"), s).with(Whole(t, s, 0, 3))},
		Apply: func(_ *graph.Graph, x []graph.Value) graph.Value { return x[0].ArgMax().Cast(tensor.Float64) },
		Value: func(x []Dense) Dense {
			return Make(s[:len(s)-1], func(i []int) float64 {
				best, at := math.Inf(-1), -1
				for j := range s[len(s)-1] {
					if v := x[0].At(append(append([]int(nil), i...), j)...); v > best {
						best, at = v, j
					}
				}
				return float64(at)
			})
		},
		Flat: true,
	}
}

// with is o with other numbers.
func (o Operand) with(d Dense) Operand { return Operand{o.DType, d} }

func drawMatMul(t *rapid.T) Trial {
	batch := fit(Shape(t, 0, 2))
	m, k, n := Int(t, "m", 0, 3), Int(t, "k", 0, 3), Int(t, "n", 0, 3)
	transA, transB := Int(t, "transpose x", 0, 1) == 1, Int(t, "transpose y", 0, 1) == 1
	matrix := func(rows, cols int, transposed bool) tensor.Shape {
		if transposed {
			rows, cols = cols, rows
		}
		return append(Part(t, batch), rows, cols)
	}
	at := func(x Dense, i []int, row, col int, transposed bool) float64 {
		if transposed {
			row, col = col, row
		}
		return x.Spread(append(append([]int(nil), i[:len(i)-2]...), row, col))
	}
	lead := func(s tensor.Shape) tensor.Shape { return s[:len(s)-2] }
	return Trial{
		In: []Operand{Varied(Numbers(t, matrix(m, k, transA), -2, 2)), Varied(Numbers(t, matrix(k, n, transB), -2, 2))},
		Apply: func(_ *graph.Graph, x []graph.Value) graph.Value {
			a, b := x[0], x[1]
			if transA {
				a = a.Transpose()
			}
			if transB {
				b = b.Transpose()
			}
			return a.MatMul(b)
		},
		Value: func(x []Dense) Dense {
			return Make(append(joint(lead(x[0].Shape), lead(x[1].Shape)), m, n), func(i []int) float64 {
				sum := 0.0
				for p := range k {
					sum += at(x[0], i, i[len(i)-2], p, transA) * at(x[1], i, p, i[len(i)-1], transB)
				}
				return sum
			})
		},
	}
}
