package optim

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// Adam (Kingma and Ba 2015, Algorithm 1):
//
//	m ← β1·m + (1−β1)g     v ← β2·v + (1−β2)g²
//	m̂ = m/(1−β1ᵗ)          v̂ = v/(1−β2ᵗ)
//	Δw = −η m̂/(√v̂ + ε)
//
// ε is outside the root and beside the corrected √v̂, as in PyTorch and Optax.
// Form keras adds it to the uncorrected √v, which makes it 1/√(1−β2ᵗ) times as
// large, 32 times at first:
//
//	Δw = −η√(1−β2ᵗ)/(1−β1ᵗ) m/(√v + ε)
//
// A weight whose gradient was always zero stays, even with ε = 0.
type Adam struct {
	made
	Beta1 float64 `hyper:"beta1" symbol:"β1" range:"[0,1) log1m" doc:"memory of the mean gradient"`
	Beta2 float64 `hyper:"beta2" symbol:"β2" range:"[0,1) log1m" doc:"memory of the mean squared gradient"`
	Eps   float64 `hyper:"eps" symbol:"ε" range:"[0,inf) log" doc:"added to the root: gradients far below it move little"`
	Form  string  `hyper:"form" values:"lecture,keras" doc:"ε beside the corrected root (lecture, PyTorch, Optax), or the uncorrected one"`
}

// NewAdam has the paper's β1 = 0.9, β2 = 0.999, ε = 1e-8.
func NewAdam() *Adam { return &Adam{made{true}, 0.9, 0.999, 1e-8, "lecture"} }

// Update implements Rule.
func (r *Adam) Update(s *Step) graph.Value {
	η, t, g := s.Rate(), s.Tau(), s.Gradient()
	β1, β2, ε := s.Hyper(&r.Beta1), s.Hyper(&r.Beta2), s.Hyper(&r.Eps)
	m := unbias(s.Slot("m").Average(β1, g), β1, t)
	v := unbias(s.Slot("v").Average(β2, g.Square()), β2, t)
	if r.Form == "keras" {
		ε = ε.Div(β2.Pow(t).OneMinus().Sqrt())
	}
	return η.Neg().Mul(m).Div(s.rootPlus(v, ε))
}

// unbias is m/(1−βᵗ), the mean that a moving average started at zero stands
// for. The factor is a scalar, computed once a step in float64.
func unbias(m, β, t graph.Value) graph.Value {
	if !m.Valid() {
		return m
	}
	return m.Mul(m.Graph().Const(1).Div(β.Pow(t).OneMinus()))
}

// rootPlus is √v + ε, the denominator of the adaptive rules, with 0/0 taken as 0, see positive.
func (s *Step) rootPlus(v, ε graph.Value) graph.Value { return s.rootOf(v, ε, false) }

// rootOf is √v + ε, or √(v + ε) with ε inside.
func (s *Step) rootOf(v, ε graph.Value, inside bool) graph.Value {
	if inside {
		ε = s.positive(ε)
		return v.Add(ε).Sqrt()
	}
	return v.Sqrt().Add(s.positive(ε))
}

// positive is ε raised to the root of about the smallest number that w's type
// can hold, so that with ε = 0 a weight that never had a gradient stays where it
// is instead of becoming NaN. That is one scalar operation a step, and no usual
// ε is so small.
func (s *Step) positive(ε graph.Value) graph.Value {
	if !ε.Valid() {
		return ε
	}
	least := 0x1p-70 // float32's squares end at 2^−149
	if s.W().DType() == tensor.Float64 {
		least = 0x1p-530 // float64's at 2^−1074
	}
	return ε.Max(s.b.Graph.Const(least))
}
