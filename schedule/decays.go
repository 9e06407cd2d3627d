package schedule

import "github.com/godescent/descent/graph"

// InverseSqrt is constant and then falls with the root of time, as T5 was
// trained (Raffel et al. 2020):
//
//	η = η0√(s/max(τ, s))
//
// Warmed up over s updates it is the Transformer's own schedule (Vaswani et al.
// 2017) but for the count starting again after the warm-up.
type InverseSqrt struct {
	Scale float64 `hyper:"scale" symbol:"s" range:"(0,inf) log" doc:"number of updates before the fall"`
}

// NewInverseSqrt is constant for a hundredth of the given number of updates.
func NewInverseSqrt(steps int) *InverseSqrt { return &InverseSqrt{Scale: float64(steps) / 100} }

// Rate implements Schedule.
func (s *InverseSqrt) Rate(g *graph.Graph, η0, τ graph.Value) graph.Value {
	return η0.Mul(g.Const(s.Scale).Div(τ.Max(g.Const(s.Scale))).Sqrt())
}

// InverseTime falls with time, as Keras's InverseTimeDecay:
//
//	η = η0/(1 + cτ/s)
type InverseTime struct {
	Scale float64 `hyper:"scale" symbol:"s" range:"(0,inf) log" doc:"number of updates"`
	Decay float64 `hyper:"decay" symbol:"c" range:"[0,inf) log" doc:"how far the rate has fallen after them: to 1/(1 + c)"`
}

// NewInverseTime falls to a tenth over the given number of updates.
func NewInverseTime(steps int) *InverseTime { return &InverseTime{Scale: float64(steps), Decay: 9} }

// Rate implements Schedule.
func (s *InverseTime) Rate(g *graph.Graph, η0, τ graph.Value) graph.Value {
	return η0.Div(τ.Div(g.Const(s.Scale)).Scale(s.Decay).Plus(1))
}

// Polynomial falls as a power of the time that is left:
//
//	η = η0(f + (1 − f)(1 − τ/K)^p) for τ < K, then f·η0
type Polynomial struct {
	Steps int     `hyper:"steps" symbol:"K" range:"[1,inf)" doc:"number of updates until the final rate"`
	Power float64 `hyper:"power" symbol:"p" range:"(0,inf)" doc:"the power; 1 is a straight line"`
	Final float64 `hyper:"final" symbol:"f" range:"[0,1]" doc:"final rate over the initial one"`
}

// NewPolynomial goes to 0 by a square over the given number of updates.
func NewPolynomial(steps int) *Polynomial { return &Polynomial{Steps: steps, Power: 2} }

// Rate implements Schedule.
func (s *Polynomial) Rate(g *graph.Graph, η0, τ graph.Value) graph.Value {
	left := share(g, τ, s.Steps).OneMinus().Pow(g.Const(s.Power))
	return η0.Mul(left.Scale(1 - s.Final).Plus(s.Final))
}

// Trapezoid stays and then falls in a straight line; warmed up it is the
// trapezoid, or warm-up stable decay (Hu et al. 2024, Hägele et al. 2024):
//
//	η = η0 for τ < K − dK, then to f·η0 at τ = K
type Trapezoid struct {
	Steps int     `hyper:"steps" symbol:"K" range:"[1,inf)" doc:"number of updates until the final rate"`
	Decay float64 `hyper:"decay" symbol:"d" range:"(0,1]" doc:"share of them in which the rate falls"`
	Final float64 `hyper:"final" symbol:"f" range:"[0,1]" doc:"final rate over the initial one"`
}

// NewTrapezoid falls to 0 in the last fifth of the given number of updates.
func NewTrapezoid(steps int) *Trapezoid { return &Trapezoid{Steps: steps, Decay: 0.2} }

// Rate implements Schedule.
func (s *Trapezoid) Rate(g *graph.Graph, η0, τ graph.Value) graph.Value {
	left := share(g, τ, s.Steps).OneMinus().Div(g.Const(s.Decay)).Min(g.Const(1))
	return η0.Mul(left.Scale(1 - s.Final).Plus(s.Final))
}
