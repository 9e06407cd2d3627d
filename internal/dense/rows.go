package dense

import "github.com/godescent/descent/internal/kernel"

// rows are operations on rows of numbers, by a kernel table's routines if there is one. Each
// product and sum is rounded, so that these change no bit.
type rows struct{ ops *kernel.Ops[float64] }

func rowsOf(t *kernel.Table) rows {
	if t == nil {
		return rows{}
	}
	return rows{&t.F64}
}

// fewest is the length below which the calls of a table take longer than a loop.
const fewest = 16

// addTo is a ← a + by·b; tmp is at least as long.
func (r rows) addTo(a, b []float64, by float64, tmp []float64) {
	if r.ops == nil || len(a) < fewest {
		AddTo(a, b, by)
		return
	}
	tmp = tmp[:len(a)]
	r.ops.BinaryVS[kernel.Mul](tmp, b[:len(a)], by)
	r.ops.Binary[kernel.Add](a, a, tmp)
}

// takeTwo is a ← a − (s·b + t·c).
func (r rows) takeTwo(a, b, c []float64, s, t float64, u, v []float64) {
	b, c, u, v = b[:len(a)], c[:len(a)], u[:len(a)], v[:len(a)]
	if r.ops == nil || len(a) < fewest {
		for j := range a {
			a[j] -= float64(s*b[j]) + float64(t*c[j])
		}
		return
	}
	r.ops.BinaryVS[kernel.Mul](u, b, s)
	r.ops.BinaryVS[kernel.Mul](v, c, t)
	r.ops.Binary[kernel.Add](u, u, v)
	r.ops.Binary[kernel.Sub](a, a, u)
}

// rotate is x, y ← c·x − s·y, s·x + c·y.
func (r rows) rotate(x, y []float64, c, s float64, u, v []float64) {
	x, u, v = x[:len(y)], u[:len(y)], v[:len(y)]
	if r.ops == nil || len(y) < fewest {
		for j, f := range y {
			y[j] = float64(s*x[j]) + float64(c*f)
			x[j] = float64(c*x[j]) - float64(s*f)
		}
		return
	}
	mul := r.ops.BinaryVS[kernel.Mul]
	mul(u, x, s)
	mul(v, y, c)
	mul(x, x, c)
	mul(y, y, s)
	r.ops.Binary[kernel.Sub](x, x, y)
	r.ops.Binary[kernel.Add](y, u, v)
}
