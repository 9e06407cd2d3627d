package optim

import "github.com/godescent/descent/graph"

// Trust makes each layer's step as long as its weights, times η (You et al. 2020):
//
//	Δw ← Δw·η‖w‖/‖Δw‖ per layer; Δw where w or Δw is 0
//
// It is placed after a rule, whose own step is η times a direction.
type Trust struct{ made }

// NewTrust has no hyper-parameters.
func NewTrust() *Trust { return &Trust{made{true}} }

// Apply implements Transform.
func (r *Trust) Apply(s *Step, Δw graph.Value) graph.Value {
	w, d := s.layerSquare(s.W()).Sqrt(), s.layerSquare(Δw).Sqrt()
	return s.perLayer(Δw, ratio(s.Rate().Mul(w), d))
}

// NewLAMB is Adam with weight decay, its step scaled per layer (You et al.
// 2020): After(NewAdam(), NewDecay(), NewTrust()), with λ = 0.01.
//
//	r = m̂/(√v̂ + ε) + λw     Δw = −η r‖w‖/‖r‖ per layer
//
// It is Optax's lamb with eps=1e-8 and weight_decay=0.01. The paper clips ‖w‖; its code does not.
func NewLAMB() Rule { return After(NewAdam(), NewDecay(), NewTrust()) }

func lambEntry() Entry {
	return Entry{
		Name: "lamb", New: NewLAMB, DefaultLR: 0.003,
		Equation:  "m̂, v̂ as in adam, r = m̂/(√v̂ + ε) + λw, Δw = −η r‖w‖/‖r‖ per layer",
		Latex:     `r = \frac{\hat m}{\sqrt{\hat v} + \varepsilon} + \lambda w, \quad \Delta w = -\eta \frac{\|w\|}{\|r\|} r \text{ per layer}`,
		Reference: "You et al. 2020, arXiv:1904.00962",
		Differs:   "Optax's with eps=1e-8, weight_decay=0.01; PyTorch has none",
		AtZero:    "w ← (1 − η)w, for whatever λ > 0",
		Forms: []Form{{
			Name: "keras", Equation: "r = √(1−β2ᵗ)/(1−β1ᵗ) m/(√v + ε) + λw",
			Latex:   `r = \frac{\sqrt{1-\beta_2^t}}{1-\beta_1^t} \frac{m}{\sqrt{v} + \varepsilon} + \lambda w`,
			Differs: "adam's form keras; Keras's Lamb has the other ε, and no λ", With: "eps=0.1",
		}},
	}
}
