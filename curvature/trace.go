package curvature

import (
	"context"
	"fmt"
	"math"

	"github.com/godescent/descent/internal/dense"
	"github.com/godescent/descent/internal/stats"
)

// Level is the confidence of every interval of this package. It is above the usual 95%
// because sums over few random vectors have heavier tails than Student's distribution
// supposes; at 0.99 they still hold in more than 95 of 100 cases.
const Level = 0.99

// Trace is an estimate with its interval at Level.
type Trace struct {
	Estimate, Half float64 // the trace is within Half of the Estimate
	Products       int
}

// Hutchinson estimates tr A as the mean of zᵀAz over vectors z of random signs
// (Hutchinson 1990). Its variance is twice the sum of squares off A's diagonal.
func Hutchinson(ctx context.Context, a Operator, n, vectors int, seed int64, report Progress) (Trace, error) {
	if vectors < 3 {
		return Trace{}, fmt.Errorf("curvature: %d vectors for a trace; want at least 3", vectors)
	}
	z, az := make([]float64, n), make([]float64, n)
	var all []float64
	for i := range vectors {
		signs(z, seed, drawTrace, i)
		if err := a(ctx, az, z); err != nil {
			return Trace{}, err
		}
		all = append(all, dense.Dot(z, az))
		report.tell(i+1, vectors)
	}
	m := stats.At(Level, all)
	return Trace{m.Mean, m.Half, vectors}, finiteTrace(m.Mean, vectors)
}

func finiteTrace(x float64, products int) error {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return &NotFinite{products}
	}
	return nil
}

// HutchPlusPlus estimates tr A as the exact trace on a space that A's largest eigenvectors lean
// to, and Hutchinson's of the rest (Meyer, Musco, Musco, Woodruff 2021): with fast decaying
// eigenvalues far nearer for the same number of products. A third of them go to each of the sketch, its
// exact part and the rest.
func HutchPlusPlus(ctx context.Context, a Operator, n, products int, seed int64, report Progress) (Trace, error) {
	if products < 9 {
		return Trace{}, fmt.Errorf("curvature: %d products for a trace; want at least 9", products)
	}
	k := min(products/3, n)
	done := 0
	product := func(out, v []float64) error {
		err := a(ctx, out, v)
		done++
		report.tell(done, products)
		return err
	}
	// Q is an orthonormal basis of AS, S random signs.
	var q [][]float64
	z := make([]float64, n)
	for i := range k {
		signs(z, seed, drawSketch, i)
		x := make([]float64, n)
		if err := product(x, z); err != nil {
			return Trace{}, err
		}
		size := dense.Norm(x)
		if err := finiteTrace(size, done); err != nil {
			return Trace{}, err
		}
		for range 2 {
			for _, b := range q {
				dense.AddTo(x, b, -dense.Dot(x, b))
			}
		}
		if left := dense.Norm(x); left > 1e-10*size { // else AS has no such direction
			dense.Scale(x, 1/left)
			q = append(q, x)
		}
	}
	exact, az := 0.0, make([]float64, n)
	for _, b := range q {
		if err := product(az, b); err != nil {
			return Trace{}, err
		}
		exact += dense.Dot(b, az)
	}
	var rest []float64
	for i := 0; len(q) < n && (done < products || i < 3); i++ {
		signs(z, seed, drawTrace, i)
		for _, b := range q {
			dense.AddTo(z, b, -dense.Dot(z, b))
		}
		if err := product(az, z); err != nil {
			return Trace{}, err
		}
		rest = append(rest, dense.Dot(z, az))
	}
	if len(rest) == 0 {
		return Trace{exact, 0, done}, finiteTrace(exact, done)
	}
	m := stats.At(Level, rest)
	return Trace{exact + m.Mean, m.Half, done}, finiteTrace(exact+m.Mean, done)
}

// Diagonal estimates A's diagonal as the mean of z⊙Az over vectors of random signs, with the
// standard error of each (Bekas, Kokiopoulou, Saad 2007).
func Diagonal(ctx context.Context, a Operator, n, vectors int, seed int64, report Progress) (d, se []float64, err error) {
	if vectors < 3 {
		return nil, nil, fmt.Errorf("curvature: %d vectors for a diagonal; want at least 3", vectors)
	}
	d, se = make([]float64, n), make([]float64, n)
	z, az := make([]float64, n), make([]float64, n)
	for i := range vectors {
		signs(z, seed, drawDiagonal, i)
		if err := a(ctx, az, z); err != nil {
			return nil, nil, err
		}
		for j := range d { // Welford's mean and sum of squares
			x := z[j] * az[j]
			off := x - d[j]
			d[j] += off / float64(i+1)
			se[j] += float64(off * (x - d[j]))
		}
		report.tell(i+1, vectors)
	}
	for j := range se {
		se[j] = math.Sqrt(se[j] / float64(vectors-1) / float64(vectors))
	}
	return d, se, finiteTrace(dense.Norm(d), vectors)
}
