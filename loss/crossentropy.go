package loss

import (
	"github.com/godescent/descent/graph"
)

// CrossEntropy is the negative log likelihood of classes, from logits z [..., C]:
//
//	E = −Σ_c t_c ln p_c = Σ_c t_c·(ln Σ_j e^z_j − z_c),   p = softmax(z)
//
// The target is the class of each row, whole numbers [...] from 0 to C−1, or a
// probability for each class [..., C]; probabilities that add up to another
// number than 1 weight their row by it. The gradient is p − t over the rows.
//
// With Smoothing ε the target is (1−ε)·t + ε/C (Szegedy et al. 2016).
//
// The loss does not look at the classes: a number outside 0 to C−1 counts as
// no class at all, and should be refused where the data is read.
type CrossEntropy struct {
	Smoothing float64 // ε in [0, 1)
	Reduction Reduction
}

// NewCrossEntropy is the mean over the rows, without smoothing.
func NewCrossEntropy() *CrossEntropy { return &CrossEntropy{} }

// Name implements Loss.
func (*CrossEntropy) Name() string { return "cross_entropy" }

// Loss implements Loss.
func (l *CrossEntropy) Loss(z, t graph.Value) graph.Value { return l.WeightedLoss(z, t, graph.Value{}) }

// WeightedLoss implements Weighted. The largest logit m is subtracted first, so that no
// exponential overflows; it leaves E and all its derivatives as they are, so
// it is a constant to them.
func (l *CrossEntropy) WeightedLoss(z, t, weight graph.Value) graph.Value {
	if !z.Valid() || !t.Valid() {
		return graph.Value{}
	}
	g := z.Graph()
	switch {
	case !(l.Smoothing >= 0 && l.Smoothing < 1):
		return g.Fail(l.Name(), "its smoothing is %v; it wants a number from 0 to below 1", l.Smoothing)
	case !z.DType().IsFloat() || z.Rank() < 2 || z.Dim(-1) == 0:
		return g.Fail(l.Name(), "the logits are %v; they want floats [rows, classes]", z.Type())
	}
	row, classes := z.Shape()[:z.Rank()-1], z.Dim(-1)
	if t.DType().IsFloat() && !t.Shape().Equal(z.Shape()) {
		return g.Fail(l.Name(), "the logits are %v and the target %v; it wants a probability for each class, the logits' shape, or classes as whole numbers (Cast) of shape %v", z.Shape(), t.Type(), row)
	}
	if !t.DType().IsFloat() && !t.Shape().Equal(row) {
		return g.Fail(l.Name(), "the logits are %v and the target %v; classes want the shape %v", z.Shape(), t.Type(), row)
	}
	ε := l.Smoothing
	s := z.Sub(along(z.MaxOver(-1)).StopGradient()) // z − m
	lse := s.Exp().Sum(-1).Log()                    // [..., C] → [...]
	var e graph.Value
	if t.DType().IsFloat() {
		t = t.Cast(z.DType())
		if ε > 0 {
			t = t.Scale(1 - ε).Plus(ε / float64(classes))
		}
		e = t.Sum(-1).Mul(lse).Sub(t.Mul(s).Sum(-1))
	} else {
		// A choice, not a product: a logit of −∞ that is not the target counts 0.
		picked := graph.Where(t.OneHot(classes, z.DType()), s, g.Const(0)).Sum(-1)
		if ε > 0 {
			picked = picked.Scale(1 - ε).Add(s.Sum(-1).Scale(ε / float64(classes)))
		}
		e = lse.Sub(picked)
	}
	return l.Reduction.reduce(weigh(l.Name(), e, weight), row.Size())
}

// SampledLoss implements Sampler: a class is the largest logit with noise −ln(−ln u) added, u being uniform
// (Gumbel 1954), which has the probabilities softmax(z).
func (l *CrossEntropy) SampledLoss(z, weight graph.Value, draw Draw) graph.Value {
	if !z.Valid() {
		return z
	}
	noise := draw(graph.Uniform, z.Shape()...).Log().Neg().Log().Neg()
	plain := &CrossEntropy{Reduction: l.Reduction}
	return plain.WeightedLoss(z, z.Add(noise).ArgMax(), weight)
}

// along gives a reduced last axis back, with length 1.
func along(v graph.Value) graph.Value {
	return v.Reshape(append(v.Shape().Clone(), 1)...)
}
