package kernel

import "math"

// Each routine of this file is the loop that its name says. The operands are
// cut to dst's length first, which both checks them and frees the loop of
// bounds checks.

func negate[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = -x[i]
	}
}

func abs[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = T(math.Abs(float64(x[i])))
	}
}

func sign[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i := range dst {
		v := x[i]
		if v > 0 {
			v = 1
		} else if v < 0 {
			v = -1
		}
		dst[i] = v
	}
}

// sqrt rounds a float32 root twice, which equals rounding it once: float64
// has more than twice the digits and two to spare.
func sqrt[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = T(math.Sqrt(float64(x[i])))
	}
}

func rsqrt[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = 1 / T(math.Sqrt(float64(x[i])))
	}
}

func floor[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = T(math.Floor(float64(x[i])))
	}
}

func add[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] + y[i]
	}
}

func addVS[T Float](dst, x []T, s T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = x[i] + s
	}
}

func sub[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] - y[i]
	}
}

func subVS[T Float](dst, x []T, s T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = x[i] - s
	}
}

func subSV[T Float](dst []T, s T, y []T) {
	y = y[:len(dst)]
	for i := range dst {
		dst[i] = s - y[i]
	}
}

func mul[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] * y[i]
	}
}

func mulVS[T Float](dst, x []T, s T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = x[i] * s
	}
}

func div[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] / y[i]
	}
}

func divVS[T Float](dst, x []T, s T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = x[i] / s
	}
}

func divSV[T Float](dst []T, s T, y []T) {
	y = y[:len(dst)]
	for i := range dst {
		dst[i] = s / y[i]
	}
}

func maxVV[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = max(x[i], y[i])
	}
}

func maxVS[T Float](dst, x []T, s T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = max(x[i], s)
	}
}

func minVV[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = min(x[i], y[i])
	}
}

func minVS[T Float](dst, x []T, s T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = min(x[i], s)
	}
}

// truth is 1 for true and 0 for false, without a branch.
func truth[T Float](b bool) T {
	var u uint8
	if b {
		u = 1
	}
	return T(u)
}

func eq[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = truth[T](x[i] == y[i])
	}
}

func eqVS[T Float](dst, x []T, s T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = truth[T](x[i] == s)
	}
}

func ne[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = truth[T](x[i] != y[i])
	}
}

func neVS[T Float](dst, x []T, s T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = truth[T](x[i] != s)
	}
}

func lt[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = truth[T](x[i] < y[i])
	}
}

func ltVS[T Float](dst, x []T, s T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = truth[T](x[i] < s)
	}
}

func ltSV[T Float](dst []T, s T, y []T) {
	y = y[:len(dst)]
	for i := range dst {
		dst[i] = truth[T](s < y[i])
	}
}

func le[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = truth[T](x[i] <= y[i])
	}
}

func leVS[T Float](dst, x []T, s T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = truth[T](x[i] <= s)
	}
}

func leSV[T Float](dst []T, s T, y []T) {
	y = y[:len(dst)]
	for i := range dst {
		dst[i] = truth[T](s <= y[i])
	}
}

// swapped gives the form with the scalar first of an operation whose operands
// may change places.
func swapped[T Float](f func(dst, x []T, s T)) func(dst []T, s T, y []T) {
	return func(dst []T, s T, y []T) { f(dst, y, s) }
}

// where32 and where64 choose between bit patterns, because the compiler has a
// conditional move for integers alone and masks are hard to predict.

func where32(dst, c, x, y []float32) {
	c, x, y = c[:len(dst)], x[:len(dst)], y[:len(dst)]
	for i := range dst {
		v, t := math.Float32bits(y[i]), math.Float32bits(x[i])
		if c[i] != 0 {
			v = t
		}
		dst[i] = math.Float32frombits(v)
	}
}

func where64(dst, c, x, y []float64) {
	c, x, y = c[:len(dst)], x[:len(dst)], y[:len(dst)]
	for i := range dst {
		v, t := math.Float64bits(y[i]), math.Float64bits(x[i])
		if c[i] != 0 {
			v = t
		}
		dst[i] = math.Float64frombits(v)
	}
}

func fill[T Float](dst []T, s T) {
	for i := range dst {
		dst[i] = s
	}
}

func cast[D Float, S Float | uint8 | int32](dst []D, x []S) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = D(x[i])
	}
}

// transpose goes by squares, so that both sides stay in the first cache.
func transpose[T Float](dst, src []T, rows, cols, ldd, lds int) {
	const square = 16
	for i0 := 0; i0 < rows; i0 += square {
		for j0 := 0; j0 < cols; j0 += square {
			n, m := min(square, rows-i0), min(square, cols-j0)
			for j := j0; j < j0+m; j++ {
				d := dst[j*ldd+i0:][:n]
				at := i0*lds + j
				for i := range d {
					d[i] = src[at]
					at += lds
				}
			}
		}
	}
}
