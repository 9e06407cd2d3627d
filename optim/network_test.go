package optim_test

import (
	"math"
	"os"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/optim/optimtest"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

// recordedNetwork is testdata/network.json, see testdata/record/network.py.
type recordedNetwork struct {
	X       [][]float64
	Y       []int32
	Batches [][]int
	Start   []float64
}

func readNetwork(t testing.TB) (n recordedNetwork, layout *weights.Layout) {
	t.Helper()
	readJSON(t, "network.json", &n)
	layout = &weights.Layout{}
	for _, v := range []weights.View{
		{Name: "hidden.weight", Shape: tensor.Of(5, 4), Role: weights.Weight}, {Name: "hidden.bias", Shape: tensor.Of(4), Role: weights.Bias},
		{Name: "out.weight", Shape: tensor.Of(4, 3), Role: weights.Weight}, {Name: "out.bias", Shape: tensor.Of(3), Role: weights.Bias},
	} {
		if _, err := layout.Add(v); err != nil {
			t.Fatal(err)
		}
	}
	return n, layout
}

// error is E of a batch of 8: two layers, tanh between them, and cross-entropy.
func (n recordedNetwork) error(layout *weights.Layout) func(w graph.Value) graph.Value {
	return func(w graph.Value) graph.Value {
		g := w.Graph()
		x, y := g.Input("x", tensor.Float64, 8, 5), g.Input("y", tensor.Int32, 8)
		z := x.MatMul(layout.Of(w, "hidden.weight")).Add(layout.Of(w, "hidden.bias")).Tanh() // [8, 4]
		o := z.MatMul(layout.Of(w, "out.weight")).Add(layout.Of(w, "out.bias"))              // [8, 3]
		return o.Exp().Sum(1).Log().Sub(o.Mul(y.OneHot(3, tensor.Float64)).Sum(1)).MeanAll() // outputs are small
	}
}

func (n recordedNetwork) give(run *optimtest.Runner, update int) {
	var x []float64
	var y []int32
	for _, i := range n.Batches[update] {
		x, y = append(x, n.X[i]...), append(y, n.Y[i])
	}
	run.Give("x", tensor.From(x, len(y), len(x)/len(y)))
	run.Give("y", tensor.From(y, len(y)))
}

// Every rule agrees step for step with its paper's equations in plain Python on a
// small network with recorded batches, to 1e-10 of max(1, |w|): its layers are
// matrices and vectors, and its gradients noisy.
func TestNetwork(t *testing.T) {
	n, layout := readNetwork(t)
	files, err := os.ReadDir("testdata/network")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, file := range files {
		var cases []shelfCase
		readJSON(t, "network/"+file.Name(), &cases)
		for _, c := range cases {
			seen[c.Optimizer+" "+c.Form] = true
			run, err := optimtest.Problem{E: n.error(layout), DType: tensor.Float64, Start: n.Start, Layout: layout}.Runner(c.rule(t))
			if err != nil {
				t.Fatal(err)
			}
			for i, rate := range c.rates(t) {
				n.give(run, i)
				if err := run.Update(rate); err != nil {
					t.Fatal(err)
				}
				if (i+1)%c.Every != 0 {
					continue
				}
				want := c.Points[(i+1)/c.Every]
				size, d := 1.0, 0.0
				for j, x := range run.W() {
					size = max(size, math.Abs(want[j]))
					if e := math.Abs(x - want[j]); !(e <= d) {
						d = e
					}
				}
				if !(d <= 1e-10*size) {
					t.Errorf("%v: after %d updates w is %v away", c, i+1, d)
					break
				}
			}
		}
	}
	for _, e := range optim.Rules() {
		if inMatrixNet(e.Name) {
			continue // see TestMatrixTrajectories
		}
		for _, f := range append([]optim.Form{{}}, e.Forms...) {
			if !seen[e.Name+" "+f.Name] {
				t.Errorf("%s, form %q: no trajectory on the network is recorded", e.Name, f.Name)
			}
		}
	}
}
