package loss

import (
	"fmt"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/suggest"
	"github.com/godescent/descent/tensor"
)

// Loss is an error function of a network's output and the targets.
type Loss interface {
	// Name is the loss's name in specifications and errors.
	Name() string
	// Loss is E, rank 0. A mistake sticks to the graph and gives a failed Value.
	Loss(output, target graph.Value) graph.Value
}

// Weighted is a Loss whose targets can count for more or less than one each.
type Weighted interface {
	Loss
	// WeightedLoss is Loss with the error of each target times its weight, floats of
	// the shape of classes [...], or of the targets if they are numbers. The mean is
	// still over the number of rows: weights with the mean 1 leave E its size.
	WeightedLoss(output, target, weight graph.Value) graph.Value
}

// Draw gives random numbers of the output's type.
type Draw func(d graph.Distribution, dims ...int) graph.Value

// Sampler is a Loss that is the negative log likelihood, up to a constant, of targets whose
// distribution the output tells.
type Sampler interface {
	Loss
	// SampledLoss is E, without smoothing, of targets drawn from that distribution, which derivatives take
	// as constants. The covariance of its gradient is the Fisher matrix. Weight is that of each target's error, the
	// zero Value 1 for all.
	SampledLoss(output, weight graph.Value, draw Draw) graph.Value
}

// weigh is errors times their weights; an invalid weight is 1.
func weigh(name string, e, weight graph.Value) graph.Value {
	if !e.Valid() || !weight.Valid() {
		return e
	}
	if !weight.DType().IsFloat() || !weight.Shape().Equal(e.Shape()) {
		return e.Graph().Fail(name, "the weights are %v; they want floats, one for each target: %v", weight.Type(), e.Shape())
	}
	return e.Mul(weight.Cast(e.DType()))
}

// Reduction is how the rows' errors become one.
type Reduction uint8

// The reductions.
const (
	Mean Reduction = iota // over the rows
	Sum
)

// Adds reports whether a loss of this package adds its rows up instead of taking their mean.
func Adds(l Loss) bool {
	switch l := l.(type) {
	case *CrossEntropy:
		return l.Reduction == Sum
	case *BinaryCrossEntropy:
		return l.Reduction == Sum
	case *SquaredError:
		return l.Reduction == Sum
	case *Huber:
		return l.Reduction == Sum
	case *AbsoluteError:
		return l.Reduction == Sum
	case *Poisson:
		return l.Reduction == Sum
	case *Gaussian:
		return l.Reduction == Sum
	}
	return false
}

// reduce joins errors of any shape, those of rows rows.
func (r Reduction) reduce(e graph.Value, rows int) graph.Value {
	if !e.Valid() {
		return e
	}
	if r == Sum {
		return e.SumAll()
	}
	if rows == 0 {
		return e.Graph().Fail("loss", "the batch is empty, and no rows have no mean")
	}
	return e.SumAll().Scale(1 / float64(rows))
}

// Names are the names that Named knows.
func Names() []string {
	var names []string
	for _, l := range all() {
		names = append(names, l.Name())
	}
	return names
}

// Named is a loss by its name, as its constructor makes it.
func Named(name string) (Loss, error) {
	for _, l := range all() {
		if l.Name() == name {
			return l, nil
		}
	}
	return nil, fmt.Errorf("no loss %q; %s", name, suggest.Hint(name, Names()))
}

// all is a fresh one of each loss.
func all() []Loss {
	return []Loss{NewCrossEntropy(), NewBinaryCrossEntropy(), NewSquaredError(), NewHuber(), NewAbsoluteError(), NewPoisson(), NewGaussian()}
}

// rows is the number of an output's rows: all but the last axis, which a
// vector [B] has not.
func rows(s tensor.Shape) int {
	if s.Rank() < 2 {
		return s.Size()
	}
	return s[:s.Rank()-1].Size()
}

// pair checks float outputs against targets and gives the targets their type
// and shape. [B] and [B 1] are the same numbers, so either fits the other;
// nothing else is broadcast: [B 1] against [B] would silently compare every
// output with every target.
func pair(name string, y, t graph.Value) (target graph.Value, ok bool) {
	if !y.Valid() || !t.Valid() {
		return t, false
	}
	g := y.Graph()
	if !y.DType().IsFloat() || y.Rank() == 0 {
		g.Fail(name, "the output is %v; it wants floats with a batch axis", y.Type())
		return t, false
	}
	a, b := y.Shape(), t.Shape()
	column := len(a) == 2 && len(b) == 1 && a[1] == 1 || len(b) == 2 && len(a) == 1 && b[1] == 1
	if !a.Equal(b) && !(column && a[0] == b[0]) {
		g.Fail(name, "the output is %v and the target %v; a target wants the output's shape", a, b)
		return t, false
	}
	t = t.Cast(y.DType()).Reshape(a...)
	return t, t.Valid()
}
