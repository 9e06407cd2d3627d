package optim

import "github.com/godescent/descent/graph"

// ADOPT (Taniguchi et al. 2024) divides by the v of the updates before, which
// the newest gradient is not in, so that it converges for any β2:
//
//	v = g² in the first update, which moves nothing; from then on
//	c = (t−1)^¼     n = min(max(g/max(√v, ε), −c), c)
//	m ← β1·m + (1−β1)n     Δw = −ηm     v ← β2·v + (1−β2)g²
//
// It is the authors' clipped version, their recommended one. Where √v and ε are
// both 0, n is 0.
type ADOPT struct {
	made
	Beta1 float64 `hyper:"beta1" symbol:"β1" range:"[0,1) log1m" doc:"memory of the mean normalised gradient"`
	Beta2 float64 `hyper:"beta2" symbol:"β2" range:"[0,1) log1m" doc:"memory of the mean squared gradient"`
	Eps   float64 `hyper:"eps" symbol:"ε" range:"[0,inf) log" doc:"least denominator"`
}

// NewADOPT has the paper's β1 = 0.9, β2 = 0.9999, ε = 1e-6.
func NewADOPT() *ADOPT { return &ADOPT{made{true}, 0.9, 0.9999, 1e-6} }

// Update implements Rule.
func (r *ADOPT) Update(s *Step) graph.Value {
	η, t, g, g2 := s.Rate(), s.Tau(), s.Gradient(), s.Gradient().Square()
	β1, β2, ε := s.Hyper(&r.Beta1), s.Hyper(&r.Beta2), s.Hyper(&r.Eps)
	m, v := s.Slot("m"), s.Slot("v")
	first, c := t.Equal(s.Graph().Const(1)), t.Plus(-1).Pow(s.Graph().Const(0.25))
	n := g.Div(v.Last().Sqrt().Max(s.positive(ε))).Max(c.Neg()).Min(c) // c = 0 holds the first update
	v.Keep(graph.Where(first, g2, β2.Mul(v.Last()).Add(β2.OneMinus().Mul(g2))))
	return η.Neg().Mul(m.Average(β1, n))
}

func adoptEntry() Entry {
	return Entry{
		Name: "adopt", New: func() Rule { return NewADOPT() }, DefaultLR: 0.001,
		Equation:  "n = clip(g/max(√v, ε), ±(t−1)^¼), m ← β1·m + (1−β1)n, Δw = −ηm, v ← β2·v + (1−β2)g²; first v = g²",
		Latex:     `n = \operatorname{clip}\left(\frac{g}{\max(\sqrt{v}, \varepsilon)}, \pm (t-1)^{1/4}\right), \quad m \leftarrow \beta_1 m + (1-\beta_1) n, \quad \Delta w = -\eta m, \quad v \leftarrow \beta_2 v + (1-\beta_2) g^2`,
		Reference: "Taniguchi et al. 2024, arXiv:2411.02853",
		Differs:   "Optax's and the authors' are the same; PyTorch has none",
	}
}
