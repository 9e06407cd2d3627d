package optim

import "github.com/godescent/descent/graph"

// Signum (Bernstein et al. 2018) moves every weight by η against the sign of
// its mean gradient:
//
//	m ← βm + (1−β)g     Δw = −η sign m
type Signum struct {
	made
	Beta float64 `hyper:"beta" alias:"momentum" symbol:"β" range:"[0,1) log1m" doc:"memory of the mean gradient"`
}

// NewSignum has the paper's β = 0.9.
func NewSignum() *Signum { return &Signum{made{true}, 0.9} }

// Update implements Rule.
func (r *Signum) Update(s *Step) graph.Value {
	η, β := s.Rate(), s.Hyper(&r.Beta)
	return η.Neg().Mul(s.Slot("m").Average(β, s.Gradient()).Sign())
}

func signumEntry() Entry {
	return Entry{
		Name: "signum", New: func() Rule { return NewSignum() }, DefaultLR: 0.001,
		Equation:  "m ← βm + (1−β)g, Δw = −η sign m",
		Latex:     `m \leftarrow \beta m + (1-\beta) g, \quad \Delta w = -\eta \operatorname{sign}(m)`,
		Reference: "Bernstein, Wang, Azizzadenesheli and Anandkumar 2018, arXiv:1802.04434, Algorithm 2",
		Differs:   "Optax's chain(ema, scale_by_sign); PyTorch has none",
	}
}
