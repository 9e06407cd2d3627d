package optim

import "github.com/godescent/descent/graph"

// ASGD is averaged stochastic gradient descent (Polyak and Juditsky 1992; the
// rate of Bottou 2010, section 5.1), the mean of whose weights is evaluated:
//
//	h = η/(1 + λη(t−1))ᵅ     Δw = −h(g + λw)
//	n = max(t − t0, 1)     a ← a + (w + Δw − a)/n, presented in place of w
//
// PyTorch's ASGD is the same while η is constant: it computes h one update ahead,
// from the η of the update before. Its t0 is ours − 1, and 10⁶ by default.
type ASGD struct {
	made
	Lambda float64 `hyper:"lambda" alias:"lambd" symbol:"λ" range:"[0,inf) log" doc:"weight decay, and how fast the rate falls"`
	Alpha  float64 `hyper:"alpha" symbol:"α" range:"[0,inf)" doc:"power with which the rate falls"`
	Start  float64 `hyper:"t0" symbol:"t0" range:"[0,inf)" doc:"number of updates before the mean begins"`
}

// NewASGD has PyTorch's λ = 1e-4 and α = 0.75, and averages from the first update.
func NewASGD() *ASGD { return &ASGD{made{true}, 1e-4, 0.75, 0} }

// Update implements Rule.
func (r *ASGD) Update(s *Step) graph.Value {
	η, t, λ, w, one := s.Rate(), s.Tau(), s.Hyper(&r.Lambda), s.W(), s.Graph().Const(1)
	h := η.Div(λ.Mul(η).Mul(t.Sub(one)).Plus(1).Pow(s.Hyper(&r.Alpha)))
	Δw := h.Neg().Mul(s.Gradient().Add(λ.Mul(w)))
	a, n := s.Slot("mean_weights"), t.Sub(s.Hyper(&r.Start)).Max(one)
	s.Present(a.Keep(a.Last().Add(w.Add(Δw).Sub(a.Last()).Mul(one.Div(n)))))
	return Δw
}

func asgdEntry() Entry {
	return Entry{
		Name: "asgd", New: func() Rule { return NewASGD() }, DefaultLR: 0.1,
		Equation:  "h = η/(1 + λη(t−1))ᵅ, Δw = −h(g + λw), a ← mean of w since update t0, presented in place of w",
		Latex:     `h = \frac{\eta}{(1 + \lambda\eta(t-1))^\alpha}, \quad \Delta w = -h\,(g + \lambda w), \quad a \leftarrow a + \frac{w + \Delta w - a}{\max(t - t_0, 1)}`,
		Reference: "Polyak and Juditsky 1992; Bottou 2010, Large-scale machine learning with stochastic gradient descent",
		Differs:   "PyTorch's takes η from the update before, its t0 is ours − 1; Optax has none",
		AtZero:    "w ← (1 − hλ)w",
	}
}
