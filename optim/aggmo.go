package optim

import (
	"fmt"
	"math"

	"github.com/godescent/descent/graph"
)

// AggMo (aggregated momentum, Lucas et al. 2019) is the mean of K velocities
// with momenta ever closer to 1, so that no one frequency oscillates:
//
//	bᵢ ← βᵢbᵢ + g     βᵢ = 1 − aⁱ, i = 0 ... K−1
//	Δw = −η/K Σ bᵢ
//
// η is outside the velocities, as in the paper. K = 1 is gradient descent.
type AggMo struct {
	made
	K int     `hyper:"count" symbol:"K" range:"[1,8]" doc:"number of velocities"`
	A float64 `hyper:"base" symbol:"a" range:"(0,1)" doc:"what 1 − β is multiplied by from one velocity to the next"`
}

// NewAggMo has the paper's K = 3 and a = 0.1: momenta of 0, 0.9 and 0.99.
func NewAggMo() *AggMo { return &AggMo{made{true}, 3, 0.1} }

// Update implements Rule.
func (r *AggMo) Update(s *Step) graph.Value {
	η, a, g := s.Rate(), s.Hyper(&r.A), s.Gradient()
	sum := g // the velocity without a memory
	β := a.OneMinus()
	for i := 1; i < r.K; i++ {
		b := s.Slot(fmt.Sprintf("buffer%d", i))
		sum = sum.Add(b.Keep(β.Mul(b.Last()).Add(g)))
		β = a.Pow(s.Graph().Const(float64(i + 1))).OneMinus()
	}
	return η.Scale(-1 / math.Max(1, float64(r.K))).Mul(sum)
}

func aggMoEntry() Entry {
	return Entry{
		Name: "aggmo", New: func() Rule { return NewAggMo() }, DefaultLR: 0.01,
		Equation:  "bᵢ ← βᵢbᵢ + g, βᵢ = 1 − aⁱ for i = 0 ... K−1, Δw = −η/K Σ bᵢ",
		Latex:     `b_i \leftarrow \beta_i b_i + g, \quad \beta_i = 1 - a^i, \quad \Delta w = -\frac{\eta}{K} \sum_{i=0}^{K-1} b_i`,
		Reference: "Lucas, Sun, Zemel and Grosse 2019, arXiv:1804.00325",
		Differs:   "neither PyTorch nor Optax has it",
	}
}
