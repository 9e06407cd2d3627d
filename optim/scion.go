package optim

import (
	"math"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/weights"
)

// Scion steps along the point of a norm's ball that lowers the linearised error most (Pethick et al. 2025,
// Algorithms 1 and 2); for a matrix the norm is the spectral one:
//
//	d ← (1−α)d + αg     Δw = −η·√(outputs/inputs)·X(d)
//
// with X the orthogonal factor by Muon's iteration. Constrained takes ηw from w as well, which
// keeps the weights within the ball of that norm. It acts on matrices: see NewScionSign.
type Scion struct {
	made
	Alpha       float64 `hyper:"scion_alpha" symbol:"α" range:"(0,1] log" doc:"share of the new gradient in the mean"`
	Constrained bool    `hyper:"constrained" doc:"also take ηw from w: Frank and Wolfe's method within the ball"`
	Steps       int     `hyper:"ns_steps" symbol:"k" range:"[1,20]" doc:"number of Newton-Schulz iterations"`
	Eps         float64 `hyper:"ns_eps" symbol:"ε" range:"[0,inf) log" doc:"means shorter than this are not normalised"`
}

// NewScion has the paper's α = 0.1, unconstrained.
func NewScion() *Scion { return &Scion{made{true}, 0.1, false, 5, 1e-7} }

// Update implements Rule.
func (r *Scion) Update(s *Step) graph.Value {
	η, α, ε := s.Rate(), s.Hyper(&r.Alpha), s.Hyper(&r.Eps)
	d := s.Slot("d").Average(α.OneMinus(), s.Gradient())
	Δw := s.eachMatrix(func(_ weights.View, in, out int, at func(graph.Value) graph.Value) graph.Value {
		return η.Scale(-math.Sqrt(float64(out) / float64(in))).Mul(s.orthogonal(at(d), r.Steps, ε))
	})
	if r.Constrained {
		Δw = Δw.Sub(η.Mul(s.W()))
	}
	return Δw
}

// NewScionSign is Scion for the matrices and the sign of a mean gradient, which is the largest number's ball, for the rest.
func NewScionSign() Rule { return NewByRole(NewScion(), NewSignum()) }

func scionEntry() Entry {
	return Entry{
		Name: "scion", New: NewScionSign, DefaultLR: 0.005, Matrix: true,
		Equation:  "d ← (1−α)d + αg, Δw = −η·√(out/in)·orthogonal(d) for matrices; signum for the rest",
		Latex:     `d \leftarrow (1-\alpha) d + \alpha g, \quad \Delta w = -\eta \sqrt{\tfrac{\text{out}}{\text{in}}}\, \operatorname{NS}_5(d) \text{ for matrices; signum for the rest}`,
		Reference: "Pethick et al. 2025, arXiv:2502.07529",
		Differs:   "as pytorch_optimizer's SCION with the spectral norm, but in float32 where that rounds to bfloat16; the authors give biases a root-mean-square ball",
	}
}
