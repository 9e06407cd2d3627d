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

// CountFit is what the fit of expected counts to counts over many batches is made of. Each number
// adds up over batches.
type CountFit struct {
	Deviance graph.Value // Σ t·ln(t/λ) − t + λ, half of the deviance
	Targets  graph.Value // Σ t
	TLogT    graph.Value // Σ t·ln t, where 0·ln 0 is 0
}

// FitCounts is the sums of a batch, rank-0 float64s over all rows and outputs, from the logarithms z of
// the expected counts λ, as [Poisson] has them.
func FitCounts(z, t graph.Value) CountFit {
	t, ok := pair("counts", z, t)
	if !ok {
		return CountFit{}
	}
	z, t = z.Cast(tensor.Float64), t.Cast(tensor.Float64)
	zero := t.Graph().Const(0)
	tlogt := graph.Where(t.Greater(zero), t.Mul(t.Log()), zero)
	return CountFit{tlogt.Sub(t.Mul(z)).Sub(t).Add(z.Exp()).SumAll(), t.SumAll(), tlogt.SumAll()}
}

// D2 is the share of the counts' deviance that the outputs explain, R² for counts, from the sums of n numbers:
//
//	D² = 1 − Σ(t·ln(t/λ) − t + λ) / Σ t·ln(t/t̄)
//
// (scikit-learn's d2_tweedie_score with power 1.) Dividing counts and λ by one number leaves it as it is. It is NaN if the
// counts are all equal, as far as float64 sums can tell.
func D2(n int, deviance, targets, tlogt float64) float64 {
	if n == 0 || !(targets > 0) {
		return math.NaN()
	}
	null := tlogt - float64(targets*math.Log(targets/float64(n)))
	if !(null > 1e-14*max(math.Abs(tlogt), targets)) {
		return math.NaN()
	}
	return 1 - deviance/null
}
