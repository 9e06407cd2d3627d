package schedule

import (
	"math"

	"github.com/godescent/descent/graph"
)

// OneCycle rises by half a cosine to η0, its peak, and falls by another to
// almost nothing (Smith and Topin 2018), as PyTorch's OneCycleLR:
//
//	η from η0/d to η0 for τ < pK − 1, then to η0/(d·e) at τ = K − 1, and stays
type OneCycle struct {
	Steps int     `hyper:"steps" symbol:"K" range:"[1,inf)" doc:"number of updates"`
	Rise  float64 `hyper:"rise" symbol:"p" range:"[0,1)" doc:"share of them in which the rate rises"`
	Start float64 `hyper:"start_div" symbol:"d" range:"[1,inf) log" doc:"the peak over the first rate"`
	End   float64 `hyper:"end_div" symbol:"e" range:"[1,inf) log" doc:"the first rate over the last"`
}

// NewOneCycle has PyTorch's p = 0.3, d = 25, e = 10000.
func NewOneCycle(steps int) *OneCycle { return &OneCycle{Steps: steps, Rise: 0.3, Start: 25, End: 1e4} }

// Rate implements Schedule.
func (s *OneCycle) Rate(g *graph.Graph, η0, τ graph.Value) graph.Value {
	top, end := max(s.Rise*float64(s.Steps)-1, 0), float64(s.Steps)-1
	wave := func(from, to float64, share graph.Value) graph.Value {
		return share.Scale(math.Pi).Cos().Plus(1).Scale((from - to) / 2).Plus(to)
	}
	first, last := 1/s.Start, 1/s.Start/s.End
	down := wave(1, last, τ.Plus(-top).Div(g.Const(max(end-top, 1e-9))).Max(g.Const(0)).Min(g.Const(1)))
	if top == 0 {
		return η0.Mul(down)
	}
	up := wave(first, 1, τ.Div(g.Const(top)).Min(g.Const(1)))
	return η0.Mul(graph.Where(τ.Less(g.Const(top)), up, down))
}
