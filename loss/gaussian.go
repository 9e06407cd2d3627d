package loss

import "github.com/godescent/descent/graph"

// Gaussian is the negative log likelihood of targets whose noise is normal with a variance that the
// network tells too: of a row's outputs the first K are means μ and the other K logarithms s of the
// variances, and for targets t [..., K]
//
//	E = ½ Σ_k s_k + (t_k − μ_k)²·e^−s_k
//
// without ½·K·ln 2π. With s = 0 it is [SquaredError]. PyTorch's GaussianNLLLoss takes the variances
// themselves, and its mean is over all elements.
//
// Nix, Weigend: Estimating the Mean and Variance of the Target Probability Distribution, 1994.
type Gaussian struct{ Reduction Reduction }

// NewGaussian is the mean over the rows.
func NewGaussian() *Gaussian { return &Gaussian{} }

// Name implements Loss.
func (*Gaussian) Name() string { return "gaussian" }

// Outputs implements Predictor.
func (*Gaussian) Outputs(targets int) int { return 2 * targets }

// Predict implements Predictor: μ, and the standard deviation e^(s/2).
func (*Gaussian) Predict(y graph.Value) (mean, deviation graph.Value) {
	k := y.Dim(-1) / 2
	return y.Slice(-1, 0, k), y.Slice(-1, k, 2*k).Scale(0.5).Exp()
}

// Loss implements Loss.
func (l *Gaussian) Loss(y, t graph.Value) graph.Value { return l.WeightedLoss(y, t, graph.Value{}) }

// SampledLoss implements Sampler: normal noise of variance e^s around μ.
func (l *Gaussian) SampledLoss(y, weight graph.Value, draw Draw) graph.Value {
	k := y.Dim(-1) / 2
	if k == 0 || y.Dim(-1)%2 != 0 {
		return l.WeightedLoss(y, y, weight) // which says what is wrong
	}
	μ, s := y.Slice(-1, 0, k), y.Slice(-1, k, 2*k)
	noise := s.Scale(0.5).Exp().Mul(draw(graph.Normal, μ.Shape()...))
	return l.WeightedLoss(y, μ.Add(noise).StopGradient(), weight)
}

// WeightedLoss implements Weighted.
func (l *Gaussian) WeightedLoss(y, t, weight graph.Value) graph.Value {
	if !y.Valid() || !t.Valid() {
		return graph.Value{}
	}
	k := y.Dim(-1) / 2
	if y.Rank() < 2 || k == 0 || y.Dim(-1)%2 != 0 {
		return y.Graph().Fail(l.Name(), "the output is %v; it wants [rows, 2·K], the means of K targets and the logarithms of their variances", y.Shape())
	}
	μ, s := y.Slice(-1, 0, k), y.Slice(-1, k, 2*k)
	t, ok := pair(l.Name(), μ, t)
	if !ok {
		return graph.Value{}
	}
	e := s.Add(t.Sub(μ).Square().Mul(s.Neg().Exp()))
	return l.Reduction.reduce(weigh(l.Name(), e, weight), rows(μ.Shape())).Scale(0.5)
}
