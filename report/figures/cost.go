package figures

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/godescent/descent/curvature"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/report"
	"github.com/godescent/descent/tensor"
)

// matrix is A = I + vvᵀ/W in all its W² numbers.
func matrix(n int) []float64 {
	a := make([]float64, n*n)
	for i := range n {
		for j := range n {
			a[i*n+j] = math.Cos(float64(i)) * math.Cos(float64(j)) / float64(n)
		}
		a[i*n+i]++
	}
	return a
}

// dense is E = ½wᵀAw − Σw, whose Hessian is A.
func dense(n int) curvature.Source {
	a := tensor.From(matrix(n), n, n)
	return curvature.Source{Size: n, DType: tensor.Float64, Build: func(g *graph.Graph, _ int) (*curvature.Pass, error) {
		m := g.Input("a", tensor.Float64, n, n)
		return &curvature.Pass{Feeds: map[graph.Value]*tensor.Array{m: a}, E: func(w graph.Value) graph.Value {
			row := w.Reshape(1, n)
			return row.MatMul(m).Mul(row).SumAll().Scale(0.5).Sub(w.SumAll()) // [1, W]·[W, W] → [1, W]
		}}, nil
	}}
}

// cost times a gradient step and a Newton step on quadratics of growing size.
func cost(ctx context.Context, s *session) (*Picture, error) {
	first, second := report.Line{Name: "a step of gradient descent", Both: true}, report.Line{Name: "a step of Newton's method", Style: 1, Both: true}
	for _, n := range []int{64, 128, 256, 512, 1024} {
		p, err := curvature.New(dense(n), curvature.Machine{Threads: 1, Kernel: s.kernel})
		if err != nil {
			return nil, err
		}
		g, a, h := make([]float64, n), matrix(n), make([][]float64, n)
		for i := range h {
			h[i] = make([]float64, n)
		}
		gradient := func() error { _, err := p.Gradient(ctx, g); return err }
		newton := func() error {
			if err := gradient(); err != nil {
				return err
			}
			for i, row := range h {
				copy(row, a[i*n:])
			}
			return solve(h, g)
		}
		for _, c := range []struct {
			to   *report.Line
			step func() error
		}{{&first, gradient}, {&second, newton}} {
			seconds, err := fastest(c.step)
			if err != nil {
				p.Close()
				return nil, err
			}
			c.to.X, c.to.Y = append(c.to.X, float64(n)), append(c.to.Y, 1000*seconds)
		}
		p.Close()
	}
	k := len(first.X) - 1
	return &Picture{
		Timed:  true,
		Figure: &report.Figure{Title: "Time of a step on E = ½wᵀAw − Σw, A dense", Panels: []report.Panel{&report.Curves{X: "weights W", Y: "time of a step (ms)", LogX: true, LogY: true, Lines: []report.Line{first, second}}}},
		Text: fmt.Sprintf("The quadratic has W(W + 3)/2 numbers to be known. A gradient brings W of them at once for O(W²) work here; Newton's step solves W equations with the Hessian, O(W³), and to gather a Hessian that is not known takes W products of O(W²) each, as much again. "+
			"Measured, the time of a gradient grows as W^%.2f and that of Newton's step as W^%.2f; at W = %d they take %.3g ms and %.3g ms. (Larger matrices do not fit the caches, which adds to both powers.) "+
			"Newton's step ends in the minimum of a quadratic at once, and is out of reach for a network: at the pace of W = %d and O(W³), one step of a net with a million weights would take %.2g years, and its Hessian 8 TB.",
			slope(first.X, first.Y), slope(second.X, second.Y), int(first.X[k]), first.Y[k], second.Y[k], int(first.X[k]), second.Y[k]/1000*math.Pow(1e6/second.X[k], 3)/(365.25*24*3600)),
		Caption: "the fastest of several steps of each on one thread, in float64; Newton's with the Hessian A known, its equations by Cholesky's factorisation.",
	}, nil
}

// fastest is the least time of a few runs.
func fastest(step func() error) (float64, error) {
	best, began := math.Inf(1), time.Now()
	for i := 0; i < 3 || i < 200 && time.Since(began) < 200*time.Millisecond; i++ {
		t := time.Now()
		if err := step(); err != nil {
			return 0, err
		}
		best = math.Min(best, time.Since(t).Seconds())
	}
	return best, nil
}

// solve puts H⁻¹g into g by Cholesky's factorisation, in place.
func solve(h [][]float64, g []float64) error {
	n := len(g)
	for j := range n {
		for i := j; i < n; i++ {
			x := h[i][j]
			for k, l := range h[j][:j] {
				x -= h[i][k] * l
			}
			switch {
			case i > j:
				h[i][j] = x / h[j][j]
			case !(x > 0):
				return fmt.Errorf("the Hessian is not positive definite")
			default:
				h[j][j] = math.Sqrt(x)
			}
		}
	}
	for i := range n {
		for k := range i {
			g[i] -= h[i][k] * g[k]
		}
		g[i] /= h[i][i]
	}
	for i := n - 1; i >= 0; i-- {
		for k := i + 1; k < n; k++ {
			g[i] -= h[k][i] * g[k]
		}
		g[i] /= h[i][i]
	}
	return nil
}
