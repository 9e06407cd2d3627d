package loss

import (
	"math"

	"github.com/godescent/descent/graph"
)

// Huber is the squared error near the target and linear far from it, so that
// outliers pull with a bounded force: for d = y − t,
//
//	E = Σ_k ½d²  where |d| ≤ δ,  δ·(|d| − δ/2)  elsewhere
//
// Huber: Robust Estimation of a Location Parameter, 1964. PyTorch's HuberLoss
// is its mean over all elements, rows and outputs.
type Huber struct {
	Delta     float64 // δ > 0
	Reduction Reduction
}

// NewHuber is the mean over the rows, with δ = 1.
func NewHuber() *Huber { return &Huber{Delta: 1} }

// Name implements Loss.
func (*Huber) Name() string { return "huber" }

// Loss implements Loss.
func (l *Huber) Loss(y, t graph.Value) graph.Value { return l.WeightedLoss(y, t, graph.Value{}) }

// WeightedLoss implements Weighted.
func (l *Huber) WeightedLoss(y, t, weight graph.Value) graph.Value {
	t, ok := pair(l.Name(), y, t)
	if !ok {
		return graph.Value{}
	}
	g := y.Graph()
	if !(l.Delta > 0) || math.IsInf(l.Delta, 0) {
		return g.Fail(l.Name(), "its delta is %v; it wants a positive number: make it by loss.NewHuber()", l.Delta)
	}
	d, δ := y.Sub(t), g.Const(l.Delta)
	size := d.Abs()
	e := graph.Where(size.LessEqual(δ), d.Square().Scale(0.5), size.Plus(-l.Delta/2).Mul(δ))
	return l.Reduction.reduce(weigh(l.Name(), e, weight), rows(y.Shape()))
}
