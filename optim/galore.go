package optim

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/weights"
)

// GaLore keeps Adam's state of a matrix in a few directions only (Zhao et al. 2024, Algorithm 2): those of the
// gradient's largest singular values, found at t = 1 and every k updates after:
//
//	P = the first r left singular vectors of G (of Gᵀ where G is tall)
//	R = PᵀG     m ← β1·m + (1−β1)R     v ← β2·v + (1−β2)R²
//	Δw = −ηα P (m/(1−β1ᵗ))/(√(v/(1−β2ᵗ)) + ε)
//
// The state is 2·r numbers for each of the longer side, and P; m and v stay as they are when P moves, as in the
// paper. Each column of P has its largest component positive. It acts on matrices: see NewGaLoreAdam.
type GaLore struct {
	made
	Beta1 float64 `hyper:"galore_beta1" symbol:"β1" range:"[0,1) log1m" doc:"memory of the mean gradient"`
	Beta2 float64 `hyper:"galore_beta2" symbol:"β2" range:"[0,1) log1m" doc:"memory of the mean squared gradient"`
	Eps   float64 `hyper:"galore_eps" symbol:"ε" range:"[0,inf) log" doc:"added to the root"`
	Scale float64 `hyper:"galore_scale" symbol:"α" range:"(0,inf) log" doc:"factor of the step"`
	Rank  int     `hyper:"rank" symbol:"r" range:"[1,inf)" doc:"number of directions; a shorter side is kept whole"`
	Every int     `hyper:"every" symbol:"k" range:"[1,inf)" doc:"number of updates between two choices of directions"`
}

// NewGaLore has Adam's β1 = 0.9, β2 = 0.999, ε = 1e-8 and the paper's k = 200; α = 1 and r = 32 suit small networks (the paper's
// 0.25 and 128 to 1024 are for language models).
func NewGaLore() *GaLore { return &GaLore{made{true}, 0.9, 0.999, 1e-8, 1, 32, 200} }

// Update implements Rule.
func (r *GaLore) Update(s *Step) graph.Value {
	η, t, g, α := s.Rate(), s.Tau(), s.Gradient(), s.Hyper(&r.Scale)
	β1, β2, ε := s.Hyper(&r.Beta1), s.Hyper(&r.Beta2), s.Hyper(&r.Eps)
	due := s.every(r.Every)
	return s.eachMatrix(func(v weights.View, m, n int, at func(graph.Value) graph.Value) graph.Value {
		x := at(g)
		if !x.Valid() {
			return x
		}
		tall := m > n
		if tall {
			x, m, n = x.Transpose(1, 0), n, m
		}
		rank := min(r.Rank, m)
		p := s.SlotOf(slotName("p", v), x.DType(), m, rank)
		P := p.Keep(graph.Where(due, x.MatMul(x.Transpose(1, 0)).Eigenvectors(rank), p.Last())) // GGᵀ's are G's left ones
		R := P.Transpose(1, 0).MatMul(x)                                                        // [r, m]·[m, n] → [r, n]
		mean := unbias(s.SlotOf(slotName("m", v), x.DType(), rank, n).Average(β1, R), β1, t)
		square := unbias(s.SlotOf(slotName("v", v), x.DType(), rank, n).Average(β2, R.Square()), β2, t)
		d := P.MatMul(mean.Div(s.rootPlus(square, ε)))
		if tall {
			d = d.Transpose(1, 0)
		}
		return η.Mul(α).Neg().Mul(d)
	})
}

// NewGaLoreAdam is GaLore for the matrices and Adam for the rest.
func NewGaLoreAdam() Rule { return NewByRole(NewGaLore(), NewAdam()) }

func galoreEntry() Entry {
	return Entry{
		Name: "galore", New: NewGaLoreAdam, DefaultLR: 0.003, Matrix: true,
		Equation:  "P = first r left singular vectors of G, adam's step in R = PᵀG: Δw = −ηα P m̂/(√v̂ + ε) for matrices; adam for the rest",
		Latex:     `R = P^\top G, \quad \Delta w = -\eta \alpha P \frac{\hat m}{\sqrt{\hat v} + \varepsilon} \text{ with moments of } R \text{, for matrices; adam for the rest}`,
		Reference: "Zhao et al. 2024, arXiv:2403.03507",
		Differs:   "as pytorch_optimizer's GaLore, but for its ε, beside the root before its bias correction, and its directions, renewed at t = 1, k, 2k, ... with signs as they come",
	}
}
