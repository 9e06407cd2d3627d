package schedule

import (
	"math"

	"github.com/godescent/descent/graph"
)

// CosineRestarts is a cosine that starts again, each period longer than the
// one before (Loshchilov and Hutter 2017, SGDR):
//
//	η = η0(f + (1 − f)(1 + cos(πx))/2)
//
// where period i is T·mⁱ long and x is the share of it that is over. It is
// PyTorch's CosineAnnealingWarmRestarts, for any m ≥ 1.
type CosineRestarts struct {
	Period float64 `hyper:"period" symbol:"T" range:"[1,inf) log" doc:"number of updates of the first period"`
	Growth float64 `hyper:"growth" symbol:"m" range:"[1,inf)" doc:"length of a period over that of the one before"`
	Final  float64 `hyper:"final" symbol:"f" range:"[0,1]" doc:"final rate of a period over the initial one"`
}

// NewCosineRestarts has three periods in the given number of updates, each twice
// as long as the one before, and goes to 0 in each.
func NewCosineRestarts(steps int) *CosineRestarts {
	return &CosineRestarts{Period: float64((steps + 6) / 7), Growth: 2}
}

// Rate implements Schedule.
func (s *CosineRestarts) Rate(g *graph.Graph, η0, τ graph.Value) graph.Value {
	T, m := g.Const(s.Period), s.Growth
	x := τ.Div(T)
	if m == 1 {
		x = x.Sub(x.Floor())
	} else {
		start := func(i graph.Value) graph.Value { // of period i
			return g.Const(m).Pow(i).Plus(-1).Scale(s.Period / (m - 1))
		}
		i := x.Scale(m - 1).Plus(1).Log().Scale(1 / math.Log(m)).Floor()
		// The logarithm may be a last bit off at a restart.
		i = i.Add(τ.GreaterEqual(start(i.Plus(1)))).Sub(τ.Less(start(i)))
		x = τ.Sub(start(i)).Div(T.Mul(g.Const(m).Pow(i)))
	}
	return η0.Mul(x.Scale(math.Pi).Cos().Plus(1).Scale((1 - s.Final) / 2).Plus(s.Final))
}
