package objective_test

import (
	"math"
	"strings"
	"testing"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/tensor"
)

func network(t *testing.T, l loss.Loss, layers ...nn.Layer) *objective.Network {
	t.Helper()
	net, err := objective.NewNetwork(nn.NewSequential(layers...), graph.Type{DType: tensor.Float64, Shape: tensor.Of(4, 3)}, l, tensor.Float64)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// feed declares an input and gives it numbers.
func feed(g *graph.Graph, feeds map[graph.Value]*tensor.Array, key string, a *tensor.Array) graph.Value {
	v := g.Input(key, a.DType(), a.Shape()...)
	feeds[v] = a
	return v
}

// Linear regression is a quadratic bowl: with A = [x 1] of 4 rows, E(w) is
// ½‖A·w − t‖²/4, its gradient Aᵀ(A·w − t)/4 and its Hessian AᵀA/4, all here in
// whole numbers of quarters.
func TestLinearRegressionIsAQuadratic(t *testing.T) {
	net := network(t, loss.NewSquaredError(), nn.NewLinear(1))
	x := []float64{1, 0, 2, -1, 1, 0, 3, 2, -2, 0, 1, 1}
	target, w := []float64{1, -2, 0, 3}, []float64{2, -1, 1, 3} // weight 3×1, bias
	var wantE float64
	wantG, wantH := make([]float64, 4), make([]float64, 16)
	for r := range 4 {
		row := append(append([]float64(nil), x[3*r:3*r+3]...), 1)
		d := -target[r]
		for i, a := range row {
			d += a * w[i]
		}
		wantE += d * d / 8
		for i, a := range row {
			wantG[i] += a * d / 4
			for j, b := range row {
				wantH[4*i+j] += a * b / 4
			}
		}
	}
	g, feeds := graph.New(), map[graph.Value]*tensor.Array{}
	batch := objective.Batch{X: feed(g, feeds, "x", tensor.From(x, 4, 3)), Y: feed(g, feeds, "y", tensor.From(target, 4))}
	o := net.On(batch)
	if o.Size() != 4 || o.DType() != tensor.Float64 {
		t.Errorf("size %d of %v, want 4 of float64", o.Size(), o.DType())
	}
	in := feed(g, feeds, "w", tensor.From(w, 4))
	e := o.Loss(in)
	grad, err := autodiff.Gradient(e, in)
	if err != nil {
		t.Fatal(err)
	}
	h, err := autodiff.Hessian(e, in)
	if err != nil {
		t.Fatal(err)
	}
	out, err := graph.Evaluate([]graph.Value{e, grad[0], h}, feeds, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]float64{{wantE}, wantG, wantH} {
		for j, v := range want {
			if math.Abs(out[i].At(j)-v) > 1e-14 {
				t.Errorf("derivative %d, element %d: %v, want %v", i, j, out[i].At(j), v)
			}
		}
	}
}

// A step that looks ahead builds the loss at two points: the masks are those of
// one draw, and the running means are those of the first point.
func TestTwoPointsOfOneStep(t *testing.T) {
	net := network(t, loss.NewCrossEntropy(), nn.NewLinear(8), nn.NewBatchNorm(), nn.NewDropout(0.5), nn.ReLU{}, nn.NewLinear(3))
	g, feeds := graph.New(), map[graph.Value]*tensor.Array{}
	w0, err := net.Plan.Weights.Initial(tensor.Float64, 1)
	if err != nil {
		t.Fatal(err)
	}
	s0, err := net.Plan.State.Initial(tensor.Float64, 1)
	if err != nil {
		t.Fatal(err)
	}
	b := objective.Batch{
		X:     feed(g, feeds, "x", tensor.From([]float64{1, 0, 2, -1, 1, 0, 3, 2, -2, 0, 1, 1}, 4, 3)),
		Y:     feed(g, feeds, "y", tensor.From([]int32{0, 2, 1, 1}, 4)),
		Train: true,
		Seed:  feed(g, feeds, "seed", tensor.From([]int64{1}).Reshape()),
		Tau:   feed(g, feeds, "tau", tensor.From([]float64{0}).Reshape()),
		State: feed(g, feeds, "state", s0),
	}
	w := feed(g, feeds, "w", w0)
	first := net.Build(b, w)
	ahead := net.Build(b, w.Scale(1.5))
	if g.Err() != nil {
		t.Fatal(g.Err())
	}
	if again := net.Build(b, w); again != first {
		t.Errorf("the same pass is built twice: %v, %v", first, again)
	}
	draws := map[int]bool{}
	for id, on := range graph.Ancestors(first.Loss, ahead.Loss) {
		if _, ok := g.At(id).Op().(graph.Random); ok && on {
			draws[id] = true
		}
	}
	if len(draws) != 1 {
		t.Errorf("%d draws at two points of one step, want 1", len(draws))
	}
	b.Train = false
	evaluated := net.Build(b, w)
	if evaluated.NextState != b.State {
		t.Error("evaluation changes the state")
	}
	if graph.Ancestors(evaluated.Loss)[b.Seed.ID()] {
		t.Error("evaluation draws")
	}
	out, err := graph.Evaluate([]graph.Value{first.Loss, ahead.Loss, first.NextState, ahead.NextState}, feeds, nil)
	if err != nil {
		t.Fatal(err)
	}
	if out[0].At(0) == out[1].At(0) || out[2].At(0) == out[3].At(0) {
		t.Errorf("two points give one loss %v or one mean %v", out[0].At(0), out[2].At(0))
	}
}

func TestMistakesAreNamed(t *testing.T) {
	typ := graph.Type{DType: tensor.Float64, Shape: tensor.Of(4, 3)}
	if _, err := objective.NewNetwork(nn.ReLU{}, typ, nil, tensor.Float64); err == nil {
		t.Error("no loss is accepted")
	}
	if _, err := objective.NewNetwork(nil, typ, loss.NewHuber(), tensor.Float64); err == nil {
		t.Error("no model is accepted")
	}
	net := network(t, loss.NewCrossEntropy(), nn.NewLinear(3))
	g := graph.New()
	w, x := g.Input("w", tensor.Float64, 12), g.Input("x", tensor.Float64, 4, 3)
	if b := net.Build(objective.Batch{X: x}, w); b.Loss.Valid() || g.Err() == nil || !strings.Contains(g.Err().Error(), "no Y") {
		t.Errorf("a batch without targets: %v", g.Err())
	}
	g = graph.New()
	w, x = g.Input("w", tensor.Float64, 12), g.Input("x", tensor.Float64, 4, 3)
	net.Build(objective.Batch{X: x, Y: g.Input("y", tensor.Int32, 5)}, w)
	if err := g.Err(); err == nil || !strings.Contains(err.Error(), `network_test.go:`) || !strings.Contains(err.Error(), `cross_entropy "loss": the logits are [4 3] and the target int32[5]`) {
		t.Errorf("a target of another batch: %v", err)
	}
}

func TestFuncIsAnObjective(t *testing.T) {
	var o objective.Objective = objective.Func{W: 2, Type: tensor.Float64, E: func(w graph.Value) graph.Value { return w.Square().SumAll() }}
	g := graph.New()
	w := g.Input("w", o.DType(), o.Size())
	out, err := graph.Evaluate([]graph.Value{o.Loss(w)}, map[graph.Value]*tensor.Array{w: tensor.From([]float64{3, 4}, 2)}, nil)
	if err != nil || out[0].At(0) != 25 {
		t.Errorf("%v, %v", out, err)
	}
}

// E is the mean of a term for each row of the output, and their sum is one term. A loss that is no likelihood has no targets
// to draw.
func TestTerms(t *testing.T) {
	x := graph.Type{DType: tensor.Float64, Shape: tensor.Of(4, 5, 2)}
	for _, c := range []struct {
		loss loss.Loss
		want int
	}{{loss.NewSquaredError(), 35}, {&loss.SquaredError{Reduction: loss.Sum}, 1}, {loss.NewHuber(), 35}} {
		net, err := objective.NewNetwork(nn.NewLinear(3), x, c.loss, tensor.Float64)
		if err != nil {
			t.Fatal(err)
		}
		if got := net.Terms(7); got != c.want {
			t.Errorf("%T: 7 examples of 5 rows are %d terms, want %d", c.loss, got, c.want)
		}
	}
	g := graph.New()
	net, err := objective.NewNetwork(nn.NewLinear(3), x, loss.NewHuber(), tensor.Float64)
	if err != nil {
		t.Fatal(err)
	}
	b := objective.Batch{X: g.Input("x", tensor.Float64, 4, 5, 2), Y: g.Input("y", tensor.Float64, 4, 5, 3), Train: true}
	net.Sampled(b, g.Input("w", tensor.Float64, net.Plan.Weights.Size()), nil)
	if err := g.Err(); err == nil || !strings.Contains(err.Error(), "huber: it is not known as the likelihood") {
		t.Errorf("%v", err)
	}
}
