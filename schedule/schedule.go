package schedule

import (
	"math"

	"github.com/godescent/descent/graph"
)

// Schedule is a learning rate that moves. Rate is η(τ) for the initial rate η0
// and the number τ of updates made before this one, both rank-0 float64, as is
// the result. It is defined for every τ ≥ 0, also beyond the schedule's length.
type Schedule interface {
	Rate(g *graph.Graph, η0, τ graph.Value) graph.Value
}

// Constant is η = η0.
type Constant struct{}

// NewConstant has no parameters.
func NewConstant() *Constant { return &Constant{} }

// Rate implements Schedule.
func (*Constant) Rate(_ *graph.Graph, η0, _ graph.Value) graph.Value { return η0 }

// Linear falls, or rises, in a straight line to ηK = final·η0 and stays there:
//
//	η = (1 − τ/K)η0 + (τ/K)ηK for τ < K, then ηK
type Linear struct {
	Steps int     `hyper:"steps" symbol:"K" range:"[1,inf)" doc:"number of updates until the final rate"`
	Final float64 `hyper:"final" symbol:"ηK/η0" range:"[0,inf)" doc:"final rate over the initial one"`
}

// NewLinear goes to 0 over the given number of updates.
func NewLinear(steps int) *Linear { return &Linear{Steps: steps} }

// Rate implements Schedule.
func (s *Linear) Rate(g *graph.Graph, η0, τ graph.Value) graph.Value {
	done := share(g, τ, s.Steps)
	return done.OneMinus().Mul(η0).Add(done.Mul(η0.Scale(s.Final)))
}

// share is min(τ/K, 1), the part of a schedule that is over.
func share(g *graph.Graph, τ graph.Value, steps int) graph.Value {
	return τ.Div(g.Const(float64(steps))).Min(g.Const(1))
}

// Power falls by a power law:
//
//	η = η0(1 + τ/s)^c
type Power struct {
	Scale    float64 `hyper:"scale" symbol:"s" range:"(0,inf) log" doc:"number of updates after which the fall is noticed"`
	Exponent float64 `hyper:"exponent" symbol:"c" range:"(-inf,inf)" doc:"the power; negative to fall"`
}

// NewPower falls with the root of time, c = −1/2, to about a tenth over the
// given number of updates: s is a hundredth of them.
func NewPower(steps int) *Power { return &Power{Scale: float64(steps) / 100, Exponent: -0.5} }

// Rate implements Schedule.
func (s *Power) Rate(g *graph.Graph, η0, τ graph.Value) graph.Value {
	return η0.Mul(τ.Div(g.Const(s.Scale)).Plus(1).Pow(g.Const(s.Exponent)))
}

// Exponential falls by the same factor over equal times:
//
//	η = η0·c^(τ/s)
type Exponential struct {
	Factor float64 `hyper:"factor" symbol:"c" range:"(0,inf) log" doc:"what the rate is multiplied by over each scale"`
	Scale  float64 `hyper:"scale" symbol:"s" range:"(0,inf) log" doc:"number of updates"`
}

// NewExponential falls to a hundredth over the given number of updates.
func NewExponential(steps int) *Exponential {
	return &Exponential{Factor: 0.01, Scale: float64(steps)}
}

// Rate implements Schedule.
func (s *Exponential) Rate(g *graph.Graph, η0, τ graph.Value) graph.Value {
	return η0.Mul(g.Const(s.Factor).Pow(τ.Div(g.Const(s.Scale))))
}

// Step is multiplied by a factor after every so many updates:
//
//	η = η0·c^⌊τ/n⌋
type Step struct {
	Every  int     `hyper:"every" symbol:"n" range:"[1,inf)" doc:"number of updates between two drops"`
	Factor float64 `hyper:"factor" symbol:"c" range:"(0,inf) log" doc:"what the rate is multiplied by at a drop"`
}

// NewStep drops to a tenth after each third of the given number of updates.
func NewStep(steps int) *Step { return &Step{Every: (steps + 2) / 3, Factor: 0.1} }

// Rate implements Schedule.
func (s *Step) Rate(g *graph.Graph, η0, τ graph.Value) graph.Value {
	drops := τ.Div(g.Const(float64(s.Every))).Floor() // exact at the multiples of n
	return η0.Mul(g.Const(s.Factor).Pow(drops))
}

// Cosine falls by half a period of a cosine and stays at its end:
//
//	η = η0(f + (1 − f)(1 + cos(πτ/K))/2) for τ < K, then f·η0
type Cosine struct {
	Steps int     `hyper:"steps" symbol:"K" range:"[1,inf)" doc:"number of updates until the final rate"`
	Final float64 `hyper:"final" symbol:"f" range:"[0,1]" doc:"final rate over the initial one"`
}

// NewCosine goes to 0 over the given number of updates.
func NewCosine(steps int) *Cosine { return &Cosine{Steps: steps} }

// Rate implements Schedule.
func (s *Cosine) Rate(g *graph.Graph, η0, τ graph.Value) graph.Value {
	wave := share(g, τ, s.Steps).Scale(math.Pi).Cos().Plus(1).Scale(0.5)
	return η0.Mul(wave.Scale(1 - s.Final).Plus(s.Final))
}

// Warmup rises in a straight line to another schedule's first rate, and then
// follows that schedule from its beginning:
//
//	η = (f + (1 − f)τ/n)·then(0) for τ < n, then(τ − n) from there
//
// With the default f = 0, the first update has rate 0, as in Optax and
// Transformers, so curves compare update for update: it leaves w (but fills an
// optimizer's averages), and the full rate is first used at τ = n. Those who want
// no such update set f, as PyTorch's LinearLR does, say to 1/n.
type Warmup struct {
	Steps int     `hyper:"warmup" symbol:"n" range:"[0,inf)" doc:"number of updates over which the rate rises first"`
	From  float64 `hyper:"warmup_from" symbol:"f" range:"[0,1]" doc:"share of the rate at which that starts; at 0 the first update does nothing"`
	Then  Schedule
}

// NewWarmup rises from 0 over n updates.
func NewWarmup(n int, then Schedule) *Warmup { return &Warmup{Steps: n, Then: then} }

// Rate implements Schedule.
func (s *Warmup) Rate(g *graph.Graph, η0, τ graph.Value) graph.Value {
	if s.Steps == 0 {
		return s.Then.Rate(g, η0, τ)
	}
	rise := share(g, τ, s.Steps).Scale(1 - s.From).Plus(s.From)
	after := τ.Plus(-float64(s.Steps)).Max(g.Const(0))
	return rise.Mul(s.Then.Rate(g, η0, after))
}
