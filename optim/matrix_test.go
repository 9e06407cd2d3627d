package optim_test

import (
	"math"
	"os"
	"strings"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/optim/optimtest"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

// matrixNet is the network of testdata/record/matrix.py: E = ½·mean((tanh(XA + b)B − Y)²).
func matrixNet(t testing.TB) (e func(graph.Value) graph.Value, l *weights.Layout, start []float64) {
	t.Helper()
	p := matrixProblem(t)
	return p.E, p.Layout, p.Start
}

// matrixProblem is the network with its likelihood: 18 targets with noise of variance 1.
func matrixProblem(t testing.TB) optimtest.Problem {
	t.Helper()
	l := &weights.Layout{}
	var start []float64
	for _, v := range []weights.View{
		{Name: "a.weight", Shape: tensor.Of(3, 4), Role: weights.Weight},
		{Name: "a.bias", Shape: tensor.Of(4), Role: weights.Bias},
		{Name: "b.weight", Shape: tensor.Of(4, 3), Role: weights.Weight},
	} {
		if _, err := l.Add(v); err != nil {
			t.Fatal(err)
		}
	}
	table := func(m, n int, f func(i, j float64) float64) (out []float64) {
		for i := range m {
			for j := range n {
				out = append(out, f(float64(i), float64(j)))
			}
		}
		return out
	}
	x := table(6, 3, func(i, j float64) float64 { return math.Sin(1+2*i+3*j) + 0.5*math.Cos(5*i*j) })
	y := table(6, 3, func(i, j float64) float64 { return math.Cos(i-2*j) + 0.3*math.Sin(2*i*j) })
	start = append(start, table(3, 4, func(i, j float64) float64 { return 0.5 * math.Sin(1.7*i+0.9*j) })...)
	start = append(start, table(1, 4, func(_, j float64) float64 { return 0.1 * math.Cos(j) })...)
	start = append(start, table(4, 3, func(i, j float64) float64 { return 0.6 * math.Cos(0.8*i+2.1*j) })...)
	constant := func(w graph.Value, v []float64, m, n int) graph.Value {
		var all []graph.Value
		for _, c := range v {
			all = append(all, w.Graph().Full(c, w.DType(), 1))
		}
		return graph.Concat(0, all...).Reshape(m, n)
	}
	answer := func(w graph.Value) graph.Value {
		h := constant(w, x, 6, 3).MatMul(l.Of(w, "a.weight")).Add(l.Of(w, "a.bias")).Tanh()
		return h.MatMul(l.Of(w, "b.weight"))
	}
	return optimtest.Problem{
		DType: tensor.Float64, Start: start, Layout: l,
		E: func(w graph.Value) graph.Value {
			return answer(w).Sub(constant(w, y, 6, 3)).Square().MeanAll().Scale(0.5)
		},
		Likelihood: optim.Likelihood{Terms: 18, Sampled: func(w graph.Value, draw func(graph.Distribution, ...int) graph.Value) graph.Value {
			z := answer(w)
			return z.Sub(z.Add(draw(graph.Normal, 6, 3)).StopGradient()).Square().MeanAll().Scale(0.5)
		}},
	}
}

// matrixRates are those of record_matrix.py.
func matrixRates(lr float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = lr * (1 + 0.5*math.Sin(float64(i)))
	}
	return out
}

// Rules for matrices and by curvature agree step for step with NumPy's transcription of their papers, testdata/record/matrix.py,
// to 1e-9 of max(1, |w|).
func TestMatrixTrajectories(t *testing.T) {
	recorded := map[string]bool{}
	files, err := os.ReadDir("testdata/matrix")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(f.Name(), ".json")
		recorded[name] = true
		t.Run(name, func(t *testing.T) {
			var cases []struct {
				Optimizer string
				Points    [][]float64
			}
			readJSON(t, "matrix/"+f.Name(), &cases)
			for _, c := range cases {
				rule, lr, err := optim.Parse(c.Optimizer)
				if err != nil {
					t.Fatal(err)
				}
				run, err := matrixProblem(t).Runner(rule)
				if err != nil {
					t.Fatal(err)
				}
				points, err := run.Run(matrixRates(lr, 100)...)
				if err != nil {
					t.Fatal(err)
				}
				for i, want := range c.Points {
					if d := distance(points[10*i], want); !(d <= 1e-9) {
						t.Errorf("%s: after %d updates w is %v away", c.Optimizer, 10*i, d)
						break
					}
				}
			}
		})
	}
	for _, e := range optim.Rules() {
		if e.Matrix && !recorded[e.Name] {
			t.Errorf("%s: no trajectory is recorded", e.Name)
		}
	}
}

// inMatrixNet reports whether a rule is recorded on the network of two matrices.
func inMatrixNet(name string) bool {
	_, err := os.Stat("testdata/matrix/" + name + ".json")
	return err == nil
}

// distance is the largest difference of two points, relative to max(1, |w|).
func distance(a, b []float64) float64 {
	d := 0.0
	for i, x := range a {
		if e := math.Abs(x-b[i]) / max(1, math.Abs(b[i])); e > d || math.IsNaN(e) {
			d = e
		}
	}
	return d
}
