package loss

import "github.com/godescent/descent/graph"

// Poisson is the negative log likelihood of counts, from the logarithm z of the mean count λ
// that is expected: for a row's outputs z and counts t
//
//	E = Σ_k e^z_k − t_k·z_k
//
// without Σ ln t_k!, which no z changes. Its gradient is λ − t. It is PyTorch's PoissonNLLLoss, whose mean
// is over all elements. The targets need not be whole: with counts divided by one number, such as their mean, E is divided
// by it too, but for a constant, and its minimum is at λ divided by it.
type Poisson struct{ Reduction Reduction }

// NewPoisson is the mean over the rows.
func NewPoisson() *Poisson { return &Poisson{} }

// Name implements Loss.
func (*Poisson) Name() string { return "poisson" }

// Outputs implements Predictor.
func (*Poisson) Outputs(targets int) int { return targets }

// Predict implements Predictor: λ = e^z.
func (*Poisson) Predict(z graph.Value) (mean, deviation graph.Value) { return z.Exp(), graph.Value{} }

// Loss implements Loss.
func (l *Poisson) Loss(z, t graph.Value) graph.Value { return l.WeightedLoss(z, t, graph.Value{}) }

// WeightedLoss implements Weighted.
func (l *Poisson) WeightedLoss(z, t, weight graph.Value) graph.Value {
	t, ok := pair(l.Name(), z, t)
	if !ok {
		return graph.Value{}
	}
	return l.Reduction.reduce(weigh(l.Name(), z.Exp().Sub(t.Mul(z)), weight), rows(z.Shape()))
}
