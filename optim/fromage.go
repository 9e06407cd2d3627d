package optim

import "github.com/godescent/descent/graph"

// Fromage (Bernstein, Vahdat, Yue and Liu 2020, Algorithm 1) turns each layer by
// a fixed share of its size, and keeps the size:
//
//	w ← (w − η g‖w‖/‖g‖)/√(1 + η²) per layer
//
// A layer whose weights or gradient are 0 takes −ηg instead. As in the authors'
// code and Optax, the division by the root acts even then.
type Fromage struct{ made }

// NewFromage has no hyper-parameters.
func NewFromage() *Fromage { return &Fromage{made{true}} }

// Update implements Rule.
func (r *Fromage) Update(s *Step) graph.Value {
	η, g, w, one := s.Rate(), s.Gradient(), s.W(), s.Graph().Const(1)
	shrink := one.Div(η.Square().Plus(1).Sqrt())
	turn := s.perLayer(g, ratio(s.layerSquare(w).Sqrt(), s.layerSquare(g).Sqrt()))
	return shrink.Sub(one).Mul(w).Sub(η.Mul(shrink).Mul(turn))
}

func fromageEntry() Entry {
	return Entry{
		Name: "fromage", New: func() Rule { return NewFromage() }, DefaultLR: 0.01,
		Equation:  "w ← (w − η g‖w‖/‖g‖)/√(1 + η²) per layer",
		Latex:     `w \leftarrow \frac{1}{\sqrt{1+\eta^2}}\left(w - \eta\frac{\|w\|}{\|g\|} g\right) \text{ per layer}`,
		Reference: "Bernstein, Vahdat, Yue and Liu 2020, arXiv:2002.03432",
		Differs:   "Optax's raises norms to 1e-6; PyTorch has none",
		AtZero:    "w ← w/√(1 + η²)",
	}
}
