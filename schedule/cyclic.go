package schedule

import "github.com/godescent/descent/graph"

// Cyclic rises and falls in straight lines between f·η0 and its peak η0 (Smith
// 2017), half a cycle in n updates, as PyTorch's CyclicLR; c = 1 is its
// triangular, c = 1/2 its triangular2:
//
//	i = ⌊τ/2n⌋     x = |τ/n − 2i − 1|     η = η0(f + (1 − f)(1 − x)cⁱ)
type Cyclic struct {
	Half   int     `hyper:"half" symbol:"n" range:"[1,inf)" doc:"number of updates in which the rate rises, and in which it falls"`
	Low    float64 `hyper:"low" symbol:"f" range:"[0,1]" doc:"lowest rate over the highest"`
	Shrink float64 `hyper:"shrink" symbol:"c" range:"(0,1]" doc:"height of a cycle over that of the one before"`
}

// NewCyclic has four equal cycles in the given number of updates, from η0/10.
func NewCyclic(steps int) *Cyclic { return &Cyclic{Half: (steps + 7) / 8, Low: 0.1, Shrink: 1} }

// Rate implements Schedule.
func (s *Cyclic) Rate(g *graph.Graph, η0, τ graph.Value) graph.Value {
	n := g.Const(float64(s.Half))
	i := τ.Div(n.Scale(2)).Floor()
	x := τ.Div(n).Sub(i.Scale(2)).Plus(-1).Abs()
	height := x.OneMinus().Mul(g.Const(s.Shrink).Pow(i))
	return η0.Mul(height.Scale(1 - s.Low).Plus(s.Low))
}
