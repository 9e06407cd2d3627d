package optim

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// StableAdamW (Wortsman et al. 2023, Algorithm 2) is AdamW whose rate falls for a
// layer where v lags behind the squared gradient, as Adafactor's clipping does:
//
//	m̂, v̂ as in adam     h = η/max(1, √mean(g²/max(v̂, ε²))) per layer
//	Δw = −h (m̂/(√v̂ + ε) + λw)
type StableAdamW struct {
	made
	Beta1  float64 `hyper:"beta1" symbol:"β1" range:"[0,1) log1m" doc:"memory of the mean gradient"`
	Beta2  float64 `hyper:"beta2" symbol:"β2" range:"[0,1) log1m" doc:"memory of the mean squared gradient"`
	Eps    float64 `hyper:"eps" symbol:"ε" range:"[0,inf) log" doc:"added to the root"`
	Lambda float64 `hyper:"weight_decay" symbol:"λ" range:"[0,inf) log" doc:"share of w that is subtracted at rate h"`
}

// NewStableAdamW has the paper's β1 = 0.9, β2 = 0.99, ε = 1e-8, and λ = 0.01.
func NewStableAdamW() *StableAdamW { return &StableAdamW{made{true}, 0.9, 0.99, 1e-8, 0.01} }

// Update implements Rule.
func (r *StableAdamW) Update(s *Step) graph.Value {
	t, g, one := s.Tau(), s.Gradient(), s.Graph().Const(1)
	β1, β2, ε := s.Hyper(&r.Beta1), s.Hyper(&r.Beta2), s.Hyper(&r.Eps)
	m := unbias(s.Slot("m").Average(β1, g), β1, t)
	v := unbias(s.Slot("v").Average(β2, g.Square()), β2, t)
	d := m.Div(s.rootPlus(v, ε)).Add(s.Hyper(&r.Lambda).Mul(s.W()))
	lag := s.layerMean(g.Square().Div(v.Max(s.positive(ε).Square())))
	return s.perLayer(d, s.Rate().Neg().Div(lag.Sqrt().Max(one)))
}

// layerMean is the mean of each layer's numbers: [W] → [layers].
func (s *Step) layerMean(v graph.Value) graph.Value {
	if !v.Valid() {
		return v
	}
	layers := s.layers()
	var shares []graph.Value
	for _, n := range layers.Lengths() {
		shares = append(shares, s.Graph().Full(1/float64(max(n, 1)), tensor.Float64, 1))
	}
	return v.SegmentSum(layers).Mul(graph.Concat(0, shares...).Cast(v.DType()))
}

func stableAdamWEntry() Entry {
	return Entry{
		Name: "stable_adamw", New: func() Rule { return NewStableAdamW() }, DefaultLR: 0.002,
		Equation:  "m̂, v̂ as in adam, h = η/max(1, √mean(g²/max(v̂, ε²))) per layer, Δw = −h (m̂/(√v̂ + ε) + λw)",
		Latex:     `h = \frac{\eta}{\max\left(1, \sqrt{\operatorname{mean}(g^2/\max(\hat v, \varepsilon^2))}\right)} \text{ per layer}, \quad \Delta w = -h\left(\frac{\hat m}{\sqrt{\hat v} + \varepsilon} + \lambda w\right)`,
		Reference: "Wortsman et al. 2023, arXiv:2304.13013, Algorithm 2",
		Differs:   "neither has it",
		AtZero:    "w ← (1 − ηλ)w",
	}
}
