package loss_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn/nntest"
	"github.com/godescent/descent/tensor"
)

// recorded is a case of testdata/losses.json, which testdata/record.py wrote:
// sums over the rows.
type recorded struct {
	Loss      string
	Output    [][]float64
	Target    json.RawMessage
	E         float64
	Gradient  [][]float64
	Smoothing float64
	Delta     float64
}

// make is the loss of the case with a reduction.
func (r recorded) make(t *testing.T, red loss.Reduction) loss.Loss {
	switch r.Loss {
	case "cross_entropy":
		return &loss.CrossEntropy{Smoothing: r.Smoothing, Reduction: red}
	case "binary_cross_entropy":
		return &loss.BinaryCrossEntropy{Reduction: red}
	case "squared_error":
		return &loss.SquaredError{Reduction: red}
	case "huber":
		return &loss.Huber{Delta: r.Delta, Reduction: red}
	case "absolute_error":
		return &loss.AbsoluteError{Reduction: red}
	case "poisson":
		return &loss.Poisson{Reduction: red}
	case "gaussian":
		return &loss.Gaussian{Reduction: red}
	}
	t.Fatalf("no loss %q", r.Loss)
	return nil
}

func flat(rows [][]float64) *tensor.Array {
	a := tensor.New(tensor.Float64, len(rows), len(rows[0]))
	for i, row := range rows {
		copy(tensor.Slice[float64](a)[i*len(row):], row)
	}
	return a
}

