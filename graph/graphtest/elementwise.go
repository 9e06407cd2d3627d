package graphtest

import (
	"math"

	"pgregory.net/rapid"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// numbers draws a tensor of numbers of some set.
type numbers func(t *rapid.T, s tensor.Shape) Dense

// within is a set without kinks.
func within(lo, hi float64) numbers {
	return func(t *rapid.T, s tensor.Shape) Dense { return Numbers(t, s, lo, hi) }
}

// off0 keeps away from a kink at 0.
func off0(t *rapid.T, s tensor.Shape) Dense { return Away(t, s, 1.0/16, 2) }

// offWhole keeps away from the jumps at whole numbers.
func offWhole(t *rapid.T, s tensor.Shape) Dense {
	d, part := Whole(t, s, -4, 3), Numbers(t, s, 1.0/16, 15.0/16)
	return d.moved(1, part)
}

func unaryCases() []Case {
	// one is a function of one number on a set where it is smooth.
	one := func(name string, apply func(graph.Value) graph.Value, f func(float64) float64, set numbers) Case {
		return Case{name, func(t *rapid.T) Trial {
			return Trial{
				In:    []Operand{Varied(set(t, Shape(t, 0, 4)))},
				Apply: func(_ *graph.Graph, x []graph.Value) graph.Value { return apply(x[0]) },
				Value: func(x []Dense) Dense {
					return Make(x[0].Shape, func(i []int) float64 { return f(x[0].At(i...)) })
				},
			}
		}}
	}
	return []Case{
		one("neg", graph.Value.Neg, func(x float64) float64 { return -x }, within(-2, 2)),
		one("abs", graph.Value.Abs, math.Abs, off0),
		one("sign", graph.Value.Sign, func(x float64) float64 { return math.Copysign(1, x) }, off0),
		one("sqrt", graph.Value.Sqrt, math.Sqrt, within(0.25, 4)),
		one("exp", graph.Value.Exp, math.Exp, within(-2, 2)),
		one("expm1", graph.Value.Expm1, math.Expm1, within(-2, 2)),
		one("log", graph.Value.Log, math.Log, within(0.25, 4)),
		one("log1p", graph.Value.Log1p, math.Log1p, within(-0.5, 4)),
		one("tanh", graph.Value.Tanh, math.Tanh, within(-2, 2)),
		one("sigmoid", graph.Value.Sigmoid, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, within(-4, 4)),
		one("erf", graph.Value.Erf, math.Erf, within(-2, 2)),
		one("sin", graph.Value.Sin, math.Sin, within(-4, 4)),
		one("cos", graph.Value.Cos, math.Cos, within(-4, 4)),
		one("floor", graph.Value.Floor, math.Floor, offWhole),
		one("rsqrt", graph.Value.Rsqrt, func(x float64) float64 { return 1 / math.Sqrt(x) }, within(0.25, 4)),
		one("cbrt", graph.Value.Cbrt, math.Cbrt, off0),
		one("relu", graph.Value.Relu, func(x float64) float64 { return math.Max(x, 0) }, off0),
	}
}

// pair draws two operands that broadcast to each other.
type pair func(t *rapid.T, sx, sy tensor.Shape) (x, y Operand)

// floats are two operands that derivatives are with respect to.
func floats(xs, ys numbers) pair {
	return func(t *rapid.T, sx, sy tensor.Shape) (x, y Operand) { return Varied(xs(t, sx)), Varied(ys(t, sy)) }
}

// apart are numbers of which none of x equals one of y.
func apart(t *rapid.T, sx, sy tensor.Shape) (x, y Operand) {
	eighths := func(s tensor.Shape, shift float64) Dense {
		d := Whole(t, s, -16, 16)
		for i := range d.V {
			d.V[i] = d.V[i]/8 + shift
		}
		return d
	}
	return Varied(eighths(sx, 0)), Varied(eighths(sy, 1.0/16))
}

// few are numbers of which many are equal, in floats or a whole type.
func few(t *rapid.T, sx, sy tensor.Shape) (x, y Operand) {
	x, y = Varied(Whole(t, sx, 0, 2)), Varied(Whole(t, sy, 0, 2))
	x.DType = rapid.SampledFrom([]tensor.DType{tensor.Invalid, tensor.Invalid, tensor.Uint8, tensor.Int32, tensor.Int64}).Draw(t, "type")
	y.DType = x.DType
	return x, y
}

// orWhole is a pair of floats, or sometimes of whole numbers with x ≥ y.
func orWhole(p pair) pair {
	return func(t *rapid.T, sx, sy tensor.Shape) (x, y Operand) {
		if Int(t, "whole", 0, 3) > 0 {
			return p(t, sx, sy)
		}
		d := rapid.SampledFrom([]tensor.DType{tensor.Uint8, tensor.Int32, tensor.Int64}).Draw(t, "type")
		return Fixed(d, Whole(t, sx, 8, 15)), Fixed(d, Whole(t, sy, 0, 8))
	}
}

func binaryCases() []Case {
	two := func(name string, apply func(x, y graph.Value) graph.Value, f func(x, y float64) float64, set pair, flat bool) Case {
		return Case{name, func(t *rapid.T) Trial {
			s := Shape(t, 0, 4)
			x, y := set(t, Part(t, s), Part(t, s))
			if Int(t, "full", 0, 1) == 1 {
				x, y = set(t, s, Part(t, s))
			}
			if Int(t, "swap", 0, 1) == 1 {
				x, y = set(t, Part(t, s), s)
			}
			return Trial{
				In:    []Operand{x, y},
				Apply: func(_ *graph.Graph, x []graph.Value) graph.Value { return apply(x[0], x[1]) },
				Value: func(x []Dense) Dense {
					return Make(joint(x[0].Shape, x[1].Shape), func(i []int) float64 { return f(x[0].Spread(i), x[1].Spread(i)) })
				},
				Flat: flat,
			}
		}}
	}
	truth := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	any2 := floats(within(-2, 2), within(-2, 2))
	return []Case{
		two("add", graph.Value.Add, func(x, y float64) float64 { return x + y }, orWhole(any2), false),
		two("sub", graph.Value.Sub, func(x, y float64) float64 { return x - y }, orWhole(any2), false),
		two("mul", graph.Value.Mul, func(x, y float64) float64 { return x * y }, orWhole(any2), false),
		two("div", graph.Value.Div, func(x, y float64) float64 { return x / y }, floats(within(-2, 2), func(t *rapid.T, s tensor.Shape) Dense { return Away(t, s, 0.5, 2) }), false),
		two("max", graph.Value.Max, math.Max, orWhole(apart), false),
		two("min", graph.Value.Min, math.Min, orWhole(apart), false),
		two("pow", graph.Value.Pow, math.Pow, floats(within(0.5, 3), within(-2, 3)), false),
		two("equal", graph.Value.Equal, func(x, y float64) float64 { return truth(x == y) }, few, true),
		two("not equal", graph.Value.NotEqual, func(x, y float64) float64 { return truth(x != y) }, few, true),
		two("less", graph.Value.Less, func(x, y float64) float64 { return truth(x < y) }, few, true),
		two("less or equal", graph.Value.LessEqual, func(x, y float64) float64 { return truth(x <= y) }, few, true),
	}
}

// joint is the shape that shapes broadcast to, axis by axis from the end.
func joint(shapes ...tensor.Shape) tensor.Shape {
	rank := 0
	for _, s := range shapes {
		rank = max(rank, len(s))
	}
	out := make(tensor.Shape, rank)
	for back := 1; back <= rank; back++ {
		out[rank-back] = 1
		for _, s := range shapes {
			if back <= len(s) && s[len(s)-back] != 1 {
				out[rank-back] = s[len(s)-back]
			}
		}
	}
	return out
}

func drawWhere(t *rapid.T) Trial {
	s := Shape(t, 0, 4)
	// Any type but a whole one of the branches' will do; a fraction counts as true.
	c := Fixed(rapid.SampledFrom([]tensor.DType{tensor.Uint8, tensor.Int32, tensor.Float32, tensor.Float64}).Draw(t, "type"), Whole(t, Part(t, s), 0, 1))
	if c.DType.IsFloat() {
		c.Dense = c.moved(-0.75, c.Dense)
	}
	x, y := orWhole(floats(within(-2, 2), within(-2, 2)))(t, Part(t, s), Part(t, s))
	return Trial{
		In:    []Operand{c, x, y},
		Apply: func(_ *graph.Graph, x []graph.Value) graph.Value { return graph.Where(x[0], x[1], x[2]) },
		Value: func(x []Dense) Dense {
			return Make(joint(x[0].Shape, x[1].Shape, x[2].Shape), func(i []int) float64 {
				if x[0].Spread(i) != 0 {
					return x[1].Spread(i)
				}
				return x[2].Spread(i)
			})
		},
	}
}

func drawCast(t *rapid.T) Trial {
	to := rapid.SampledFrom([]tensor.DType{tensor.Float32, tensor.Float64, tensor.Uint8, tensor.Int32, tensor.Int64}).Draw(t, "to")
	s := Shape(t, 0, 4)
	in := Any(t, s)
	switch {
	case in.varied() && to.IsFloat(): // to the other float type, exact for the numbers drawn
		return Trial{
			In: []Operand{in},
			Apply: func(_ *graph.Graph, x []graph.Value) graph.Value {
				if x[0].DType() == tensor.Float32 {
					return x[0].Cast(tensor.Float64)
				}
				return x[0].Cast(tensor.Float32)
			},
			Value: func(x []Dense) Dense { return x[0] },
		}
	case in.varied():
		in.Dense = offWhole(t, s)
	}
	if to == tensor.Uint8 {
		for i := range in.V {
			in.V[i] = math.Abs(in.V[i])
		}
	}
	return Trial{ // and on to a float, so that the derivative is seen to be zero
		In: []Operand{in},
		Apply: func(_ *graph.Graph, x []graph.Value) graph.Value {
			return x[0].Cast(to).Cast(tensor.Float64)
		},
		Value: func(x []Dense) Dense {
			return Make(x[0].Shape, func(i []int) float64 { return math.Trunc(x[0].At(i...)) })
		},
	}
}

func drawStop(t *rapid.T) Trial {
	return Trial{
		In:    []Operand{Any(t, Shape(t, 0, 4))},
		Apply: func(_ *graph.Graph, x []graph.Value) graph.Value { return x[0].StopGradient() },
		Value: func(x []Dense) Dense { return x[0] },
		Flat:  true,
	}
}
