package optim

import (
	"math"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/weights"
)

// Muon gives every matrix the step that is nearest to its momentum among those whose singular values
// are all about 1 (Jordan et al. 2024):
//
//	m ← μm + (1−μ)g     d = μm + (1−μ)g with Nesterov, else m
//	X ← d/max(‖d‖, ε); five times: A = XᵀX, X ← X(a + bA + cA²)
//	Δw = −η·√max(1, outputs/inputs)·X
//
// with a, b, c = 3.4445, −4.7750, 2.0315. The products are of w's own type; PyTorch and the
// author round to bfloat16 there, so that theirs agree to 2 digits, and to 15 without that cast. With MatchRMS the factor is 0.2·√max(outputs, inputs) (Liu et
// al. 2025), which makes steps as large as Adam's, so that a rate of Adam's does. A convolution's kernel is the
// matrix of its patches. It acts on matrices: see NewMuonAdam.
type Muon struct {
	made
	Mu       float64 `hyper:"momentum" symbol:"μ" range:"[0,1) log1m" doc:"memory of the mean gradient"`
	Nesterov bool    `hyper:"nesterov" doc:"look ahead: mix the gradient into the mean once more"`
	MatchRMS bool    `hyper:"match_rms" doc:"steps as large as Adam's: the factor 0.2·√max(outputs, inputs)"`
	Steps    int     `hyper:"ns_steps" symbol:"k" range:"[1,20]" doc:"number of Newton-Schulz iterations"`
	Eps      float64 `hyper:"ns_eps" symbol:"ε" range:"[0,inf) log" doc:"momenta shorter than this are not normalised"`
}

// NewMuon has the author's μ = 0.95, Nesterov, k = 5, ε = 1e-7.
func NewMuon() *Muon { return &Muon{made{true}, 0.95, true, false, 5, 1e-7} }

// Update implements Rule.
func (r *Muon) Update(s *Step) graph.Value {
	η, μ, ε, g := s.Rate(), s.Hyper(&r.Mu), s.Hyper(&r.Eps), s.Gradient()
	m := s.Slot("m").Average(μ, g)
	if r.Nesterov {
		m = μ.Mul(m).Add(μ.OneMinus().Mul(g))
	}
	return s.eachMatrix(func(_ weights.View, in, out int, at func(graph.Value) graph.Value) graph.Value {
		factor := math.Sqrt(max(1, float64(out)/float64(in)))
		if r.MatchRMS {
			factor = 0.2 * math.Sqrt(float64(max(in, out)))
		}
		return η.Scale(-factor).Mul(s.orthogonal(at(m), r.Steps, ε))
	})
}

// orthogonal is Newton and Schulz's iteration towards the nearest matrix with orthonormal rows or
// columns, with Muon's coefficients: singular values of 0.01 to 1 end between 0.7 and 1.2. [m, n] → [m, n].
func (s *Step) orthogonal(d graph.Value, steps int, ε graph.Value) graph.Value {
	if !d.Valid() {
		return d
	}
	norm := d.Square().SumAll().Sqrt()
	x := d.Mul(s.Graph().Const(1).Div(norm.Cast(ε.DType()).Max(s.positive(ε))))
	tall := d.Dim(0) > d.Dim(1)
	for range steps {
		t := x.Transpose(1, 0)
		if tall { // XᵀX is the smaller of the two squares
			a := t.MatMul(x)
			x = x.Scale(3.4445).Add(x.MatMul(a.Scale(-4.7750).Add(a.MatMul(a).Scale(2.0315))))
		} else {
			a := x.MatMul(t)
			x = x.Scale(3.4445).Add(a.Scale(-4.7750).Add(a.MatMul(a).Scale(2.0315)).MatMul(x))
		}
	}
	return x
}

// NewMuonAdam is Muon for the matrices, with a decoupled decay of λ = 0.01, and Adam for the rest.
func NewMuonAdam() Rule { return NewByRole(After(NewMuon(), NewDecay()), NewAdam()) }

func muonEntry() Entry {
	return Entry{
		Name: "muon", New: NewMuonAdam, DefaultLR: 0.005, Matrix: true,
		Equation:  "m ← μm + (1−μ)g, Δw = −η·√max(1, out/in)·orthogonal(μm + (1−μ)g) − ηλw for matrices; adam for the rest",
		Latex:     `m \leftarrow \mu m + (1-\mu) g, \quad \Delta w = -\eta \sqrt{\max(1, \tfrac{\text{out}}{\text{in}})}\, \operatorname{NS}_5(\mu m + (1-\mu) g) - \eta\lambda w \text{ for matrices; adam for the rest}`,
		Reference: "Jordan et al. 2024, kellerjordan.github.io/posts/muon; Liu et al. 2025, arXiv:2502.16982 (match_rms)",
		Differs:   "PyTorch's iterates in bfloat16 and takes matrices alone; in float64 it is the same; Optax's corrects m's bias",
	}
}