func TestLossesEqualTheRecord(t *testing.T) {
	b, err := os.ReadFile("testdata/losses.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []recorded
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	for i, r := range cases {
		z := flat(r.Output)
		target := tensor.New(tensor.Int32, len(r.Output))
		if err := json.Unmarshal(r.Target, new([]int32)); err == nil {
			labels := tensor.Slice[int32](target)
			if err := json.Unmarshal(r.Target, &labels); err != nil {
				t.Fatal(err)
			}
		} else {
			var rows [][]float64
			if err := json.Unmarshal(r.Target, &rows); err != nil {
				t.Fatal(err)
			}
			target = flat(rows)
		}
		for _, red := range []loss.Reduction{loss.Sum, loss.Mean} {
			by := 1.0
			if red == loss.Mean {
				by = float64(len(r.Output))
			}
			g := graph.New()
			out, want := g.Input("z", tensor.Float64, z.Shape()...), g.Input("t", target.DType(), target.Shape()...)
			e := r.make(t, red).Loss(out, want)
			d, err := autodiff.Gradient(e, out)
			if err != nil {
				t.Fatal(err)
			}
			got, err := graph.Evaluate([]graph.Value{e, d[0]}, map[graph.Value]*tensor.Array{out: z, want: target}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if v := got[0].At(0) * by; math.Abs(v-r.E) > 1e-13*math.Abs(r.E) {
				t.Errorf("case %d, %s, reduction %d: E = %v, want %v", i, r.Loss, red, v, r.E)
			}
			for j, want := range flat(r.Gradient).Float64s() {
				if v := got[1].At(j) * by; !(math.Abs(v-want) <= 1e-13*max(1, math.Abs(want))) {
					t.Errorf("case %d, %s, reduction %d: gradient %d is %v, want %v", i, r.Loss, red, j, v, want)
				}
			}
		}
	}
}

// setup is a loss with outputs and targets of its own kind.
type setup struct {
	name string
	loss func(t *rapid.T) loss.Loss
	// target fills t for a row; nil is classes.
	target func(rng *rand.Rand, row []float64)
}

func probabilities(rng *rand.Rand, row []float64) {
	sum := 0.0
	for i := range row {
		row[i] = rng.ExpFloat64()
		sum += row[i]
	}
	for i := range row {
		row[i] /= sum
	}
}

func setups() []setup {
	reduction := func(t *rapid.T) loss.Reduction {
		return rapid.SampledFrom([]loss.Reduction{loss.Mean, loss.Sum}).Draw(t, "reduction")
	}
	crossEntropy := func(t *rapid.T) loss.Loss {
		return &loss.CrossEntropy{Smoothing: rapid.SampledFrom([]float64{0, 0.1}).Draw(t, "smoothing"), Reduction: reduction(t)}
	}
	normal := func(rng *rand.Rand, row []float64) {
		for i := range row {
			row[i] = 2 * rng.NormFloat64()
		}
	}
	return []setup{
		{"cross entropy of classes", crossEntropy, nil},
		{"cross entropy of probabilities", crossEntropy, probabilities},
		{"binary cross entropy", func(t *rapid.T) loss.Loss { return &loss.BinaryCrossEntropy{Reduction: reduction(t)} }, func(rng *rand.Rand, row []float64) {
			for i := range row {
				row[i] = rng.Float64()
			}
		}},
		{"squared error", func(t *rapid.T) loss.Loss { return &loss.SquaredError{Reduction: reduction(t)} }, normal},
		// The second derivative jumps at |d| = δ, which a draw hits with probability 1e-5.
		{"huber", func(t *rapid.T) loss.Loss {
			return &loss.Huber{Delta: rapid.SampledFrom([]float64{0.5, 1, 3}).Draw(t, "delta"), Reduction: reduction(t)}
		}, normal},
		// A kink at y = t, with the same chance.
		{"absolute error", func(t *rapid.T) loss.Loss { return &loss.AbsoluteError{Reduction: reduction(t)} }, normal},
		{"poisson", func(t *rapid.T) loss.Loss { return &loss.Poisson{Reduction: reduction(t)} }, func(rng *rand.Rand, row []float64) {
			for i := range row {
				row[i] = float64(rng.IntN(5))
			}
		}},
		{"gaussian", func(t *rapid.T) loss.Loss { return &loss.Gaussian{Reduction: reduction(t)} }, normal},
	}
}

func TestDerivatives(t *testing.T) {
	for _, s := range setups() {
		t.Run(s.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				l := s.loss(t)
				rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "numbers"), 0))
				shape := nntest.Dims(t, rapid.IntRange(2, 3).Draw(t, "rank"))
				row, classes := tensor.Shape(shape[:len(shape)-1]), shape[len(shape)-1]
				g := graph.New()
				outputs := append(row.Clone(), loss.Outputs(l, classes))
				z := g.Input("z", tensor.Float64, outputs...)
				target := tensor.New(tensor.Int32, row...)
				for i := range row.Size() {
					target.SetAt(i, float64(rng.IntN(classes)))
				}
				if s.target != nil {
					target = tensor.New(tensor.Float64, shape...)
					for i := range row.Size() {
						s.target(rng, tensor.Slice[float64](target)[i*classes:(i+1)*classes])
					}
				}
				y := g.Input("t", target.DType(), target.Shape()...)
				at, dir := tensor.New(tensor.Float64, outputs...), tensor.New(tensor.Float64, outputs...)
				for i := range at.Size() {
					at.SetAt(i, 3*rng.NormFloat64())
					dir.SetAt(i, rng.NormFloat64())
				}
				e := l.Loss(z, y)
				if g.Err() != nil {
					t.Fatal(g.Err())
				}
				err := nntest.Derivatives(e, []graph.Value{z}, []*tensor.Array{at}, []*tensor.Array{dir}, map[graph.Value]*tensor.Array{y: target})
				if err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// A weight of 2 counts a target twice, for every loss of numbers.
func TestWeightedNumbers(t *testing.T) {
	for _, l := range []loss.Weighted{loss.NewSquaredError(), loss.NewHuber(), loss.NewAbsoluteError(), loss.NewPoisson(), loss.NewGaussian()} {
		g := graph.New()
		y, target, weight := g.Input("y", tensor.Float64, 2, 2), g.Input("t", tensor.Float64, 2, 1), g.Input("w", tensor.Float64, 2, 1)
		if l.Name() != "gaussian" {
			y = y.Slice(1, 0, 1)
		}
		twice := graph.Concat(0, y, y.Slice(0, 1, 2))
		targets := graph.Concat(0, target, target.Slice(0, 1, 2))
		out, err := graph.Evaluate([]graph.Value{l.WeightedLoss(y, target, weight), l.Loss(twice, targets)}, map[graph.Value]*tensor.Array{
			g.Input("y", tensor.Float64, 2, 2): tensor.From([]float64{0.5, 0.1, -1, 0.3}, 2, 2), target: tensor.From([]float64{2, 1}, 2, 1), weight: tensor.From([]float64{1, 2}, 2, 1),
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := out[0].At(0)*2, out[1].At(0)*3; math.Abs(got-want) > 1e-14 {
			t.Errorf("%s: %v, want %v", l.Name(), got, want)
		}
	}
}

// The gradient of cross entropy is softmax minus one-hot by a short graph: no
// more nodes reach it than these, forward included.
func TestCrossEntropyGradientIsShort(t *testing.T) {
	g := graph.New()
	z, y := g.Input("z", tensor.Float32, 128, 10), g.Input("t", tensor.Int32, 128)
	d, err := autodiff.Gradient(loss.NewCrossEntropy().Loss(z, y), z)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for id, on := range graph.Ancestors(d[0]) {
		if on && g.At(id).Size() == 1280 {
			n++
		}
	}
	// z, m spread, z − m, exp, classes spread, classes, equal, 0 spread, −1/B
	// spread, where, 1/BS spread, product, sum.
	if n > 14 {
		t.Errorf("%d values of the logits' size", n)
	}
}

// An output [B 1] and a target [B] are compared one by one, never each with each.
func TestColumnsAndVectors(t *testing.T) {
	g := graph.New()
	col, vec := g.Input("col", tensor.Float64, 3, 1), g.Input("vec", tensor.Float64, 3)
	feeds := map[graph.Value]*tensor.Array{col: tensor.From([]float64{1, 2, 4}, 3, 1), vec: tensor.From([]float64{0, 2, 1}, 3)}
	l := loss.NewSquaredError()
	out, err := graph.Evaluate([]graph.Value{l.Loss(col, vec), l.Loss(vec, col), l.Loss(vec, vec)}, feeds, nil)
	if err != nil {
		t.Fatal(err)
	}
	// ½(1 + 0 + 9)/3
	for i, want := range []float64{5.0 / 3, 5.0 / 3, 0} {
		if math.Abs(out[i].At(0)-want) > 1e-15 {
			t.Errorf("loss %d is %v, want %v", i, out[i].At(0), want)
		}
	}
}

// The mean is over rows: all positions of all examples, not all outputs.
func TestTheMeanIsOverRows(t *testing.T) {
	for _, l := range []struct{ mean, sum loss.Loss }{
		{&loss.CrossEntropy{}, &loss.CrossEntropy{Reduction: loss.Sum}},
		{&loss.BinaryCrossEntropy{}, &loss.BinaryCrossEntropy{Reduction: loss.Sum}},
		{&loss.SquaredError{}, &loss.SquaredError{Reduction: loss.Sum}},
		{&loss.Huber{Delta: 1}, &loss.Huber{Delta: 1, Reduction: loss.Sum}},
		{&loss.AbsoluteError{}, &loss.AbsoluteError{Reduction: loss.Sum}},
		{&loss.Poisson{}, &loss.Poisson{Reduction: loss.Sum}},
	} {
		g := graph.New()
		z, y := g.Full(0.25, tensor.Float64, 2, 3, 5), g.Full(0.5, tensor.Float64, 2, 3, 5)
		out, err := graph.Evaluate([]graph.Value{l.mean.Loss(z, y), l.sum.Loss(z, y)}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if r := out[1].At(0) / out[0].At(0); math.Abs(r-6) > 1e-13 {
			t.Errorf("%s: the sum is %v times the mean, want 6 = 2·3 rows", l.mean.Name(), r)
		}
	}
}

// A masked logit, −∞, takes no probability and spoils nothing.
func TestCrossEntropyOfMaskedLogits(t *testing.T) {
	g := graph.New()
	z, y := g.Input("z", tensor.Float64, 1, 3), g.Input("t", tensor.Int32, 1)
	e := loss.NewCrossEntropy().Loss(z, y)
	d, err := autodiff.Gradient(e, z)
	if err != nil {
		t.Fatal(err)
	}
	out, err := graph.Evaluate([]graph.Value{e, d[0]}, map[graph.Value]*tensor.Array{
		z: tensor.From([]float64{1, math.Inf(-1), 1}, 1, 3), y: tensor.From([]int32{2}, 1),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(out[0].At(0)-math.Ln2) > 1e-15 || fmt.Sprint(out[1].Float64s()) != "[0.5 0 -0.5]" {
		t.Errorf("E = %v, want ln 2; gradient %v, want [0.5 0 -0.5]", out[0].At(0), out[1].Float64s())
	}
}

func TestMistakesAreNamed(t *testing.T) {
	f := func(dims ...int) graph.Type { return graph.Type{DType: tensor.Float32, Shape: dims} }
	n := func(dims ...int) graph.Type { return graph.Type{DType: tensor.Int32, Shape: dims} }
	for _, c := range []struct {
		loss loss.Loss
		z, t graph.Type
		want string
	}{
		{loss.NewCrossEntropy(), f(4, 10), n(5), "the logits are [4 10] and the target int32[5]; classes want the shape [4]"},
		{loss.NewCrossEntropy(), f(4, 10), f(4), "a probability for each class, the logits' shape, or classes as whole numbers"},
		{loss.NewCrossEntropy(), f(4), n(4), "want floats [rows, classes]"},
		{loss.NewCrossEntropy(), n(4, 3), n(4), "the logits are int32[4 3]"},
		{&loss.CrossEntropy{Smoothing: 1}, f(4, 10), n(4), "smoothing is 1"},
		{loss.NewCrossEntropy(), f(0, 10), n(0), "the batch is empty"},
		{loss.NewSquaredError(), f(4, 3), f(4), "the output is [4 3] and the target [4]"},
		{loss.NewSquaredError(), f(4, 1), f(5), "the output is [4 1] and the target [5]"},
		{loss.NewBinaryCrossEntropy(), n(4, 1), f(4, 1), "the output is int32[4 1]"},
		{loss.NewGaussian(), f(4, 3), f(4, 1), "the output is [4 3]; it wants [rows, 2·K]"},
		{loss.NewGaussian(), f(4, 4), f(4, 4), "the output is [4 2] and the target [4 4]"},
		{&loss.Huber{}, f(4, 1), f(4, 1), "delta is 0; it wants a positive number: make it by loss.NewHuber()"},
	} {
		g := graph.New()
		y := c.loss.Loss(g.Input("z", c.z.DType, c.z.Shape...), g.Input("t", c.t.DType, c.t.Shape...))
		if err := g.Err(); y.Valid() || err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "loss_test.go:") {
			t.Errorf("%s: %v, want %q", c.loss.Name(), err, c.want)
		}
	}
	// A failed operand stays silent: its own mistake is the one to tell.
	for _, name := range loss.Names() {
		l, err := loss.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		if l.Loss(graph.Value{}, graph.Value{}).Valid() {
			t.Errorf("%s of failed values is a value", name)
		}
	}
	if _, err := loss.Named("crossentropy"); err == nil || !strings.Contains(err.Error(), `did you mean "cross_entropy"?`) {
		t.Errorf("a mistyped name: %v", err)
	}
}
