package loss

import (
	"math"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// Correct is the number of rows whose largest output is the target's class, a
// rank-0 float64: sums of batches add up, and over the rows they are the
// accuracy. The target is as CrossEntropy's: classes [...] or probabilities
// [..., C], of which the largest counts. Of equal outputs the first counts.
func Correct(z, t graph.Value) graph.Value {
	if !z.Valid() || !t.Valid() {
		return graph.Value{}
	}
	if z.Rank() < 2 {
		return z.Graph().Fail("accuracy", "the output is %v; it wants [rows, classes]", z.Type())
	}
	if t.DType().IsFloat() {
		if !t.Shape().Equal(z.Shape()) {
			return z.Graph().Fail("accuracy", "the output is %v and the target %v; probabilities want the output's shape", z.Shape(), t.Type())
		}
		t = t.ArgMax()
	}
	if row := z.Shape()[:z.Rank()-1]; !t.Shape().Equal(row) {
		return z.Graph().Fail("accuracy", "the output is %v and the target %v; classes want the shape %v", z.Shape(), t.Type(), row)
	}
	// Compared as whole numbers, counted in float64: exact for any batch.
	return z.ArgMax().Equal(t.Cast(tensor.Int32)).Cast(tensor.Float64).SumAll()
}

// BinaryCorrect is the number of answers on the right side: a logit above 0
// where the target is above ½, a rank-0 float64.
func BinaryCorrect(z, t graph.Value) graph.Value {
	t, ok := pair("accuracy", z, t)
	if !ok {
		return graph.Value{}
	}
	g := z.Graph()
	return z.Greater(g.Const(0)).Equal(t.Greater(g.Const(0.5))).Cast(tensor.Float64).SumAll()
}

// Regression is what the fit of outputs y to targets t over many batches is
// made of. Each number adds up over batches.
type Regression struct {
	Squares   graph.Value // Σ (y − t)²
	Absolutes graph.Value // Σ |y − t|
	Targets   graph.Value // Σ t
	Target2   graph.Value // Σ t²
}

// Regress is the sums of a batch, rank-0 float64s over all rows and outputs.
func Regress(y, t graph.Value) Regression {
	t, ok := pair("regression", y, t)
	if !ok {
		return Regression{}
	}
	y, t = y.Cast(tensor.Float64), t.Cast(tensor.Float64)
	d := y.Sub(t)
	return Regression{d.Square().SumAll(), d.Abs().SumAll(), t.SumAll(), t.Square().SumAll()}
}

// R2 is the share of the targets' variance that the outputs explain, from the
// sums of n numbers:
//
//	R² = 1 − Σ(y − t)² / Σ(t − t̄)²
//
// It is NaN if the targets are all equal, as far as float64 sums can tell.
func R2(n int, squares, targets, target2 float64) float64 {
	spread := target2 - float64(targets*targets)/float64(n)
	if n == 0 || !(spread > 1e-14*target2) {
		return math.NaN()
	}
	return 1 - squares/spread
}
