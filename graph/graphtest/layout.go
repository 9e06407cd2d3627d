package graphtest

import (
	"pgregory.net/rapid"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

func drawReshape(t *rapid.T) Trial {
	s := Shape(t, 0, 4)
	var to []int
	switch Int(t, "kind", 0, 3) {
	case 0: // all in one
		to = []int{s.Size()}
	case 1: // backwards, with axes of 1 about
		to = append(to, 1)
		for i := range s {
			to = append(to, s[len(s)-1-i])
		}
		to = append(to, 1)
	case 2: // two neighbours joined
		to = append(to, s...)
		if len(s) >= 2 {
			to = append([]int{s[0] * s[1]}, s[2:]...)
		}
	case 3: // the first axis left to find
		to = append(to, s...)
		if len(s) > 0 && tensor.Shape(s[1:]).Size() > 0 {
			to = append([]int{-1, 1}, s[1:]...)
		}
	}
	out := append(tensor.Shape{}, to...)
	for i, d := range out {
		if d == -1 {
			out[i] = s[0]
		}
	}
	return Trial{
		In:    []Operand{Any(t, s)},
		Apply: func(_ *graph.Graph, x []graph.Value) graph.Value { return x[0].Reshape(to...) },
		Value: func(x []Dense) Dense { return Dense{out, x[0].V} },
	}
}

func drawBroadcast(t *rapid.T) Trial {
	s := Shape(t, 0, 4)
	return Trial{
		In:    []Operand{Any(t, Part(t, s))},
		Apply: func(_ *graph.Graph, x []graph.Value) graph.Value { return x[0].BroadcastTo(s...) },
		Value: func(x []Dense) Dense { return Make(s, x[0].Spread) },
	}
}

func drawTranspose(t *rapid.T) Trial {
	s := Shape(t, 0, 4)
	order := make([]int, len(s))
	for i := range order {
		order[i] = i
	}
	perm := rapid.Permutation(order).Draw(t, "permutation")
	to := make(tensor.Shape, len(s))
	for i, a := range perm {
		to[i] = s[a]
	}
	back := Int(t, "from the end", 0, 1) == 1
	return Trial{
		In: []Operand{Any(t, s)},
		Apply: func(_ *graph.Graph, x []graph.Value) graph.Value {
			if len(s) < 2 { // no permutation; without arguments two axes are wanted
				return x[0]
			}
			p := append([]int(nil), perm...)
			if back {
				p[0] -= len(s)
			}
			return x[0].Transpose(p...)
		},
		Value: func(x []Dense) Dense {
			from := make([]int, len(s))
			return Make(to, func(i []int) float64 {
				for k, a := range perm {
					from[a] = i[k]
				}
				return x[0].At(from...)
			})
		},
	}
}

// axisOf draws an axis of a shape, and the number that names it: it may count
// from the end.
func axisOf(t *rapid.T, s tensor.Shape) (axis, name int) {
	axis = Int(t, "axis", 0, len(s)-1)
	if Int(t, "from the end", 0, 1) == 1 {
		return axis, axis - len(s)
	}
	return axis, axis
}

// shifted is x read by axes moved along one, which is n long: f gives the index
// there, or says that it is outside and the element 0.
func shifted(x Dense, axis, n int, f func(i int) (int, bool)) Dense {
	s := x.Shape.Clone()
	s[axis] = n
	return Make(s, func(i []int) float64 {
		own := append([]int(nil), i...)
		var ok bool
		if own[axis], ok = f(i[axis]); !ok {
			return 0
		}
		return x.At(own...)
	})
}

func drawSlice(t *rapid.T) Trial {
	s := Shape(t, 1, 4)
	a, name := axisOf(t, s)
	lo := Int(t, "lo", 0, s[a])
	hi := Int(t, "hi", lo, s[a])
	return Trial{
		In:    []Operand{Any(t, s)},
		Apply: func(_ *graph.Graph, x []graph.Value) graph.Value { return x[0].Slice(name, lo, hi) },
		Value: func(x []Dense) Dense {
			return shifted(x[0], a, hi-lo, func(i int) (int, bool) { return lo + i, true })
		},
	}
}

func drawPad(t *rapid.T) Trial {
	s := Shape(t, 1, 4)
	a, name := axisOf(t, s)
	lo, hi := Int(t, "before", 0, 2), Int(t, "after", 0, 2)
	return Trial{
		In:    []Operand{Any(t, s)},
		Apply: func(_ *graph.Graph, x []graph.Value) graph.Value { return x[0].Pad(name, lo, hi) },
		Value: func(x []Dense) Dense {
			n := x[0].Shape[a]
			return shifted(x[0], a, lo+n+hi, func(i int) (int, bool) { return i - lo, i >= lo && i < lo+n })
		},
	}
}

func drawConcat(t *rapid.T) Trial {
	s := Shape(t, 1, 4)
	a, name := axisOf(t, s)
	first := Any(t, s)
	in := []Operand{first}
	for range Int(t, "more", 1, 4) {
		part := s.Clone()
		part[a] = Int(t, "length", 0, 2)
		in = append(in, AnyOf(t, first.DType, part))
	}
	return Trial{
		In:    in,
		Apply: func(_ *graph.Graph, x []graph.Value) graph.Value { return graph.Concat(name, x...) },
		Value: func(x []Dense) Dense {
			to := s.Clone()
			to[a] = 0
			for _, p := range x {
				to[a] += p.Shape[a]
			}
			return Make(to, func(i []int) float64 {
				own := append([]int(nil), i...)
				for _, p := range x {
					if own[a] < p.Shape[a] {
						return p.At(own...)
					}
					own[a] -= p.Shape[a]
				}
				panic("graphtest: an index beyond all parts")
			})
		},
	}
}

// row is the first axis's element that an index means: one outside is clamped.
func row(at float64, n int) int { return max(0, min(int(at), n-1)) }

func drawGather(t *rapid.T) Trial {
	x := Any(t, append(tensor.Of(Int(t, "rows", 1, 4)), Shape(t, 0, 2)...))
	n := x.Shape[0]
	index := Fixed(tensor.Int32, Whole(t, Shape(t, 0, 2), -2, n+1))
	return Trial{
		In:    []Operand{x, index},
		Apply: func(_ *graph.Graph, x []graph.Value) graph.Value { return x[0].Gather(x[1]) },
		Value: func(x []Dense) Dense {
			r := len(x[1].Shape)
			return Make(append(x[1].Shape.Clone(), x[0].Shape[1:]...), func(i []int) float64 {
				return x[0].At(append([]int{row(x[1].At(i[:r]...), n)}, i[r:]...)...)
			})
		},
	}
}

func drawScatterAdd(t *rapid.T) Trial {
	n := Int(t, "rows", 1, 4)
	index := Fixed(tensor.Int32, Whole(t, Shape(t, 0, 2), -2, n+1))
	x := Varied(Numbers(t, append(index.Shape.Clone(), Shape(t, 0, 2)...), -2, 2))
	r := len(index.Shape)
	return Trial{
		In:    []Operand{x, index},
		Apply: func(_ *graph.Graph, x []graph.Value) graph.Value { return x[0].ScatterAdd(x[1], n) },
		Value: func(x []Dense) Dense {
			to := append(tensor.Of(n), x[0].Shape[r:]...)
			return Make(to, func(i []int) float64 {
				sum := 0.0
				Make(x[1].Shape, func(j []int) float64 { // every index that means this row
					if row(x[1].At(j...), n) == i[0] {
						sum += x[0].At(append(append([]int(nil), j...), i[1:]...)...)
					}
					return 0
				})
				return sum
			})
		},
	}
}

// pieces draws the lengths of a vector's pieces.
func pieces(t *rapid.T) (lengths []int, total int) {
	lengths = rapid.SliceOfN(rapid.IntRange(0, 4), 0, 5).Draw(t, "lengths")
	for _, n := range lengths {
		total += n
	}
	return lengths, total
}

func drawSegmentSum(t *rapid.T) Trial {
	lengths, total := pieces(t)
	return Trial{
		In: []Operand{Varied(Numbers(t, tensor.Of(total), -2, 2))},
		Apply: func(_ *graph.Graph, x []graph.Value) graph.Value {
			return x[0].SegmentSum(graph.MakeSegments(lengths))
		},
		Value: func(x []Dense) Dense {
			at := 0
			return Make(tensor.Of(len(lengths)), func(i []int) float64 {
				sum := 0.0
				for range lengths[i[0]] {
					sum += x[0].At(at)
					at++
				}
				return sum
			})
		},
	}
}

func drawSegmentSpread(t *rapid.T) Trial {
	lengths, total := pieces(t)
	return Trial{
		In: []Operand{Any(t, tensor.Of(len(lengths)))},
		Apply: func(_ *graph.Graph, x []graph.Value) graph.Value {
			return x[0].SegmentSpread(graph.MakeSegments(lengths))
		},
		Value: func(x []Dense) Dense {
			return Make(tensor.Of(total), func(i []int) float64 {
				piece, rest := 0, i[0]
				for rest >= lengths[piece] {
					rest -= lengths[piece]
					piece++
				}
				return x[0].At(piece)
			})
		},
	}
}
