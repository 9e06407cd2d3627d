package optim

import "github.com/godescent/descent/graph"

// LARS gives each layer a rate in proportion to its weights' norm over its
// gradient's (You, Gitman and Ginsburg 2017):
//
//	d = g + λw     d ← d·c‖w‖/‖d‖ per layer; d where w or d is 0
//	Δw ← μΔw − ηd
//
// It is Optax's lars; the paper has ‖g‖ + λ‖w‖ in place of ‖g + λw‖: the same
// for λ = 0.
type LARS struct {
	made
	Mu     float64 `hyper:"momentum" alias:"mu" symbol:"μ" range:"[0,1) log1m" doc:"share of the last step that is kept"`
	Trust  float64 `hyper:"trust" symbol:"c" range:"(0,inf) log" doc:"length of a layer's step over that of its weights, times η"`
	Lambda float64 `hyper:"weight_decay" symbol:"λ" range:"[0,inf) log" doc:"share of w that is added to the gradient"`
}

// NewLARS has the paper's μ = 0.9, c = 0.001, λ = 0.0005.
func NewLARS() *LARS { return &LARS{made{true}, 0.9, 0.001, 0.0005} }

// Update implements Rule.
func (r *LARS) Update(s *Step) graph.Value {
	η, μ, c, λ := s.Rate(), s.Hyper(&r.Mu), s.Hyper(&r.Trust), s.Hyper(&r.Lambda)
	d := s.Gradient().Add(λ.Mul(s.W()))
	Δw := s.Slot("velocity")
	scale := ratio(c.Mul(s.layerSquare(s.W()).Sqrt()), s.layerSquare(d).Sqrt())
	return Δw.Keep(μ.Mul(Δw.Last()).Sub(η.Mul(s.perLayer(d, scale))))
}

func larsEntry() Entry {
	return Entry{
		Name: "lars", New: func() Rule { return NewLARS() }, DefaultLR: 1,
		Equation:  "d = g + λw, d ← d·c‖w‖/‖d‖ per layer, Δw ← μΔw − ηd",
		Latex:     `d = g + \lambda w, \quad d \leftarrow c \frac{\|w\|}{\|d\|} d \text{ per layer}, \quad \Delta w \leftarrow \mu \Delta w - \eta d`,
		Reference: "You, Gitman and Ginsburg 2017, arXiv:1708.03888",
		Differs:   "Optax's is the same; the paper has ‖g‖ + λ‖w‖ for ‖g + λw‖; PyTorch has none",
		AtZero:    "d = λw, whose step is −ηc w, and the velocity keeps it",
	}
}
