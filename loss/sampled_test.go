package loss_test

import (
	"math"
	"testing"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/tensor"
)

// The gradient for drawn targets has mean 0, and its covariance over rows is the Fisher matrix, in closed form: softmax's
// diag(p) − ppᵀ, σ(1−σ), 1, and e^−s with ½ of a normal distribution's mean and log variance. Ten thousand rows have
// the same output; a mean of theirs is off by 5 standard errors once in a million.
func TestDrawnTargetsHaveTheFisherMatrix(t *testing.T) {
	const rows = 10000
	σ := func(z float64) float64 { return 1 / (1 + math.Exp(-z)) }
	for _, c := range []struct {
		loss   loss.Loss
		z      []float64
		fisher func(i, j int) float64
	}{
		{&loss.CrossEntropy{Smoothing: 0.3}, []float64{0.5, -1, 1.2}, func(i, j int) float64 {
			p := func(i int) float64 {
				e := []float64{math.Exp(0.5), math.Exp(-1), math.Exp(1.2)}
				return e[i] / (e[0] + e[1] + e[2])
			}
			if i == j {
				return p(i) - p(i)*p(i)
			}
			return -p(i) * p(j)
		}},
		{loss.NewBinaryCrossEntropy(), []float64{-0.7, 1.5}, func(i, j int) float64 {
			z := []float64{-0.7, 1.5}[i]
			if i != j {
				return 0
			}
			return σ(z) * (1 - σ(z))
		}},
		{loss.NewSquaredError(), []float64{2, -3}, func(i, j int) float64 {
			if i != j {
				return 0
			}
			return 1
		}},
		{loss.NewGaussian(), []float64{2, 0.8}, func(i, j int) float64 {
			switch {
			case i != j:
				return 0
			case i == 0:
				return math.Exp(-0.8)
			}
			return 0.5
		}},
	} {
		g, n := graph.New(), len(c.z)
		z, seed := g.Input("z", tensor.Float64, rows, n), g.Input("seed", tensor.Int64)
		e := c.loss.(loss.Sampler).SampledLoss(z, graph.Value{}, func(d graph.Distribution, dims ...int) graph.Value {
			return g.Random(d, "targets", seed, g.Const(1), tensor.Float64, dims...)
		})
		slope, err := autodiff.Gradient(e, z)
		if err != nil {
			t.Fatal(err)
		}
		at := tensor.New(tensor.Float64, rows, n)
		for i := range at.Size() {
			at.SetAt(i, c.z[i%n])
		}
		out, err := graph.Evaluate(slope, map[graph.Value]*tensor.Array{z: at, seed: tensor.From([]int64{3})}, nil)
		if err != nil {
			t.Fatal(err)
		}
		one := out[0].Float64s() // of a row, over their number
		mean := func(f func(row []float64) float64) (m, deviation float64) {
			row := make([]float64, n)
			var squares float64
			for r := range rows {
				for i := range row {
					row[i] = rows * one[r*n+i]
				}
				x := f(row)
				m, squares = m+x/rows, squares+x*x/rows
			}
			return m, math.Sqrt(max(0, squares-m*m) / rows)
		}
		for i := range n {
			if m, d := mean(func(g []float64) float64 { return g[i] }); math.Abs(m) > 5*d {
				t.Errorf("%s: the mean gradient %d is %v ± %v", c.loss.Name(), i, m, d)
			}
			for j := range n {
				if m, d := mean(func(g []float64) float64 { return g[i] * g[j] }); math.Abs(m-c.fisher(i, j)) > 5*d+1e-12 {
					t.Errorf("%s: the gradient's covariance %d, %d is %v ± %v, want %v", c.loss.Name(), i, j, m, d, c.fisher(i, j))
				}
			}
		}
	}
}
