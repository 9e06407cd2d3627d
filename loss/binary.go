package loss

import "github.com/godescent/descent/graph"

// BinaryCrossEntropy is the negative log likelihood of independent yes-or-no
// answers, from logits z [..., K] or [B]:
//
//	E = Σ_k −t_k ln σ(z_k) − (1−t_k) ln(1−σ(z_k)) = Σ_k ln(1 + e^z_k) − t_k·z_k
//
// The target has z's shape, with 0, 1 or a probability. Its gradient is σ(z) − t.
//
// PyTorch's mean is over all elements, rows and answers; here it is over rows,
// so it equals K times theirs.
type BinaryCrossEntropy struct{ Reduction Reduction }

// NewBinaryCrossEntropy is the mean over the rows.
func NewBinaryCrossEntropy() *BinaryCrossEntropy { return &BinaryCrossEntropy{} }

// Name implements Loss.
func (*BinaryCrossEntropy) Name() string { return "binary_cross_entropy" }

// Loss implements Loss.
func (l *BinaryCrossEntropy) Loss(z, t graph.Value) graph.Value {
	return l.WeightedLoss(z, t, graph.Value{})
}

// SampledLoss implements Sampler: yes with the probability σ(z).
func (l *BinaryCrossEntropy) SampledLoss(z, weight graph.Value, draw Draw) graph.Value {
	if !z.Valid() {
		return z
	}
	return l.WeightedLoss(z, draw(graph.Uniform, z.Shape()...).Less(z.Sigmoid()), weight)
}

// WeightedLoss implements Weighted. ln(1 + e^z) is z + ln(1 + e^−z) for z > 0, which never overflows.
func (l *BinaryCrossEntropy) WeightedLoss(z, t, weight graph.Value) graph.Value {
	t, ok := pair(l.Name(), z, t)
	if !ok {
		return graph.Value{}
	}
	zero := z.Graph().Const(0)
	above := z.Greater(zero)
	softplus := graph.Where(above, z, zero).Add(graph.Where(above, z.Neg(), z).Exp().Log1p())
	return l.Reduction.reduce(weigh(l.Name(), softplus.Sub(t.Mul(z)), weight), rows(z.Shape()))
}
