package loss

import "github.com/godescent/descent/graph"

// AbsoluteError is the sum of distances, the negative log likelihood of targets with
// Laplace's noise but for constants: for a row's outputs y and target t
//
//	E = Σ_k |y_k − t_k|
//
// Its gradient is sign(y − t), 0 where they are equal, so that outliers pull no more than others and
// the best constant y is a median. PyTorch's L1Loss is its mean over all elements.
type AbsoluteError struct{ Reduction Reduction }

// NewAbsoluteError is the mean over the rows.
func NewAbsoluteError() *AbsoluteError { return &AbsoluteError{} }

// Name implements Loss.
func (*AbsoluteError) Name() string { return "absolute_error" }

// Loss implements Loss.
func (l *AbsoluteError) Loss(y, t graph.Value) graph.Value {
	return l.WeightedLoss(y, t, graph.Value{})
}

// WeightedLoss implements Weighted.
func (l *AbsoluteError) WeightedLoss(y, t, weight graph.Value) graph.Value {
	t, ok := pair(l.Name(), y, t)
	if !ok {
		return graph.Value{}
	}
	return l.Reduction.reduce(weigh(l.Name(), y.Sub(t).Abs(), weight), rows(y.Shape()))
}
