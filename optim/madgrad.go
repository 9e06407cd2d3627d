package optim

import "github.com/godescent/descent/graph"

// MADGRAD (Defazio and Jelassi 2021) is dual averaging with a cube root:
//
//	λ = η√t     s ← s + λg     v ← v + λg²
//	z = w0 − s/(∛v + ε)     w ← (1−c)w + cz
//
// where w0 are the first weights, which it remembers. c is 1 − momentum. The
// authors' code adds ε to η too.
type MADGRAD struct {
	made
	Momentum float64 `hyper:"momentum" symbol:"1−c" range:"[0,1) log1m" doc:"share of w that is kept"`
	Eps      float64 `hyper:"eps" symbol:"ε" range:"[0,inf) log" doc:"added to the cube root"`
}

// NewMADGRAD has c = 0.1 and ε = 1e-6.
func NewMADGRAD() *MADGRAD { return &MADGRAD{made{true}, 0.9, 1e-6} }

// Update implements Rule.
func (r *MADGRAD) Update(s *Step) graph.Value {
	η, t, g, w := s.Rate(), s.Tau(), s.Gradient(), s.W()
	c, ε := s.Hyper(&r.Momentum).OneMinus(), s.Hyper(&r.Eps)
	sum, square, origin := s.Slot("sum"), s.Slot("v"), s.Slot("origin")
	λ := η.Mul(t.Sqrt())
	w0 := origin.Keep(origin.LastOr(w))
	sg := sum.Keep(sum.Last().Add(λ.Mul(g)))
	v := square.Keep(square.Last().Add(λ.Mul(g.Square())))
	z := w0.Sub(sg.Div(v.Cbrt().Add(s.positive(ε))))
	return c.Mul(z.Sub(w))
}

func madGradEntry() Entry {
	return Entry{
		Name: "madgrad", New: func() Rule { return NewMADGRAD() }, DefaultLR: 0.005,
		Equation:  "λ = η√t, s ← s + λg, v ← v + λg², z = w0 − s/(∛v + ε), Δw = c(z − w)",
		Latex:     `\lambda = \eta\sqrt{t}, \quad s \leftarrow s + \lambda g, \quad v \leftarrow v + \lambda g^2, \quad z = w_0 - \frac{s}{\sqrt[3]{v} + \varepsilon}, \quad \Delta w = c\,(z - w)`,
		Reference: "Defazio and Jelassi 2021, arXiv:2101.11075",
		Differs:   "the authors' code adds ε to η; PyTorch has none",
	}
}
