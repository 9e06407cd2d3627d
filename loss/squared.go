package loss

import "github.com/godescent/descent/graph"

// SquaredError is the lecture's sum of squares, the negative log likelihood of
// targets with normal noise: for a row's outputs y and target t
//
//	E = ½ Σ_k (y_k − t_k)²
//
// Its gradient is y − t. PyTorch's MSELoss is the mean over all elements without
// the ½: for K outputs it is 2/K times this mean.
type SquaredError struct{ Reduction Reduction }

// NewSquaredError is the mean over the rows.
func NewSquaredError() *SquaredError { return &SquaredError{} }

// Name implements Loss.
func (*SquaredError) Name() string { return "squared_error" }

// Loss implements Loss.
func (l *SquaredError) Loss(y, t graph.Value) graph.Value { return l.WeightedLoss(y, t, graph.Value{}) }

// SampledLoss implements Sampler: normal noise of variance 1 around y.
func (l *SquaredError) SampledLoss(y, weight graph.Value, draw Draw) graph.Value {
	if !y.Valid() {
		return y
	}
	return l.WeightedLoss(y, y.Add(draw(graph.Normal, y.Shape()...)).StopGradient(), weight)
}

// WeightedLoss implements Weighted.
func (l *SquaredError) WeightedLoss(y, t, weight graph.Value) graph.Value {
	t, ok := pair(l.Name(), y, t)
	if !ok {
		return graph.Value{}
	}
	return l.Reduction.reduce(weigh(l.Name(), y.Sub(t).Square(), weight), rows(y.Shape())).Scale(0.5)
}
